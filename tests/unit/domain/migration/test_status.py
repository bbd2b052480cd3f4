"""The status of a migration: how targets and migrations end, and which regions a target shows."""

from datetime import timedelta
from typing import Any

import pytest

from domain.migration.messages import child_instance_id
from domain.migration.publishing import Source, ledger_key
from domain.migration.states import MigrationState
from domain.migration.status import End, MigrationStatus, TargetStatus
from domain.planning.targets import TargetPlan
from domain.proofs.proof import ProofStatus
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId, ImageDefinitionId
from domain.resources.provenance import migration_id
from domain.results import CurrentWait, Failure
from tests.unit.builders import (
    GALLERY,
    NOW,
    OTHER_GALLERY,
    definition,
    definition_id,
    image,
    image_id,
    in_regions,
    rollout_in,
    spec,
)

FAILURE = Failure(code="Conflict", message="no", fix="mend it")
TAKEN = Failure(code="VersionTaken", message="taken", fix="choose another")

S = MigrationState


def target(state: MigrationState = S.REPLICATING, **changes: Any) -> TargetStatus:
    fields = {"definition": definition_id(), "version_id": definition_id().version("1.0.0"), "state": state}
    return TargetStatus(**{**fields, **changes})


def test_new_regions_are_appended_and_known_ones_updated_in_place() -> None:
    shown = target(regions=in_regions(westeurope="Completed", eastus2="Replicating"))
    updated = shown.with_regions(in_regions(eastus2="Completed", japaneast="Replicating"))
    assert [(region.region, region.state) for region in updated.regions] == [
        ("westeurope", "Completed"),
        ("eastus2", "Completed"),
        ("japaneast", "Replicating"),
    ]
    assert shown.regions[1].state == "Replicating"


@pytest.mark.parametrize(
    ("targets", "end"),
    [
        ([target(S.COMPLETED)], End(S.COMPLETED)),
        ([target(S.COMPLETED), target(S.COMPLETED)], End(S.COMPLETED)),
        ([target(S.FAILED, failure=FAILURE)], End(S.FAILED, "no", "mend it", FAILURE)),
        ([target(S.FAILED, failure=TAKEN)], End(S.BLOCKED, "taken", "choose another", TAKEN)),
        ([target(S.FAILED, failure=FAILURE), target(S.PREPARING)], End(S.FAILED, "no", "mend it", FAILURE)),
        ([target(S.COMPLETED), target(S.PREPARING)], End(S.PARTIAL)),
        (
            [target(S.COMPLETED), target(S.FAILED, failure=TAKEN)],
            End(S.PARTIAL, "taken", "choose another", TAKEN),
        ),
        ([target(S.PARTIAL, failure=FAILURE)], End(S.PARTIAL, "no", "mend it", FAILURE)),
        ([target(S.FAILED)], End(S.FAILED)),
        ([target(S.UNVERIFIED, failure=FAILURE)], End(S.UNVERIFIED, "no", "mend it", FAILURE)),
        (
            [target(S.COMPLETED), target(S.UNVERIFIED, failure=FAILURE)],
            End(S.UNVERIFIED, "no", "mend it", FAILURE),
        ),
        (
            [target(S.UNVERIFIED, failure=FAILURE), target(S.PARTIAL)],
            End(S.PARTIAL, "no", "mend it", FAILURE),
        ),
    ],
)
def test_a_migration_ends_as_its_targets_do(targets: list[TargetStatus], end: End) -> None:
    """A target that was never begun counts as failed; only a person can resolve a number that is taken."""
    assert End.of_targets(targets) == end


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], None),
        (["proved", "proved"], None),
        (["proved", "unproved"], "unproved"),
        (["unproved", "failed"], "failed"),
        (["running"], "running"),
    ],
)
def test_a_target_is_unproved_for_the_worst_reason(verdicts: list[Any], code: str | None) -> None:
    """What is the image's fault comes first; a proof that never ended is none."""
    proofs = [
        ProofStatus(region="eastus2", verdict=verdict, failure=Failure(code=verdict, message="m"))
        for verdict in verdicts
    ]
    unproved = target(proofs=proofs).unproved
    assert (unproved and unproved.code) == code


def test_a_proof_without_a_reason_is_lost() -> None:
    unproved = target(proofs=[ProofStatus(region="eastus2")]).unproved
    assert unproved is not None
    assert unproved.code == "ProofMachineLost"


def test_the_end_of_a_migration_clears_what_it_waits_for() -> None:
    running = MigrationStatus(
        image=image_id(),
        state=S.PUBLISHING,
        waiting_for=CurrentWait(reason="busy", until=NOW),
        child_instance_ids=["publish_version-1"],
    )
    ended = running.ended(End.of_failure(FAILURE))
    assert (ended.state, ended.reason, ended.fix, ended.failure) == (S.FAILED, "no", "mend it", FAILURE)
    assert (ended.waiting_for, ended.child_instance_ids) == (None, [])


def test_a_status_survives_the_durable_boundary() -> None:
    status = MigrationStatus(image=image_id(), state=S.PARTIAL, targets=[target()], failure=FAILURE)
    assert MigrationStatus.model_validate(status.model_dump(mode="json")) == status


def test_child_orchestrations_of_one_migration_have_ids_of_their_own() -> None:
    migration = migration_id(image_id())
    definitions = [definition_id("web"), definition_id("api"), definition_id("web", within=OTHER_GALLERY)]
    ids = {
        child_instance_id("publish_version", migration, "run", definition.key) for definition in definitions
    }
    assert len(ids) == 3
    assert not any(one.startswith("migration-") for one in ids)
    assert child_instance_id("publish_version", migration, "later", definitions[0].key) not in ids


def test_a_ledger_belongs_to_one_definition_whatever_the_case_of_its_id() -> None:
    shouted = ImageDefinitionId.parse(str(definition_id()).upper())
    assert ledger_key(shouted) == ledger_key(definition_id())
    assert ledger_key(definition_id(within=OTHER_GALLERY)) != ledger_key(definition_id())
    assert "/" not in ledger_key(definition_id())


def planned(within: GalleryId = GALLERY) -> TargetPlan:
    return TargetPlan(
        definition=definition(within=within),
        definition_exists=True,
        version=spec(None, definition=definition_id(within=within)),
        rollout=rollout_in([TargetRegion(name="westeurope")]),
    )


def test_a_copy_names_the_first_gallerys_version_as_source_and_keeps_its_number() -> None:
    first = definition_id().version("1.0.4")
    source = Source(image=image(), wanted_version=None)
    assert source.request(planned()).spec.source == str(image().id)
    copied = source.copied_from(first).request(planned(within=OTHER_GALLERY))
    assert copied.copied_from == [first]
    assert (copied.spec.source, copied.preferred_version) == (str(first), "1.0.4")
    assert copied.image == image()
    assert copied.spec.tags == spec(None).tags


def test_a_version_without_a_number_has_no_id() -> None:
    assert str(spec(None).numbered("1.2.3").id).endswith("/versions/1.2.3")
    with pytest.raises(ValueError, match="no number was reserved for a version of"):
        _ = spec(None).id


def test_the_course_has_each_change_once_and_of_many_the_first_and_the_last() -> None:
    status = MigrationStatus(image=image_id())
    for minute in range(60):
        status.waiting_for = CurrentWait(reason=f"reason {minute // 2} {'r' * 200}", until=NOW)
        status.note(NOW + timedelta(minutes=minute))
    assert [change.at for change in status.course[:2]] == [NOW, NOW + timedelta(minutes=2)]
    kept = [*range(8), *range(18, 30)]
    assert [change.waits_for for change in status.course] == [
        f"reason {one} {'r' * 200}"[:80] for one in kept
    ]
