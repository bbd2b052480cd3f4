"""Fakes for Azure, the policy store and the task hub. They record writes and started orchestrations."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from types import SimpleNamespace
from typing import Any

from azure.durable_functions import EntityId
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus
from azure.durable_functions.models.EntityStateResponse import EntityStateResponse
from azure.durable_functions.models.PurgeHistoryResult import PurgeHistoryResult

from adapters.azure.consumers import AzureConsumers
from adapters.azure.exclusions import FlagsWrite
from adapters.azure.followers import AzureFollowers
from adapters.azure.guards import AzureGuards
from adapters.azure.machines import AzureMachines
from adapters.azure.protocols import Extent, Seen, SeenCounts, SeenImages
from adapters.azure.resource_graph import AzureGraph
from adapters.azure.retention import AzureRetention
from adapters.azure.retiring import AzureRetiring
from adapters.evidence_store import EvidenceChangedError, EvidenceStore
from adapters.notices import NoticeSender
from adapters.policy_store import FixedPolicy, PolicyStore
from adapters.settings import SUBSCRIPTIONS, Settings
from domain.arm_errors import diagnose
from domain.errors import ArmError, PolicyError, PolicyFault
from domain.fleet.gaps import Gaps, Unread, Unreadable
from domain.planning.version_spec import VersionSpec
from domain.policy.rules import Policy
from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.followers import Machine, OsUpgrade, ScaleSet
from domain.promotion.windows import MaintenanceWindow
from domain.records.delivery import DeliveryAnswer
from domain.resources.galleries import (
    Gallery,
    ImageDefinition,
    ImageVersion,
    PublishedRegion,
    RegionsWrite,
    VersionStates,
)
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId, ResourceId
from domain.resources.images import ManagedImage
from domain.resources.permissions import Permission
from domain.retention.forecast import Counted
from domain.retention.ladder import Flags, SoftDeletedVersion
from services.container import Services, using
from tests.unit.builders import NOW, REGIONS, SUBSCRIPTION, policy
from tests.unit.fake_machines import FakeMachines
from tests.unit.fake_references import FakeConsumers, FakeGraph
from tests.unit.retiring_fakes import FakeGuards, FakeRetiring
from tests.unit.task_hub_lists import list_server

OPERATION = "https://management.azure.com/subscriptions/s/operations/1"


class FakeCompute:
    """Azure in memory. If `error` is set, every call raises it."""

    def __init__(
        self,
        images: list[ManagedImage] | None = None,
        galleries: list[Gallery] | None = None,
        definitions: list[ImageDefinition] | None = None,
        versions: list[ImageVersion] | None = None,
    ) -> None:
        self.images = {image.id: image for image in images or []}
        self.galleries = {gallery.id: gallery for gallery in galleries or []}
        self.definitions = {definition.id: definition for definition in definitions or []}
        self.versions = {version.id: version for version in versions or []}
        self.permissions: list[Permission] | None = [Permission(actions=["*"])]
        self.asked_permissions: list[ResourceId] = []
        self.error: Exception | None = None
        self.scarce = False
        # what cannot be read by a look, by its id
        self.errors: dict[str, ArmError] = {}
        self.operation_error: ArmError | None = None
        self.forgotten_operations: list[str] = []
        self.operations_forgotten_before: datetime | None = None
        # the numbers in the bin of every definition
        self.soft_deleted: list[str] = []
        self.bin_error: ArmError | None = None
        self.writes: list[str] = []

    async def get_managed_image(
        self, image: ImageId, as_of: datetime | None = None, within: float = 0
    ) -> ManagedImage | None:
        self._raise_error()
        return self.images.get(image)

    async def get_gallery(self, gallery: GalleryId, within: float = 0) -> Gallery | None:
        self._raise_error()
        return self.galleries.get(gallery)

    async def list_permissions(self, scope: ResourceId, within: float = 0) -> list[Permission]:
        self._raise_error()
        self.asked_permissions.append(scope)
        if self.permissions is None:
            raise ArmError(403, "AuthorizationFailed", "the identity cannot read its permissions")
        return self.permissions

    def oldest_read(self, galleries: Sequence[GalleryId]) -> datetime | None:
        return NOW if galleries else None

    def has_counted(self, subscription: str) -> bool:
        return True

    async def count_resources(self, subscription: str, resource_type: str) -> dict[str, int]:
        self._raise_error()
        resources: dict[str, list[str]] = {
            "Microsoft.Compute/galleries/images": [found.location for found in self.definitions.values()],
            "Microsoft.Compute/galleries/images/versions": [
                found.location for found in self.versions.values()
            ],
        }
        return Counter(resources[resource_type])

    async def list_image_definitions(self, gallery: GalleryId, within: float = 0) -> list[ImageDefinition]:
        self._raise_error()
        return [definition for definition in self.definitions.values() if definition.id.gallery == gallery]

    async def get_image_definition(self, definition: ImageDefinitionId) -> ImageDefinition | None:
        self._raise_error()
        return self.definitions.get(definition)

    async def begin_image_definition(self, definition: ImageDefinition) -> None:
        self._write(f"definition {definition.id.name}")
        created = definition.model_copy()
        created.provisioning_state = "Creating"
        self.definitions[definition.id] = created

    async def share_image_versions(
        self, definition: ImageDefinitionId, as_of: datetime, within: float
    ) -> list[ImageVersion]:
        return await self.list_image_versions(definition)

    async def list_image_versions(self, definition: ImageDefinitionId) -> list[ImageVersion]:
        self._raise_error()
        return [version for version in self.versions.values() if version.id.definition == definition]

    async def list_version_states(self, definition: ImageDefinitionId) -> VersionStates:
        versions = await self.list_image_versions(definition)
        states = {version.id.name: version.provisioning_state for version in versions}
        return VersionStates(states, 1, self.scarce)

    async def get_image_version(self, version: ImageVersionId) -> ImageVersion | None:
        self._raise_error()
        return self.versions.get(version)

    async def list_soft_deleted(self, definition: ImageDefinitionId) -> list[str]:
        self._raise_error()
        if self.bin_error is not None:
            raise self.bin_error
        return self.soft_deleted

    async def begin_image_version(self, spec: VersionSpec) -> str | None:
        self._write(f"version {spec.id.name}")
        self.versions[spec.id] = ImageVersion(
            id=spec.id,
            location=spec.location,
            provisioning_state="Creating",
            source=spec.source,
            tags=spec.tags,
            target_regions=list(spec.regions),
        )
        return OPERATION

    async def begin_regions(
        self,
        version: ImageVersionId,
        put: Sequence[PublishedRegion],
        remove: list[str],
        *,
        protect: bool = False,
        repeat: bool = False,
    ) -> RegionsWrite:
        found = self.versions[version]
        before = found.model_copy()
        regions = {region.name: region for region in found.target_regions}
        regions |= {region.name: region for region in put}
        kept = [region for name, region in regions.items() if name not in remove]
        if kept == found.target_regions and not repeat:
            return RegionsWrite(before)
        self._write(f"regions {', '.join(region.name for region in kept)}")
        found.target_regions = kept
        found.provisioning_state = "Updating"
        return RegionsWrite(before, written=True, operation_url=OPERATION)

    async def begin_tags(self, version: ImageVersionId, tags: Mapping[str, str]) -> None:
        self._write(f"tags {', '.join(tags)}")
        self.versions[version].tags |= tags

    async def get_operation_error(self, resource: ResourceId, operation_url: str) -> ArmError | None:
        self._raise_error()
        assert (resource.subscription, operation_url) == (SUBSCRIPTION, OPERATION)
        return self.operation_error

    async def forget_operation(self, resource: ResourceId) -> None:
        self.forgotten_operations.append(str(resource))

    async def forget_operations(self, before: datetime) -> int:
        self.operations_forgotten_before = before
        return 2

    async def list_regions(self, subscription: str) -> frozenset[str]:
        self._raise_error()
        return REGIONS if subscription == SUBSCRIPTION else frozenset()

    async def check_token(self) -> None:
        self._raise_error()

    def _raise_error(self) -> None:
        if self.error is not None:
            raise self.error

    def _write(self, what: str) -> None:
        self._raise_error()
        self.writes.append(what)


class FakeLook:
    """A look at a `FakeCompute`. What its `errors` name by id cannot be read: a subscription, definition or version."""

    def __init__(self, compute: FakeCompute) -> None:
        self._compute = compute
        self.newly_read = 0
        self.error: ArmError | None = None
        self._unreadable: list[Unreadable] = []
        self._unread: list[str] = []

    @property
    def gaps(self) -> Gaps:
        unread = None
        if self._unread:
            unread = Unread(parts=len(self._unread), reason=self._unread[0], retry_after_seconds=10)
        return Gaps(unreadable=self._unreadable, unread=unread)

    async def images(self, subscriptions: Iterable[str]) -> dict[str, SeenImages]:
        dates = {name: self._extent(f"dates of {name}") for name in subscriptions}
        return {
            name: SeenImages(
                self._in(name, self._compute.images), self._extent(f"/subscriptions/{name}"), dates[name]
            )
            for name in dates
        }

    async def definitions(self, subscriptions: Iterable[str]) -> dict[str, Seen[ImageDefinition]]:
        return {
            name: Seen(self._in(name, self._compute.definitions), self._extent(f"/subscriptions/{name}"))
            for name in subscriptions
        }

    async def versions(
        self,
        definitions: Iterable[ImageDefinitionId],
        completed: Mapping[ImageDefinitionId, datetime] | None = None,
    ) -> dict[ImageDefinitionId, Seen[ImageVersion]]:
        return {name: Seen(self._versions(name), self._extent(str(name))) for name in definitions}

    async def complete_versions(
        self, definitions: Iterable[ImageDefinitionId]
    ) -> dict[ImageDefinitionId, Seen[ImageVersion]]:
        return await self.versions(definitions)

    async def replicated(self, versions: Iterable[ImageVersion]) -> dict[ImageVersionId, Seen[ImageVersion]]:
        return {version.id: Seen([version], self._extent(str(version.id))) for version in versions}

    async def counts(self, subscriptions: Iterable[str]) -> dict[str, SeenCounts | None]:
        found: dict[str, SeenCounts | None] = {}
        for name in subscriptions:
            lists = (self._compute.definitions, self._compute.versions)
            counted = [
                [Counted(name, one.location, None) for one in self._in(name, known)] for known in lists
            ]
            unknown = self._extent(f"counts of {name}") != "whole"
            found[name] = None if unknown else SeenCounts(*counted)
        return found

    def _in(self, subscription: str, resources: Mapping[Any, Any]) -> list[Any]:
        if f"/subscriptions/{subscription}" in self._compute.errors:
            return []
        return [one for one in resources.values() if one.id.subscription == subscription]

    def _versions(self, definition: ImageDefinitionId) -> list[ImageVersion]:
        if str(definition) in self._compute.errors:
            return []
        return [version for version in self._compute.versions.values() if version.id.definition == definition]

    def _extent(self, part: str) -> Extent:
        if self._compute.error is not None:
            raise self._compute.error
        error = self._compute.errors.get(part)
        if error is None:
            return "whole"
        self.error = self.error or error
        if diagnose(error).retry == "never":
            self._unreadable.append(Unreadable(id=part, reason=str(error), fix="read it"))
            return "unreadable"
        self._unread.append(str(error))
        return "unread"


class FakeLooks:
    """Looks at a `FakeCompute`."""

    def __init__(self, compute: FakeCompute) -> None:
        self._compute = compute

    def begin(self) -> FakeLook:
        return FakeLook(self._compute)


class FakeEvidence:
    """Evidence in memory, written once."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def put(self, name: str, text: str) -> None:
        if self.texts.setdefault(name, text) != text:
            raise EvidenceChangedError(name)

    async def get(self, name: str) -> str | None:
        return self.texts.get(name)

    async def names(self, folder: str) -> list[str]:
        return sorted(name for name in self.texts if name.startswith(folder))


class FakeExclusions:
    """Exclusion flags of the versions of a `FakeCompute`. A write is done at the next read."""

    def __init__(self, compute: FakeCompute) -> None:
        self._compute = compute

    async def read(self, version: ImageVersionId) -> ImageVersion | None:
        found = await self._compute.get_image_version(version)
        before = found.model_copy(deep=True) if found else None
        if found is not None and found.provisioning_state == "Updating":
            found.provisioning_state = "Succeeded"
        return before

    async def begin(self, change: FlagChange) -> FlagsWrite | None:
        found = await self._compute.get_image_version(change.version)
        if found is None:
            return None
        before = found.model_copy(deep=True)
        flags = VersionFlags.of(found)
        after = change.applied(flags)
        if after == flags:
            return FlagsWrite(before)
        self._compute.writes.append(f"flags {change.version.name}")
        found.exclude_from_latest = after.own
        for region in found.target_regions:
            region.exclude_from_latest = after.regions[region.name]
        found.provisioning_state = "Updating"
        return FlagsWrite(before, written=True, operation_url=OPERATION)


class FakeFollowers:
    """Consumers in memory, by subscription. What `errors` names cannot be read."""

    def __init__(self, scale_sets: Iterable[ScaleSet] = (), machines: Iterable[Machine] = ()) -> None:
        self._scale_sets = list(scale_sets)
        self._machines = list(machines)
        self.seen: list[str] = []
        self.runs: dict[str, list[str | None]] = {}
        self.attempts: dict[str, list[OsUpgrade]] = {}
        self.windows: dict[str, MaintenanceWindow] = {}
        self.errors: dict[str, ArmError] = {}

    async def subscriptions(self, through: str) -> list[str]:
        return self.seen

    async def machines(self, subscription: str) -> list[Machine]:
        self._check(subscription)
        return [one for one in self._machines if f"/{subscription}/" in one.id]

    async def scale_sets(self, subscription: str) -> list[ScaleSet]:
        self._check(subscription)
        return [one for one in self._scale_sets if f"/{subscription}/" in one.id]

    async def instance_versions(self, scale_set: ScaleSet) -> list[str | None]:
        self._check(scale_set.id)
        return self.runs.get(scale_set.id, [])

    async def upgrades(self, scale_set: ScaleSet) -> list[OsUpgrade]:
        return self.attempts.get(scale_set.id, [])

    async def window(self, scale_set: ScaleSet) -> MaintenanceWindow | None:
        return self.windows.get(scale_set.id)

    def _check(self, part: str) -> None:
        if part in self.errors:
            raise self.errors[part]


class FakeNotices:
    """Receivers of notices; `answers` are given in their order, then everything is delivered."""

    def __init__(self, answers: Sequence[DeliveryAnswer] = ()) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, Mapping[str, Any]]] = []

    async def to_topic(self, url: str, event: Mapping[str, Any]) -> DeliveryAnswer:
        return self._take("topic", url, event)

    async def to_webhook(self, url: str, event: Mapping[str, Any]) -> DeliveryAnswer:
        return self._take("webhook", url, event)

    def _take(self, target: str, url: str, event: Mapping[str, Any]) -> DeliveryAnswer:
        self.sent.append((target, url, event))
        return self.answers.pop(0) if self.answers else DeliveryAnswer(outcome="delivered")


class FakeRetention:
    """Writes of retention to a `FakeCompute`: flags, replica counts, deletions into a bin, and back."""

    def __init__(self, compute: FakeCompute, locks: Sequence[str] = ()) -> None:
        self._compute = compute
        self.locks = list(locks)
        self.bin: dict[ImageVersionId, tuple[ImageVersion, SoftDeletedVersion]] = {}
        self.writes: list[str] = []
        self.error: ArmError | None = None

    async def begin_flags(
        self, version: ImageVersionId, flags: Flags, tags: Mapping[str, str | None]
    ) -> None:
        changed = self._write("flags", version)
        changed.exclude_from_latest = flags.version
        for region in changed.target_regions:
            region.exclude_from_latest = flags.regions.get(region.name)
        kept = {name: value for name, value in changed.tags.items() if name not in tags}
        changed.tags = kept | {name: value for name, value in tags.items() if value is not None}

    async def begin_fewer_replicas(self, version: ImageVersionId, replicas: int) -> None:
        for region in self._write("replicas", version).target_regions:
            region.replicas = min(region.replicas, replicas)

    async def begin_delete(self, version: ImageVersionId) -> None:
        deleted = self._write("delete", version)
        del self._compute.versions[version]
        row = SoftDeletedVersion(id=version, location=deleted.location, deleted_at=NOW)
        self.bin[version] = (deleted, row)

    async def begin_restore(self, version: ImageVersionId, location: str) -> None:
        self.writes.append(f"restore {version.name} {location}")
        self._compute.versions[version] = self.bin.pop(version)[0]

    async def list_bin(self, definition: ImageDefinitionId) -> list[SoftDeletedVersion]:
        if self.error is not None:
            raise self.error
        return [row for _, row in self.bin.values()]

    async def list_locks(self, version: ImageVersionId) -> list[str]:
        return self.locks

    def _write(self, what: str, version: ImageVersionId) -> ImageVersion:
        if self.error is not None:
            raise self.error
        self.writes.append(f"{what} {version.name}")
        copy = self._compute.versions[version].model_copy(deep=True)
        self._compute.versions[version] = copy
        return copy


SETTINGS = Settings.from_environment({SUBSCRIPTIONS: SUBSCRIPTION})


@contextmanager
def working_with(
    compute: FakeCompute,
    under: Policy | None = None,
    settings: Settings = SETTINGS,
    policies: PolicyStore | None = None,
    evidence: EvidenceStore | None = None,
    *,
    machines: AzureMachines | None = None,
    retiring: AzureRetiring | None = None,
    guards: AzureGuards | None = None,
    notices: NoticeSender | None = None,
    retention: AzureRetention | None = None,
    consumers: AzureConsumers | None = None,
    graph: AzureGraph | None = None,
    followers: AzureFollowers | None = None,
) -> Iterator[FakeCompute]:
    """Lets triggers and activities use this Azure and this policy, or this policy store."""
    looks = FakeLooks(compute)
    replacement = Services(
        settings=settings,
        policies=policies or FixedPolicy(under or policy()),
        compute=compute,
        looks=looks,
        machines=machines or FakeMachines(),
        evidence=evidence or FakeEvidence(),
        retiring=retiring or FakeRetiring(),
        guards=guards or FakeGuards(),
        notices=notices or FakeNotices(),
        retention=retention or FakeRetention(compute),
        consumers=consumers or FakeConsumers(),
        graph=graph or FakeGraph(),
        exclusions=FakeExclusions(compute),
        followers=followers or FakeFollowers(),
    )
    with using(replacement):
        yield compute


class FakePolicies:
    """A store whose newest policy is invalid; an older one may be in force."""

    def __init__(self, in_force: Policy | None) -> None:
        self.error = PolicyError("policy.yaml", [PolicyFault(3, "rulez", "Extra inputs are not permitted")])
        self.problem: str | None = str(self.error)
        self._in_force = in_force

    async def current(self) -> Policy:
        if self._in_force is None:
            raise self.error
        return self._in_force


class FakeDurableClient:
    """A task hub in memory, with the SDK's own status objects and the extension's own lists."""

    def __init__(self) -> None:
        self.instances: dict[str, dict[str, Any]] = {}
        self.started: list[tuple[str, str, Any]] = []
        self.refusal: Exception | None = None
        self.queries: list[dict[str, str]] = []
        self.segments: Sequence[int] = ()
        self.sorts_and_selects = True
        self.answers_lists = Event()
        self.answers_lists.set()
        self.raised: list[tuple[str, str]] = []
        self.rewound: list[str] = []
        self.rewind_refusal: Exception | None = None
        self.terminated: list[str] = []
        self.entity_states: dict[str, Any] = {}

    @property
    def _orchestration_bindings(self) -> SimpleNamespace:
        return SimpleNamespace(rpc_base_url=list_server().add(self))

    def add(self, instance_id: str, runtime_status: str, input_: Any = None, **fields: Any) -> None:
        """Adds an instance in the form in which the extension describes it."""
        self.instances[instance_id] = {
            "name": "migrate_image",
            "instanceId": instance_id,
            "runtimeStatus": runtime_status,
            "input": input_,
            "createdTime": "2026-01-15T08:30:00Z",
            "lastUpdatedTime": "2026-01-15T08:31:00Z",
            **fields,
        }

    async def get_status(self, instance_id: str) -> DurableOrchestrationStatus:
        # for an unknown instance the SDK returns a status that is false
        status: DurableOrchestrationStatus = DurableOrchestrationStatus.from_json(
            dict(self.instances.get(instance_id, {}))
        )
        return status

    async def purge_instance_history_by(
        self, created_time_from: datetime, created_time_to: datetime, runtime_status: list[Any]
    ) -> PurgeHistoryResult:
        ended = {status.value for status in runtime_status}
        purged = [
            name
            for name, fields in self.instances.items()
            if fields["runtimeStatus"] in ended
            and created_time_from <= datetime.fromisoformat(fields["createdTime"]) <= created_time_to
        ]
        for name in purged:
            del self.instances[name]
        return PurgeHistoryResult(instancesDeleted=len(purged))

    async def start_new(self, name: str, instance_id: str, input_: Any) -> str:
        if self.refusal is not None:
            self.on_refusal(instance_id)
            raise self.refusal
        running = self.instances.get(instance_id, {}).get("runtimeStatus")
        if running in {"Pending", "Running", "ContinuedAsNew", "Suspended"}:
            raise Exception(f"An Orchestration instance with the status {running} already exists.")  # noqa: TRY002 # the SDK raises nothing narrower
        self.started.append((name, instance_id, input_))
        self.add(instance_id, "Pending", input_)
        return instance_id

    async def rewind(self, instance_id: str, reason: str) -> None:
        if self.rewind_refusal is not None:
            raise self.rewind_refusal
        self.rewound.append(instance_id)
        self.instances[instance_id]["runtimeStatus"] = "Running"

    async def terminate(self, instance_id: str, reason: str) -> None:
        self.terminated.append(instance_id)
        self.instances[instance_id]["runtimeStatus"] = "Terminated"

    async def read_entity_state(self, entity: EntityId) -> EntityStateResponse:
        state = self.entity_states.get(entity.name)
        return EntityStateResponse(state is not None, state)

    async def signal_entity(self, entity: EntityId, operation: str, state: Any) -> None:
        assert operation == "keep"
        self.entity_states[entity.name] = state

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        self.raised.append((instance_id, event_name))

    def on_refusal(self, instance_id: str) -> None:
        """Called when a start is refused; tests override it to change the task hub."""
