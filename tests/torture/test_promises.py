"""Each promise of the torture is reported as broken in a world in which it was broken, and in no other."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.torture.worlds import (
    IGNORED,
    MACHINE,
    MOVING,
    PLAIN,
    RETIREMENT,
    TRIED,
    WorldBuilder,
    at,
    instance,
    kept,
    version_body,
    version_id,
)
from torture.estate import GALLERY, REGIONS, SECOND_GALLERY
from torture.promises import PROMISES, judge
from torture.world import Instance

Break = Callable[[WorldBuilder], None]


def without_request(made: WorldBuilder, path: str) -> None:
    """Azure never got these requests."""
    made.world.requests = [one for one in made.world.requests if one["path"] != path]


def without_resource(made: WorldBuilder, resource_id: str) -> None:
    made.world.resources = [one for one in made.world.resources if one["id"] != resource_id]


def lost(made: WorldBuilder) -> None:
    without_request(made, version_id(PLAIN))
    without_resource(made, version_id(PLAIN))


def lost_after_it_was_re_created(made: WorldBuilder) -> None:
    made.note(20, "image deleted", PLAIN.id)
    made.note(20, "image written", PLAIN.id, build=1)


def twice(made: WorldBuilder) -> None:
    made.version(4, PLAIN, PLAIN.id, number="1.0.2")


def not_everywhere(made: WorldBuilder) -> None:
    properties(made, version_id(PLAIN))["replicationStatus"]["summary"].pop()


def built_again(made: WorldBuilder) -> None:
    without_request(made, version_id(MOVING, SECOND_GALLERY))
    without_resource(made, version_id(MOVING, SECOND_GALLERY))
    made.note(3, "image written", MOVING.id, build=0)
    made.version(3, MOVING, MOVING.id, SECOND_GALLERY)


def of_the_wrong_size(made: WorldBuilder) -> None:
    properties(made, version_id(PLAIN))["storageProfile"]["osDiskImage"]["sizeInGB"] = 31


def of_an_ignored_image(made: WorldBuilder) -> None:
    made.version(4, IGNORED, IGNORED.id, number="1.0.5")


def properties(made: WorldBuilder, resource_id: str) -> dict:
    return next(one for one in made.world.resources if one["id"] == resource_id)["properties"]


def no_latest_any_more(made: WorldBuilder) -> None:
    made.note(20, "latest", GALLERY, latest={"tried000": {}})


def latest_at_once(made: WorldBuilder) -> None:
    made.request(9, "PUT", version_id(PLAIN), version_body(PLAIN.id, REGIONS[:1]), status=200)


def promoted_unproved(made: WorldBuilder) -> None:
    without_request(made, MACHINE)


def rings_at_once(made: WorldBuilder) -> None:
    second = [one for one in made.world.requests if one["path"] == version_id(TRIED)][2]
    second["time"] = at(3.5).isoformat()


def deleted_before_it_was_complete(made: WorldBuilder) -> None:
    made.world.operations = [
        one for one in made.world.operations if one["id"] != version_id(MOVING, SECOND_GALLERY)
    ]


def not_soaked(made: WorldBuilder) -> None:
    made.operation(3, 16, version_id(MOVING, SECOND_GALLERY))
    made.world.operations = [one for one in made.world.operations if one["ended"] != at(4).isoformat()]


def not_approved(made: WorldBuilder) -> None:
    made.world.notes = [one for one in made.world.notes if one.kind != "approval sent"]


def approved_for_the_former_build(made: WorldBuilder) -> None:
    delete = next(one for one in made.world.requests if one["method"] == "DELETE")
    made.request(19, "GET", MOVING.id)
    made.note(19, "image deleted", MOVING.id)
    made.note(19, "image written", MOVING.id, build=1)
    made.request(20, "DELETE", MOVING.id, status=202)
    delete["status"] = 409


def used(made: WorldBuilder) -> None:
    earlier(made, 17, "reference there", MOVING.id, {"by": "/scale-set", "kind": "scale set"})


def locked(made: WorldBuilder) -> None:
    earlier(made, 17, "lock there", MOVING.id.partition("/providers/")[0], {})


def frozen(made: WorldBuilder) -> None:
    earlier(made, 17, "frozen", "app", {})


def earlier(made: WorldBuilder, hours: float, kind: str, subject: str, more: dict) -> None:
    approval = next(one for one in made.world.notes if one.kind == "approval sent")
    made.world.notes.append(replace(approval, at=at(hours), kind=kind, subject=subject, more=more))


def uncertified(made: WorldBuilder) -> None:
    made.world.certificates = [(RETIREMENT, at(19))]


def more_than_the_cap(made: WorldBuilder) -> None:
    made.world.cap = 0


def gone(made: WorldBuilder) -> None:
    without_resource(made, PLAIN.id)


def version_deleted(made: WorldBuilder) -> None:
    made.request(20, "DELETE", version_id(PLAIN), status=202)


def machine_left(made: WorldBuilder) -> None:
    made.world.resources.append({"id": MACHINE, "type": "Microsoft.Compute/virtualMachines"})


def forgotten(made: WorldBuilder) -> None:
    made.note(20, "accepted", "migration-2", path="migrations")


def no_reason(made: WorldBuilder) -> None:
    made.world.instances.append(instance("migrate_image", "migration-3", "blocked", image=PLAIN.id))


def given_up(made: WorldBuilder) -> None:
    made.world.ends_seen.append(
        instance("migrate_image", "migration-3", "failed", image=PLAIN.id, reason="no token")
    )


def failed(made: WorldBuilder) -> None:
    made.world.instances.append(instance("migrate_image", "migration-3", "", status="Failed"))


LOST = "Orchestrator function 'find_users' failed: One or more errors occurred. (python exited with code 137 (0x89))"


def of_a_child(output: str) -> Instance:
    """A child that the host left in Failed with this text."""
    moment = at(4)
    return Instance("users-1", "find_users", "Failed", moment, moment, None, output)


def failed_child(made: WorldBuilder) -> None:
    made.world.worker_deaths = 1
    made.world.instances.append(of_a_child("Orchestrator function 'find_users' failed: ValueError"))


def failed_child_of_a_worker_that_lived(made: WorldBuilder) -> None:
    made.world.instances.append(of_a_child(LOST))


def too_long(made: WorldBuilder) -> None:
    made.world.longest_histories["retire_image"] = 10_000


BROKEN: list[tuple[str, Break]] = [
    ("none lost", lost),
    ("none lost", lost_after_it_was_re_created),
    ("none twice", twice),
    ("none wrong", not_everywhere),
    ("none wrong", built_again),
    ("none wrong", of_the_wrong_size),
    ("none wrong", of_an_ignored_image),
    ("latest stays", no_latest_any_more),
    ("excluded from latest", latest_at_once),
    ("proved before promoted", promoted_unproved),
    ("ring by ring", rings_at_once),
    ("no obligation unmet", deleted_before_it_was_complete),
    ("no obligation unmet", not_soaked),
    ("no obligation unmet", not_approved),
    ("no obligation unmet", approved_for_the_former_build),
    ("no obligation unmet", used),
    ("no obligation unmet", locked),
    ("no obligation unmet", frozen),
    ("no obligation unmet", uncertified),
    ("no more than the cap", more_than_the_cap),
    ("nothing else gone", gone),
    ("nothing else gone", version_deleted),
    ("no machine left", machine_left),
    ("found again", forgotten),
    ("every end has a reason", no_reason),
    ("nothing fails for what passes", given_up),
    ("none failed", failed),
    ("none failed", failed_child),
    ("none failed", failed_child_of_a_worker_that_lived),
    ("histories bounded", too_long),
]


def test_a_world_in_which_all_was_kept_holds() -> None:
    assert judge(kept().world) == []


@pytest.mark.parametrize(("promise", "break_it"), BROKEN, ids=[one.__name__ for _, one in BROKEN])
def test_a_broken_promise_is_reported(promise: str, break_it: Break) -> None:
    made = kept()
    break_it(made)
    assert promise in {one.promise for one in judge(made.world)}


def test_every_promise_has_a_world_in_which_it_is_broken() -> None:
    assert {promise for promise, _ in BROKEN} == {promise.name for promise in PROMISES}


def test_a_reference_that_has_just_appeared_may_not_have_been_seen() -> None:
    """The obligations are read within the ten minutes before the DELETE."""
    made = kept()
    earlier(made, 17.9, "reference there", MOVING.id, {"by": "/scale-set", "kind": "scale set"})
    assert judge(made.world) == []


def test_a_reference_that_is_gone_does_not_count() -> None:
    made = kept()
    for kind in ("reference there", "reference gone"):
        earlier(made, 10, kind, MOVING.id, {"by": "/scale-set", "kind": "scale set"})
    assert judge(made.world) == []


def test_what_only_a_lying_graph_shows_cannot_be_known() -> None:
    made = kept()
    earlier(made, 9, "graph lies", "azure", {"resource_graph_empty": True})
    earlier(made, 10, "reference there", MOVING.id, {"by": "/cluster", "kind": "unknown"})
    assert judge(made.world) == []
    made.world.notes = [one for one in made.world.notes if one.kind != "graph lies"]
    assert [one.promise for one in judge(made.world)] == ["no obligation unmet"]


def test_a_machine_that_azure_gave_up_on_is_a_proof_once_it_reports() -> None:
    made = kept()
    (creation,) = [one for one in made.world.operations if one["id"] == MACHINE]
    late = creation["ended"]
    creation |= {"status": "Failed", "ended": creation["started"]}
    assert "proved before promoted" in {one.promise for one in judge(made.world)}
    creation["succeededLate"] = late
    assert judge(made.world) == []


def test_a_child_that_a_dead_worker_took_along_is_replaced_and_breaks_nothing() -> None:
    made = kept()
    made.world.worker_deaths = 1
    made.world.instances.append(of_a_child(LOST))
    assert judge(made.world) == []
