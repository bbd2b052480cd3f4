"""Takes one step of a migration for its targets: inline for one target, as child orchestrations for several.

A child orchestration costs storage calls and is one more thing that a dying worker can hit, so it is only used to run
steps side by side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import azure.durable_functions as df
from pydantic import BaseModel

from domain.migration.target import Target
from domain.results import CurrentWait, Failure, StepResult, StepStatus
from orchestrators.run.activity_calls import OnWait, Orchestration, StepFailedError
from orchestrators.run.children import call_children
from orchestrators.run.migration_run import MigrationRun

Request = TypeVar("Request", bound=BaseModel)
Value = TypeVar("Value", bound=BaseModel)


@dataclass(frozen=True)
class Step(Generic[Request, Value]):
    """A step: the name of its child orchestrator, its types, and the generator that takes it."""

    orchestrator: str
    request_type: type[Request]
    value_type: type[Value]
    take: Callable[[df.DurableOrchestrationContext, Request, OnWait], Orchestration[Value]]

    def as_child(self, context: df.DurableOrchestrationContext) -> Orchestration[object]:
        """The body of the child orchestrator; it returns a `StepResult` and shows a `StepStatus`."""

        def show(wait: CurrentWait | None) -> None:
            context.set_custom_status(StepStatus(waiting_for=wait).model_dump(mode="json"))

        request = self.request_type.model_validate(context.get_input())
        result = yield from self._result(context, request, show)
        return result.model_dump(mode="json")

    def for_each(
        self, run: MigrationRun, targets: Sequence[Target], requests: Sequence[Request]
    ) -> Orchestration[list[StepResult[Value]]]:
        """Takes the step for every target. A failure is returned, not raised, so that it leaves its siblings alone."""
        if len(requests) == 1:
            return [(yield from self._result(run.context, requests[0], run.show_waiting))]
        replies = yield from call_children(run, self.orchestrator, targets, requests)
        return [self._parse(reply) for reply in replies]

    def _parse(self, reply: Any) -> StepResult[Value]:
        if isinstance(reply, Failure):
            return StepResult(failure=reply)
        return StepResult[self.value_type].model_validate(reply)  # type: ignore[name-defined] # known at run time only

    def _result(
        self, context: df.DurableOrchestrationContext, request: Request, on_wait: OnWait
    ) -> Orchestration[StepResult[Value]]:
        try:
            value = yield from self.take(context, request, on_wait)
        except StepFailedError as error:
            return StepResult(failure=error.failure)
        return StepResult(value=value)
