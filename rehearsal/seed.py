"""From a snapshot to the simulator's seed: the same resources, in the forms that a seed has."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from azure_compute_simulator import SeedError
from azure_compute_simulator.clock import Clock
from azure_compute_simulator.simulator import Simulator

from rehearsal.errors import RehearsalError
from rehearsal.snapshot import Record, Snapshot

_REFUSED = re.compile(r"(\w+)\[(\d+)\]: (.*)", re.DOTALL)
ANY_LOCATION = "eastus"
_SOURCES = ("managedDisk", "snapshot", "blobUri")
# a snapshot in which so much cannot be seeded is not worth a rehearsal
MOST_REFUSED = 200


class NotRehearsed(NamedTuple):
    """A record of the snapshot that the rehearsal does without, and why."""

    id: str
    why: str


class Rehearsable(NamedTuple):
    """The simulator's seed, and what is not in it."""

    seed: dict[str, Any]
    left: list[NotRehearsed]


def to_seed(snapshot: Snapshot, most_refused: int = MOST_REFUSED) -> Rehearsable:
    """Returns the seed of a snapshot. What the simulator refuses is left out, and said.

    Raises:
        RehearsalError: it refuses more than this, or something that cannot be left out.
    """
    subscriptions = {one.id.lower() for one in snapshot.subscriptions}
    groups = {_key(one.subscription, one.name): one.model_dump() for one in snapshot.resource_groups}
    resources: list[Record] = []
    left: list[NotRehearsed] = []
    for record in _resources(snapshot):
        subscription, name = _group_of(record["id"])
        if subscription.lower() not in subscriptions:
            left.append(NotRehearsed(record["id"], "its subscription is not in the snapshot"))
            continue
        # the list of groups may not be readable, and its location decides nothing
        found = {"subscription": subscription, "name": name, "location": record.get("location", "")}
        groups.setdefault(_key(subscription, name), found)
        resources.append(record)
    seed = {
        "subscriptions": [one.model_dump() for one in snapshot.subscriptions],
        "resourceGroups": list(groups.values()),
        "resources": resources,
    }
    return Rehearsable(seed, left + _drop_refused(seed, most_refused))


def _resources(snapshot: Snapshot) -> Iterable[Record]:
    yield from snapshot.galleries
    yield from snapshot.definitions
    yield from map(_version, snapshot.versions)
    yield from map(_image, snapshot.images)
    of_scale_sets = defaultdict[str, list[str | None]](list)
    known = {str(record["id"]).lower() for record in snapshot.scale_sets}
    for machine in snapshot.machines:
        scale_set = _scale_set_of(machine)
        if scale_set is None or scale_set not in known:
            yield machine
        else:
            # the simulator makes the machines of a flexible scale set itself
            of_scale_sets[scale_set].append(_exact_version(machine))
    for scale_set_record in snapshot.scale_sets:
        yield _scale_set(scale_set_record, of_scale_sets[str(scale_set_record["id"]).lower()])


def _image(record: Record) -> Record:
    """An image whose disks have one source each, which is the one that the app reads first."""
    properties = dict(record.get("properties") or {})
    storage = dict(properties.get("storageProfile") or {})
    if storage.get("osDisk"):
        storage["osDisk"] = _one_source(storage["osDisk"])
        storage["dataDisks"] = [_one_source(disk) for disk in storage.get("dataDisks") or []]
        # documented: without a generation an image is one of the first
        properties = {"hyperVGeneration": "V1", **properties, "storageProfile": storage}
    return {**record, "properties": properties}


def _one_source(disk: Record) -> Record:
    used = next((name for name in _SOURCES if disk.get(name)), None)
    return {name: value for name, value in disk.items() if name not in _SOURCES or name == used}


def _version(record: Record) -> Record:
    """A version whose unfinished replication is finished: how long it would have gone on is not known."""
    properties = dict(record.get("properties") or {})
    if properties.get("provisioningState") in ("Creating", "Updating"):
        properties["provisioningState"] = "Succeeded"
    return {**record, "properties": properties}


def _scale_set(record: Record, flexible: list[str | None]) -> Record:
    document = {name: value for name, value in record.items() if name != "instances"}
    return {**document, "_simulator": {"instances": record.get("instances") or flexible}}


def _scale_set_of(machine: Record) -> str | None:
    reference = (machine.get("properties") or {}).get("virtualMachineScaleSet") or {}
    return str(reference["id"]).lower() if reference.get("id") else None


def _exact_version(machine: Record) -> str | None:
    storage = (machine.get("properties") or {}).get("storageProfile") or {}
    exact = (storage.get("imageReference") or {}).get("exactVersion")
    return str(exact) if exact else None


def _group_of(resource_id: str) -> tuple[str, str]:
    parts = resource_id.strip("/").split("/")
    return parts[1], parts[3]


def _key(subscription: str, group: str) -> tuple[str, str]:
    return subscription.lower(), group.lower()


def _drop_refused(seed: dict[str, Any], most: int) -> list[NotRehearsed]:
    """Removes from the seed what the simulator refuses, and returns it."""
    left: list[NotRehearsed] = []
    while (reason := _refusal(seed)) is not None:
        refused = _REFUSED.fullmatch(reason)
        if refused is None:
            raise RehearsalError(f"the snapshot cannot be rehearsed: {reason}")
        section, number, why = refused[1], int(refused[2]), refused[3]
        if section == "resourceGroups" and seed[section][number]["location"] != ANY_LOCATION:
            # where a group is decides nothing, and without it nothing that is in it could be rehearsed
            seed[section][number]["location"] = ANY_LOCATION
            continue
        if section != "resources" or len(left) == most:
            raise RehearsalError(
                f"the snapshot cannot be rehearsed: the simulator refuses too much of it: {reason}"
            )
        record = seed[section].pop(number)
        left.append(NotRehearsed(record["id"], f"the simulator refuses it: {why}"))
    return left


def _refusal(seed: dict[str, Any]) -> str | None:
    """Returns what the simulator refuses first; None if it takes the seed."""
    try:
        Simulator(seed, clock=Clock(standing=True)).close()
    except SeedError as error:
        return str(error)
    return None
