"""A run takes one step for each execution, records it, and leaves what it may not touch."""

from typing import Any

from domain.records.evidence import Stored
from domain.records.notices import NoticeTargets
from domain.references.scan import Scan
from domain.resources.ids import ImageVersionId
from domain.results import StepResult
from domain.retention.ladder import Rules
from domain.retention.run import (
    CANCEL_EVENT,
    Confirmation,
    PlannedStep,
    RetentionPlan,
    RetentionRequest,
    RetentionRun,
    RetentionState,
    StepAnswer,
)
from tests.unit.app import code
from tests.unit.builders import NOW, definition_id
from tests.unit.orchestrators.stepping import FakeContext, failed, lost, run, value

apply_retention = code("apply_retention")
DEFINITION = definition_id()
ONE, TWO = (DEFINITION.version(number) for number in ("1.0.0", "1.0.1"))


def plan(*versions: ImageVersionId, **changes: Any) -> RetentionPlan:
    rules = Rules(keep_last=1, keep_days=1, dry_run=False, most_per_run=changes.pop("cap", 10))
    return RetentionPlan(
        definition=DEFINITION,
        at=NOW,
        rules=changes.pop("rules", rules),
        steps=[PlannedStep(version=one, step="exclude") for one in versions],
        to_scan=list(versions),
        **changes,
    )


def scan(**changes: Any) -> Any:
    found = Scan(begun_at=NOW, ended_at=NOW, subscriptions=["s"], **changes)
    return StepResult[Scan](value=found).model_dump(mode="json")


def script(planned: RetentionPlan, **replies: Any) -> dict[str, Any]:
    return {
        "plan_retention": lambda _: value(planned),
        "find_users": lambda _: scan(),
        "take_retention_step": lambda _: value(StepAnswer(begun=True)),
        "confirm_retention_step": lambda _: value(Confirmation(done=True)),
        "record_evidence": lambda _: value(Stored(name="n", digest="d")),
        "announce": lambda _: value(None),
        **replies,
    }


def to_the_end(replies: dict[str, Any], **changes: Any) -> tuple[RetentionRun, list[FakeContext]]:
    """Runs execution after execution."""
    document = RetentionRequest(definition=DEFINITION, started_by="anna", **changes).model_dump(mode="json")
    executions = []
    while True:
        context = FakeContext(document, instance_id="retention-1")
        executions.append(context)
        output = run(apply_retention, context, replies)
        if context.continued_with is None:
            return RetentionRun.model_validate(output), executions
        document = context.continued_with


def test_each_execution_takes_one_step_and_records_it() -> None:
    ended, executions = to_the_end(script(plan(ONE, TWO)))
    assert [(step.version.name, step.outcome) for step in ended.steps] == [
        ("1.0.0", "taken"),
        ("1.0.1", "taken"),
    ]
    assert (ended.state, len(executions)) == (RetentionState.DONE, 3)
    # once for the plan, and once more right before each step
    assert [len(context.named("find_users")) for context in executions] == [1, 1, 1]
    evidence = executions[1].named("record_evidence")[0].input
    assert (evidence["kind"], evidence["by"], evidence["details"]["step"]) == ("retention", "anna", "exclude")


def test_a_dry_run_takes_no_step() -> None:
    for planned, changes in (
        (plan(ONE), {"dry_run": True}),
        (plan(ONE, rules=Rules(keep_last=1, keep_days=1, dry_run=True)), {}),
    ):
        ended, (only,) = to_the_end(script(planned), **changes)
        assert (ended.state, ended.steps) == (RetentionState.DONE, [])
        assert only.named("take_retention_step") == []
        assert ended.plan is not None
        assert len(ended.plan.steps) == 1


def test_the_cap_counts_what_was_taken_not_what_was_left() -> None:
    answers = iter([value(StepAnswer(begun=False, left="a lock")), value(StepAnswer(begun=True))])
    three = DEFINITION.version("1.0.2")
    ended, _ = to_the_end(script(plan(ONE, TWO, three, cap=1), take_retention_step=lambda _: next(answers)))
    assert [(step.version.name, step.outcome, step.reason) for step in ended.steps] == [
        ("1.0.0", "left", "a lock"),
        ("1.0.1", "taken", ""),
    ]


def test_a_failure_leaves_its_version_and_no_other() -> None:
    answers = iter([failed("ScopeLocked"), value(StepAnswer(begun=True))])
    ended, _ = to_the_end(script(plan(ONE, TWO), take_retention_step=lambda _: next(answers)))
    assert [step.outcome for step in ended.steps] == ["left", "taken"]
    assert ended.steps[0].reason == "ScopeLocked happened"


def test_a_step_that_cannot_be_confirmed_is_neither_taken_nor_left() -> None:
    failed_step = Confirmation(failed="the version is Failed")
    ended, _ = to_the_end(script(plan(ONE), confirm_retention_step=lambda _: value(failed_step)))
    (step,) = ended.steps
    assert (step.outcome, step.reason) == ("unconfirmed", "the version is Failed")


def test_users_that_cannot_be_searched_for_are_unknown() -> None:
    """And so the activity gets to know, which keeps the version."""
    unread = {"failure": {"code": "X", "message": "no subscriptions"}}
    _, executions = to_the_end(script(plan(ONE), find_users=lambda _: unread))
    (call,) = executions[1].named("take_retention_step")
    assert call.input["references"]["unread"] == ["no subscriptions"]


def test_a_scan_whose_worker_died_is_made_again_in_another_child() -> None:
    replies = iter([lost(), scan(), scan()])
    _, executions = to_the_end(script(plan(ONE), find_users=lambda _: next(replies)))
    first, second = executions[0].named("find_users")
    assert first.instance_id != second.instance_id


def test_a_cancelled_run_ends_before_its_next_version() -> None:
    document = RetentionRequest(definition=DEFINITION, started_by="anna").model_dump(mode="json")
    context = FakeContext(document, instance_id="retention-1", events=[CANCEL_EVENT])
    ended = RetentionRun.model_validate(run(apply_retention, context, script(plan(ONE))))
    assert (ended.state, ended.steps) == (RetentionState.CANCELLED, [])


def test_a_definition_that_is_gone_ends_the_run() -> None:
    ended, _ = to_the_end(script(plan(), plan_retention=lambda _: value(None)))
    assert ended.plan is not None
    assert (ended.state, ended.plan.reason) == (RetentionState.DONE, "the definition does not exist any more")


def test_a_plan_that_cannot_be_made_fails_the_run() -> None:
    ended, _ = to_the_end(script(plan(), plan_retention=lambda _: failed("AuthorizationFailed")))
    assert ended.state is RetentionState.FAILED
    assert ended.failure is not None
    assert ended.failure.code == "AuthorizationFailed"


def test_each_step_is_announced_once_where_the_policy_tells_somebody() -> None:
    told = plan(ONE, notify=NoticeTargets(webhook="https://hooks.example.com/x"))
    _, executions = to_the_end(script(told))
    (call,) = executions[1].named("announce")
    assert (call.input["type"], call.input["data"]["step"]) == ("retention.step", "exclude")
