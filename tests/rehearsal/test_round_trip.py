"""A rehearsal of a fleet predicts what the run then does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.policy_file import parse_policy
from api.answers import Batch, Migration
from client import Gallerist
from demo import fleet as demo_fleet
from domain.fleet.states import BatchState
from local.stack import START, Stack
from rehearsal.faults import add_faults, targets_of
from rehearsal.measures import managed_images
from rehearsal.report import Rehearsal
from rehearsal.run import Options, rehearse
from rehearsal.snapshot import Snapshot
from tests.rehearsal import fleet
from tests.rehearsal.conftest import DRAWS, Fleet, snapshot_of

# of what the run took
NEARLY = 0.1
# of processor time: on a machine that is not busy the wall takes no longer
TWO_MINUTES = 120


class Outcome(NamedTuple):
    """What a run did."""

    batch: Batch
    migrations: list[Migration]

    @property
    def states(self) -> dict[str, str]:
        return {str(one.image).lower(): str(one.state) for one in self.migrations}

    @property
    def versions(self) -> dict[str, list[str]]:
        return {
            str(one.image).lower(): sorted(
                str(target.version_id).lower() for target in one.targets if target.version_id
            )
            for one in self.migrations
        }

    @property
    def hours(self) -> float:
        return (self.batch.updated - self.batch.created) / timedelta(hours=1)


def migrate(stack: Stack, subscriptions: Sequence[str], **limits: int) -> Outcome:
    with Gallerist(stack.api, timeout_seconds=600) as gallerist:
        started = gallerist.start_batch([{"subscription": name} for name in subscriptions], **limits)

        def ended() -> Batch | None:
            batch = gallerist.batch(started.id)
            return batch if batch.state is not BatchState.RUNNING else None

        while (batch := ended()) is None:
            stack.let_pass(timedelta(minutes=10))
        return Outcome(batch, list(gallerist.migrations()))


def predicts(rehearsal: Rehearsal, outcome: Outcome) -> None:
    assert rehearsal.states() == outcome.states
    versions = {image: [one.lower() for one in versions] for image, versions in rehearsal.versions().items()}
    assert versions == outcome.versions
    assert rehearsal.hours == pytest.approx(outcome.hours, rel=NEARLY)


def test_without_faults_a_rehearsal_predicts_every_state_and_version_and_the_time(running: Fleet) -> None:
    rehearsal = rehearse(running.snapshot, fleet.POLICY, Options(seed=DRAWS, days=0))
    outcome = migrate(running.stack, [fleet.FIRST, fleet.SECOND])
    predicts(rehearsal, outcome)
    assert rehearsal.counts == {"blocked": 2, "completed": 9}
    assert rehearsal.left_alone == {"ignored": 1}
    assert [one.image.rpartition("/")[2] for one in rehearsal.ignored] == ["scratch-01"]
    sent = sum(one["count"] for one in running.stack.control("GET", "calls"))
    # the run's calls and those of the snapshot
    assert 0 < rehearsal.arm_calls.total <= sent
    # 10 disks of 30 or 127 GB, in two regions or, from western Europe, in three
    assert rehearsal.storage.replicas["Standard_LRS"] == 3 * 30 * 2 + 3 * 30 * 3 + 3 * 127 * 2


@pytest.mark.slow
def test_with_faults_a_rehearsal_predicts_the_end_states(tmp_path: Path) -> None:
    pace = f"drawn:{DRAWS}:0.03"
    with Stack(tmp_path, fleet.seed(), fleet.POLICY, pace, one_clock=True) as stack:
        snapshot = snapshot_of(stack)
        images = managed_images(snapshot)
        targets = targets_of(parse_policy(fleet.POLICY, "policy"), images, snapshot.taken)
        add_faults(stack, DRAWS, len(images), targets)
        rehearsal = rehearse(snapshot, fleet.POLICY, Options(seed=DRAWS, days=0, faults=True))
        outcome = migrate(stack, [fleet.FIRST, fleet.SECOND])
    assert rehearsal.states() == outcome.states
    assert rehearsal.arm_calls.failed + rehearsal.arm_calls.throttled > 0


@pytest.mark.slow
def test_what_follows_a_migration_is_rehearsed_to_its_end(tmp_path: Path) -> None:
    with Stack(tmp_path, fleet.seed(), fleet.POLICY, one_clock=True, with_host=False) as stack:
        snapshot = snapshot_of(stack)
    rehearsal = rehearse(snapshot, fleet.POLICY, Options(seed=DRAWS, days=10, promote=True, approve=True))
    (promotion,) = rehearsal.promotions
    assert promotion.state == "promoted"
    assert sorted(promotion.promoted) == ["eastus2", "westus2"]
    # the policy bakes for six hours between the rings
    assert promotion.promoted["westus2"] - promotion.promoted["eastus2"] >= timedelta(hours=6)
    (retirement,) = rehearsal.retirements
    assert retirement.state == "retired"
    (deletion,) = rehearsal.deletions
    assert deletion.kind == "managed image"
    assert deletion.id.endswith("/images/solo")
    assert deletion.at - datetime.fromisoformat(START) > timedelta(days=2)
    assert rehearsal.storage.freed_by_deletions == 127
    assert rehearsal.approvals == 1


@pytest.mark.slow
def test_retention_deletes_what_nothing_uses_in_a_rehearsal(snapshot: Snapshot) -> None:
    """The policy keeps one version; a machine and a scale set run an older one of the web."""
    retention = "  retention: {keep_last: 1, keep_days: 0, grace_days: 1, dry_run: false}\n"
    policy = fleet.POLICY.replace("defaults:\n", f"defaults:\n{retention}")
    rehearsal = rehearse(snapshot, policy, Options(seed=DRAWS, days=5))
    deleted = {one.id.lower().partition("/golden/images/")[2]: one for one in rehearsal.deletions}
    assert sorted(deleted) == [
        "db/versions/1.0.0",
        "db/versions/1.0.1",
        "farm/versions/1.0.0",
        "web/versions/1.0.1",
        "web/versions/1.0.2",
    ]
    # a day of grace after the first night
    assert {one.kind for one in deleted.values()} == {"image version"}
    assert min(one.at for one in deleted.values()) - snapshot.taken > timedelta(days=1)


@pytest.mark.slow
def test_a_gallery_that_is_not_in_the_snapshot_is_said(snapshot: Snapshot) -> None:
    elsewhere = fleet.GALLERY.replace(fleet.FIRST, "3" * 8 + fleet.FIRST[8:])
    rehearsal = rehearse(snapshot, fleet.POLICY.replace(fleet.GALLERY, elsewhere), Options(days=0))
    assert any(elsewhere in one and "not in the snapshot" in one for one in rehearsal.assumptions)
    assert not any(one.versions for one in rehearsal.migrations)


@pytest.mark.hour
@pytest.mark.timeout(900)
def test_the_rehearsal_of_the_demos_fleet_predicts_it_within_two_minutes(tmp_path: Path) -> None:
    """The 200 images of `make demo-fleet`, without its faults: every state, every version, and the time."""
    limits = {"per_subscription": 40, "per_gallery": 80}
    seed = demo_fleet.seed()
    with Stack(tmp_path, seed, demo_fleet.POLICY, demo_fleet.REPLICATION, one_clock=True) as stack:
        snapshot = snapshot_of(stack)
        rehearsal = rehearse(snapshot, demo_fleet.POLICY, Options(seconds=428, days=0, **limits))
        outcome = migrate(stack, demo_fleet.SUBSCRIPTIONS, **limits)
    predicts(rehearsal, outcome)
    assert rehearsal.processor_seconds < TWO_MINUTES


@pytest.mark.hour
@pytest.mark.timeout(900)
def test_the_rehearsal_of_the_demos_fleet_predicts_the_end_states_with_its_faults(tmp_path: Path) -> None:
    limits = {"per_subscription": 40, "per_gallery": 80}
    seed = demo_fleet.seed()
    with Stack(tmp_path, seed, demo_fleet.POLICY, demo_fleet.REPLICATION, one_clock=True) as stack:
        snapshot = snapshot_of(stack)
        demo_fleet.add_faults(stack)
        options = Options(seconds=428, days=0, arrange=demo_fleet.add_faults, **limits)
        rehearsal = rehearse(snapshot, demo_fleet.POLICY, options)
        outcome = migrate(stack, demo_fleet.SUBSCRIPTIONS, **limits)
    assert rehearsal.states() == outcome.states
    assert rehearsal.processor_seconds < TWO_MINUTES
