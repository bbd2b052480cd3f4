"""Scale sets: their model, their instances with the version that each one runs, and automatic OS upgrades.

A scale set with automatic OS upgrades follows what `latest` resolves to in its region (documented: "Automatic OS image
upgrades"). It goes to higher versions only, and never back by itself.
"""

import uuid
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import ClassVar

from azure_compute_simulator.errors import NotFoundError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.disk_controllers import check_disk_controllers
from azure_compute_simulator.models.image_references import latest_version, resolve_image
from azure_compute_simulator.models.instance_actions import (
    InstanceAction,
    current_version,
    manual_upgrade,
    reimage,
)
from azure_compute_simulator.models.maintenance import next_window
from azure_compute_simulator.models.os_upgrades import (
    CANCELLED,
    COMPLETED,
    FAULTED,
    Fleet,
    Instance,
    Plan,
    Upgrade,
    drawn_delay,
    number,
)
from azure_compute_simulator.models.resource_type import ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Operation, Principal, Resource
from azure_compute_simulator.models.scale_set_instances import (
    capacity,
    followed_definition,
    is_flexible,
    machine_id,
    model_reference,
    render_instance,
    show_machine,
    upgrade_policy,
)
from azure_compute_simulator.models.values import merged
from azure_compute_simulator.resource_ids import ResourceId


class ScaleSets(ResourceType):
    """`Microsoft.Compute/virtualMachineScaleSets`.

    `hidden["fleet"]` has the instances; it is made at the first look, for a seed may name versions that come later.
    A seeded scale set may say which versions its instances run: `_simulator.instances`, a list of numbers, or of the
    properties that they show.
    """

    type = "Microsoft.Compute/virtualMachineScaleSets"
    seconds: ClassVar[dict[str, float]] = {"create": 40.0, "update": 5.0, "delete": 30.0, "action": 120.0}
    actions: ClassVar = {"manualUpgrade": manual_upgrade, "reimage": reimage, "reimageAll": reimage}

    def __init__(self, azure: Azure) -> None:
        super().__init__(azure)
        self._made: dict[str, Resource] = {}
        self._accepted: dict[str, InstanceAction] = {}

    def clear(self) -> None:
        """Forgets all scale sets."""
        self._made.clear()
        self._accepted.clear()

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a scale set. Its image must be available in its region."""
        profile = request.properties.get("virtualMachineProfile") or {}
        # a copy: the model keeps the reference as it was sent, only instances have the exact version
        reference = deepcopy((profile.get("storageProfile") or {}).get("imageReference") or {})
        image = resolve_image(self.azure, reference, location)
        size = (request.body.get("sku") or {}).get("name")
        check_disk_controllers(profile, size, image.disk_controllers)
        resource = self.create_from_seed(resource_id, request, location)
        # instances get the version that is the latest now
        self.fleet(resource)
        return resource

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces the properties and the capacity that are sent. Instances get another model by the upgrade mode."""
        fleet = self.fleet(resource)
        before = model_reference(resource)
        sent = deepcopy(request.properties)
        resource.properties = (
            merged(resource.properties, sent) if request.partial else resource.properties | sent
        )
        if isinstance(request.body.get("sku"), dict):
            resource.hidden["sku"] = dict(request.body["sku"])
        if model_reference(resource) != before:
            self._change_model(resource, fleet)
        self._scale(resource, fleet)

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns the scale set as the seed describes it. Its image need not exist."""
        hidden = {"sku": dict(request.body.get("sku") or {})}
        properties = {"uniqueId": str(uuid.uuid4())} | deepcopy(request.properties)
        resource = self.new_resource(resource_id, request, location, properties, hidden)
        self._made[resource_id.key] = resource
        return resource

    def render(self, resource: Resource, api_version: str, expand: str = "") -> Json:
        """Returns the scale set's JSON, with its size and capacity (specified)."""
        document = super().render(resource, api_version, expand)
        sku = resource.hidden.get("sku")
        return document | ({"sku": dict(sku)} if sku else {})

    def on_deleted(self, resource: Resource) -> None:
        """Removes the machines of a scale set in flexible orchestration."""
        self._made.pop(resource.id.key, None)
        for machine in self.machines(resource):
            self.azure.resources.pop(machine.id.key, None)

    # instances

    def fleet(self, resource: Resource) -> Fleet:
        """Returns the instances and upgrades of a scale set."""
        found: Fleet | None = resource.hidden.get("fleet")
        if found is None:
            found = resource.hidden["fleet"] = self._new_fleet(resource)
        return found

    def instances(self, resource: Resource, expand: str = "") -> list[Json]:
        """Returns the list of instances. Those of flexible orchestration are virtual machines (documented)."""
        fleet = self.fleet(resource)
        return [render_instance(resource, instance, expand) for instance in fleet.instances]

    def instance(self, resource: Resource, instance_id: str) -> Instance:
        """Returns an instance. Raises NotFoundError."""
        for found in self.fleet(resource).instances:
            if instance_id.lower() in (str(found.number), found.name.lower()):
                return found
        raise NotFoundError("The entity was not found in this Azure location.")

    def machines(self, resource: Resource) -> list[Resource]:
        """Returns the virtual machines of a scale set in flexible orchestration."""
        ids = [machine_id(resource, instance) for instance in self.fleet(resource).instances]
        return [machine for id_ in ids if is_flexible(resource) and (machine := self.azure.find(id_))]

    def act(self, resource: Resource, action: str, body: Json, principal: Principal) -> Operation:
        """Begins an action on instances, which shows when its operation ends. Raises SimulatedError."""
        accepted = self.actions[action](self.azure, resource, self.fleet(resource), body)
        operation = self.begin("action", resource, principal)
        self._accepted[operation.id] = accepted
        resource.provisioning_state = "Updating"
        return operation

    def succeed(self, operation: Operation) -> None:
        """Ends an operation; what an action does is done now."""
        accepted = self._accepted.pop(operation.id, None)
        if accepted is not None:
            for instance in accepted.instances:
                accepted.apply(instance)
        super().succeed(operation)

    # automatic OS upgrades

    def history(self, resource: Resource) -> list[Json]:
        """Returns the history of OS upgrades: the last five attempts of two months (documented)."""
        upgrades = self.fleet(resource).history(self.azure.clock.now())
        return [upgrade.as_history(resource.location) for upgrade in upgrades]

    def latest_upgrade(self, resource: Resource) -> Json:
        """Returns the latest rolling upgrade. Raises NotFoundError if there was none (text inferred)."""
        upgrades = self.fleet(resource).upgrades
        if not upgrades:
            raise NotFoundError("The entity was not found in this Azure location.")
        return upgrades[-1].as_latest(resource.location)

    def advance_background(self) -> None:
        """Plans, begins and advances the upgrades that are due."""
        for resource in self._existing():
            self._advance_upgrades(resource, self.azure.clock.now())

    def background_due(self) -> list[datetime | None]:
        """Returns when the next upgrade begins and when the next batches are done."""
        # `latest` may have changed a moment ago, and what follows from it is due later
        self.advance_background()
        moments: list[datetime | None] = []
        for resource in self._existing():
            fleet = self.fleet(resource)
            if fleet.plan:
                moments.append(fleet.plan.due)
            if fleet.running:
                moments += [fleet.running.batch_ends(at) for at in range(len(fleet.running.batches))]
        return moments

    def _existing(self) -> list[Resource]:
        """Returns the scale sets that exist; going through all resources would take too long."""
        return [one for key, one in self._made.items() if self.azure.resources.get(key) is one]

    def _advance_upgrades(self, resource: Resource, now: datetime) -> None:
        fleet = self.fleet(resource)
        if fleet.running:
            self._advance_upgrade(resource, fleet, fleet.running, now)
        definition = followed_definition(resource)
        if definition is None or fleet.running or resource.provisioning_state == "Deleting":
            fleet.plan = None
            return
        latest = latest_version(self.azure, definition, resource.location)
        if latest is None or (fleet.version and number(latest.id.name) <= number(fleet.version)):
            fleet.plan = None
            return
        if fleet.plan is None or fleet.plan.version != latest.id.name:
            fleet.plan = Plan(latest.id.name, self._due(resource, latest.id.name, now))
        if fleet.plan.due <= now:
            self._begin_upgrade(resource, fleet, latest, fleet.plan.due)
            self._advance_upgrades(resource, now)

    def _due(self, resource: Resource, version: str, now: datetime) -> datetime:
        seconds = self.azure.switches.os_upgrade_delay_seconds
        delay = drawn_delay(str(resource.id), version) if seconds is None else timedelta(seconds=seconds)
        return next_window(self.azure, resource.id, now + delay)

    def _begin_upgrade(self, resource: Resource, fleet: Fleet, version: Resource, at: datetime) -> None:
        stale = [
            one
            for one in fleet.instances
            if one.version is None or number(one.version) < number(version.id.name)
        ]
        fleet.upgrades.append(
            Upgrade(
                # inferred: the version itself, by its id
                target={"id": str(version.id)},
                version=version.id.name,
                started=at,
                instances=[one.number for one in stale],
                before={one.number: one.version for one in stale},
                fault=self.azure.faults.take_upgrade_fault(str(resource.id), str(version.id)),
            )
        )
        fleet.version, fleet.plan = version.id.name, None

    def _advance_upgrade(self, resource: Resource, fleet: Fleet, upgrade: Upgrade, now: datetime) -> None:
        for index, batch in enumerate(upgrade.batches):
            if upgrade.batch_ends(index) > now:
                return
            if upgrade.done >= sum(len(one) for one in upgrade.batches[: index + 1]):
                continue
            self._run(resource, fleet, dict.fromkeys(batch, upgrade.version))
            upgrade.done += len(batch)
            if upgrade.fault is not None:
                self._break_off(resource, fleet, upgrade, batch, upgrade.batch_ends(index))
                return
        upgrade.code = COMPLETED
        upgrade.ended = upgrade.batch_ends(len(upgrade.batches) - 1) if upgrade.batches else upgrade.started

    def _break_off(
        self, resource: Resource, fleet: Fleet, upgrade: Upgrade, batch: list[int], at: datetime
    ) -> None:
        """Ends an upgrade that fails or is cancelled after its first batch."""
        assert upgrade.fault is not None  # noqa: S101 - the caller looked
        upgrade.ended = at
        if upgrade.fault.upgrade == "cancelled":
            upgrade.code = CANCELLED
            return
        upgrade.code = FAULTED
        upgrade.done, upgrade.failed = upgrade.done - len(batch), len(batch)
        if not upgrade_policy(resource).get("disableAutomaticRollback"):
            upgrade.rolled_back = len(batch)
            self._run(resource, fleet, {one: upgrade.before[one] for one in batch})

    def _run(self, resource: Resource, fleet: Fleet, versions: Mapping[int, str | None]) -> None:
        """Gives instances another version."""
        for instance in fleet.instances:
            if instance.number in versions:
                instance.version = versions[instance.number]
                show_machine(self.azure, resource, instance)

    # the model

    def _new_fleet(self, resource: Resource) -> Fleet:
        fleet = Fleet()
        stated = resource.hidden.get("instances")
        current = current_version(self.azure, resource)
        instances = stated if isinstance(stated, list) else [current] * capacity(resource)
        if isinstance(stated, list):
            resource.hidden.setdefault("sku", {})["capacity"] = len(stated)
        for one in instances:
            shown = one if isinstance(one, dict) else {}
            self._add_instance(resource, fleet, None if shown else one, shown)
        known = [one.version for one in fleet.instances if one.version]
        fleet.version = max(known, key=number) if known else None if instances else current
        return fleet

    def _change_model(self, resource: Resource, fleet: Fleet) -> None:
        """With the mode `Manual` instances keep their former model until they are upgraded or reimaged (documented)."""
        mode = str((resource.properties.get("upgradePolicy") or {}).get("mode", "Manual"))
        version = current_version(self.azure, resource)
        for instance in fleet.instances:
            instance.latest_model = mode.lower() != "manual"
            if instance.latest_model:
                instance.reference, instance.version = dict(model_reference(resource)), version
                show_machine(self.azure, resource, instance)
        fleet.version, fleet.plan = version, None

    def _scale(self, resource: Resource, fleet: Fleet) -> None:
        """Adds instances of the present latest version, or removes the newest."""
        wanted = capacity(resource)
        while len(fleet.instances) > wanted:
            removed = fleet.instances.pop()
            self.azure.resources.pop(machine_id(resource, removed).key, None)
        while len(fleet.instances) < wanted:
            self._add_instance(resource, fleet, current_version(self.azure, resource))

    def _add_instance(
        self, resource: Resource, fleet: Fleet, version: str | None, shown: Json | None = None
    ) -> None:
        at = fleet.made
        fleet.made += 1
        name = f"{resource.id.name}_{at}"
        reference = dict(model_reference(resource))
        instance = Instance(at, name, str(uuid.uuid4()), reference, version, shown=shown or {})
        fleet.instances.append(instance)
        show_machine(self.azure, resource, instance)
