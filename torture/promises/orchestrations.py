"""Promises about the task hub: what was accepted is there, everything ends, says why, and stays small."""

import re
from collections.abc import Iterator
from typing import Any

from torture.promises.promise import Finding, Promise
from torture.world import Instance, World

# ends that need no reason
_GOOD = frozenset({"completed", "promoted", "done", "delivered"})
# those whose output or custom status says how they ended
_TELLING = frozenset({"migrate_image", "promote_version", "retire_image", "migrate_batch"})
# children that their parents begin anew
_BEGUN_ANEW = frozenset({"find_users", "verify_version", "prepare_definition", "publish_version"})
# what the host says of an episode that its worker did not end (recorded)
_LOST = re.compile(
    r"Non-Deterministic workflow detected: .* with sequence ID 0 .*hasn't \(yet\?\) scheduled"
    r"|Orchestrator function '\w+' failed: One or more errors occurred\. \(\w+ exited with code "
)
# events of one execution: a replay reads them all
LONGEST_HISTORY = 400


def found_again(world: World) -> Iterator[Finding]:
    """Everything that was answered 202 is in the task hub."""
    known = {one.id for one in world.instances}
    for note in world.of_kind("accepted"):
        if note.subject not in known:
            yield "", f"{note.more['path']} was accepted as {note.subject}, which is not in the task hub"


def every_end_has_a_reason(world: World) -> Iterator[Finding]:
    """What did not end as it should says why."""
    for instance in world.instances:
        if instance.name.lower() not in _TELLING or instance.status != "Completed":
            continue
        end = _end(instance)
        state = str(end.get("state", ""))
        if not state:
            yield "", f"{instance.name} {instance.id} ended without a state"
        elif state not in _GOOD and not (end.get("reason") or end.get("failure")):
            yield _image(end), f"{instance.name} {instance.id} ended as {state} without a reason"


def nothing_fails_for_what_passes(world: World) -> Iterator[Finding]:
    """Whatever passed by itself, no migration was given up for it."""
    broken_regions = {
        note.more["definition"] for note in world.of_kind("disturbed") if note.subject == "region fails"
    }
    for instance in world.ends_seen:
        end = _end(instance)
        image = str(end.get("image") or "").rpartition("/")[2]
        excused = any(image.startswith(definition) for definition in broken_regions)
        if instance.name == "migrate_image" and end.get("state") in ("failed", "partial") and not excused:
            yield _image(end), f"{image} was given up as {end['state']}: {str(end.get('reason'))[:300]}"


def none_failed(world: World) -> Iterator[Finding]:
    """No orchestration ends by an exception, and none is left running.

    A worker that dies takes the episode of a child along, and the child stays as the host ended it: its parent begins
    another one. Whether the parent then ends is judged like any other end.
    """
    for instance in world.instances:
        if instance.status == "Completed":
            continue
        told = instance.output or _end(instance)
        first = str(told).partition("\n")[0]
        taken_along = (
            instance.status == "Failed" and instance.name in _BEGUN_ANEW and bool(_LOST.match(first))
        )
        if not (taken_along and world.worker_deaths):
            yield _image(_end(instance)), f"{instance.name} {instance.id} is {instance.status}: {first[:300]}"


def bounded(world: World) -> Iterator[Finding]:
    """No execution has a history that grows with time or with the fleet."""
    for name, longest in sorted(world.longest_histories.items()):
        if longest > LONGEST_HISTORY:
            yield "", f"{name} had a history of {longest} events; {LONGEST_HISTORY} is the bound"


def _end(instance: Instance) -> dict[str, Any]:
    for told in (instance.output, instance.custom_status):
        if isinstance(told, dict):
            return told
    return {}


def _image(end: dict[str, Any]) -> str:
    return str(end.get("image") or "")


PROMISES = (
    Promise("found again", "What was answered 202 is in the task hub afterwards.", found_again),
    Promise("every end has a reason", "What did not end as it should says why.", every_end_has_a_reason),
    Promise(
        "nothing fails for what passes",
        "No migration is given up for an error that passes: throttling, failing or lost answers, no token, dead "
        "workers, a broken policy, a region that fails once.",
        nothing_fails_for_what_passes,
    ),
    Promise(
        "none failed",
        "No orchestration ends by an exception, and all end. A parent replaces a child whose worker was killed.",
        none_failed,
    ),
    Promise("histories bounded", "No execution has a history of more than 400 events.", bounded),
)
