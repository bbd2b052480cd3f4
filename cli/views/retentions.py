"""How retention looks: its plan, a run of it, and the restoration of a version."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from api.answers import Restoration, Retention, RetentionResult
from api.answers.forecast import Forecast
from cli.names import short
from cli.output import Column, facts, table_of
from cli.views.parts import clock, failure, headline, listed, waiting
from domain.retention.decide import Judged
from domain.retention.run import PlannedStep, StepRecord

STEPS = [
    Column[PlannedStep]("version", lambda one: short(one.version), lambda one: one.version),
    Column[PlannedStep]("step", lambda one: one.step),
]
KEPT = [
    Column[Judged]("version", lambda one: short(one.version)),
    Column[Judged]("is", lambda one: one.rung),
    Column[Judged]("kept because", lambda one: one.kept),
]
TAKEN = [
    Column[StepRecord]("version", lambda one: short(one.version)),
    Column[StepRecord]("step", lambda one: one.step),
    Column[StepRecord]("outcome", lambda one: one.outcome, whole=True),
    Column[StepRecord]("reason", lambda one: one.reason),
]
LIMITS = [
    Column[Forecast]("limit", lambda one: one.limit),
    Column[Forecast]("where", lambda one: one.region),
    Column[Forecast]("used", lambda one: f"{one.used} of {one.most}"),
    Column[Forecast]("added in 30 days", lambda one: one.added),
    Column[Forecast]("days left", lambda one: None if one.days_left is None else f"{one.days_left:.0f}"),
]


def plan_parts(plan: Retention) -> Sequence[RenderableType]:
    """What retention would do with a definition."""
    rules = plan.rules
    return [
        headline(short(plan.definition), f"{plan.kept} of {plan.versions} versions are kept"),
        *([Text(f"  {plan.reason}", overflow="fold")] if plan.reason else []),
        *([table_of(plan.steps, STEPS)] if plan.steps else []),
        *([table_of(plan.shown, KEPT)] if plan.shown else []),
        *listed(
            "In the bin",
            (f"{short(one.id)}, gone {one.gone_at or 'at an unknown date'}" for one in plan.soft_deleted),
        ),
        *([Text(f"The bin could not be read: {plan.bin_unread}", style="yellow")] if plan.bin_unread else []),
        *([table_of(plan.forecast, LIMITS)] if plan.forecast else []),
        facts(
            [
                ("rule", rules.rule),
                ("keeps the last", rules.keep_last),
                ("keeps for days", rules.keep_days),
                ("at most a run", rules.most_per_run),
                ("only dry runs", rules.dry_run),
                ("bin", plan.soft_delete),
            ]
        ),
    ]


def parts(run: RetentionResult) -> Sequence[RenderableType]:
    """A run of retention."""
    return [
        headline(short(run.definition), run.state, "dry run: nothing is written" if run.dry_run else ""),
        *waiting(run.waiting_for),
        *([Text(f"  {run.reason}", overflow="fold")] if run.reason else []),
        *failure(run.failure),
        *([table_of(run.planned, STEPS)] if run.planned and not run.steps else []),
        *([table_of(run.steps, TAKEN)] if run.steps else []),
        facts(
            [
                ("versions", run.versions),
                ("kept", run.kept),
                ("started", run.created and f"{clock(run.created)} by {run.started_by}"),
                ("id", run.id),
            ]
        ),
    ]


def restoration_parts(found: Restoration) -> Sequence[RenderableType]:
    """The restoration of a version."""
    return [
        headline(short(found.version), found.state),
        *waiting(found.waiting_for),
        *([Text(f"  {found.message}", overflow="fold")] if found.message else []),
        *failure(found.failure),
        facts([("found", found.found_on), ("by", found.by), ("id", found.id)]),
    ]
