"""What all resource types have in common: create or update, read, list, delete, each as a long-running operation."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import ClassVar

from azure_compute_simulator import regions
from azure_compute_simulator.errors import (
    InvalidResourceLocationError,
    LocationNotAvailableForResourceTypeError,
    LocationRequiredError,
    ParentResourceNotFoundError,
)
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json, Operation, Principal, Resource
from azure_compute_simulator.resource_ids import ResourceId
from azure_compute_simulator.transitions import Job


@dataclass(frozen=True)
class Request:
    """A write as the service sees it: the body, who sent it, and the api-version that shapes the answer."""

    body: Json
    principal: Principal
    api_version: str

    @property
    def properties(self) -> Json:
        """The body's `properties`, empty when there are none."""
        properties = self.body.get("properties")
        return properties if isinstance(properties, dict) else {}


@dataclass(frozen=True)
class Started:
    """What a write began. `resource` is as it stood then; `created` tells 201 from 200."""

    resource: Resource
    operation: Operation
    created: bool


class Kind(ABC):
    """The behaviour of one resource type.

    `operations` is the segment of its operation URLs, `seconds` how long the recorded service took per verb.
    """

    type: ClassVar[str]
    operations: ClassVar[str] = "operations"
    seconds: ClassVar[dict[str, float]]

    def __init__(self, azure: Azure) -> None:
        self.azure = azure

    # what each type decides for itself

    @abstractmethod
    def create(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """Validate a request for a new resource and make it. Raises SimulatedError."""

    @abstractmethod
    def change(self, resource: Resource, request: Request) -> None:
        """Validate a PUT over, or a PATCH of, an existing resource and apply it. Raises SimulatedError."""

    def check_delete(self, resource: Resource) -> None:  # noqa: B027 - most types refuse nothing
        """Refuse a deletion that the service refuses. Raises SimulatedError."""

    def show(self, resource: Resource) -> None:  # noqa: B027 - most types hide nothing
        """Make visible what shows only when a write has succeeded."""

    def removed(self, resource: Resource) -> None:  # noqa: B027 - most types leave nothing behind
        """Keep what remains of a deleted resource."""

    def clear(self) -> None:  # noqa: B027 - most types remember nothing of their own
        """Forget what is remembered beside the resources."""

    def catch_up(self) -> None:  # noqa: B027 - most types have nothing of the kind
        """Advance what goes on without an operation."""

    def look(self, resource: Resource) -> None:
        """Count a client's look at a resource or at its operation."""
        for operation in resource.running:
            operation.job.polls += 1

    def shape(self, resource: Resource, properties: Json, api_version: str, expand: str) -> Json:  # noqa: ARG002 - for those that override it
        """The properties as an api-version and an `$expand` show them."""
        return properties

    # what all types share

    def put(self, resource_id: ResourceId, request: Request) -> Started:
        """Create the resource, or update it in place. Raises SimulatedError."""
        self.check_parent(resource_id, "write")
        location = self._location(request)
        existing = self.azure.find(resource_id)
        if existing is None:
            resource = self.create(resource_id, request, location)
            self.azure.resources[resource_id.key] = resource
            return Started(resource, self.begin("create", resource, request.principal), created=True)
        if existing.location != location:
            raise InvalidResourceLocationError(
                f"The resource '{resource_id.name}' already exists in location '{existing.location}' in resource "
                f"group '{resource_id.group}'. A resource with the same name cannot be created in location "
                f"'{location}'. Please select a new resource name."
            )
        return self._update(existing, request)

    def patch(self, resource_id: ResourceId, request: Request) -> Started:
        """Update an existing resource. Raises SimulatedError."""
        self.check_parent(resource_id, "write")
        return self._update(self.azure.get(resource_id), request)

    def delete(
        self, resource_id: ResourceId, principal: Principal, options: Mapping[str, str]
    ) -> Operation | None:
        """Begin to delete the resource; None when there is none. Raises SimulatedError."""
        resource = self.azure.find(resource_id)
        if resource is None:
            return None
        self.check_delete(resource)
        resource.hidden["delete options"] = options
        resource.provisioning_state = "Deleting"
        return self.begin("delete", resource, principal)

    def read(self, resource_id: ResourceId) -> Resource:
        """The resource; counts as a look at what is under way. Raises SimulatedError."""
        self.check_parent(resource_id, "read")
        resource = self.azure.get(resource_id)
        self.look(resource)
        self.azure.settle_resource(resource)
        return self.azure.get(resource_id)

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """The resource's JSON in the order of the recorded service."""
        document: Json = {
            "name": resource.id.name,
            "id": str(resource.id),
            "type": self.type,
            "location": resource.location,
        }
        if resource.tags is not None:
            document["tags"] = dict(resource.tags)
        properties = deepcopy(resource.properties) | {"provisioningState": resource.provisioning_state}
        document["properties"] = self.shape(resource, properties, api_version, expand)
        return document

    def seeded(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """A resource that has been there all along. Raises SimulatedError."""
        resource = self.create(resource_id, request, location)
        self.show(resource)
        return resource

    def seed_operation(self, resource: Resource, principal: Principal) -> Operation:
        """The write that a seeded resource would have come from."""
        job = Job(str(resource.id), self.seconds["create"], self.replicates("create"), resource.created)
        return Operation(str(uuid.uuid4()), "create", resource, job, principal, resource.created)

    def begin(self, verb: str, resource: Resource, principal: Principal) -> Operation:
        """Start an operation that takes as long as recorded for this type."""
        job = Job(str(resource.id), self.seconds[verb], self.replicates(verb), self.azure.clock.now())
        return self.azure.begin(verb, resource, job, principal)

    def replicates(self, verb: str) -> bool:  # noqa: ARG002 - for those that override it
        """Whether the operation copies data to regions, which paces itself differently from short work."""
        return False

    def advance(self, operation: Operation) -> None:
        """End the operation if its pace says so."""
        if self.azure.transitions.fraction(operation.job) >= 1:
            self.succeed(operation)

    def succeed(self, operation: Operation) -> None:
        """End the operation well."""
        if operation.verb != "delete":
            self.show(operation.resource)
        self.azure.finish(operation)

    def check_parent(self, resource_id: ResourceId, verb: str) -> None:
        """Raise ParentResourceNotFound when what would hold the resource is missing."""
        parent = resource_id.parent
        if parent is None:
            return
        self.check_parent(parent, verb)
        if self.azure.find(parent) is None:
            child_type = self.type.split("/", 1)[1]
            raise ParentResourceNotFoundError(verb, child_type, str(parent))

    def new(
        self,
        resource_id: ResourceId,
        request: Request,
        location: str,
        properties: Json,
        hidden: Json | None = None,
    ) -> Resource:
        """A fresh record; `hidden` is what the service knows and never shows."""
        now = self.azure.clock.now()
        tags = _tags(request.body)
        return Resource(resource_id, location, tags, properties, now, now, hidden=hidden or {})

    def _update(self, resource: Resource, request: Request) -> Started:
        self.change(resource, request)
        if "tags" in request.body:
            resource.tags = _tags(request.body)
        resource.provisioning_state = "Updating"
        return Started(resource, self.begin("update", resource, request.principal), created=False)

    def _location(self, request: Request) -> str:
        location = request.body.get("location")
        if not location or not isinstance(location, str):
            raise LocationRequiredError
        if not regions.exists(location):
            raise LocationNotAvailableForResourceTypeError(
                f"The provided location '{location}' is not available for resource type '{self.type}'. "
                f"List of available regions for the resource type is '{','.join(regions.DISPLAY_NAMES)}'."
            )
        return regions.short_name(location)


def _tags(body: Json) -> dict[str, str] | None:
    tags = body.get("tags")
    return dict(tags) if isinstance(tags, dict) else None
