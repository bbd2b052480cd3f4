"""Re-pointing: one update per consumer, read back, and an outcome for each."""

from typing import Any

from domain import names
from domain.records.evidence import Stored
from domain.references.repoint import Repoint, RepointedConsumer, RepointLook, RepointPlan
from orchestrators.repoint_consumers import MOST_LOOKS
from tests.unit.app import code
from tests.unit.builders import GALLERY
from tests.unit.orchestrators.stepping import FakeContext, failed, lost, run, value

NEW = GALLERY.definition("web").version("1.0.0")
orchestrator = code(names.REPOINT_CONSUMERS)
DONE = RepointLook(names=str(NEW).upper(), provisioning_state="Succeeded")


def plan(**changes: Any) -> RepointPlan:
    fields = {
        "consumer": "/a",
        "kind": "scale set",
        "possible": True,
        "old": "/old",
        "new": str(NEW),
        "steps": ["first", "then"],
    }
    return RepointPlan(**{**fields, **changes})


def repoint(*consumers: str, **script: list[Any]) -> tuple[Repoint, FakeContext]:
    request = Repoint(
        version_id=NEW, consumers=[RepointedConsumer(id=one) for one in consumers], started_by="me"
    )
    context = FakeContext(request.model_dump(mode="json"))
    stored = [value(Stored(name="x", digest="y"))]
    output = run(orchestrator, context, {names.RECORD_EVIDENCE: stored, **script})
    return Repoint.model_validate(output or context.continued_with), context


def test_a_consumer_is_changed_recorded_and_read_back() -> None:
    updating = RepointLook(names=str(NEW), provisioning_state="Updating")
    found, context = repoint(
        "/a", begin_repoint=[value(plan())], get_repoint_status=[value(updating), value(DONE)]
    )
    assert found.consumers == [RepointedConsumer(id="/a", outcome="repointed", steps=["then"])]
    assert (found.ended, context.waits) == (True, [10, 20])
    (evidence,) = context.named(names.RECORD_EVIDENCE)
    assert evidence.input["kind"] == "repoint"
    assert evidence.input["details"] == {"consumer": "/a", "before": "/old", "after": str(NEW)}
    assert [one["consumers"][0]["outcome"] for one in context.statuses] == ["repointing", "repointed"]


def test_one_that_names_the_version_already_leaves_no_record() -> None:
    found, context = repoint(
        "/a", begin_repoint=[value(plan(old=str(NEW)))], get_repoint_status=[value(DONE)]
    )
    assert (found.consumers[0].outcome, context.named(names.RECORD_EVIDENCE)) == ("repointed", [])


def test_one_that_does_not_fit_is_refused_with_what_to_do_instead() -> None:
    refusal = plan(possible=False, reasons=["too old", "too far"], steps=["make another"])
    found, context = repoint("/a", begin_repoint=[value(refusal)])
    assert found.consumers == [
        RepointedConsumer(id="/a", outcome="refused", reason="too old; too far", steps=["make another"])
    ]
    assert context.named(names.GET_REPOINT_STATUS) == []


def test_one_that_azure_refuses_or_that_fails_is_failed() -> None:
    assert repoint("/a", begin_repoint=[failed()])[0].consumers[0].outcome == "failed"
    broken = RepointLook(names=str(NEW), provisioning_state="Failed")
    found, _ = repoint("/a", begin_repoint=[value(plan())], get_repoint_status=[value(broken)])
    assert (found.consumers[0].outcome, found.consumers[0].reason) == (
        "failed",
        f"it is Failed and names {NEW}",
    )


def test_one_that_never_shows_the_version_is_failed() -> None:
    other = value(RepointLook(names="/old", provisioning_state="Succeeded"))
    found, context = repoint("/a", begin_repoint=[value(plan())], get_repoint_status=[other] * MOST_LOOKS)
    assert found.consumers[0].reason == "it is Succeeded and names /old"
    assert len(context.named(names.GET_REPOINT_STATUS)) == MOST_LOOKS


def test_a_lost_call_is_repeated() -> None:
    found, _ = repoint("/a", begin_repoint=[lost(), value(plan())], get_repoint_status=[lost(), value(DONE)])
    assert found.consumers[0].outcome == "repointed"


def test_each_execution_takes_one_consumer() -> None:
    found, context = repoint("/a", "/b", begin_repoint=[value(plan())], get_repoint_status=[value(DONE)])
    assert [one.outcome for one in found.consumers] == ["repointed", "waiting"]
    assert context.continued_with["started_at"]
    assert len(context.named(names.BEGIN_REPOINT)) == 1
