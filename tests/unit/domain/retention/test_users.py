"""Which of the scanned versions each consumer keeps."""

from typing import Any

import pytest

from domain.references.scan import Consumer, Scan, Unread
from domain.retention.users import references_of
from tests.unit.builders import NOW, definition_id

ONE, TWO = (definition_id().version(number) for number in ("1.0.0", "1.0.1"))


def scan(*consumers: Consumer, unread: tuple[Unread, ...] = ()) -> Scan:
    found = {"begun_at": NOW, "ended_at": NOW, "subscriptions": ["s"]}
    return Scan(**found, consumers=list(consumers), unread=list(unread))  # type: ignore[arg-type] # plain values


def consumer(names: str, **changes: Any) -> Consumer:
    fields = {
        "id": "/vmss/web",
        "kind": "scale set",
        "names": names,
        "form": "version",
        "relation": "uses",
        "blocks": True,
    }
    return Consumer.model_validate({**fields, "found_by": "provider", **changes})


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (consumer(str(ONE).upper()), {ONE.key}),
        (consumer(str(definition_id()), form="definition", text='{"exactVersion": "1.0.1"}'), {TWO.key}),
        (
            consumer(str(definition_id()), form="definition", text='{"exactVersion": "9.9.9"}'),
            {ONE.key, TWO.key},
        ),
        (consumer("/sharedGalleries/x/images/web/versions/latest", form="shared"), {ONE.key, TWO.key}),
        (consumer(str(ONE), blocks=False, relation="mentions"), set()),
    ],
)
def test_a_consumer_keeps_the_version_that_it_names_or_all(found: Consumer, kept: set[str]) -> None:
    assert references_of(scan(found), [ONE, TWO]).consumers.keys() == kept


def test_what_could_not_be_read_is_kept_in_mind() -> None:
    unread = Unread(subscription="s", kind="scale sets", reason="403")
    assert references_of(scan(unread=(unread,)), [ONE]).unread == ["scale sets in s: 403"]
