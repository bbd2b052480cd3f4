"""Makes a version `latest`, ring by ring, and watches what follows it. An election and a rollback are the same story.

plan -> for each ring: write the flags -> read them back -> bake until its followers took the version -> the next ring

Each execution takes one step and ends with one wait, for the next look or for an order of a person, and continues as
new: a promotion may take weeks, and an external event can be waited for once per execution only.
"""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.promotion.messages import ORDERS, Order, Ordered, PromotionRequest
from domain.promotion.plan import PromotionPlan
from domain.promotion.records import Before, before_evidence
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionEnd, Superseded
from domain.promotion.verdict import Bake, judge
from domain.results import Failure
from orchestrators.roll_back_promotion import roll_back
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity
from orchestrators.run.flag_writes import accept_changes, look_once, write_ring
from orchestrators.run.promotion_run import PromotionRun
from orchestrators.run.records import record
from orchestrators.run.started import started_at

blueprint = df.Blueprint()

# Azure's caches may show the former flags for a moment
FIRST_LOOK_SECONDS = 60
LONGEST_LOOK_SECONDS = 2 * 3600
# a paused promotion has nothing to look at
PAUSED_LOOK_SECONDS = 24 * 3600

_S = PromotionState


@blueprint.orchestration_trigger(context_name="context", orchestration=names.PROMOTE_VERSION)
def promote_version(context: df.DurableOrchestrationContext) -> Orchestration[object]:
    """Takes the `PromotionRequest` one step further; returns the `PromotionStatus` at its end."""
    request = PromotionRequest.model_validate(context.get_input())
    request.started_at = started_at(context, request)
    run = PromotionRun(context, request)
    try:
        end = yield from advance(run)
    except StepFailedError as error:
        end = failed(run, error.failure)
    # also at an end: an order that came meanwhile would be lost with the instance
    orders = yield from wait_for_orders(run, next_look_seconds(run) if end is None else 0)
    newer = superseding(run, orders)
    if newer is not None:
        superseded = PromotionEnd(
            _S.SUPERSEDED, f"superseded by {newer.version_id.name}: {run.status.where()}"
        )
        yield from run.end(end or superseded)
        context.continue_as_new(newer.model_dump(mode="json"))
        return None
    if end is None or ("rollback" in orders and not run.status.is_rolling_back):
        try:
            end = yield from obey(run, orders)
        except StepFailedError as error:
            end = failed(run, error.failure)
    if end is not None:
        return (yield from run.end(end))
    request.status = run.status
    context.continue_as_new(request.model_dump(mode="json"))
    return None


def advance(run: PromotionRun) -> Orchestration[PromotionEnd | None]:
    """Takes the next step; returns the end, or None if there is something to wait for."""
    state = run.status.state
    if run.status.is_rolling_back:
        return (yield from roll_back(run))
    if state is _S.PAUSED:
        run.show()
        return None
    if state is _S.PLANNED:
        end = yield from begin(run)
        if end is not None:
            return end
    elif state is _S.BAKING:
        baked, end = yield from look(run)
        if end is not None or not baked:
            return end
        run.status.ring += 1
        run.move(_S.PROMOTING)
    yield from write_ring(run)
    return None


def begin(run: PromotionRun) -> Orchestration[PromotionEnd | None]:
    """Plans the promotion, and records what is before the first write. Returns the end if it may not begin."""
    run.show()
    plan = yield from call_activity(
        run.context, names.PLAN_PROMOTION, run.request, PromotionPlan, run.show_waiting
    )
    status = run.status
    status.rings = [ring.regions for ring in plan.rings]
    status.bake_hours = run.request.bake_hours
    status.warn(*plan.warnings)
    yield from run.note_latest(plan.latest, ours=True)
    if plan.obstacle is not None:
        return PromotionEnd(_S.FAILED, plan.obstacle.message, plan.obstacle.fix, plan.obstacle)
    status.before = plan.before
    if not plan.recorded:
        evidence = before_evidence(Before.of(status), run.request.start_id, run.context.current_utc_datetime)
        yield from record(run.context, evidence, run.show_waiting)
    status.ring = 1
    run.move(_S.PROMOTING)
    run.log("started")
    yield from run.announce("promotion.started", "started")
    return None


def look(run: PromotionRun) -> Orchestration[tuple[bool, PromotionEnd | None]]:
    """Looks at the ring once; returns whether it is baked and another one follows, and the end if it is time."""
    status = run.status
    status.looks += 1
    report, unreadable = yield from look_once(run)
    if report is None:
        run.wait_for(f"the ring cannot be looked at: {unreadable}", next_look_seconds(run))
        return False, None
    yield from run.note_latest(report.latest, ours=False)
    status.followers = report.followers
    now = run.context.current_utc_datetime
    verdict = judge(report, bake_of(run), now)
    if verdict.outcome == "wait":
        run.wait_for(verdict.reason, next_look_seconds(run))
        return False, None
    if verdict.outcome == "pause":
        status.warn(verdict.reason)
        run.pause(verdict.reason, verdict.fix)
        return False, None
    if verdict.outcome == "stop":
        failure = Failure(code=verdict.code, message=verdict.reason, fix=verdict.fix)
        return False, PromotionEnd(_S.FAILED, f"{verdict.reason}. {status.where()}", verdict.fix, failure)
    status.warn(*verdict.statements)
    if status.is_last_ring:
        return False, PromotionEnd(_S.PROMOTED)
    return True, None


def bake_of(run: PromotionRun) -> Bake:
    """What the current ring waits for."""
    status = run.status
    return Bake(
        version_id=status.version_id,
        ring=[region for region in status.current_ring if region in status.promoted],
        since=status.promoted,
        until=status.bake_until or run.context.current_utc_datetime,
        written=status.written,
        follows=status.action == "promote",
    )


def next_look_seconds(run: PromotionRun) -> float:
    """A quarter of the time that the ring bakes, within bounds."""
    if run.status.state is _S.PAUSED:
        return PAUSED_LOOK_SECONDS
    since = max(run.status.promoted.values(), default=run.context.current_utc_datetime)
    baking = (run.context.current_utc_datetime - since).total_seconds()
    return min(max(baking / 4, FIRST_LOOK_SECONDS), LONGEST_LOOK_SECONDS)


def wait_for_orders(run: PromotionRun, seconds: float) -> Orchestration[dict[Order, Ordered]]:
    """Waits until the next look is due or an order comes; returns the orders that came.

    An order ends the wait, so its timer is cancelled, and with a cancelled timer the host takes the wait for over
    before the order came: it hands the order over to the next execution once more. There it is known by its id, and
    the wait goes on. That execution is short, for a second order of the same name is heard in the one after it.
    """
    context = run.context
    if run.request.hears_again:
        seconds = min(seconds, FIRST_LOOK_SECONDS)
    timer: Any = context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))
    events: dict[Order, Any] = {name: context.wait_for_external_event(name) for name in ORDERS}
    while True:
        winner = yield context.task_any([timer, *events.values()])
        came = [name for name, task in events.items() if task is winner or task.is_completed]
        orders = {name: Ordered.parse(events.pop(name).result) for name in came}
        new = {name: order for name, order in orders.items() if order.id not in run.request.obeyed}
        if winner is timer or timer.is_completed or new:
            break
    if not timer.is_completed and winner is not timer:
        timer.cancel()
    run.request.obey(*(order.id for order in new.values()))
    return new


def superseding(run: PromotionRun, orders: dict[Order, Ordered]) -> PromotionRequest | None:
    """The newer promotion of the definition that comes instead of this one; a stronger order goes first."""
    if "rollback" in orders or "abort" in orders or "supersede" not in orders:
        return None
    newer = orders["supersede"].request
    if newer is None or newer.definition != run.request.definition:
        return None
    status = run.status
    status.ordered_by = orders["supersede"].by
    newer.status = None
    newer.obeyed, newer.hears_again = run.request.obeyed, True
    newer.superseded = Superseded(
        version_id=status.version_id, started_by=status.started_by, promoted=list(status.promoted)
    )
    return newer


def obey(run: PromotionRun, orders: dict[Order, Ordered]) -> Orchestration[PromotionEnd | None]:
    """Carries out the strongest order; returns the end, if it is one."""
    order = next((name for name in ORDERS if name in orders), None)
    if order is None:
        return None
    by = orders[order].by
    run.status.ordered_by = by
    if order == "rollback":
        run.move(_S.ROLLING_BACK)
    elif order == "abort":
        fix = "Roll the promotion back to restore what was latest before." if run.status.written else None
        return PromotionEnd(_S.ABORTED, f"{by} aborted it: {run.status.where()}", fix)
    elif order == "pause" and run.status.state is not _S.PAUSED:
        run.pause(f"{by} paused it: {run.status.where()}", "Resume it, abort it or roll it back.")
    elif order == "resume" and run.status.state is _S.PAUSED:
        yield from accept_changes(run)
        complete = all(region in run.status.promoted for region in run.status.current_ring)
        run.move(_S.BAKING if complete or run.status.taken_back else _S.PROMOTING)
    return None


def failed(run: PromotionRun, failure: Failure) -> PromotionEnd:
    """The end after a step that gave up: what is changed and what is not."""
    fix = failure.fix.replace("Start the migration again", "Start the promotion again")
    if run.status.written:
        fix = f"{fix} Roll the promotion back to restore what was latest before.".strip()
    return PromotionEnd(_S.FAILED, f"{failure.message}. {run.status.where()}", fix, failure)
