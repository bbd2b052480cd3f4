"""The scan from an orchestration: every part, as many calls as it takes, and nothing lost in silence."""

from typing import Any

from domain import names
from domain.references.parts import GRAPH, Cursor, PartScan, ScanPlan
from domain.references.scan import Consumer, Scan, ScanRequest, Unread
from domain.results import CurrentWait, RetryLater
from orchestrators.scan_references import MOST_CALLS, MOST_TRIES, scan_references
from tests.unit.builders import NOW
from tests.unit.orchestrators.stepping import (
    Call,
    FakeContext,
    a_failure,
    failed,
    lost,
    retry_later,
    run,
    value,
)

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def consumer(name: str) -> Consumer:
    return Consumer(
        id=name,
        kind="scale set",
        names="image",
        form="managed image",
        relation="uses",
        blocks=True,
        found_by="provider",
    )


def scan(parts: Any, subscriptions: list[str] | None = None) -> tuple[Scan, FakeContext]:
    """Runs a scan whose parts are answered by a function of the call."""
    context = FakeContext({})
    plan = ScanPlan(subjects=[], subscriptions=[A, B] if subscriptions is None else subscriptions)

    def orchestrator(context: Any) -> Any:
        waits: list[CurrentWait | None] = []
        found = yield from scan_references(context, ScanRequest(ids=[]), waits.append)
        context.set_custom_status([wait and wait.reason for wait in waits])
        return found.model_dump(mode="json")

    output = run(orchestrator, context, {names.PLAN_SCAN: [value(plan)], names.SCAN_REFERENCES: parts})
    return Scan.model_validate(output), context


def test_every_subscription_and_resource_graph_are_read() -> None:
    found, context = scan(lambda call: value(PartScan(consumers=[consumer(call.input["part"])])))
    assert [call.input["part"] for call in context.named(names.SCAN_REFERENCES)] == [GRAPH, A, B]
    assert sorted(one.id for one in found.consumers) == sorted([GRAPH, A, B])
    assert (found.complete, found.subscriptions, found.begun_at) == (True, [A, B], NOW)


def test_a_part_goes_on_at_its_cursor() -> None:
    def reply(call: Call) -> Any:
        cursor = call.input["cursor"]
        if call.input["part"] != A or cursor:
            return value(PartScan(consumers=[consumer(f"{call.input['part']} {bool(cursor)}")]))
        return value(PartScan(consumers=[consumer("first")], next=Cursor(kind="disk")))

    found, context = scan(reply)
    assert {one.id for one in found.consumers} >= {"first", f"{A} True"}
    assert (found.complete, context.waits) == (True, [])


def test_a_part_waits_as_long_as_it_is_asked_to() -> None:
    retry = RetryLater(reason="busy", retry_after_seconds=40, throttled=True, failure=a_failure("Busy"))
    replies = iter([PartScan(next=Cursor(kind="disk"), retry_later=retry), PartScan()])
    found, context = scan(lambda _: value(next(replies)), subscriptions=[])
    assert (found.complete, context.waits) == (True, [40])
    assert context.statuses == [["busy", None]]


def test_a_lost_call_is_repeated() -> None:
    replies = iter([lost(), value(PartScan())])
    found, context = scan(lambda _: next(replies), subscriptions=[])
    assert (found.complete, len(context.named(names.SCAN_REFERENCES))) == (True, 2)


def test_a_part_that_never_answers_is_unread() -> None:
    found, context = scan(lambda call: retry_later() if call.input["part"] == B else value(PartScan()))
    assert found.unread == [Unread(subscription=B, kind="everything", reason="Busy happened")]
    assert found.subscriptions == [A]
    assert len(context.named(names.SCAN_REFERENCES)) == 3 + MOST_TRIES


def test_a_part_that_fails_is_unread() -> None:
    found, _ = scan(lambda call: failed() if call.input["part"] == GRAPH else value(PartScan()))
    assert [one.subscription for one in found.unread] == [GRAPH]


def test_a_scan_that_never_ends_is_unread() -> None:
    found, context = scan(lambda _: value(PartScan(next=Cursor(kind="disk"))), subscriptions=[])
    assert [one.reason for one in found.unread] == ["the scan took too long"]
    assert len(context.calls) <= MOST_CALLS + 1
