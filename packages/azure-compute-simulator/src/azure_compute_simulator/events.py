"""Events: what they say of an operation, in both schemas, and which subscription wants which. None is sent here."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure_compute_simulator.models.resources import Json, Operation

EVENT_GRID_SCHEMA = "EventGridSchema"
CLOUD_EVENTS_SCHEMA = "CloudEventSchemaV1_0"


@dataclass
class EventSubscription:
    """Who wants which events: `scope` is a subscription or resource-group id, all of them when None."""

    name: str
    endpoint: str
    schema: str = EVENT_GRID_SCHEMA
    scope: str | None = None
    included_event_types: tuple[str, ...] | None = None
    advanced_filters: tuple[Json, ...] = ()

    @classmethod
    def parse(cls, name: str, document: Json) -> "EventSubscription":
        """Read the control plane's document. Raises ValueError."""
        known = {"endpoint", "schema", "scope", "includedEventTypes", "advancedFilters"}
        if not isinstance(document, dict) or not isinstance(document.get("endpoint"), str):
            raise ValueError("An event subscription needs an 'endpoint'.")  # noqa: TRY004 - a client's value
        if unknown := set(document) - known:
            raise ValueError(f"{', '.join(sorted(unknown))}: not known; use {', '.join(sorted(known))}.")
        schema = document.get("schema", EVENT_GRID_SCHEMA)
        if schema not in (EVENT_GRID_SCHEMA, CLOUD_EVENTS_SCHEMA):
            raise ValueError(
                f"The schema {schema!r} is neither {EVENT_GRID_SCHEMA} nor {CLOUD_EVENTS_SCHEMA}."
            )
        filters = document.get("advancedFilters") or []
        for advanced in filters:
            if advanced.get("operatorType") not in _OPERATORS:
                raise ValueError(
                    f"The operator {advanced.get('operatorType')!r} is not simulated: use StringIn."
                )
        included = document.get("includedEventTypes")
        return cls(
            name=name,
            endpoint=document["endpoint"],
            schema=schema,
            scope=document.get("scope"),
            included_event_types=tuple(included) if included else None,
            advanced_filters=tuple(filters),
        )

    def wants(self, event: Json) -> bool:
        """Whether the event passes scope and filters; strings compare without regard to case (documented)."""
        in_scope = self.scope is None or f"{event['data']['resourceUri']}/".lower().startswith(
            f"/{self.scope.strip('/')}/".lower()
            if "/" in self.scope
            else f"/subscriptions/{self.scope}/".lower()
        )
        right_type = self.included_event_types is None or event["eventType"] in self.included_event_types
        return in_scope and right_type and all(_passes(advanced, event) for advanced in self.advanced_filters)

    def as_json(self) -> Json:
        """The document that makes this subscription."""
        return {
            "name": self.name,
            "endpoint": self.endpoint,
            "schema": self.schema,
            "scope": self.scope,
            "includedEventTypes": list(self.included_event_types) if self.included_event_types else None,
            "advancedFilters": list(self.advanced_filters),
        }


_OPERATORS = ("StringIn",)


def _passes(advanced: Json, event: Json) -> bool:
    value: Any = event
    for part in advanced["key"].split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return str(value).lower() in {str(wanted).lower() for wanted in advanced["values"]}


def resource_event(operation: Operation, event_time: datetime) -> Json:
    """The event that a successful write or deletion raises, in the Event Grid schema (documented shape)."""
    resource = operation.resource
    deleted = operation.verb == "delete"
    action = f"{resource.id.type}/{'delete' if deleted else 'write'}"
    # documented samples: `resourcegroups` in the event of a write, `resourceGroups` in that of a deletion
    uri = str(resource.id) if deleted else str(resource.id).replace("/resourceGroups/", "/resourcegroups/", 1)
    return {
        "subject": uri,
        "eventType": f"Microsoft.Resources.Resource{'Delete' if deleted else 'Write'}Success",
        "eventTime": f"{event_time:%Y-%m-%dT%H:%M:%S}.{event_time.microsecond:06d}1Z",
        "id": str(uuid.uuid4()),
        "data": {
            "authorization": {"scope": uri, "action": action, "evidence": {"role": "Contributor"}},
            "claims": {"appid": operation.principal.client_id, "oid": operation.principal.object_id},
            "correlationId": operation.id,
            "resourceProvider": resource.id.type.split("/")[0],
            "resourceUri": uri,
            "operationName": action,
            "status": "Succeeded",
            "subscriptionId": resource.id.subscription,
            "tenantId": operation.principal.tenant,
        },
        "dataVersion": "2",
        "metadataVersion": "1",
        "topic": f"/subscriptions/{resource.id.subscription}",
    }


def cloud_event(event: Json) -> Json:
    """The same event by the CloudEvents 1.0 schema."""
    return {
        "specversion": "1.0",
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "id": event["id"],
        "data": event["data"],
    }
