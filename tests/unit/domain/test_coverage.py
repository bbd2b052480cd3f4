"""Coverage: every image is in exactly one category, and the numbers add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.coverage import CATEGORIES, KnownMigration, Standing, held_versions, standing, summary
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.policy.rules import Decision
from domain.policy.sections import Choices
from domain.resources.provenance import migration_id
from tests.unit.builders import definition_id, image, image_id, version

MIGRATE = Decision("migrate", "golden", Choices())
IGNORE = Decision("ignore", "scratch", Choices())
HERE = [definition_id("web")]


def known(state: MigrationState, *, running: bool = False, fingerprint: str | None = None) -> KnownMigration:
    status = MigrationStatus(
        image=image_id(),
        state=state,
        fingerprint=fingerprint or image().fingerprint,
        reason="a disk is too large",
    )
    return KnownMigration(id=migration_id(image_id()), status=status, running=running)


@pytest.mark.parametrize(
    ("decision", "hub", "there", "category", "why"),
    [
        (MIGRATE, None, False, "untouched", None),
        (MIGRATE, None, True, "migrated", None),
        (IGNORE, None, True, "ignored", "rule: scratch"),
        (MIGRATE, known(MigrationState.REPLICATING, running=True), False, "running", "replicating"),
        (IGNORE, known(MigrationState.PLANNED, running=True), False, "running", "planned"),
        (MIGRATE, known(MigrationState.BLOCKED), False, "blocked", "blocked: a disk is too large"),
        (MIGRATE, known(MigrationState.PARTIAL), False, "blocked", "partial: a disk is too large"),
        (MIGRATE, known(MigrationState.CANCELLED), False, "blocked", "cancelled: a disk is too large"),
        (MIGRATE, known(MigrationState.FAILED), True, "migrated", None),
        (MIGRATE, known(MigrationState.COMPLETED), False, "untouched", None),
        (MIGRATE, known(MigrationState.SKIPPED), False, "untouched", None),
        (MIGRATE, known(MigrationState.BLOCKED, fingerprint="of another content"), False, "untouched", None),
    ],
)
def test_azures_own_state_goes_before_what_the_task_hub_remembers(
    decision: Decision, hub: KnownMigration | None, *, there: bool, category: str, why: str | None
) -> None:
    place = standing(image(), decision, HERE, hub, in_every_region=there)
    assert (place.category, place.why) == (category, why)
    assert (place.rule, place.definitions) == (decision.rule, HERE)


def test_every_target_definition_has_to_hold_a_version_that_succeeded() -> None:
    two = [definition_id("web"), definition_id("api")]
    good = version(of=image())
    assert held_versions(image(), HERE, {HERE[0]: [good]}) == [good]
    assert held_versions(image(), two, {two[0]: [good]}) == []
    creating = version(of=image(), provisioning_state="Creating")
    assert held_versions(image(), HERE, {HERE[0]: [creating]}) == []
    assert held_versions(image(), [], {}) == []


@given(st.lists(st.sampled_from(CATEGORIES)))
def test_the_numbers_add_up_whatever_there_is(categories: list[str]) -> None:
    places = [
        Standing(image=image_id(), category=category, rule="golden", why="why") for category in categories
    ]
    told = summary(places)
    assert told["images"] == len(places) == sum(told[category] for category in CATEGORIES)
    assert told["blocked"] == sum(told["blocked_why"].values())
    assert told["ignored"] == sum(told["ignored_by"].values())
