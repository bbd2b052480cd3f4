"""Evidence is stored once, and a notice is handed to the outbox once."""

import json

from domain.records.evidence import Evidence, digest_of
from domain.records.notices import Notice, NoticeTargets
from services import records
from tests.unit.app import code
from tests.unit.builders import NOW, image_id
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, working_with

EVIDENCE = Evidence(subject=str(image_id()), kind="migration", at=NOW, by="ann", key="1", details={"a": 1})
NOTICE = Notice(
    type="migration.ended",
    subject=str(image_id()),
    at=NOW,
    key="1",
    targets=NoticeTargets(webhook="https://hooks.contoso.com/a"),
)


async def test_a_record_is_stored_under_its_subject_with_the_digest_of_its_text() -> None:
    store = FakeEvidence()
    with working_with(FakeCompute(), evidence=store):
        stored = await records.record(EVIDENCE)
        again = await code("record_evidence")(EVIDENCE.model_dump(mode="json"))
    ((name, text),) = store.texts.items()
    assert (stored.name, stored.digest) == (name, digest_of(text))
    assert again["value"] == stored.model_dump(mode="json")
    assert Evidence.model_validate(json.loads(text)) == EVIDENCE


async def test_a_record_that_another_text_has_taken_is_not_changed() -> None:
    store = FakeEvidence()
    await store.put(EVIDENCE.name, "another text")
    with working_with(FakeCompute(), evidence=store):
        answer = await code("record_evidence")(EVIDENCE.model_dump(mode="json"))
    assert answer["failure"] is not None
    assert store.texts == {EVIDENCE.name: "another text"}


async def test_a_notice_is_handed_over_once() -> None:
    client = FakeDurableClient()
    with working_with(FakeCompute()):
        for _ in range(2):
            answer = await code("announce")(NOTICE.model_dump(mode="json"), client)
            assert answer["failure"] is None
    assert [(name, instance) for name, instance, _ in client.started] == [("send_notice", NOTICE.id)]
