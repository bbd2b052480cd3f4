"""Which operations raise events, the events in both schemas, and the filters of subscriptions.

Delivery is in event_grid.py.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure_compute_simulator.json_fields import check_names
from azure_compute_simulator.models.resources import Json, Operation
from azure_compute_simulator.switches import Switches

EVENT_GRID_SCHEMA = "EventGridSchema"
CLOUD_EVENTS_SCHEMA = "CloudEventSchemaV1_0"
_VERSIONS = "microsoft.compute/galleries/images/versions"
_TAGS_TYPE = "Microsoft.Resources/tags"


@dataclass
class EventSubscription:
    """An endpoint and the events that it wants. `scope` is the id of a subscription or group; None means all."""

    name: str
    endpoint: str
    schema: str = EVENT_GRID_SCHEMA
    scope: str | None = None
    included_event_types: tuple[str, ...] | None = None
    advanced_filters: tuple[Json, ...] = ()

    @classmethod
    def parse(cls, name: str, document: Json) -> "EventSubscription":
        """Reads a document of the control plane. Raises ValueError."""
        if not isinstance(document, dict) or not isinstance(document.get("endpoint"), str):
            raise ValueError("An event subscription needs an 'endpoint', a URL.")  # noqa: TRY004 - a client's value
        check_names(document, "endpoint", "schema", "scope", "includedEventTypes", "advancedFilters")
        schema = document.get("schema", EVENT_GRID_SCHEMA)
        if schema not in (EVENT_GRID_SCHEMA, CLOUD_EVENTS_SCHEMA):
            raise ValueError(
                f"The schema {schema!r} is neither {EVENT_GRID_SCHEMA} nor {CLOUD_EVENTS_SCHEMA}."
            )
        filters = document.get("advancedFilters") or []
        if not isinstance(filters, list) or not all(isinstance(advanced, dict) for advanced in filters):
            raise ValueError("'advancedFilters' must be a list of objects.")
        for advanced in filters:
            if advanced.get("operatorType") not in _OPERATORS:
                known = ", ".join(_OPERATORS)
                raise ValueError(
                    f"The operator {advanced.get('operatorType')!r} is not simulated; use {known}."
                )
            if not isinstance(advanced.get("key"), str) or not isinstance(advanced.get("values"), list):
                message = "An advanced filter needs a 'key', a string, and 'values', a list."
                raise ValueError(message)  # noqa: TRY004 - a client's value
        included = document.get("includedEventTypes")
        return cls(
            name=name,
            endpoint=document["endpoint"],
            schema=schema,
            scope=document.get("scope"),
            included_event_types=tuple(included) if included else None,
            advanced_filters=tuple(filters),
        )

    @classmethod
    def parse_named(cls, document: Json) -> "EventSubscription":
        """Reads a document of a seed, which has a `name` too. Raises ValueError."""
        rest = {name: value for name, value in document.items() if name != "name"}
        return cls.parse(str(document.get("name", "seeded")), rest)

    def wants(self, event: Json) -> bool:
        """Whether the event matches scope and filters. Strings compare without regard to case (documented)."""
        in_scope = self.scope is None or f"{event['data']['resourceUri']}/".lower().startswith(
            f"/{self.scope.strip('/')}/".lower()
            if "/" in self.scope
            else f"/subscriptions/{self.scope}/".lower()
        )
        right_type = self.included_event_types is None or event["eventType"] in self.included_event_types
        return in_scope and right_type and all(_passes(advanced, event) for advanced in self.advanced_filters)

    def as_json(self) -> Json:
        """Returns the document that creates this subscription."""
        return {
            "name": self.name,
            "endpoint": self.endpoint,
            "schema": self.schema,
            "scope": self.scope,
            "includedEventTypes": list(self.included_event_types) if self.included_event_types else None,
            "advancedFilters": list(self.advanced_filters),
        }


_OPERATORS = ("StringIn", "StringContains")


def _passes(advanced: Json, event: Json) -> bool:
    value: Any = event
    for part in advanced["key"].split("."):
        value = value.get(part) if isinstance(value, dict) else None
    text, values = str(value).lower(), [str(wanted).lower() for wanted in advanced["values"]]
    if advanced["operatorType"] == "StringContains":
        return any(wanted in text for wanted in values)
    return text in values


def raises_event(operation: Operation, switches: Switches) -> bool:
    """Whether an operation that has just begun or ended raises an event.

    Documented: the event of a write is raised when the write succeeds or fails. That this is the end of a long
    operation is inferred, so a switch decides it for image versions.
    """
    ended = operation.status in ("Succeeded", "Failed")
    if operation.verb == "tag":
        # ARM answers at once, and the provider's own update raises no event (reported for gateways, see COVERAGE.md)
        return operation.status == "InProgress"
    if not _writes_version(operation):
        return ended
    moment = "ended" if ended else "accepted" if operation.status == "InProgress" else None
    return moment is not None and switches.version_events in (moment, "both")


def event_delay_seconds(operation: Operation, switches: Switches) -> float:
    """Returns how long the event of an operation is on its way to Event Grid."""
    return switches.version_event_delay_seconds if _writes_version(operation) else 0.0


def _writes_version(operation: Operation) -> bool:
    return operation.verb in ("create", "update") and operation.resource.id.type.lower() == _VERSIONS


def resource_event(operation: Operation, event_time: datetime, switches: Switches) -> Json:
    """Returns the event of a write or deletion, in the Event Grid schema (documented).

    An operation that runs is reported as the success that its acceptance would be.
    """
    resource = operation.resource
    deleted = operation.verb == "delete"
    outcome = "Failure" if operation.status == "Failed" else "Success"
    type_ = _TAGS_TYPE if operation.verb == "tag" else resource.id.type
    action = f"{type_}/{'delete' if deleted else 'write'}"
    # documented samples: `resourcegroups` in the event of a write, `resourceGroups` in that of a deletion
    uri = str(resource.id) if deleted else str(resource.id).replace("/resourceGroups/", "/resourcegroups/", 1)
    # reported of the activity log: a write of tags is authorized at the tags and is about the resource
    scope = f"{uri}/providers/{_TAGS_TYPE}/default" if operation.verb == "tag" else uri
    if switches.tag_events_name == "tags":
        uri = scope
    return {
        "subject": uri,
        "eventType": f"Microsoft.Resources.Resource{'Delete' if deleted else 'Write'}{outcome}",
        "eventTime": f"{event_time:%Y-%m-%dT%H:%M:%S}.{event_time.microsecond:06d}1Z",
        "id": str(uuid.uuid4()),
        "data": {
            "authorization": {"scope": scope, "action": action, "evidence": {"role": "Contributor"}},
            "claims": {"appid": operation.principal.client_id, "oid": operation.principal.object_id},
            "correlationId": operation.id,
            "resourceProvider": type_.split("/")[0],
            "resourceUri": uri,
            "operationName": action,
            "status": "Failed" if outcome == "Failure" else "Succeeded",
            "subscriptionId": resource.id.subscription,
            "tenantId": operation.principal.tenant,
        },
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": f"/subscriptions/{resource.id.subscription}",
    }


def cloud_event(event: Json) -> Json:
    """Returns the same event in the CloudEvents 1.0 schema."""
    return {
        "specversion": "1.0",
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "id": event["id"],
        "data": event["data"],
    }
