"""Reads instances of the task hub as what they should be. Another release, or an operator, may have left others."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from adapters.task_hub import BEGINNING, Cursor, Instance, TaskHub
from domain.field_errors import FieldError
from domain.migration.status import UnreadableInstance, unreadable
from services.interruptions import Attempts
from services.refusals import ConflictError, InvalidRequestError

Record = TypeVar("Record")
State = TypeVar("State")
# reads an instance; the second argument says whether the host ended it and Gallerist is going to continue it
Read = Callable[[Instance, bool], Record]


@dataclass(frozen=True)
class States(Generic[State]):
    """The states of a kind of orchestration that its host can end: its own ends, and what the host's endings mean."""

    ends: Collection[State]
    interrupted: State
    failed: State
    terminated: State

    def imposed(self, instance: Instance, own: State, *, goes_on: bool) -> State | None:
        """The state that the host's ending gives an orchestration; None if its `own` one holds.

        It has not said so itself: nothing inside an orchestrator sees how the host ends it.
        """
        by_host = {"Failed": self.failed, "Terminated": self.terminated, "Canceled": self.terminated}
        if own in self.ends or instance.runtime_status not in by_host:
            return None
        return self.interrupted if goes_on else by_host[instance.runtime_status]


def shown_status(instance: Instance) -> Any:
    """What an orchestration says of itself: its output at the end, which is whole, else its custom status."""
    return (instance.output if instance.runtime_status == "Completed" else None) or instance.custom_status


def cursor_of(page: str) -> Cursor:
    """Where a page of a list begins; the first page is empty.

    Raises:
        InvalidRequestError: this is no page of the list.
    """
    try:
        return Cursor.parse(page) if page else BEGINNING
    except ValueError as error:
        raise InvalidRequestError([FieldError("page", str(error))]) from error


async def read_instance(
    instance: Instance, attempts: Attempts, expected: str, read: Read[Record]
) -> Record | UnreadableInstance:
    """The instance as a record; `expected` is what it should be, such as "a migration"."""
    goes_on = await attempts.goes_on(instance)
    try:
        return read(instance, goes_on)
    except ValidationError as error:
        return UnreadableInstance(instance.id, unreadable(instance.id, expected, error))


async def find_instance(hub: TaskHub, instance_id: str, expected: str, read: Read[Record]) -> Record | None:
    """The record under this id; None if there is none.

    Raises:
        ConflictError: the task hub holds something else under this id.
    """
    instance = await hub.get(instance_id)
    if instance is None:
        return None
    record = await read_instance(instance, Attempts(hub), expected, read)
    if isinstance(record, UnreadableInstance):
        raise ConflictError(record.reason)
    return record
