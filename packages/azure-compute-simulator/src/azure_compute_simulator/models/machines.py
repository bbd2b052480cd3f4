"""Virtual machines: how they are created, what becomes of them, and what they show of it."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from azure_compute_simulator.access import check_linked_action
from azure_compute_simulator.clock import timestamp
from azure_compute_simulator.errors import (
    InvalidParameterError,
    PropertyChangeNotAllowedError,
)
from azure_compute_simulator.jobs import Job
from azure_compute_simulator.machine_errors import SkuNotAvailableError, VMMarketplaceInvalidInputError
from azure_compute_simulator.models.attachments import (
    DISKS,
    INTERFACES,
    attached,
    disks_of,
    interfaces_of,
    release,
)
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.boot import (
    CREATE_SECONDS,
    Boot,
    boot_of,
    failed_allocation,
    instance_view,
    outcome_of,
)
from azure_compute_simulator.models.disk_controllers import check_disk_controllers
from azure_compute_simulator.models.image_references import FoundImage, resolve_image
from azure_compute_simulator.models.machine_profiles import machine_disks, provisions_agent, secrets_of
from azure_compute_simulator.models.quotas import check_quota
from azure_compute_simulator.models.refusals import allocation_error, check_refusal
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Operation, Principal, Resource
from azure_compute_simulator.models.sizes import check_size, find_size, is_restricted
from azure_compute_simulator.models.values import without_empty
from azure_compute_simulator.resource_ids import ResourceId, parse_resource_id

_ETAG_SHOWN_SINCE = "2024-07-01"


class VirtualMachines(ResourceType):
    """`Microsoft.Compute/virtualMachines`. Subnets, and interfaces that exist already, are accepted without a check.

    A machine's `hidden` has its `boot fate`, which `boot` decides, and the `secrets` that it was created with.
    `_late` are machines whose guest is going to report after the service gave up on it.
    """

    type = "Microsoft.Compute/virtualMachines"
    # inferred: no recording creates a machine
    seconds: ClassVar[dict[str, float]] = {"create": CREATE_SECONDS, "update": 5.0, "delete": 30.0}

    def __init__(self, azure: Azure) -> None:
        super().__init__(azure)
        self._late: dict[str, Resource] = {}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a machine from a version, a definition's latest version or a managed image, and adds what it has.

        Other image references are accepted without a check.
        """
        properties = without_empty(request.properties)
        storage = properties.get("storageProfile", {})
        image = resolve_image(self.azure, storage.get("imageReference", {}), location)
        os_profile = properties.get("osProfile")
        if image.is_generalized and not os_profile:
            # reported: a machine from a generalized image needs one
            raise InvalidParameterError(
                "Required parameter 'osProfile' is missing (null).", target="osProfile"
            )
        size_name = (properties.get("hardwareProfile") or {}).get("vmSize")
        check_disk_controllers(properties, size_name, image.disk_controllers)
        size = find_size(size_name)
        if image.id:
            check_size(size, image.generation, image.architecture)
        fate = self._fate(resource_id, request, location, image, size_name or "")
        profile, interfaces = interfaces_of(
            self.azure, resource_id, location, properties.get("networkProfile") or {}
        )
        if image.id:
            self._check_linked_writes(request, resource_id, interfaces)
        if profile:
            properties["networkProfile"] = profile
        storage |= machine_disks(resource_id, storage, image)
        secrets = secrets_of(os_profile or {})
        (os_profile or {}).pop("adminPassword", None)
        properties |= {"storageProfile": storage, "vmId": str(uuid.uuid4())}
        properties["timeCreated"] = timestamp(self.azure.clock.now())
        hidden = {
            "image": image.id,
            "generation": image.generation,
            "boot fate": fate,
            "secrets": secrets,
        }
        machine = self.new_resource(resource_id, request, location, properties, hidden)
        if request.body.get("plan"):
            hidden["plan"] = dict(request.body["plan"])
        for resource in (*interfaces, *disks_of(self.azure, resource_id, location, storage, machine.tags)):
            self.azure.resources[resource.id.key] = resource
        if fate.late:
            self._late[resource_id.key] = machine
        return machine

    def _fate(
        self,
        resource_id: ResourceId,
        request: WriteRequest,
        location: str,
        image: FoundImage,
        size_name: str,
    ) -> Boot:
        """Returns what becomes of the machine. Raises SimulatedError if the service refuses it at once."""
        size = find_size(size_name)
        azure = self.azure
        agent = provisions_agent(request.properties.get("osProfile") or {})
        if is_restricted(azure.switches.restricted_sizes, size_name, location):
            raise SkuNotAvailableError(size_name, location)
        fault = azure.faults.take_machine_fault(resource_id.name, size_name, location, image.id or "")
        if fault is not None and fault.leaves:
            self._leave_an_interface(resource_id, request, location)
        plan = request.body.get("plan") or image.plan or {}
        if fault is not None:
            check_refusal(fault.machine, size_name, size, location, plan)
            error = allocation_error(fault.machine)
            if error is not None:
                return failed_allocation(error, agent=agent)
        check_quota(azure, resource_id.subscription, location, size)
        if image.plan and not request.body.get("plan"):
            return failed_allocation(VMMarketplaceInvalidInputError(str(resource_id)), agent=agent)
        outcome = fault.machine if fault is not None else outcome_of(azure, image.id)
        return boot_of(azure, resource_id.name, outcome, agent=agent, resource_id=str(resource_id))

    def _leave_an_interface(self, resource_id: ResourceId, request: WriteRequest, location: str) -> None:
        """Creates the interfaces of a machine that is refused afterwards: nobody deletes them (inferred)."""
        profile = request.properties.get("networkProfile") or {}
        for interface in interfaces_of(self.azure, resource_id, location, profile)[1]:
            interface.hidden.clear()
            interface.properties.pop("virtualMachine", None)
            self.azure.resources[interface.id.key] = interface

    def _check_linked_writes(
        self, request: WriteRequest, resource_id: ResourceId, interfaces: list[Resource]
    ) -> None:
        """Raises LinkedAuthorizationFailedError if the caller may not create the disks and interfaces (reported)."""
        needed = [f"{DISKS}/write"]
        if interfaces:
            needed += [f"{INTERFACES}/write", f"{INTERFACES}/join/action"]
        for action in needed:
            check_linked_action(
                self.azure.roles, request.principal, f"{self.type}/write", action, group_path(resource_id)
            )

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces what is sent, except disks and interfaces. Raises PropertyChangeNotAllowedError for a secret."""
        os_profile = request.properties.get("osProfile") or {}
        before = resource.hidden.get("secrets")
        for path, secret in secrets_of(os_profile).items():
            if before is not None and before.get(path) != secret:
                raise PropertyChangeNotAllowedError(path)
        fixed = {"storageProfile", "osProfile", "networkProfile"}
        sent = {name: value for name, value in request.properties.items() if name not in fixed}
        resource.properties |= sent

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns the machine as the seed describes it. Its image need not exist."""
        properties = {"vmId": str(uuid.uuid4())} | request.properties
        return self.new_resource(resource_id, request, location, properties)

    def delete(
        self, resource_id: ResourceId, principal: Principal, options: Mapping[str, str]
    ) -> Operation | None:
        """Begins to delete the machine. Its caller needs the right to delete what it takes along (inferred)."""
        machine = self.azure.find(resource_id)
        for id_, option in attached(machine) if machine else ():
            if option.lower() == "delete":
                type_ = parse_resource_id(id_).type
                check_linked_action(
                    self.azure.roles,
                    principal,
                    f"{self.type}/delete",
                    f"{type_}/delete",
                    group_path(resource_id),
                )
        return super().delete(resource_id, principal, options)

    def on_deleted(self, resource: Resource) -> None:
        """Deletes what has the delete option Delete, and leaves the rest (documented)."""
        self._late.pop(resource.id.key, None)
        release(self.azure, resource)

    def clear(self) -> None:
        """Forgets the machines whose guests are late."""
        self._late.clear()

    def begin(self, verb: str, resource: Resource, principal: Principal) -> Operation:
        """Starts an operation; a creation takes as long as the machine's fate says."""
        fate: Boot | None = resource.hidden.get("boot fate")
        if verb != "create" or fate is None:
            return super().begin(verb, resource, principal)
        job = Job(str(resource.id), fate.seconds, replicates=False, started=self.azure.clock.now())
        return self.azure.begin(verb, resource, job, principal)

    def advance(self, operation: Operation) -> None:
        """Ends the operation if its pace says so; a creation fails if the machine's fate says so."""
        fate: Boot | None = operation.resource.hidden.get("boot fate")
        if operation.verb != "create" or fate is None or fate.error is None:
            super().advance(operation)
        elif self.azure.transitions.fraction(operation.job) >= 1:
            self.azure.finish(operation, fate.error)

    def advance_background(self) -> None:
        """Lets machines succeed whose guests report after the service gave up on them (reported)."""
        for key, machine in list(self._late.items()):
            late = machine.hidden["boot fate"].late
            if machine.provisioning_state == "Failed" and self.azure.transitions.fraction(late) >= 1:
                machine.provisioning_state = "Succeeded"
                machine.changed = self.azure.clock.now()
                for operation in self.azure.operations.values():
                    if operation.resource is machine and operation.verb == "create":
                        operation.succeeded_late = machine.changed
                del self._late[key]

    def background_due(self) -> list[datetime | None]:
        """Returns when late machines succeed."""
        return [
            self.azure.transitions.due(machine.hidden["boot fate"].late) for machine in self._late.values()
        ]

    def render_properties(self, resource: Resource, properties: Json, api_version: str, expand: str) -> Json:  # noqa: ARG002 - the same in every api-version
        """Adds the instance view if `$expand` asks for it."""
        if "instanceview" in expand.lower():
            properties["instanceView"] = self.instance_view(resource)
        return properties

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """Returns the machine's JSON. Newer api-versions have an etag beside the properties (recorded)."""
        document = super().render(resource, api_version, expand)
        if resource.hidden.get("plan"):
            document["plan"] = dict(resource.hidden["plan"])
        return document | ({"etag": '"1"'} if api_version >= _ETAG_SHOWN_SINCE else {})

    def instance_view(self, resource: Resource) -> Json:
        """Returns the instance view of the machine."""
        return instance_view(self.azure, resource)


def group_path(resource_id: ResourceId) -> str:
    """Returns the id of the resource's group."""
    return f"/subscriptions/{resource_id.subscription}/resourceGroups/{resource_id.group}"
