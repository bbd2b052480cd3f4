"""ARM's responses: their JSON, or nothing usable."""

from typing import Any

import pytest

from adapters.azure.arm import parse_object


class Response:
    """The body of an HTTP response, as the SDK decodes it."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def json(self) -> Any:
        if isinstance(self._body, Exception):
            raise self._body
        return self._body


@pytest.mark.parametrize(
    ("body", "read"),
    [({"a": 1}, {"a": 1}), ([], {}), (None, {}), (ValueError("not JSON"), {})],
)
def test_a_body_that_is_not_a_json_object_is_empty(body: Any, read: dict[str, Any]) -> None:
    assert parse_object(Response(body)) == read
