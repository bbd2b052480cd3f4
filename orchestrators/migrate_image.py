"""One managed image, from what it is to a version that every target region of every target gallery has."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

import azure.durable_functions as df

from domain import contracts
from domain.contracts import (
    Answer,
    Failure,
    ImageRequest,
    MigrationRequest,
    MigrationStatus,
    PlanRequest,
    PublishRequest,
    ReplicationReport,
    TargetStatus,
    Waiting,
)
from domain.custom_status import custom_status
from domain.galleries import ImageDefinition
from domain.images import ManagedImage
from domain.planning import MigrationPlan
from domain.replication import WatchRequest
from domain.states import ENDS, MigrationState, move
from domain.targets import TargetPlan
from orchestrators.log_lines import log_migration
from orchestrators.steps import StepFailedError, Steps, ask, sleep

blueprint = df.Blueprint()

SECOND_LOOK_SECONDS = 30


@blueprint.orchestration_trigger(context_name="context", orchestration=contracts.MIGRATE_IMAGE)
def migrate_image(context: df.DurableOrchestrationContext) -> Steps[object]:
    """Migrate the image of the `MigrationRequest`; custom status and output are a `MigrationStatus`."""
    request = MigrationRequest.model_validate(context.get_input())
    progress = Progress(context, request)
    image = None
    try:
        image = yield from _find_image(context, request, progress)
        if image is None:
            progress.move(MigrationState.SKIPPED, reason="the managed image does not exist (any more)")
            return progress.output()
        end = yield from _migrate(context, request, image, progress)
    except StepFailedError as error:
        end = End.of_failure(error.failure)
    changed = image is not None and (yield from _changed_meanwhile(context, request, image, progress))
    if changed:
        # events that came while this ran were taken as done: begin again with the image as it is now
        context.continue_as_new(context.get_input())
        return None
    progress.move(end.state, **end.told)
    return progress.output()


class End(NamedTuple):
    """How a migration ends, and what is told about it; shown only once nothing more is done."""

    state: MigrationState
    told: dict[str, Any]

    @classmethod
    def of_failure(cls, failure: Failure) -> "End":
        """A failure; one that only a person can decide about blocks the migration."""
        state = MigrationState.BLOCKED if failure.code == contracts.VERSION_TAKEN else MigrationState.FAILED
        return cls(state, {"failure": failure, "reason": failure.message, "fix": failure.fix})


class Progress:
    """The migration's status, shown as the custom status at every move."""

    def __init__(self, context: df.DurableOrchestrationContext, request: MigrationRequest) -> None:
        self._context = context
        # what tells this run's sub-orchestrations from those of another run
        self.run = f"{context.current_utc_datetime:%Y%m%d%H%M%S%f}"
        self.status = MigrationStatus(image=request.image, started_by=request.started_by)
        self._show()
        log_migration(context, "started", self.status)

    def move(self, state: MigrationState, **details: Any) -> None:
        """Go to the next state, with what is to be told about it."""
        told = {"state": move(self.status.state, state), "works": [], **details}
        self.status = self.status.model_copy(update=told)
        self._show()
        if state in ENDS:
            log_migration(self._context, state, self.status)

    def show_waiting(self, waiting: Waiting | None) -> None:
        """Show what is waited for, until it is over."""
        self.status = self.status.model_copy(update={"waiting_for": waiting})
        self._show()

    def show_targets(self, targets: list[TargetStatus]) -> None:
        """Show how far the galleries are; the order is the plan's."""
        by_definition = {target.definition: target for target in self.status.targets}
        by_definition |= {target.definition: target for target in targets}
        self.status = self.status.model_copy(update={"targets": list(by_definition.values())})
        self._show()

    def output(self) -> dict[str, Any]:
        """The status as plain JSON, without the signed URLs of operations."""
        return self.status.model_dump(mode="json", exclude={"targets": {"__all__": {"operation_url"}}})

    def _show(self) -> None:
        self._context.set_custom_status(custom_status(self.status))


def _get_image(
    context: df.DurableOrchestrationContext, request: MigrationRequest, progress: Progress
) -> Steps[ManagedImage | None]:
    asked = ImageRequest(image=request.image)
    return (yield from ask(context, contracts.GET_MANAGED_IMAGE, asked, ManagedImage, progress.show_waiting))


def _find_image(
    context: df.DurableOrchestrationContext, request: MigrationRequest, progress: Progress
) -> Steps[ManagedImage | None]:
    """The image; one that seems to be missing is looked for once more, for a stale cache answers 404 too."""
    image = yield from _get_image(context, request, progress)
    if image is not None:
        return image
    yield from sleep(context, SECOND_LOOK_SECONDS)
    return (yield from _get_image(context, request, progress))


def _changed_meanwhile(
    context: df.DurableOrchestrationContext,
    request: MigrationRequest,
    image: ManagedImage,
    progress: Progress,
) -> Steps[bool]:
    """Whether the name stands for another content by now; not knowing is no reason to spoil what was done."""
    try:
        now = yield from _get_image(context, request, progress)
    except StepFailedError:
        return False
    return now is not None and now.fingerprint != image.fingerprint


def _migrate(
    context: df.DurableOrchestrationContext,
    request: MigrationRequest,
    image: ManagedImage,
    progress: Progress,
) -> Steps[End]:
    asked = PlanRequest(
        image=image,
        migration=context.instance_id,
        started_by=request.started_by,
        overrides=request.overrides,
        now=context.current_utc_datetime,
    )
    plan = yield from ask(context, contracts.PLAN_MIGRATION, asked, MigrationPlan, progress.show_waiting)
    told = {"rule": plan.rule, "fingerprint": plan.fingerprint, "warnings": plan.warnings}
    if plan.outcome != "migrate":
        state = MigrationState.SKIPPED if plan.outcome == "skipped" else MigrationState.BLOCKED
        return End(state, {"reason": plan.reason, "fix": plan.fix, **told})
    prepares = _works(context, progress, "prepare", range(len(plan.targets)))
    progress.move(MigrationState.PREPARING, works=prepares, **told)
    yield from _prepare_definitions(context, plan, prepares)
    run = _Run(context, request, image, plan, progress)
    first, *others = range(len(plan.targets))
    done = yield from run.publish([first])
    if others and done[0].state in (MigrationState.COMPLETED, MigrationState.PARTIAL):
        # one build per managed image at a time (documented): the others copy the version that is there now
        yield from run.publish(others, copy_of=done[0])
    progress_of = {target.definition: target for target in progress.status.targets}
    return _conclude([progress_of.get(target.definition.id) for target in plan.targets])


def _works(
    context: df.DurableOrchestrationContext, progress: Progress, step: str, targets: Iterable[int]
) -> list[str]:
    return [contracts.step_instance_id(step, context.instance_id, progress.run, target) for target in targets]


def _prepare_definitions(
    context: df.DurableOrchestrationContext, plan: MigrationPlan, works: list[str]
) -> Steps[None]:
    replies = yield context.task_all(
        [
            context.call_sub_orchestrator(
                contracts.PREPARE_DEFINITION, target.definition.model_dump(mode="json"), instance_id
            )
            for target, instance_id in zip(plan.targets, works, strict=True)
        ]
    )
    for reply in replies:
        answer = Answer[ImageDefinition].model_validate(reply)
        if answer.failure is not None:
            raise StepFailedError(answer.failure)


class _Run:
    """Publishing the plan's targets: the first from the managed image, the others side by side from the first."""

    def __init__(
        self,
        context: df.DurableOrchestrationContext,
        request: MigrationRequest,
        image: ManagedImage,
        plan: MigrationPlan,
        progress: Progress,
    ) -> None:
        self._context = context
        self._request = request
        self._image = image
        self._plan = plan
        self._progress = progress

    def publish(self, targets: list[int], copy_of: TargetStatus | None = None) -> Steps[list[TargetStatus]]:
        """Publish and watch these targets; returns how each one ended."""
        works = _works(self._context, self._progress, "publish", targets)
        self._progress.move(MigrationState.PUBLISHING, works=works)
        replies = yield self._context.task_all(
            [
                self._begin(target, instance_id, copy_of)
                for target, instance_id in zip(targets, works, strict=True)
            ]
        )
        watches = _works(self._context, self._progress, "watch", targets)
        published = [
            TargetStatus.model_validate(reply).watched(watch)
            for watch, reply in zip(watches, replies, strict=True)
        ]
        self._progress.move(MigrationState.REPLICATING)
        self._progress.show_targets(published)
        begun = [
            (target, status) for target, status in zip(targets, published, strict=True) if status.version_id
        ]
        if begun:
            reports = yield self._context.task_all([self._watch(target, status) for target, status in begun])
            ended = [
                status.ended(ReplicationReport.model_validate(report))
                for (_, status), report in zip(begun, reports, strict=True)
            ]
            self._progress.show_targets(ended)
        return [self._status_of(status) for status in published]

    def _status_of(self, status: TargetStatus) -> TargetStatus:
        return next(shown for shown in self._progress.status.targets if shown.definition == status.definition)

    def _begin(self, target: int, instance_id: str, copy_of: TargetStatus | None) -> Any:
        planned = self._plan.targets[target]
        wanted = self._request.overrides.version
        publish = PublishRequest(
            image=self._image,
            spec=planned.version if copy_of is None else _copying(planned, copy_of),
            wanted_version=wanted,
            preferred_version=copy_of.version_id.name if copy_of and copy_of.version_id else None,
        )
        return self._context.call_sub_orchestrator(
            contracts.PUBLISH_VERSION, publish.model_dump(mode="json"), instance_id
        )

    def _watch(self, target: int, status: TargetStatus) -> Any:
        assert status.version_id is not None  # noqa: S101 # only what was begun is watched
        watch = WatchRequest(
            version_id=status.version_id,
            operation_url=status.operation_url,
            rollout=self._plan.targets[target].rollout,
            deadline=self._context.current_utc_datetime + timedelta(hours=self._plan.deadline_hours),
            first_poll_seconds=self._plan.first_poll_seconds,
            longest_poll_seconds=self._plan.longest_poll_seconds,
        )
        return self._context.call_sub_orchestrator(
            contracts.WATCH_REPLICATION, watch.model_dump(mode="json"), status.watched_by
        )


def _copying(planned: TargetPlan, first: TargetStatus) -> Any:
    return planned.version.model_copy(update={"source": str(first.version_id)})


def _conclude(targets: list[TargetStatus | None]) -> End:
    """The migration's end is that of its galleries: completed where all are, failed where none is."""
    states = {target.state if target else MigrationState.FAILED for target in targets}
    if states == {MigrationState.COMPLETED}:
        return End(MigrationState.COMPLETED, {})
    failure = next((target.failure for target in targets if target and target.failure), None)
    end = End.of_failure(failure) if failure else End(MigrationState.FAILED, {})
    return end if states == {MigrationState.FAILED} else End(MigrationState.PARTIAL, end.told)
