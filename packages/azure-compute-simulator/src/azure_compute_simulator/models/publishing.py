"""The publishing profile of an image version: validation and defaults."""

from datetime import datetime
from typing import Any

from azure_compute_simulator import regions
from azure_compute_simulator.clock import parse_date
from azure_compute_simulator.errors import (
    BadRequestError,
    InvalidParameterError,
    PropertyChangeNotAllowedError,
)
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.models.values import date_value, enum_value, without_empty

_STORAGE_ACCOUNT_TYPES = ("Standard_LRS", "Standard_ZRS", "Premium_LRS", "PremiumV2_LRS")
_MODES = ("Full", "Shallow")
_MOST_REPLICAS = 100
_PATH = "galleryImageVersion.properties.publishingProfile"


# what an update that replaces the version keeps although it is not sent: fixed properties, and the regions
_KEPT = ("publishedDate", "replicationMode", "storageAccountType", "targetExtendedLocations", "targetRegions")


def publishing_profile(
    sent: Json,
    existing: Json | None,
    location: str,
    now: datetime,
    *,
    replace: bool = False,
    seeded: bool = False,
) -> Json:
    """Returns the profile that a version gets from a request. Whether its regions can be used is checked elsewhere.

    A field that is not sent gets the default (recorded) on a new version. On an existing one it keeps its value, with
    `replace` only if it is fixed. The target regions replace the existing ones as a whole. With `seeded` every storage
    account type and replication mode is accepted: the service may know more of them than this package does.
    Raises InvalidParameterError, BadRequestError or PropertyChangeNotAllowedError.
    """
    before = existing or {}
    if replace:
        before = {name: value for name, value in before.items() if name in _KEPT}
    fixed = {
        "storageAccountType": _enum(
            sent,
            "storageAccountType",
            (*_STORAGE_ACCOUNT_TYPES, *_known(sent, before, "storageAccountType", seeded)),
        ),
        "replicationMode": _enum(
            sent, "replicationMode", (*_MODES, *_known(sent, before, "replicationMode", seeded))
        ),
    }
    for name, value in fixed.items() if existing else ():
        if value not in (None, before.get(name)):
            raise PropertyChangeNotAllowedError(f"{_PATH}.{name}")
    replica_count = _replicas(sent.get("replicaCount", before.get("replicaCount", 1)))
    end_of_life = sent.get("endOfLifeDate")
    profile: Json = {
        "targetRegions": _target_regions(sent, before, location, replica_count, seeded=seeded),
        "replicaCount": replica_count,
        "excludeFromLatest": bool(sent.get("excludeFromLatest", before.get("excludeFromLatest", False))),
        "publishedDate": before.get("publishedDate"),
        "endOfLifeDate": _future(end_of_life, now) if end_of_life else before.get("endOfLifeDate"),
        "storageAccountType": fixed["storageAccountType"] or before.get("storageAccountType", "Standard_LRS"),
        "replicationMode": fixed["replicationMode"] or before.get("replicationMode"),
    }
    if not seeded:
        _check_shallow(profile, location)
    edge_zones = sent.get("targetExtendedLocations") or before.get("targetExtendedLocations")
    if edge_zones and edge_zones != before.get("targetExtendedLocations"):
        raise InvalidParameterError(
            "Target edge zones are not simulated: remove targetExtendedLocations from the request.",
            target=f"{_PATH}.targetExtendedLocations",
        )
    if edge_zones:
        profile["targetExtendedLocations"] = edge_zones
    return {name: value for name, value in profile.items() if value is not None or name == "publishedDate"}


def _check_shallow(profile: Json, location: str) -> None:
    """Raises InvalidParameterError if a shallow version leaves its region or has several replicas.

    Reported (packer-plugin-azure #383, AgentBaker #4586): only the region of the build, with one replica. Code and
    text are inferred.
    """
    if profile["replicationMode"] != "Shallow":
        return
    if region_names(profile) != [location] or profile["targetRegions"][0]["regionalReplicaCount"] > 1:
        raise InvalidParameterError(
            "A gallery image version with replication mode 'Shallow' can have one target region, its own, with one "
            "replica.",
            target=f"{_PATH}.replicationMode",
        )


def region_names(profile: Json) -> list[str]:
    """Returns the short names of the target regions."""
    return [regions.short_name(target["name"]) for target in profile["targetRegions"]]


def unknown_region(name: object) -> InvalidParameterError:
    """Returns the error about a target region that cannot be used (inferred)."""
    return InvalidParameterError(
        f"The value '{name}' of parameter {_PATH}.targetRegions.name is not a region.",
        target=f"{_PATH}.targetRegions",
    )


def _target_regions(
    sent: Json, before: Json, location: str, replica_count: int, *, seeded: bool
) -> list[Json]:
    if not sent.get("targetRegions") and before:
        # reported: an update may "specify null or empty set for target regions" and keeps them all
        return list(before["targetRegions"])
    targets = sent.get("targetRegions") or [{"name": location}]
    known = {regions.short_name(target["name"]): target for target in before.get("targetRegions", [])}
    names = [_region_name(target) for target in targets]
    if len(set(names)) < len(names):
        raise InvalidParameterError(
            "Duplicate regions are not allowed in target publishing regions.", target=f"{_PATH}.targetRegions"
        )
    if location not in names:
        raise InvalidParameterError(
            f"Gallery image version publishing profile regions '{', '.join(names)}' must contain the location of "
            f"image version '{regions.display_name(location)}'.",
            target=f"{_PATH}.targetRegions",
        )
    return [
        _target_region(target, known.get(name, {}), replica_count, seeded=seeded)
        for name, target in zip(names, targets, strict=True)
    ]


def _target_region(sent: Json, before: Json, replica_count: int, *, seeded: bool) -> Json:
    known = _known(sent, before, "storageAccountType", seeded)
    storage = _enum(sent, "storageAccountType", (*_STORAGE_ACCOUNT_TYPES, *known), "targetRegions.")
    if before and storage not in (None, before["storageAccountType"]):
        raise PropertyChangeNotAllowedError(f"{_PATH}.targetRegions.storageAccountType")
    region: Json = {
        "name": regions.display_name(sent["name"]),
        "regionalReplicaCount": _replicas(sent.get("regionalReplicaCount") or replica_count),
        "storageAccountType": storage or before.get("storageAccountType", "Standard_LRS"),
    }
    if sent.get("encryption"):
        region["encryption"] = _encryption(sent["encryption"])
    if sent.get("excludeFromLatest") is not None:
        region["excludeFromLatest"] = sent["excludeFromLatest"]
    return region


def _encryption(sent: Json) -> Json:
    """Returns what was sent, with an empty security profile added to the OS disk (recorded)."""
    encryption: Json = without_empty(sent)
    if "osDiskImage" in encryption:
        encryption["osDiskImage"] = {"securityProfile": {}} | encryption["osDiskImage"]
    return encryption


def _region_name(target: Any) -> str:
    name = target.get("name") if isinstance(target, dict) else None
    if not isinstance(name, str) or not regions.exists(name):
        raise unknown_region(name)
    return regions.short_name(name)


def _replicas(count: Any) -> int:
    if not isinstance(count, int) or isinstance(count, bool):
        raise BadRequestError(count, f"{_PATH}.replicaCount")
    if not 1 <= count <= _MOST_REPLICAS:
        raise InvalidParameterError(
            f"The replica count {count} is invalid: it must be from 1 to {_MOST_REPLICAS}.",
            target=f"{_PATH}.replicaCount",
        )
    return count


def _known(sent: Json, before: Json, name: str, seeded: bool) -> list[str]:
    """Returns the value that is valid although this package does not know it: a seed's, or the existing one."""
    value = sent.get(name) if seeded else before.get(name)
    return [value] if isinstance(value, str) else []


def _enum(sent: Json, name: str, allowed: tuple[str, ...], where: str = "") -> str | None:
    return enum_value(sent.get(name), allowed, f"properties.publishingProfile.{where}{name}")


def _future(sent: Any, now: datetime) -> str:
    date = date_value(sent, "properties.publishingProfile.endOfLifeDate")
    if parse_date(date) <= now:
        raise InvalidParameterError(
            "EndOfLifeDate must be set to a future date.", target=f"{_PATH}.endOfLifeDate"
        )
    return date
