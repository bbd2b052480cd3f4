"""Requests that JSON, UTF-8 or a clock cannot hold are refused with the reason, on every route, and start nothing."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from api.operations import OPERATIONS
from api.requests import MigrationsQuery, StartMigration
from domain.field_errors import MOST_ERRORS
from services.refusals import InvalidRequestError
from tests.unit.app import code
from tests.unit.builders import image_id
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with
from tests.unit.triggers.http.requesting import fields_of, problem_of, request
from triggers.http.requests import DEEPEST_BODY, LONGEST_BODY, parse_body, parse_query

IMAGE = f'"image": "{image_id()}"'.encode()
TAKE_BODIES = [operation.name for operation in OPERATIONS if operation.body is not None]
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty; send a JSON object, with its Content-Length"),
    "a list nested too deeply for Python": (b"[" * 10_000, "not JSON: nested too deeply"),
    "an object nested too deeply for Python": (b'{"a":' * 10_000, "not JSON: nested too deeply"),
    "an object nested too deeply": (
        b'{"a":' * (DEEPEST_BODY + 1) + b"1" + b"}" * (DEEPEST_BODY + 1),
        f"nested more than {DEEPEST_BODY} levels deep",
    ),
    "half a surrogate pair": (b'{"image": "\\ud800"}', "half a surrogate pair is not a character"),
    "half a surrogate pair inside": (
        b'{"regions": [{"name": "\\udfff"}]}',
        "half a surrogate pair is not a character",
    ),
    "half a surrogate pair as a key": (b'{"\\ud800": 1}', "a key has half a surrogate pair"),
    "half a surrogate pair in bytes": (
        b'{"image": "\xed\xa0\x80"}',
        "half a surrogate pair is not a character",
    ),
    "not UTF-8": (b'{"image": "\xff"}', "not JSON: 'utf-8' codec can't decode byte 0xff"),
    "NaN": (b'{"limit": NaN}', "not JSON: NaN is not a number"),
    "Infinity": (b'{"limit": -Infinity}', "not JSON: -Infinity is not a number"),
    "a number beyond all": (b'{"limit": 1e400}', "not JSON: the number 1e400 is too large"),
    "a number of many digits": (b'{"limit": ' + b"9" * 5000 + b"}", "not JSON: a number has 5000 digits"),
    "a key twice": (b"{%s, %s}" % (IMAGE, IMAGE), "not JSON: the key 'image' is given twice"),
    "not an object": (b"7", "must be a JSON object"),
}


@pytest.mark.parametrize("name", TAKE_BODIES)
@pytest.mark.parametrize(("body", "reason"), HOSTILE.values(), ids=HOSTILE)
async def test_a_body_that_cannot_be_read_is_refused_on_every_route(
    name: str, body: bytes, reason: str
) -> None:
    problem = problem_of(await response_of(name, body), 400)
    (error,) = problem["errors"]
    assert error["message"].startswith(reason)


async def response_of(name: str, body: bytes, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """What the route answers; it must not have started anything."""
    (operation,) = (operation for operation in OPERATIONS if operation.name == name)
    route: Callable[..., Any] = code(name)
    client = FakeDurableClient()
    sent = request(operation.path, body, "POST", id="migration-1", headers=headers)
    clients = {"client": client} if "client" in route.__annotations__ else {}
    with working_with(FakeCompute()):
        response: func.HttpResponse = await route(req=sent, **clients)
    assert client.started == []
    return response


@pytest.mark.parametrize("name", TAKE_BODIES)
async def test_a_body_that_is_too_long_or_compressed_is_refused(name: str) -> None:
    long = await response_of(name, b" " * (LONGEST_BODY + 1))
    assert problem_of(long, 413)["detail"] == (
        f"the body has {LONGEST_BODY + 1} bytes; at most {LONGEST_BODY} are read; send less in one request"
    )
    zipped = await response_of(name, gzip.compress(b"{}"), {"Content-Encoding": "gzip"})
    assert (
        problem_of(zipped, 415)["detail"] == "the body has the Content-Encoding 'gzip'; send it uncompressed"
    )


async def test_the_place_of_a_text_that_is_no_unicode_is_named() -> None:
    body = b'{"regions": [{"name": "eastus2"}, {"name": "\\ud800"}]}'
    assert fields_of(problem_of(await response_of("post_migration", body), 400)) == ["regions[1].name"]


async def test_many_errors_are_counted_and_long_values_cut() -> None:
    """An answer does not grow with the request."""
    body = {"image": "i" * 100_000, **{f"unknown{number}": number for number in range(10_000)}}
    body["k" * 100_000] = 1
    response = await response_of("post_migration", json.dumps(body).encode())
    errors = problem_of(response, 400)["errors"]
    assert len(errors) == MOST_ERRORS + 1
    assert errors[0]["message"].endswith("images/{name}")
    assert errors[-1] == {"field": "body", "message": f"{10_002 - MOST_ERRORS} more errors are not listed"}
    assert len(response.get_body()) < 20_000


def test_a_body_in_utf_16_or_with_a_mark_is_read() -> None:
    """PowerShell writes both."""
    text = json.dumps({"image": str(image_id())})
    for encoding in ("utf-8-sig", "utf-16"):
        body = parse_body(request("migrations", text.encode(encoding), "POST"), StartMigration)
        assert body.image == image_id()


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        ("0001-01-01T00:00:00+14:00", "outside the years 1 to 9999 in UTC"),
        ("9999-12-31T23:59:59-14:00", "outside the years 1 to 9999 in UTC"),
        ("10000-01-01", "is not an ISO 8601 date"),
        ("1e400", "is not an ISO 8601 date"),
    ],
)
def test_a_moment_that_no_clock_has_is_refused(since: str, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        parse_query(request("migrations", since=since), MigrationsQuery)
    body = json.dumps({"image": str(image_id()), "end_of_life": since}).encode()
    with pytest.raises(InvalidRequestError, match="end_of_life: "):
        parse_body(request("migrations", body, "POST"), StartMigration)


@pytest.mark.parametrize(
    ("since", "moment"),
    [
        ("0001-01-01", "1970-01-01T00:00:00+00:00"),
        ("2026-01-15", "2026-01-15T00:00:00+00:00"),
        ("9999-12-31T23:59:59", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_the_first_and_the_last_day_of_all_are_moments(since: str, moment: str) -> None:
    """.NET's smallest date means all migrations; the SDK could not write its year."""
    query = parse_query(request("migrations", since=since), MigrationsQuery)
    assert query.since is not None
    assert query.since.isoformat() == moment


def test_the_last_moment_can_be_the_end_of_a_version() -> None:
    body = {"image": str(image_id()), "end_of_life": "9999-12-31T23:59:59Z"}
    assert StartMigration.model_validate(body).end_of_life is not None
