"""Coverage: every image is in exactly one category, and the numbers add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fleet.coverage import (
    CATEGORIES,
    Category,
    ImageCoverage,
    Unknown,
    classify,
    summarize,
    versions_of,
)
from domain.migration.states import MigrationState
from domain.migration.status import MigrationRecord, MigrationStatus
from domain.policy.rules import Decision
from domain.policy.sections import Choices
from domain.resources.provenance import migration_id
from tests.unit.builders import NOW, definition_id, image, image_id, version

MIGRATE = Decision("migrate", "golden", Choices())
IGNORE = Decision("ignore", "scratch", Choices())
HERE = [definition_id("web")]
UNREAD = Unknown("not read yet", unread=True)


def record(
    state: MigrationState, *, running: bool = False, fingerprint: str | None = None
) -> MigrationRecord:
    status = MigrationStatus(
        image=image_id(),
        state=state,
        fingerprint=fingerprint or image().fingerprint,
        reason="a disk is too large",
    )
    return MigrationRecord(migration_id(image_id()), status, running, created=NOW, updated=NOW)


@pytest.mark.parametrize(
    ("decision", "known", "there", "category", "why"),
    [
        (MIGRATE, None, False, "untouched", None),
        (MIGRATE, None, True, "migrated", None),
        (IGNORE, None, True, "ignored", "rule: scratch"),
        (MIGRATE, record(MigrationState.REPLICATING, running=True), False, "running", "replicating"),
        (IGNORE, record(MigrationState.PLANNED, running=True), False, "running", "planned"),
        (MIGRATE, record(MigrationState.BLOCKED), False, "blocked", "blocked: a disk is too large"),
        (MIGRATE, record(MigrationState.PARTIAL), False, "blocked", "partial: a disk is too large"),
        (MIGRATE, record(MigrationState.CANCELLED), False, "blocked", "cancelled: a disk is too large"),
        (MIGRATE, record(MigrationState.FAILED), True, "migrated", None),
        (MIGRATE, record(MigrationState.COMPLETED), False, "untouched", None),
        (MIGRATE, record(MigrationState.SKIPPED), False, "untouched", None),
        (MIGRATE, record(MigrationState.BLOCKED, fingerprint="of another content"), False, "untouched", None),
        (MIGRATE, None, UNREAD, "unknown", "not read yet"),
        (MIGRATE, record(MigrationState.BLOCKED), UNREAD, "unknown", "not read yet"),
        (MIGRATE, record(MigrationState.REPLICATING, running=True), UNREAD, "running", "replicating"),
        (IGNORE, None, UNREAD, "ignored", "rule: scratch"),
    ],
)
def test_azures_own_state_decides_before_the_task_hubs(
    decision: Decision,
    known: MigrationRecord | None,
    *,
    there: bool | Unknown,
    category: str,
    why: str | None,
) -> None:
    coverage = classify(image(), decision, HERE, known, in_every_region=there)
    assert (coverage.category, coverage.why) == (category, why)
    assert (coverage.rule, coverage.definitions) == (decision.rule, HERE)
    assert coverage.unread == (category == "unknown")


def test_every_target_definition_needs_a_version() -> None:
    """Whether it succeeded and is in every region, the version itself says: lists lag."""
    two = [definition_id("web"), definition_id("api")]
    good = version(of=image())
    assert versions_of(image(), HERE, {HERE[0]: [good]}) == [good]
    assert versions_of(image(), two, {two[0]: [good]}) == []
    creating = version(of=image(), provisioning_state="Creating")
    assert versions_of(image(), HERE, {HERE[0]: [creating]}) == [creating]
    assert versions_of(image(), [], {}) == []


@given(st.lists(st.sampled_from(CATEGORIES)))
def test_the_numbers_add_up_whatever_the_categories(categories: list[Category]) -> None:
    images = [
        ImageCoverage(image=image_id(), category=category, rule="golden", why="why")
        for category in categories
    ]
    summary = summarize(images)
    assert summary.images == len(images) == sum(summary.counts.values())
    assert set(summary.counts) == set(CATEGORIES)
    assert summary.counts["blocked"] == sum(summary.blocked_why.values())
    assert summary.counts["ignored"] == sum(summary.ignored_by.values())
