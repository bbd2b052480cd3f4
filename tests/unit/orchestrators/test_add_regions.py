"""Adding regions to versions that exist: side by side, and one gallery's failure is not another's."""

from domain.migration.messages import AddRegionsRequest
from domain.migration.replication import RegionsRequest, RegionsUpdate, ReplicationReport, WatchRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.resources.galleries import RegionProgress, TargetRegion
from tests.unit.app import code
from tests.unit.builders import definition_id, image_id
from tests.unit.orchestrators.stepping import FakeContext, Script, failure, run, value

add_regions = code("add_regions")

HOME = RegionProgress(region="westeurope", state="Completed", progress=100)
OTHER = RegionProgress(region="eastus2", state="Completed", progress=100)
NEW = RegionProgress(region="japaneast", state="Completed", progress=100)
FIRST, SECOND = definition_id("web"), definition_id("api")


def widened(script: Script) -> tuple[MigrationStatus, FakeContext]:
    targets = [
        TargetStatus(
            definition=definition,
            version_id=definition.version("1.0.0"),
            state=MigrationState.COMPLETED,
            regions=[HOME, OTHER],
        )
        for definition in (FIRST, SECOND)
    ]
    request = AddRegionsRequest(
        image=image_id(),
        started_by="anna",
        rule="golden",
        fingerprint="f" * 64,
        targets=targets,
        regions=[TargetRegion(name="japaneast", replicas=2)],
    )
    context = FakeContext(request.model_dump(mode="json"))
    return MigrationStatus.model_validate(run(add_regions, context, script)), context


def report(*regions: RegionProgress, state: str = "Succeeded") -> dict[str, object]:
    return ReplicationReport(provisioning_state=state, regions=list(regions)).model_dump(mode="json")


def test_every_version_gets_the_regions_and_keeps_those_it_has() -> None:
    """What the migration knew of itself stays: its rule, its fingerprint, the regions that were there."""
    status, context = widened(
        {
            "update_regions": lambda _: value(RegionsUpdate(operation_url="https://a/1")),
            "watch_replication": lambda _: report(HOME, NEW),
        }
    )
    assert (status.state, status.rule, status.fingerprint) == (MigrationState.COMPLETED, "golden", "f" * 64)
    assert [target.regions for target in status.targets] == [[HOME, OTHER, NEW]] * 2
    asked = [RegionsRequest.model_validate(call.input) for call in context.named("update_regions")]
    assert [request.version_id for request in asked] == [FIRST.version("1.0.0"), SECOND.version("1.0.0")]
    assert all(request.remove == [] for request in asked)


def test_the_versions_own_region_leads_the_watch_and_is_never_healed() -> None:
    _, context = widened(
        {
            "update_regions": lambda _: value(RegionsUpdate()),
            "watch_replication": lambda _: report(HOME, NEW),
        }
    )
    watches = [WatchRequest.model_validate(call.input) for call in context.named("watch_replication")]
    assert [watch.region_names for watch in watches] == [["westeurope", "japaneast"]] * 2
    assert len({call.instance_id for call in context.named("watch_replication")}) == 2


def test_a_gallery_that_refuses_leaves_the_other_one_widened() -> None:
    status, context = widened(
        {
            "update_regions": [failure("AuthorizationFailed"), value(RegionsUpdate())],
            "watch_replication": lambda _: report(HOME, NEW),
        }
    )
    assert status.state is MigrationState.PARTIAL
    assert [target.state for target in status.targets] == [MigrationState.FAILED, MigrationState.COMPLETED]
    assert status.failure is not None
    assert status.failure.code == "AuthorizationFailed"
    assert len(context.named("watch_replication")) == 1


def test_where_every_gallery_refuses_nothing_is_watched() -> None:
    status, context = widened({"update_regions": lambda _: failure("AuthorizationFailed")})
    assert status.state is MigrationState.FAILED
    assert context.named("watch_replication") == []
