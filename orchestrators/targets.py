"""Publishes a plan's versions, gallery by gallery or side by side, and watches them to their end."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from domain import names
from domain.migration.messages import MigrationRequest
from domain.migration.publishing import PublishRequest
from domain.migration.replication import ReplicationReport, WatchRequest
from domain.migration.states import MigrationState
from domain.migration.status import TargetStatus
from domain.planning.plan import MigrationPlan
from domain.resources.ids import ImageVersionId
from domain.resources.images import ManagedImage
from orchestrators.progress import Progress
from orchestrators.steps import Steps


class Targets:
    """The plan's target galleries, by their place in the plan."""

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

    def publish(self, places: list[int], copy_of: TargetStatus | None = None) -> Steps[None]:
        """Publish and watch these targets side by side, from the managed image or from a version that is there."""
        publishers = self._progress.step_ids("publish", places)
        self._progress.move(MigrationState.PUBLISHING, works=publishers)
        replies = yield self._context.task_all(
            [self._begin(place, name, copy_of) for place, name in zip(places, publishers, strict=True)]
        )
        watchers = self._progress.step_ids("watch", places)
        begun = [
            TargetStatus.model_validate(reply).watched(watcher)
            for watcher, reply in zip(watchers, replies, strict=True)
        ]
        self._progress.move(MigrationState.REPLICATING)
        self._progress.show_targets(begun)
        yield from self._watch(list(zip(places, begun, strict=True)))

    def shown(self) -> list[TargetStatus | None]:
        """How far each target is, in the plan's order; None for one that was not begun."""
        by_definition = {target.definition: target for target in self._progress.status.targets}
        return [by_definition.get(target.definition.id) for target in self._plan.targets]

    def _begin(self, place: int, instance_id: str, copy_of: TargetStatus | None) -> Any:
        spec = self._plan.targets[place].version
        first = copy_of.version_id if copy_of else None
        publish = PublishRequest(
            image=self._image,
            spec=spec.model_copy(update={"source": str(first)}) if first else spec,
            wanted_version=self._request.overrides.version,
            preferred_version=first.name if first else None,
        )
        return self._context.call_sub_orchestrator(
            names.PUBLISH_VERSION, publish.model_dump(mode="json"), instance_id
        )

    def _watch(self, begun: list[tuple[int, TargetStatus]]) -> Steps[None]:
        watched = [(place, status, status.version_id) for place, status in begun if status.version_id]
        if not watched:
            return
        reports = yield self._context.task_all(
            [self._watch_one(place, status, version) for place, status, version in watched]
        )
        self._progress.show_targets(
            [
                status.ended(ReplicationReport.model_validate(report))
                for (_, status, _), report in zip(watched, reports, strict=True)
            ]
        )

    def _watch_one(self, place: int, status: TargetStatus, version: ImageVersionId) -> Any:
        watch = WatchRequest(
            version_id=version,
            operation_url=status.operation_url,
            rollout=self._plan.targets[place].rollout,
            deadline=self._context.current_utc_datetime + timedelta(hours=self._plan.pace.deadline_hours),
            first_poll_seconds=self._plan.pace.first_poll_seconds,
            longest_poll_seconds=self._plan.pace.longest_poll_seconds,
        )
        return self._context.call_sub_orchestrator(
            names.WATCH_REPLICATION, watch.model_dump(mode="json"), status.watched_by
        )
