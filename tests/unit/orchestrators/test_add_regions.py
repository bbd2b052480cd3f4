"""Adding regions to versions that exist: side by side, and one gallery's failure does not stop the others."""

from typing import Any

from domain.migration.messages import AddRegionsRequest, WideningTarget
from domain.migration.replication import RegionsRequest, RegionsUpdate, ReplicationReport, StatusRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.proofs.proof import ProofStatus
from domain.resources.galleries import RegionProgress, TargetRegion
from domain.resources.ids import ImageDefinitionId
from tests.unit.app import code
from tests.unit.builders import PACE, definition_id, image_id, rollout_in
from tests.unit.orchestrators.stepping import FakeContext, Script, a_failure, failed, run, value

add_regions = code("add_regions")

HOME = RegionProgress(region="westeurope", state="Completed", progress=100)
OTHER = RegionProgress(region="eastus2", state="Completed", progress=100)
NEW = RegionProgress(region="japaneast", state="Completed", progress=100)
FIRST, SECOND = definition_id("web"), definition_id("api")
ADDED = TargetRegion(name="japaneast", replicas=2)


def widened(
    script: Script, *definitions: ImageDefinitionId, proofs: list[ProofStatus] | None = None
) -> tuple[MigrationStatus, FakeContext]:
    targets = [
        WideningTarget(
            version_id=definition.version("1.0.0"),
            regions=[HOME, OTHER],
            rollout=rollout_in([TargetRegion(name="westeurope"), ADDED]),
            proofs=proofs or [],
        )
        for definition in definitions or (FIRST, SECOND)
    ]
    request = AddRegionsRequest(
        image=image_id(),
        started_by="anna",
        rule="golden",
        fingerprint="f" * 64,
        targets=targets,
        regions=[ADDED],
        pace=PACE,
    )
    context = FakeContext(request.model_dump(mode="json"))
    return MigrationStatus.model_validate(run(add_regions, context, script)), context


def report(*regions: RegionProgress) -> ReplicationReport:
    return ReplicationReport(provisioning_state="Succeeded", regions=list(regions))


def replicated(*regions: RegionProgress) -> Any:
    return lambda _: value(report(*regions))


def test_every_version_gets_the_regions_and_keeps_those_it_has() -> None:
    """The rule and the fingerprint of the migration stay, too."""
    status, context = widened(
        {
            "update_regions": lambda _: value(RegionsUpdate(operation_url="https://a/1")),
            "get_replication_status": replicated(HOME, NEW),
        }
    )
    assert (status.state, status.rule, status.fingerprint) == (MigrationState.COMPLETED, "golden", "f" * 64)
    assert [target.regions for target in status.targets] == [[HOME, OTHER, NEW]] * 2
    changes = [RegionsRequest.model_validate(call.input) for call in context.named("update_regions")]
    assert [change.version_id for change in changes] == [FIRST.version("1.0.0"), SECOND.version("1.0.0")]
    assert all((change.put, change.remove) == ([ADDED], []) for change in changes)


def test_one_version_is_watched_without_a_child_orchestration() -> None:
    status, context = widened(
        {
            "update_regions": lambda _: value(RegionsUpdate()),
            "get_replication_status": lambda _: value(report(HOME, NEW)),
        },
        FIRST,
    )
    assert status.state is MigrationState.COMPLETED
    assert [call.name for call in context.calls] == ["update_regions", "get_replication_status"]


def test_the_versions_own_region_is_watched_first_and_never_healed() -> None:
    _, context = widened(
        {
            "update_regions": lambda _: value(RegionsUpdate()),
            "get_replication_status": replicated(HOME, NEW),
        }
    )
    looks = [StatusRequest.model_validate(call.input) for call in context.named("get_replication_status")]
    assert [look.regions for look in looks] == [["westeurope", "japaneast"]] * 2


def test_what_was_widened_is_kept_from_look_to_look() -> None:
    copying = RegionProgress(region="japaneast", state="Replicating")
    looks = [value(report(HOME, copying))] * 8 + [value(report(HOME, NEW))] * 2
    status, context = widened(
        {
            "update_regions": lambda _: value(RegionsUpdate(operation_url="https://a/1")),
            "get_replication_status": looks,
        }
    )
    assert (status.state, status.rule) == (MigrationState.COMPLETED, "golden")
    assert (context.executions, len(context.named("update_regions"))) == (5, 2)


def test_a_gallery_that_refuses_leaves_the_other_one_widened() -> None:
    status, _ = widened(
        {
            "update_regions": [failed("AuthorizationFailed"), value(RegionsUpdate())],
            "get_replication_status": lambda _: value(report(HOME, NEW)),
        }
    )
    assert status.state is MigrationState.PARTIAL
    assert [target.state for target in status.targets] == [MigrationState.FAILED, MigrationState.COMPLETED]
    assert status.failure is not None
    assert status.failure.code == "AuthorizationFailed"


def test_where_every_gallery_refuses_nothing_is_watched() -> None:
    status, context = widened({"update_regions": lambda _: failed("AuthorizationFailed")})
    assert status.state is MigrationState.FAILED
    assert [call.name for call in context.calls] == ["update_regions"] * 2


def test_more_regions_prove_nothing() -> None:
    """A version whose proof failed stays unverified; one that was proved is completed."""
    replies: Script = {
        "update_regions": lambda _: value(RegionsUpdate()),
        "get_replication_status": lambda _: value(report(HOME, NEW)),
    }
    silent = ProofStatus(region="westeurope", verdict="failed", failure=a_failure("AgentNotReady"))
    status, _ = widened(replies, FIRST, proofs=[silent])
    assert status.state is MigrationState.UNVERIFIED
    assert status.failure is not None
    assert status.failure.code == "AgentNotReady"
    assert status.targets[0].proofs == [silent]
    proved = ProofStatus(region="westeurope", verdict="proved")
    assert widened(replies, FIRST, proofs=[proved])[0].state is MigrationState.COMPLETED
