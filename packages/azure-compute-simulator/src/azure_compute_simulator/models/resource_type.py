"""What all resource types share: create, update, read and delete, each write as a long-running operation."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from azure_compute_simulator import regions
from azure_compute_simulator.agenda import Timetable
from azure_compute_simulator.errors import (
    InvalidResourceLocationError,
    LocationNotAvailableForResourceTypeError,
    LocationRequiredError,
    ParentResourceNotFoundError,
)
from azure_compute_simulator.jobs import Job
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json, Operation, Principal, Resource
from azure_compute_simulator.models.values import merged
from azure_compute_simulator.resource_ids import ResourceId


@dataclass(frozen=True)
class WriteRequest:
    """A PUT or PATCH: the body, who sent it, and the api-version that decides which fields the response has.

    `partial` is true for a PATCH, which changes only what it sends.
    """

    body: Json
    principal: Principal
    api_version: str
    partial: bool = False

    @property
    def properties(self) -> Json:
        """The body's `properties`, or an empty object."""
        properties = self.body.get("properties")
        return properties if isinstance(properties, dict) else {}


@dataclass(frozen=True)
class AcceptedWrite:
    """A write that the service has accepted. `created` decides between 201 and 200."""

    resource: Resource
    operation: Operation
    created: bool


class ResourceType(ABC):
    """The rules of one resource type.

    `operations` is the segment of its operation URLs. `seconds` is how long the real service took per verb (recorded).
    """

    type: ClassVar[str]
    operations: ClassVar[str] = "operations"
    seconds: ClassVar[dict[str, float]]
    # whether a resource is in a region; the others are `global`
    regional: ClassVar[bool] = True

    def __init__(self, azure: Azure) -> None:
        self.azure = azure

    # what each type decides

    @abstractmethod
    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Validates the request and returns the new resource. Raises SimulatedError."""

    @abstractmethod
    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Validates a PUT or PATCH of an existing resource and applies it. Raises SimulatedError."""

    def check_writable(self, method: str) -> None:  # noqa: B027 - clients write most types
        """Raises HttpMethodNotSupportedError if clients cannot send this method, whatever the body is."""

    def check_delete(self, resource: Resource) -> None:  # noqa: B027 - most types allow every deletion
        """Raises SimulatedError if the service refuses to delete the resource."""

    def on_written(self, resource: Resource) -> None:  # noqa: B027 - most types show everything at once
        """Adds the properties that appear only after a write has succeeded."""

    def on_deleted(self, resource: Resource) -> None:  # noqa: B027 - most types keep nothing
        """Called after the resource was removed from the state."""

    def clear(self) -> None:  # noqa: B027 - most types keep nothing outside the state
        """Forgets what the type keeps outside the state."""

    def advance_background(self) -> None:  # noqa: B027 - most types work in operations only
        """Advances work outside of operations."""

    def background_due(self) -> list[datetime | None]:
        """Returns when work is done that does not end with its operation."""
        return []

    def timetable(self, operation: Operation) -> Timetable | None:  # noqa: ARG002 - image versions use it
        """Returns when the operation changes by itself, or None if more than the time decides that."""
        return None

    def count_poll(self, resource: Resource) -> None:
        """Counts a client's read of a resource or of its operation, for paces of the form `polls:N`."""
        for operation in resource.running:
            operation.job.polls += 1

    def render_properties(self, resource: Resource, properties: Json, api_version: str, expand: str) -> Json:  # noqa: ARG002 - some types use them
        """Returns the properties as this api-version and `$expand` show them. May change `properties`, a copy."""
        return properties

    # what all types share

    def put(self, resource_id: ResourceId, request: WriteRequest) -> AcceptedWrite:
        """Creates the resource, or updates it if it exists. Raises SimulatedError."""
        self.check_parent(resource_id, "write")
        location = self._location(resource_id, request)
        existing = self.azure.find(resource_id)
        if existing is None:
            resource = self.create(resource_id, request, location)
            self.azure.resources[resource_id.key] = resource
            return AcceptedWrite(resource, self.begin("create", resource, request.principal), created=True)
        if existing.location != location:
            raise InvalidResourceLocationError(
                f"The resource '{resource_id.name}' already exists in location '{existing.location}' in resource "
                f"group '{resource_id.group}'. A resource with the same name cannot be created in location "
                f"'{location}'. Please select a new resource name."
            )
        return self._update(existing, request)

    def patch(self, resource_id: ResourceId, request: WriteRequest) -> AcceptedWrite:
        """Updates an existing resource. Raises SimulatedError."""
        self.check_parent(resource_id, "write")
        return self._update(self.azure.get(resource_id), request)

    def delete(
        self, resource_id: ResourceId, principal: Principal, options: Mapping[str, str]
    ) -> Operation | None:
        """Begins to delete the resource. Returns None if it does not exist. Raises SimulatedError."""
        resource = self.azure.find(resource_id)
        if resource is None:
            return None
        self.check_delete(resource)
        resource.hidden["delete options"] = options
        resource.provisioning_state = "Deleting"
        return self.begin("delete", resource, principal)

    def set_tags(self, resource: Resource, tags: dict[str, str], principal: Principal) -> Operation:
        """Sets the tags as the tags API does: every type takes them, and its rules are not asked."""
        resource.hidden.pop("shown", None)
        resource.tags = tags
        resource.provisioning_state = "Updating"
        return self.begin("tag", resource, principal)

    def read(self, resource_id: ResourceId) -> Resource:
        """Returns the resource and counts the read as a poll of its operations. Raises SimulatedError."""
        self.check_parent(resource_id, "read")
        resource = self.azure.get(resource_id)
        self.count_poll(resource)
        self.azure.settle_resource(resource)
        return self.azure.get(resource_id)

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """Returns the resource's JSON, its fields in the order of the real service (recorded)."""
        document: Json = {
            "name": resource.id.name,
            "id": str(resource.id),
            "type": self.type,
            "location": resource.location,
        }
        if resource.extended_location is not None:
            document["extendedLocation"] = dict(resource.extended_location)
        if resource.tags is not None:
            document["tags"] = dict(resource.tags)
        properties = deepcopy(resource.properties) | {"provisioningState": resource.provisioning_state}
        document["properties"] = self.render_properties(resource, properties, api_version, expand)
        return merged(document, resource.hidden.get("shown") or {})

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a resource that existed before the simulator started. Raises SimulatedError."""
        resource = self.create(resource_id, request, location)
        self.on_written(resource)
        return resource

    def operation_before_start(self, resource: Resource, principal: Principal) -> Operation:
        """Returns the write that a seeded resource would have come from, for its event."""
        job = Job(str(resource.id), self.seconds["create"], self.replicates("create"), resource.created)
        return Operation(str(uuid.uuid4()), "create", resource, job, principal, resource.created)

    def begin(self, verb: str, resource: Resource, principal: Principal) -> Operation:
        """Starts an operation that takes as long as the real service took for this type and verb (recorded)."""
        # a write of tags alone was not recorded
        seconds = self.seconds["update" if verb == "tag" else verb]
        job = Job(str(resource.id), seconds, self.replicates(verb), self.azure.clock.now())
        return self.azure.begin(verb, resource, job, principal)

    def replicates(self, verb: str) -> bool:  # noqa: ARG002 - image versions use it
        """Whether the operation copies data to regions. Paces treat such operations differently from short ones."""
        return False

    def advance(self, operation: Operation) -> None:
        """Ends the operation if its pace says so."""
        if self.azure.transitions.fraction(operation.job) >= 1:
            self.succeed(operation)

    def succeed(self, operation: Operation) -> None:
        """Ends the operation successfully."""
        if operation.verb != "delete":
            self.on_written(operation.resource)
        self.azure.finish(operation)

    def check_parent(self, resource_id: ResourceId, verb: str) -> None:
        """Raises ParentResourceNotFoundError if the gallery or definition above the resource is missing."""
        parent = resource_id.parent
        if parent is None:
            return
        self.check_parent(parent, verb)
        if self.azure.find(parent) is None:
            child_type = self.type.split("/", 1)[1]
            raise ParentResourceNotFoundError(verb, child_type, str(parent))

    def new_resource(
        self,
        resource_id: ResourceId,
        request: WriteRequest,
        location: str,
        properties: Json,
        hidden: Json | None = None,
    ) -> Resource:
        """Returns a new record. `hidden` is what the service knows about the resource and never shows."""
        now = self.azure.clock.now()
        tags = _tags(request.body)
        return Resource(resource_id, location, tags, properties, now, now, hidden=hidden or {})

    def _update(self, resource: Resource, request: WriteRequest) -> AcceptedWrite:
        self.change(resource, request)
        resource.hidden.pop("shown", None)
        if "tags" in request.body:
            resource.tags = _tags(request.body)
        resource.provisioning_state = "Updating"
        return AcceptedWrite(resource, self.begin("update", resource, request.principal), created=False)

    def _location(self, resource_id: ResourceId, request: WriteRequest) -> str:
        location = request.body.get("location")
        if not location or not isinstance(location, str):
            raise LocationRequiredError
        listed = self.azure.subscription(resource_id.subscription).locations
        if not regions.usable(location, listed):
            available = [name for name in listed or regions.DISPLAY_NAMES if not regions.is_logical(name)]
            raise LocationNotAvailableForResourceTypeError(
                f"The provided location '{location}' is not available for resource type '{self.type}'. "
                f"List of available regions for the resource type is '{','.join(available)}'."
            )
        return regions.short_name(location)


def _tags(body: Json) -> dict[str, str] | None:
    tags = body.get("tags")
    return dict(tags) if isinstance(tags, dict) else None
