"""One run of a migration: moves its state, and shows every change as the orchestration's custom status."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from domain.migration.custom_status import custom_status
from domain.migration.messages import RunRequest, child_instance_id
from domain.migration.replication import ReplicationReport
from domain.migration.states import MigrationState
from domain.migration.status import End, MigrationStatus
from domain.migration.target import Child, Target
from domain.results import CurrentWait
from orchestrators.run.log_lines import log_migration


class MigrationRun:
    """The status of one execution of `migrate_image` or `add_regions`."""

    def __init__(
        self,
        context: df.DurableOrchestrationContext,
        request: RunRequest,
        status: MigrationStatus | None = None,
    ) -> None:
        self.context = context
        self.status = status or MigrationStatus(image=request.image, started_by=request.started_by)
        # tells this run's child orchestrations from those of another run
        self._id = f"{context.current_utc_datetime:%Y%m%d%H%M%S%f}"

    def start(self) -> None:
        """Shows and logs that the run started."""
        self._show()
        log_migration(self.context, "started", self.status)

    def move(self, state: MigrationState) -> None:
        """Moves the migration's state. The child orchestrations of the step before have ended."""
        self.status = self.status.moved(state)
        self.status.child_instance_ids = []
        self._show()

    def begin_children(self, step: str, children: Sequence[Child], attempt: int = 1) -> list[str]:
        """Returns and shows the instance ids of the child orchestrations that take this step."""
        run = self._id if attempt == 1 else f"{self._id}-{attempt}"
        ids = [child_instance_id(step, self.context.instance_id, run, child.child_key) for child in children]
        self.status.child_instance_ids = ids
        self._show()
        return ids

    def show_waiting(self, wait: CurrentWait | None) -> None:
        """Shows what the migration waits for; None when the wait ends."""
        self.status.waiting_for = wait
        self._show()

    def show_next_look(self, moment: datetime | None) -> None:
        """Shows when the versions are looked at next; None where Azure's events say when."""
        self.status.next_look = moment
        self._show()

    def show_targets(self, targets: Sequence[Target]) -> None:
        """Shows these targets; those shown before stay, in their order."""
        shown = {status.definition: status for status in self.status.targets}
        shown |= {target.definition: target.status for target in targets}
        self.status.targets = list(shown.values())
        self._show()

    def show_report(self, target: Target, report: ReplicationReport) -> None:
        """Shows the latest look at a target's regions. What was waited for is over."""
        target.status = target.status.with_regions(report.regions)
        self.status.waiting_for = None
        self.show_targets([target])

    def end(self, end: End) -> dict[str, Any]:
        """Ends the migration; returns the orchestration's output."""
        self.status = self.status.ended(end)
        self._show()
        log_migration(self.context, end.state, self.status)
        return self.status.model_dump(mode="json")

    def _show(self) -> None:
        self.status.note(self.context.current_utc_datetime)
        self.context.set_custom_status(custom_status(self.status))
