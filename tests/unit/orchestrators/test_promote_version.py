"""Promotions stepped one action at a time: what an execution calls, when it stops, and what it continues with."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from domain.promotion.flags import VersionFlags
from domain.promotion.latest import RegionLatest
from domain.promotion.messages import PromotionRequest
from domain.promotion.plan import PlannedRing, PromotionPlan
from domain.promotion.report import ExclusionsReport, PromotionReport
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionStatus
from domain.records.evidence import Stored
from domain.results import Failure
from tests.unit.app import code
from tests.unit.builders import NOW, definition_id
from tests.unit.domain.promotion.estates import version_id
from tests.unit.orchestrators.stepping import (
    Call,
    FakeContext,
    Script,
    a_failure,
    failed,
    lost,
    retry_later,
    run,
    value,
)

promote_version = code("promote_version")

V2 = version_id("2.0.0")
REGIONS = ["eastus2", "westeurope"]
BEFORE = VersionFlags(version=V2, own=True, regions=dict.fromkeys(REGIONS))
AFTER = VersionFlags(version=V2, own=True, regions={"eastus2": False, "westeurope": True})
STORED = value(Stored(name="x", digest="y"))


@dataclass
class Context(FakeContext):
    """A context whose events have payloads."""

    payloads: dict[str, Any] = field(default_factory=dict)

    def wait_for_external_event(self, name: str) -> Call:
        return Call("event", name, result=self.payloads.get(name))


def report(flags: VersionFlags | None = AFTER, now: str = "2.0.0", **changes: Any) -> PromotionReport:
    fields = {
        "latest": [
            RegionLatest(region="eastus2", version=now),
            RegionLatest(region="westeurope", version="1.0.0"),
        ],
        "flags": [flags] if flags else [],
    }
    return PromotionReport.model_validate({**fields, **changes})


def plan(**changes: Any) -> PromotionPlan:
    fields = {
        "version_id": V2,
        "rings": [PlannedRing(regions=[name]) for name in REGIONS],
        "before": [BEFORE],
        "latest": [RegionLatest(region=name, version="1.0.0") for name in REGIONS],
    }
    return PromotionPlan.model_validate({**fields, **changes})


def request(status: PromotionStatus | None = None, **changes: Any) -> dict[str, Any]:
    fields = {"version_id": V2, "started_by": "ann", "bake_hours": 1, "start_id": "s", "status": status}
    return PromotionRequest.model_validate({**fields, **changes}).model_dump(mode="json")


def status(state: PromotionState, **changes: Any) -> PromotionStatus:
    fields = {
        "version_id": V2,
        "started_by": "ann",
        "rings": [[name] for name in REGIONS],
        "ring": 1,
        "before": [BEFORE],
        "written": [{"version": V2, "own": True, "regions": AFTER.regions}],
        "promoted": {"eastus2": NOW},
        "bake_until": NOW + timedelta(hours=1),
        "latest": {"eastus2": "2.0.0", "westeurope": "1.0.0"},
        "state": state,
    }
    return PromotionStatus.model_validate({**fields, **changes})


def script(**changes: Any) -> Script:
    written = ExclusionsReport(flags=BEFORE, written=True, operation_url="u")
    replies = {
        "plan_promotion": [value(plan())],
        "record_evidence": [STORED, STORED],
        "look_at_promotion": [value(report(BEFORE, "1.0.0")), value(report())],
        "set_exclusions": [value(written)],
        "read_exclusions": [value(ExclusionsReport(flags=AFTER))],
    }
    return {**replies, **changes}


def continued(context: Context) -> PromotionStatus:
    return PromotionStatus.model_validate(context.continued_with["status"])


def test_the_first_execution_records_writes_reads_back_and_bakes() -> None:
    context = Context(request())
    assert run(promote_version, context, script()) is None
    assert [call.name for call in context.calls] == [
        "plan_promotion",
        "record_evidence",
        "look_at_promotion",
        "set_exclusions",
        "timer",
        "read_exclusions",
        "look_at_promotion",
        "timer",
    ]
    (evidence,) = context.named("record_evidence")
    assert evidence.input["subject"] == str(definition_id("web"))
    (written,) = context.named("set_exclusions")
    assert written.input["change"]["own"] is True
    assert written.input["change"]["regions"] == {"eastus2": False, "westeurope": True}
    after = continued(context)
    assert (after.state, after.ring, list(after.promoted)) == ("baking", 1, ["eastus2"])
    assert after.before == [BEFORE]


def test_a_promotion_that_may_not_begin_writes_nothing() -> None:
    context = Context(request())
    obstacle = Failure(code="ProofFailed", message="it failed", fix="repair it")
    output = run(promote_version, context, script(plan_promotion=[value(plan(obstacle=obstacle))]))
    assert (output["state"], output["reason"], output["fix"]) == ("failed", "it failed", "repair it")
    assert context.named("set_exclusions") == []


def test_without_a_record_nothing_is_written() -> None:
    context = Context(request())
    output = run(promote_version, context, script(record_evidence=[failed("StoreGone"), STORED]))
    assert (output["state"], output["failure"]["code"]) == ("failed", "StoreGone")
    assert context.named("set_exclusions") == []


def test_a_record_of_an_earlier_try_is_not_written_again() -> None:
    context = Context(request())
    run(promote_version, context, script(plan_promotion=[value(plan(recorded=True))]))
    assert context.named("record_evidence") == []


@pytest.mark.parametrize(
    "answers",
    [
        {"read_exclusions": [value(ExclusionsReport(flags=BEFORE))]},
        {"look_at_promotion": [value(report(BEFORE, "1.0.0")), value(report(now="3.0.0"))]},
    ],
)
def test_a_read_back_that_differs_pauses(answers: dict[str, Any]) -> None:
    context = Context(request())
    run(promote_version, context, script(**answers))
    after = continued(context)
    assert after.state == "paused"
    assert after.reason is not None
    assert "the read-back differs" in after.reason


def test_a_refused_write_ends_with_what_is_changed_and_the_way_back() -> None:
    refused = ExclusionsReport(flags=BEFORE, refused=a_failure("NotReplicated"))
    output = run(promote_version, Context(request()), script(set_exclusions=[value(refused)]))
    assert output["state"] == "failed"
    assert "no region was changed to 2.0.0" in output["reason"]
    assert "Roll the promotion back" in output["fix"]


def test_a_call_without_an_answer_is_repeated() -> None:
    context = Context(request())
    answers = [lost(), retry_later(5), value(ExclusionsReport(flags=AFTER))]
    run(promote_version, context, script(set_exclusions=answers))
    assert len(context.named("set_exclusions")) == 3
    assert continued(context).state == "baking"


BAKING = PromotionState.BAKING


@pytest.mark.parametrize("answer", [retry_later(), failed("AuthorizationFailed"), lost()])
def test_a_look_without_an_answer_waits_for_the_next(answer: Any) -> None:
    context = Context(request(status(BAKING)))
    run(promote_version, context, {"look_at_promotion": [answer]})
    after = continued(context)
    assert after.state == "baking"
    assert after.waiting_for is not None
    assert "cannot be looked at" in after.waiting_for.reason


def test_the_last_ring_ends_the_promotion() -> None:
    last = status(BAKING, ring=2, promoted=dict.fromkeys(REGIONS, NOW), bake_until=NOW, latest={})
    flags = VersionFlags(version=V2, own=False, regions=dict.fromkeys(REGIONS, False))
    last.written[0].own, last.written[0].regions = False, dict(flags.regions)
    found = report(flags, latest=[RegionLatest(region=name, version="2.0.0") for name in REGIONS])
    context = Context(request(last))
    output = run(promote_version, context, {"look_at_promotion": [value(found)], "record_evidence": [STORED]})
    assert (output["state"], output["ring"]) == ("promoted", 2)


def ordered(name: str, at: PromotionState = BAKING, **payload: Any) -> Context:
    """A promotion that bakes, or is paused, after an order."""
    context = Context(request(status(at)), events=[name])
    context.payloads[name] = {"id": "1", "by": "bob", **payload}
    return context


LOOK = {"look_at_promotion": [value(report()), value(report())], "record_evidence": [STORED]}


def test_a_pause_is_carried_out_once_although_the_host_hands_it_over_twice() -> None:
    context = ordered("pause")
    run(promote_version, context, dict(LOOK))
    assert (continued(context).state, continued(context).ordered_by) == ("paused", "bob")
    assert (context.continued_with["obeyed"], context.cancelled_timers) == (["1"], 1)

    again = Context(context.continued_with, events=["pause"], payloads=context.payloads)
    run(promote_version, again, {})
    assert (again.cancelled_timers, again.waits[-1]) == (0, 60)
    assert again.continued_with["hears_again"] is False


def test_a_resume_accepts_what_others_changed() -> None:
    context = ordered("resume", PromotionState.PAUSED)
    theirs = VersionFlags(version=V2, own=True, regions={"eastus2": True, "westeurope": True})
    run(promote_version, context, {"look_at_promotion": [value(report(theirs, "1.0.0"))]})
    after = continued(context)
    assert (after.state, after.promoted, after.taken_back) == ("baking", {}, ["eastus2"])
    assert after.written[0].regions["eastus2"] is True


def test_an_abort_says_what_stays() -> None:
    output = run(promote_version, ordered("abort"), dict(LOOK))
    assert output["state"] == "aborted"
    assert output["reason"] == "bob aborted it: 2.0.0 was made latest in eastus2, and not in westeurope"


def test_a_newer_promotion_begins_from_what_is_there() -> None:
    newer = request(version_id=version_id("3.0.0"), start_id="t")
    context = ordered("supersede", request=newer)
    assert run(promote_version, context, dict(LOOK)) is None
    after = PromotionRequest.model_validate(context.continued_with)
    assert (after.version_id.name, after.status, after.start_id) == ("3.0.0", None, "t")
    assert after.superseded is not None
    assert after.superseded.promoted == ["eastus2"]
    assert context.statuses[-1]["state"] == "superseded"


def test_another_definitions_promotion_supersedes_nothing() -> None:
    other = request(version_id=definition_id("other").version("3.0.0"))
    context = ordered("supersede", request=other)
    run(promote_version, context, dict(LOOK))
    assert continued(context).version_id == V2


def test_a_rollback_restores_the_record_and_counts_what_still_runs() -> None:
    context = ordered("rollback")
    run(promote_version, context, dict(LOOK))
    back = Context(context.continued_with)
    answers = {
        "look_at_promotion": [value(report()), value(report(BEFORE, "1.0.0", running=4))],
        "set_exclusions": [value(ExclusionsReport(flags=AFTER, written=True))],
        "read_exclusions": [value(ExclusionsReport(flags=BEFORE))],
        "record_evidence": [STORED],
    }
    output = run(promote_version, back, answers)
    assert (output["state"], output["still_running"], output["warnings"]) == ("rolled-back", 4, [])
    (written,) = back.named("set_exclusions")
    assert written.input["restores"] is True
    assert written.input["change"]["regions"] == dict.fromkeys(REGIONS)
    (evidence,) = back.named("record_evidence")
    assert (evidence.input["kind"], evidence.input["by"]) == ("rollback", "bob")


def test_latest_that_changes_elsewhere_is_stated() -> None:
    context = Context(request(status(BAKING)))
    found = report(latest=[RegionLatest(region="westeurope", version="0.9.0")])
    run(promote_version, context, {"look_at_promotion": [value(found)]})
    assert continued(context).warnings == [
        "latest in westeurope changed from 1.0.0 to 0.9.0, not by this promotion"
    ]


def test_subscribers_hear_of_the_start_each_ring_and_the_end() -> None:
    targets = {"topic": "https://topic.example/api/events"}
    context = Context(request(targets=targets))
    run(promote_version, context, script(announce=[value(None)] * 2))
    end = Context(context.continued_with, events=["abort"])
    run(promote_version, end, {**LOOK, "announce": [value(None)]})
    told = [call.input for one in (context, end) for call in one.named("announce")]
    assert [one["type"] for one in told] == [
        "promotion.started",
        "promotion.ring-promoted",
        "promotion.ended",
    ]
    assert told[1]["data"]["latest"] == {"eastus2": "2.0.0", "westeurope": "1.0.0"}
    assert told[2]["data"]["state"] == "aborted"
    assert len({one["key"] for one in told}) == 3


def test_an_order_that_comes_at_the_end_is_not_lost() -> None:
    last = status(BAKING, rings=[["eastus2"]], bake_until=NOW)
    found = {"look_at_promotion": [value(report())], "record_evidence": [STORED]}
    for order in ("rollback", "supersede"):
        context = Context(request(last), events=[order])
        context.payloads[order] = {"id": "1", "by": "bob", "request": request(version_id=version_id("3.0.0"))}
        assert run(promote_version, context, dict(found)) is None
        after = PromotionRequest.model_validate(context.continued_with)
        state = after.status.state if after.status else None
        assert (after.version_id.name, state) == (
            ("2.0.0", "rolling-back") if order == "rollback" else ("3.0.0", None)
        )
    assert context.statuses[-1]["state"] == "promoted"


def test_an_election_is_recorded_for_every_version_that_it_touched() -> None:
    other = VersionFlags(version=version_id("3.0.0"), own=False, regions={})
    elected = status(BAKING, action="elect", before=[BEFORE, other])
    context = Context(request(elected, action="elect"), events=["abort"])
    run(promote_version, context, {**LOOK, "record_evidence": [STORED, STORED]})
    records = [call.input for call in context.named("record_evidence")]
    assert [one["subject"] for one in records] == [str(V2), str(version_id("3.0.0"))]
    assert {one["kind"] for one in records} == {"election"}
