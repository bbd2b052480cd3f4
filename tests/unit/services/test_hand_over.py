"""What a migration starts at its end, and why it does not: each reason, over fakes."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.errors import NotYetError
from domain.fleet.hand_over import HandedOver, HandOver
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.promotion.messages import PromotionRequest, promotion_id
from domain.promotion.status import PromotionStatus
from domain.proofs.proof import ProofStatus
from domain.records.evidence import Evidence
from domain.resources.galleries import ImageVersion
from domain.resources.provenance import migration_id
from services.hand_over import hand_over
from tests.unit.builders import GALLERY, NOW, definition, definition_id, gallery, image, in_regions, policy
from tests.unit.domain.promotion.estates import a_version
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, working_with

DEFINITION = definition_id("web")
V1, V2 = DEFINITION.version("1.0.0"), DEFINITION.version("2.0.0")
BOTH = {"promote": "after-replication", "retire_source": "after-approval"}


def target(**changes: Any) -> TargetStatus:
    fields = {
        "state": MigrationState.COMPLETED,
        "definition": DEFINITION,
        "version_id": V2,
        "regions": in_regions(eastus2="Completed"),
    }
    return TargetStatus(**{**fields, **changes})


def ended(
    *targets: TargetStatus, state: MigrationState = MigrationState.COMPLETED, by: str = "ann"
) -> HandOver:
    status = MigrationStatus(
        state=state,
        image=image().id,
        started_by=by,
        fingerprint=image().fingerprint,
        targets=list(targets) or [target()],
    )
    return HandOver(migration=migration_id(image().id), image=image(), status=status)


def azure(*versions: ImageVersion) -> FakeCompute:
    found = versions or (a_version("1.0.0"), a_version("2.0.0", excluded=True))
    return FakeCompute(versions=list(found), definitions=[definition("web")], galleries=[gallery(GALLERY)])


async def handed(
    request: HandOver,
    choices: Mapping[str, Any],
    client: FakeDurableClient | None = None,
    evidence: FakeEvidence | None = None,
    compute: FakeCompute | None = None,
) -> tuple[HandedOver, FakeDurableClient]:
    client = client or FakeDurableClient()
    with working_with(compute or azure(), policy(**choices), evidence=evidence):
        return await hand_over(client, request), client  # type: ignore[arg-type] # a fake


def kinds(client: FakeDurableClient) -> list[str]:
    return [name for name, _, _ in client.started]


async def test_a_completed_migration_promotes_its_version_and_retires_its_image() -> None:
    answer, client = await handed(ended(), BOTH)
    assert kinds(client) == ["promote_version", "retire_image"]
    assert answer == HandedOver(started=[instance for _, instance, _ in client.started])
    request = PromotionRequest.model_validate(client.started[0][2])
    assert (request.version_id, request.started_by) == (V2, "ann")


async def test_a_repeated_call_starts_nothing_twice() -> None:
    """The worker may die between the start and its answer."""
    first, client = await handed(ended(), BOTH)
    again, _ = await handed(ended(), BOTH, client)
    assert (len(client.started), again.started) == (2, first.started)


@pytest.mark.parametrize("state", [MigrationState.PARTIAL, MigrationState.UNVERIFIED, MigrationState.FAILED])
async def test_only_a_completed_migration_retires_its_image(state: MigrationState) -> None:
    _, client = await handed(ended(target(state=state), state=state), {"retire_source": "after-soak"})
    assert client.started == []


@pytest.mark.parametrize(
    ("changes", "choices", "reason"),
    [
        ({"state": MigrationState.PARTIAL}, {}, "not in every region"),
        ({}, {"promote": "after-verification"}, "no proof was made"),
        (
            {"proofs": [ProofStatus(region="eastus2", controller="scsi", verdict="failed")]},
            {},
            "the version failed its proof",
        ),
        (
            {
                "proofs": [
                    ProofStatus(region="eastus2", controller="scsi", verdict="proved"),
                    ProofStatus(region="westus2", controller="scsi", verdict="unproved"),
                ]
            },
            {"promote": "after-verification"},
            "the version failed its proof",
        ),
        ({"version_id": V1}, {}, "not excluded from latest"),
    ],
)
async def test_a_version_that_may_not_be_promoted_is_a_warning(
    changes: dict[str, Any], choices: dict[str, Any], reason: str
) -> None:
    answer, client = await handed(ended(target(**changes)), {"promote": "after-replication"} | choices)
    assert (client.started, len(answer.warnings)) == ([], 1)
    assert reason in answer.warnings[0]


@pytest.mark.parametrize("by", ["batch-1 of ann", "batch-sweep"])
async def test_a_batch_never_promotes_by_itself(by: str) -> None:
    answer, client = await handed(ended(by=by), {"promote": "after-replication"})
    assert client.started == []
    assert "a batch never promotes by itself" in answer.warnings[0]


@pytest.mark.parametrize("kind", ["promotion", "election", "rollback"])
async def test_what_was_decided_about_a_version_is_not_decided_again(kind: Any) -> None:
    evidence = FakeEvidence()
    record = Evidence(subject=str(V2).upper(), kind=kind, at=NOW, key="1")
    await evidence.put(record.name, "{}")
    answer, client = await handed(ended(), {"promote": "after-replication"}, evidence=evidence)
    assert client.started == []
    assert "promoted, elected or rolled back before" in answer.warnings[0]


def promoting(version: str, status: str) -> FakeDurableClient:
    client = FakeDurableClient()
    request = PromotionRequest(version_id=DEFINITION.version(version), started_by="bob")
    shown = PromotionStatus.of(request.version_id, "promote", "bob").model_dump(mode="json")
    client.add(
        promotion_id(DEFINITION), status, request.model_dump(mode="json"), customStatus=shown, output=shown
    )
    return client


async def test_an_older_build_does_not_take_the_place_of_a_newer_one_that_is_being_promoted() -> None:
    client = promoting("3.0.0", "Running")
    answer, _ = await handed(ended(), {"promote": "after-replication"}, client)
    assert (client.started, client.raised) == ([], [])
    assert "version 3.0.0 is newer, and is being promoted" in answer.warnings[0]


async def test_a_promotion_that_ended_without_a_write_has_decided_all_the_same() -> None:
    client = promoting("2.0.0", "Terminated")
    answer, _ = await handed(ended(), {"promote": "after-replication"}, client)
    assert client.started == []
    assert "has decided about it" in answer.warnings[0]


async def test_an_older_build_than_latest_is_not_promoted() -> None:
    compute = azure(a_version("2.0.0", excluded=True), a_version("5.0.0"))
    answer, client = await handed(ended(), {"promote": "after-replication"}, compute=compute)
    assert client.started == []
    assert "elect it" in answer.warnings[0]


async def test_a_version_that_azure_works_on_is_waited_for() -> None:
    compute = azure(a_version("2.0.0", excluded=True, provisioning_state="Updating"))
    with pytest.raises(NotYetError):
        await handed(ended(), {"promote": "after-replication"}, compute=compute)


async def test_a_version_that_is_gone_is_left_out() -> None:
    answer, client = await handed(ended(target(version_id=DEFINITION.version("9.0.0"))), BOTH)
    assert (kinds(client), answer.warnings) == (["retire_image"], [])


async def test_a_target_without_a_version_is_left_out() -> None:
    answer, client = await handed(
        ended(target(version_id=None, state=MigrationState.FAILED), state=MigrationState.FAILED), BOTH
    )
    assert (client.started, answer) == ([], HandedOver())
