"""What the host knows about an orchestration instance, and the messages that instances and entities act on."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from functions_testhost.history import Event


class Status(StrEnum):
    """Runtime status, spelled as in the durable HTTP API."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    CONTINUED_AS_NEW = "ContinuedAsNew"
    FAILED = "Failed"
    CANCELED = "Canceled"
    TERMINATED = "Terminated"
    SUSPENDED = "Suspended"

    @property
    def is_final(self) -> bool:
        """Whether the instance has ended."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.TERMINATED)


@dataclass(frozen=True)
class Parent:
    """The call in another instance that waits for this instance's end."""

    instance_id: str
    execution_id: str
    task_id: int
    orchestrator: str
    version: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the `ParentInstance` of an ExecutionStarted event."""
        return {
            "Name": self.orchestrator,
            "OrchestrationInstance": {"InstanceId": self.instance_id, "ExecutionId": self.execution_id},
            "TaskScheduleId": self.task_id,
            "Version": self.version,
        }

    @classmethod
    def parse(cls, document: dict[str, Any]) -> "Parent":
        """Reads what `to_json` returned."""
        instance = document["OrchestrationInstance"]
        return cls(
            instance_id=instance["InstanceId"],
            execution_id=instance["ExecutionId"],
            task_id=document["TaskScheduleId"],
            orchestrator=document["Name"],
            version=document["Version"],
        )


def new_execution_id() -> str:
    """Returns a new id for one run of an instance: each start and each continue-as-new gets its own."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Start:
    """A request to start an instance; `input_text` is JSON text."""

    orchestrator: str
    instance_id: str
    input_text: str | None = None
    version: str | None = None
    parent: Parent | None = None
    execution_id: str = field(default_factory=new_execution_id)


@dataclass(frozen=True)
class Instance:
    """One orchestration instance. Input, output and custom status are JSON text; a failure's output is plain text."""

    instance_id: str
    execution_id: str
    orchestrator: str
    version: str | None
    status: Status
    input_text: str | None
    output: str | None
    custom_status: str | None
    parent: Parent | None
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class Message:
    """An event on its way to an instance, visible from a time on.

    One with an execution id is meant for that execution only, and dropped when another has replaced it.
    """

    instance_id: str
    event: Event
    visible_at: datetime
    execution_id: str | None = None


@dataclass(frozen=True)
class ActivityCall:
    """A call of an activity by an execution; `input_text` is JSON text."""

    instance_id: str
    execution_id: str
    task_id: int
    activity: str
    input_text: str


@dataclass(frozen=True)
class EntityRequest:
    """An operation on its way to an entity (id `@name@key`); `request` is JSON text."""

    entity_id: str
    request: str
