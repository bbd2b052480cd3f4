"""How far one migration is, shown as its custom status at every move, and how it ends."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import azure.durable_functions as df

from domain.migration.custom_status import custom_status
from domain.migration.messages import MigrationRequest, step_instance_id
from domain.migration.publishing import VERSION_TAKEN
from domain.migration.results import Failure, Waiting
from domain.migration.states import ENDS, MigrationState, move
from domain.migration.status import MigrationStatus, TargetStatus
from orchestrators.log_lines import log_migration


class End(NamedTuple):
    """How a migration ends, and what is told about it; shown only once nothing more is done."""

    state: MigrationState
    told: dict[str, Any]

    @classmethod
    def of_failure(cls, failure: Failure) -> "End":
        """A failure; one that only a person can decide about blocks the migration."""
        state = MigrationState.BLOCKED if failure.code == VERSION_TAKEN else MigrationState.FAILED
        return cls(state, {"failure": failure, "reason": failure.message, "fix": failure.fix})

    @classmethod
    def of_targets(cls, targets: Iterable[TargetStatus | None]) -> "End":
        """The end of the galleries together: completed where all are, failed where none is.

        None stands for a gallery that was not begun.
        """
        shown = list(targets)
        states = {target.state if target else MigrationState.FAILED for target in shown}
        if states == {MigrationState.COMPLETED}:
            return cls(MigrationState.COMPLETED, {})
        failure = next((target.failure for target in shown if target and target.failure), None)
        end = cls.of_failure(failure) if failure else cls(MigrationState.FAILED, {})
        return end if states == {MigrationState.FAILED} else cls(MigrationState.PARTIAL, end.told)


class Progress:
    """The migration's status; every change of it is shown."""

    def __init__(self, context: df.DurableOrchestrationContext, request: MigrationRequest) -> None:
        self._context = context
        # what tells this run's sub-orchestrations from those of another run
        self._run = f"{context.current_utc_datetime:%Y%m%d%H%M%S%f}"
        self.status = MigrationStatus(image=request.image, started_by=request.started_by)
        self._show()
        log_migration(context, "started", self.status)

    def step_ids(self, step: str, targets: Iterable[int]) -> list[str]:
        """The instance ids of the orchestrations that take this step for these target galleries."""
        instance_id = self._context.instance_id
        return [step_instance_id(step, instance_id, self._run, target) for target in targets]

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
