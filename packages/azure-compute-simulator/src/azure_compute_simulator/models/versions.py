"""Image versions: created from a source, checked against their definition, replicated to regions."""

import re
from datetime import UTC, datetime
from typing import ClassVar

from azure_compute_simulator.agenda import Timetable
from azure_compute_simulator.clock import parse_date, six_months_after, timestamp
from azure_compute_simulator.errors import (
    ConflictError,
    CrpPirReplicationJobsNotCompletedError,
    DeleteGalleryImageVersionBlockedBeforeEndOfLifeError,
    IncompleteTargetLocationsError,
    InvalidParameterError,
    InvalidResourceTypeError,
    NotFoundError,
    OperationNotAllowedError,
    PropertyChangeNotAllowedError,
    SimulatedError,
)
from azure_compute_simulator.jobs import REPLICATION_SECONDS
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.compatibility import check_security_type, incompatibility
from azure_compute_simulator.models.publishing import publishing_profile, region_names, unknown_region
from azure_compute_simulator.models.replication import Replication
from azure_compute_simulator.models.resource_type import AcceptedWrite, ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Operation, Principal, Resource
from azure_compute_simulator.models.sources import (
    Source,
    check_one_source,
    find_source,
    read_source,
    set_sizes,
    source_id,
    with_caching,
)
from azure_compute_simulator.models.values import without_empty
from azure_compute_simulator.regions import short_name, usable
from azure_compute_simulator.resource_ids import ResourceId

_NUMBER_LIMIT = 2_147_483_647
_LARGEST_DISK_GB = 2048
_BEGINNING = datetime.min.replace(tzinfo=UTC)
# recorded: absent in 2019-12-01, present in 2023-07-03; documented: added in 2022-08-03
_SAFETY_PROFILE_SHOWN_SINCE = "2022-08-03"
# specified: the api-version that added it
_SECURITY_PROFILE_SHOWN_SINCE = "2024-03-03"
# reported (azure-cli #32375): from this api-version on a new version has an end of life and a guard by default
_DELETION_BLOCKED_SINCE = "2026-03-03"
# specified: the api-version of the list of soft-deleted versions
_SOFT_DELETED_LISTED_SINCE = "2024-03-03"
_SOURCE_PATH = "galleryImageVersion.properties.storageProfile.source.id"


class ImageVersions(ResourceType):
    """`Microsoft.Compute/galleries/images/versions`.

    A version's `hidden` has its `replication`, its `source` and, after the source was read, `read`.
    `_lagging` are versions that have succeeded while a region still replicates (switch `succeeded_early`).
    """

    type = "Microsoft.Compute/galleries/images/versions"
    operations = "capsOperations"
    seconds: ClassVar[dict[str, float]] = {"create": REPLICATION_SECONDS, "update": 150.0, "delete": 90.0}

    def __init__(self, azure: Azure) -> None:
        super().__init__(azure)
        self._lagging: dict[str, Resource] = {}

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a version. Whether its source fits its definition is checked later, in its operation (recorded)."""
        _check_name(resource_id.name)
        sent = request.properties
        storage_profile = without_empty(sent.get("storageProfile") or {})
        check_one_source(storage_profile)
        now = self.azure.clock.now()
        publishing = publishing_profile(sent.get("publishingProfile") or {}, None, location, now)
        self._check_regions_are_usable(resource_id, publishing)
        self._check_sharing(resource_id, publishing)
        source = self._source(resource_id, storage_profile, location)
        safety = _safety_profile(sent, {})
        if request.api_version >= _DELETION_BLOCKED_SINCE:
            publishing.setdefault("endOfLifeDate", timestamp(six_months_after(now)))
            safety.setdefault("blockDeletionBeforeEndOfLife", True)
        properties = {
            "publishingProfile": publishing | {"publishedDate": timestamp(now)},
            "storageProfile": with_caching(storage_profile),
            "safetyProfile": safety,
        } | _security_profile(sent)
        hidden = {"replication": Replication(str(resource_id)), "source": source}
        return self.new_resource(resource_id, request, location, properties, hidden)

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Replaces the profiles, and with a PUT resets what it does not send (inferred). The source is fixed."""
        if resource.provisioning_state == "Deleting":
            raise OperationNotAllowedError(
                f"Operation 'Update Gallery Image Version' is not on allowed on {resource.id.name}; since it is "
                "marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete)"
            )
        sent = request.properties
        before = resource.properties
        new_source = source_id(sent.get("storageProfile") or {})
        old_source = source_id(before["storageProfile"])
        if new_source and new_source.lower() != (old_source or "").lower():
            raise PropertyChangeNotAllowedError(_SOURCE_PATH)
        replace = self.azure.switches.reset_unsent_fields and not request.partial
        publishing = publishing_profile(
            sent.get("publishingProfile") or {},
            before["publishingProfile"],
            resource.location,
            self.azure.clock.now(),
            replace=replace,
        )
        safety = _safety_profile(sent, {} if replace else before["safetyProfile"])
        self._check_regions_are_usable(resource.id, publishing)
        self._check_removed_regions(resource, publishing, safety)
        before["publishingProfile"], before["safetyProfile"] = publishing, safety
        if replace:
            before.pop("securityProfile", None)
            resource.tags = None
        before |= _security_profile(sent)

    def put(self, resource_id: ResourceId, request: WriteRequest) -> AcceptedWrite:
        """Creates or updates the version. If it was soft-deleted, restores it instead, with 200 (recorded)."""
        deleted = self.azure.bin.take(resource_id)
        if deleted is None:
            return super().put(resource_id, request)
        self.check_parent(resource_id, "write")
        self.azure.resources[resource_id.key] = deleted
        deleted.provisioning_state = "Updating"
        return AcceptedWrite(deleted, self.begin("update", deleted, request.principal), created=False)

    def on_deleted(self, resource: Resource) -> None:
        """Keeps the version if its gallery has soft delete, unless the request bypasses that."""
        self._lagging.pop(resource.id.key, None)
        gallery = self._definition(resource.id).id.parent
        assert gallery is not None  # noqa: S101 - a definition has a gallery
        policy = self.azure.get(gallery).properties.get("softDeletePolicy") or {}
        bypass = resource.hidden["delete options"].get("bypassSoftDelete", "").lower() == "true"
        if policy.get("isSoftDeleteEnabled") and not bypass:
            self.azure.bin.keep(resource, policy)

    def soft_deleted(self, definition: ResourceId, api_version: str) -> list[Json]:
        """Returns the soft-deleted versions of a definition, as their list shows them (specified).

        Raises ParentResourceNotFoundError, and InvalidResourceTypeError for api-versions without such a list.
        """
        if api_version < _SOFT_DELETED_LISTED_SINCE:
            raise InvalidResourceTypeError(
                "The resource type 'galleries/softDeletedArtifactTypes' could not be found in the namespace "
                f"'Microsoft.Compute' for api version '{api_version}'."
            )
        self.check_parent(definition.child("versions", "-"), "read")
        return [found.as_json(api_version) for found in self.azure.bin.below(definition)]

    def clear(self) -> None:
        """Forgets lagging versions."""
        self._lagging.clear()

    def begin(self, verb: str, resource: Resource, principal: Principal) -> Operation:
        """Starts an operation and, unless it deletes, sets the target regions of the replication."""
        operation = super().begin(verb, resource, principal)
        if verb != "delete":
            targets = region_names(resource.properties["publishingProfile"])
            resource.hidden["replication"].set_targets(targets, resource.location, operation.job)
        return operation

    def replicates(self, verb: str) -> bool:
        """Creation and updates copy data to regions."""
        return verb != "delete"

    def advance(self, operation: Operation) -> None:
        """Checks the source, advances the regions, and ends the operation when they are done."""
        if operation.verb == "delete":
            super().advance(operation)
            return
        version = operation.resource
        replication: Replication = version.hidden["replication"]
        error = self._check_source(version)
        if error is None:
            replication.advance(self.azure.transitions, self.azure.faults)
            error = self._copy_disks(version, replication)
        if error is not None:
            self.azure.finish(operation, error)
        elif self._is_done(operation, replication):
            self.succeed(operation)

    def on_written(self, resource: Resource) -> None:
        """Remembers the version if a region still replicates although the version has succeeded."""
        if resource.hidden["replication"].aggregated_state == "InProgress":
            self._lagging[resource.id.key] = resource

    def create_from_seed(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Returns a finished version. Its source need not exist, and its end of life may have passed.

        Its `replicationStatus` may name regions whose replication has failed; all others are completed.
        """
        _check_name(resource_id.name)
        sent = request.properties
        publishing = publishing_profile(_without_edge_zones(sent), None, location, _BEGINNING, seeded=True)
        published = (sent.get("publishingProfile") or {}).get("publishedDate") or timestamp(
            self.azure.clock.now()
        )
        replication = Replication(str(resource_id))
        replication.set_completed(region_names(publishing))
        replication.set_failed(_failed_regions(sent))
        properties = {
            "publishingProfile": publishing | {"publishedDate": published} | _edge_zones(sent),
            "storageProfile": dict(sent.get("storageProfile") or {}),
            "safetyProfile": _safety_profile(sent, {}),
        } | _security_profile(sent)
        source = self.azure.resources.get((source_id(properties["storageProfile"]) or "").lower())
        if source:
            properties["storageProfile"] = (
                read_source(self.azure, source).disks | properties["storageProfile"]
            )
        hidden = {"replication": replication, "source": None, "read": True}
        return self.new_resource(resource_id, request, location, properties, hidden)

    def advance_background(self) -> None:
        """Advances the regions of versions that succeeded early."""
        for version in list(self._lagging.values()):
            self._advance_lagging(version)

    def background_due(self) -> list[datetime | None]:
        """Returns when each region that replicates is done; an update may end its operation before or after that."""
        versions = {id(version): version for version in self._lagging.values()}
        for operation in self.azure.running.values():
            if "replication" in operation.resource.hidden and operation not in self.azure.agenda:
                versions[id(operation.resource)] = operation.resource
        return [
            moment
            for version in versions.values()
            for moment in version.hidden["replication"].due(self.azure.transitions)
        ]

    def timetable(self, operation: Operation) -> Timetable | None:
        """Returns when a region jumps or is done; None where the progress is even or clients or control decide it."""
        if operation.verb == "delete" or len(operation.resource.running) > 1:
            return None
        replication: Replication = operation.resource.hidden["replication"]
        return replication.timetable(self.azure.transitions, operation.job)

    def count_poll(self, resource: Resource) -> None:
        """Counts the poll for the operations and for regions that still replicate after them."""
        jobs = [operation.job for operation in resource.running]
        jobs += [region.job for region in resource.hidden["replication"].regions.values()]
        for job in {id(job): job for job in jobs}.values():
            job.polls += 1
        if resource.id.key in self._lagging:
            self._advance_lagging(resource)

    def check_delete(self, resource: Resource) -> None:
        """Refuses to delete a version that is protected until its end of life (documented)."""
        protected = resource.properties["safetyProfile"].get("blockDeletionBeforeEndOfLife")
        end_of_life = resource.properties["publishingProfile"].get("endOfLifeDate")
        if protected and end_of_life and parse_date(end_of_life) > self.azure.clock.now():
            raise DeleteGalleryImageVersionBlockedBeforeEndOfLifeError

    def render_properties(self, resource: Resource, properties: Json, api_version: str, expand: str) -> Json:
        """Drops what old api-versions do not have, and adds the replication status if `$expand` asks for it."""
        if api_version < _SAFETY_PROFILE_SHOWN_SINCE:
            del properties["safetyProfile"]
        if api_version < _SECURITY_PROFILE_SHOWN_SINCE:
            properties.pop("securityProfile", None)
        if not self.azure.switches.display_name_regions:
            for target in properties["publishingProfile"]["targetRegions"]:
                target["name"] = short_name(target["name"])
        if "replicationstatus" in expand.lower():
            properties["replicationStatus"] = resource.hidden["replication"].as_json()
        return properties

    def _advance_lagging(self, version: Resource) -> None:
        replication: Replication = version.hidden["replication"]
        replication.advance(self.azure.transitions, self.azure.faults)
        if replication.aggregated_state != "InProgress":
            del self._lagging[version.id.key]

    def _source(self, resource_id: ResourceId, storage_profile: Json, location: str) -> Source | None:
        """Returns the source of a new version. None if its disks have sources of their own."""
        id_ = source_id(storage_profile)
        if id_ is None:
            return None
        check_security_type(self._definition(resource_id), id_)
        source = read_source(self.azure, find_source(self.azure, id_, location))
        if source.is_encrypted and source.subscription.lower() != resource_id.subscription.lower():
            raise InvalidParameterError(
                "Encrypted source is in a different subscription than the gallery image version. Please retry with an "
                "unencrypted source or an encrypted source in the same subscription.",
                target=_SOURCE_PATH,
            )
        self._check_not_in_use(source)
        return source

    def _check_not_in_use(self, source: Source) -> None:
        """Allows one build per managed image at a time (documented; code inferred)."""
        for operation in self.azure.running.values():
            other = operation.resource.hidden.get("source")
            busy = (
                operation.verb == "create"
                and isinstance(other, Source)
                and other.id.lower() == source.id.lower()
            )
            if busy and source.is_managed_image:
                raise ConflictError(
                    f"Too many requests on source '{source.id}'. Please reduce the number of requests on the source "
                    "or wait some time before retrying"
                )

    def _check_regions_are_usable(self, version: ResourceId, publishing: Json) -> None:
        """Raises InvalidParameterError for a region of a sovereign cloud that the subscription does not have."""
        listed = self.azure.subscription(version.subscription).locations
        for name in region_names(publishing):
            if not usable(name, listed):
                raise unknown_region(name)

    def _check_sharing(self, version: ResourceId, publishing: Json) -> None:
        """Raises InvalidParameterError for an encrypted version in a shared gallery (documented; text inferred)."""
        gallery = self._definition(version).id.parent
        assert gallery is not None  # noqa: S101 - a definition has a gallery
        sharing = (self.azure.get(gallery).properties.get("sharingProfile") or {}).get("permissions")
        is_shared = str(sharing).lower() in ("groups", "community")
        if is_shared and any(target.get("encryption") for target in publishing["targetRegions"]):
            raise InvalidParameterError(
                f"Encrypted gallery image versions are not supported in a gallery that is shared ('{sharing}').",
                target="galleryImageVersion.properties.publishingProfile.targetRegions.encryption",
            )

    def _check_removed_regions(self, version: Resource, publishing: Json, safety: Json) -> None:
        """Raises IncompleteTargetLocationsError if a region is left out and the safety profile forbids that."""
        guard = self.azure.switches.guard_replicated_regions
        if guard == "off" or safety["allowDeletionOfReplicatedLocations"]:
            return
        removed = set(region_names(version.properties["publishingProfile"])) - set(region_names(publishing))
        if guard == "completed":
            removed = {name for name in removed if version.hidden["replication"].completed_in(name)}
        if removed:
            raise IncompleteTargetLocationsError(version.id.name)

    def _definition(self, version_id: ResourceId) -> Resource:
        assert version_id.parent is not None  # noqa: S101 - a version has a definition
        return self.azure.get(version_id.parent)

    def _check_source(self, version: Resource) -> SimulatedError | None:
        """Returns why the source cannot be used. None if it can be, or was read before."""
        source: Source | None = version.hidden["source"]
        if source is None or version.hidden.get("read"):
            return None
        if source.id.lower() not in self.azure.resources:
            return NotFoundError(
                f"Source '{source.id}' is not found. Please check source exists, and is in the same region as "
                "gallery image version being created"
            )
        message = incompatibility(source, self._definition(version.id).properties)
        return ConflictError(message) if message else None

    def _copy_disks(self, version: Resource, replication: Replication) -> SimulatedError | None:
        """Adds the disks after the first data was copied. Returns why replication failed, or None."""
        if replication.started() and not version.hidden.get("read"):
            largest = self._read_disks(version)
            if largest > _LARGEST_DISK_GB:
                replication.fail(
                    "Replication failed in this region due to 'The GalleryImageVersion source resource size "
                    f"{largest} exceeds the max size {_LARGEST_DISK_GB} supported"
                )
            else:
                version.hidden["read"] = True
        if replication.aggregated_state != "Failed":
            return None
        failed = ", ".join(
            f"{{region:{region.name}, detail:{region.details}}}" for region in replication.failed
        )
        return CrpPirReplicationJobsNotCompletedError(
            "Gallery replication jobs failed in one or more regions. The failing regions' details are as follows: "
            f"'{failed}'. If retry does not work, then please do an update by removing the failed regions and update "
            "again by adding them back."
        )

    def _read_disks(self, version: Resource) -> int:
        """Shows the sizes of the source's disks unless one is too large. Returns the size of the largest in GB."""
        source: Source | None = version.hidden["source"]
        if source is None:
            return set_sizes(self.azure, version.properties["storageProfile"])
        if source.largest_disk_gb <= _LARGEST_DISK_GB:
            version.properties["storageProfile"] |= source.disks
        return source.largest_disk_gb

    def _is_done(self, operation: Operation, replication: Replication) -> bool:
        if self.azure.switches.succeeded_early:
            return replication.completed_in(operation.resource.location)
        return (
            replication.aggregated_state == "Completed"
            and self.azure.transitions.fraction(operation.job) >= 1
        )


def _check_name(name: str) -> None:
    well_formed = re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", name)
    if not well_formed or any(int(part) > _NUMBER_LIMIT for part in name.split(".")):
        raise InvalidParameterError(
            "The image version name is invalid. The image version name should follow Major(int).Minor(int).Patch(int) "
            "format, where int is between 0 and 2,147,483,647 (inclusive). For e.g: 1.0.0, 2018.12.1 etc.",
            target="galleryImageVersionName",
        )


def _failed_regions(sent: Json) -> list[str]:
    summary = (sent.get("replicationStatus") or {}).get("summary") or []
    return [str(entry.get("region")) for entry in summary if entry.get("state") == "Failed"]


def _without_edge_zones(sent: Json) -> Json:
    profile = sent.get("publishingProfile") or {}
    return {name: value for name, value in profile.items() if name != "targetExtendedLocations"}


def _edge_zones(sent: Json) -> Json:
    """Returns a seeded version's edge zones with their key. They are shown as they are and never replicate."""
    found = (sent.get("publishingProfile") or {}).get("targetExtendedLocations")
    return {"targetExtendedLocations": found} if found else {}


def _security_profile(sent: Json) -> Json:
    """Returns the security profile with its key, or nothing if none is sent: the service has no default."""
    profile = without_empty(sent.get("securityProfile") or {})
    return {"securityProfile": profile} if profile else {}


def _safety_profile(sent: Json, before: Json) -> Json:
    defaults = {"reportedForPolicyViolation": False, "allowDeletionOfReplicatedLocations": False}
    return defaults | before | (sent.get("safetyProfile") or {})
