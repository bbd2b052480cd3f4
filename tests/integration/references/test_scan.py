"""The whole scan with the app's own adapters over the simulated Azure: two ways of looking, and neither is believed."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from azure_compute_simulator import RequestFault, SimulatorServer
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from domain.references.kinds import KINDS
from domain.references.parts import GRAPH
from domain.references.scan import Consumer, Scan
from tests.integration.references.scanned_azure import IMAGE, Azure, azure_behind
from tests.workflow.estate import HERE, SEED, THERE

PROVIDERS = f"/subscriptions/{THERE}/resourceGroups/images/providers"
COMPUTE = f"{PROVIDERS}/Microsoft.Compute"
STORAGE = {"imageReference": {"id": IMAGE["id"].upper()}}
DISK = {"managedDisk": {"id": f"{COMPUTE}/disks/os"}}
VERSION = f"{COMPUTE}/galleries/golden/images/web/versions/1.0.0"
DEV_CENTER = f"{PROVIDERS}/Microsoft.DevCenter/devcenters/dc"


def resource(id_: str, properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": id_, "location": "westeurope", "properties": properties or {}, **more}


MACHINE = resource(f"{COMPUTE}/virtualMachines/lives", {"storageProfile": {**STORAGE, "osDisk": DISK}})
SCALE_SET = resource(
    f"{COMPUTE}/virtualMachineScaleSets/web",
    {"virtualMachineProfile": {"storageProfile": STORAGE}},
    _simulator={"instances": [{"storageProfile": STORAGE}]},
)
ACCOUNT = resource(f"{PROVIDERS}/Microsoft.Batch/batchAccounts/jobs")
CONFIGURATION = {"virtualMachineConfiguration": {"imageReference": {"id": IMAGE["id"]}}}
POOL = resource(f"{ACCOUNT['id']}/pools/nightly", {"deploymentConfiguration": CONFIGURATION})
CLUSTER = resource(f"{PROVIDERS}/Microsoft.ServiceFabric/managedClusters/c")
NODES = resource(f"{CLUSTER['id']}/nodeTypes/n", {"vmImageResourceId": IMAGE["id"]})
BOXES = [
    resource(DEV_CENTER),
    resource(f"{DEV_CENTER}/galleries/ours", {"galleryResourceId": f"{COMPUTE}/galleries/golden"}),
    resource(f"{DEV_CENTER}/galleries/theirs", {"galleryResourceId": f"{COMPUTE}/galleries/other"}),
    resource(
        f"{DEV_CENTER}/devboxdefinitions/ours",
        {"imageReference": {"id": f"{DEV_CENTER}/galleries/ours/images/web/versions/1.0.0"}},
    ),
    resource(
        f"{DEV_CENTER}/devboxdefinitions/theirs",
        {"imageReference": {"id": f"{DEV_CENTER}/galleries/theirs/images/web/versions/1.0.0"}},
    ),
]

PROJECT = f"{PROVIDERS}/Microsoft.DevCenter/projects/team"
HOSTS = f"{PROVIDERS}/Microsoft.DesktopVirtualization/hostPools/desks"


def pool_of(name: str, image: str) -> dict[str, Any]:
    reference = {"imageReference": {"id": f"{PROJECT}/images/{image}"}}
    return resource(
        f"{PROJECT}/pools/{name}", {"devBoxDefinitionType": "Value", "devBoxDefinition": reference}
    )


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED) as server:
        yield server


@pytest.fixture
async def azure(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Azure]:
    async with azure_behind(server, monkeypatch) as found:
        yield found


def of_azure(scan: Scan) -> list[Consumer]:
    return [one for one in scan.consumers if one.found_by != "declared"]


def shown(scan: Scan) -> list[tuple[str, str, bool]]:
    return sorted((one.kind, one.found_by, one.blocks) for one in of_azure(scan))


async def test_an_image_that_nobody_uses_has_a_complete_scan_without_consumers(azure: Azure) -> None:
    scan = await azure.scan()
    assert (scan.complete, of_azure(scan), scan.subscriptions) == (True, [], [HERE, THERE])
    (declared,) = scan.consumers
    assert (declared.id, declared.blocks) == ("templates", True)


async def test_machines_scale_sets_instances_and_pools_are_found_in_another_subscription(
    azure: Azure,
) -> None:
    azure.holds(MACHINE, SCALE_SET, ACCOUNT, POOL)
    scan = await azure.scan()
    assert shown(scan) == [
        ("Batch pool", "provider", True),
        ("scale set", "provider", True),
        ("scale set instance", "provider", True),
        ("virtual machine", "provider", False),
    ]
    assert scan.complete


async def test_one_that_only_resource_graph_sees_blocks(azure: Azure) -> None:
    azure.holds(CLUSTER, NODES)
    (one,) = of_azure(await azure.scan())
    assert (one.id, one.found_by, one.relation, one.blocks) == (NODES["id"], "graph", "unknown", True)


@pytest.mark.parametrize(
    "switch",
    [
        {"resource_graph_lag_seconds": 10**9},
        {"resource_graph_hidden": (THERE,)},
        {"resource_graph_empty": True},
        {"resource_graph_truncates_after": 0},
    ],
    ids=lambda switch: next(iter(switch)),
)
async def test_one_that_only_the_provider_sees_blocks(azure: Azure, switch: dict[str, Any]) -> None:
    azure.holds(ACCOUNT, POOL)
    for name, value in switch.items():
        setattr(azure.server.switches, name, value)
    assert ("Batch pool", "provider", True) in shown(await azure.scan())


async def test_a_truncated_resource_graph_leaves_the_scan_incomplete(azure: Azure) -> None:
    azure.holds(CLUSTER, NODES)
    azure.server.switches.resource_graph_truncates_after = 0
    scan = await azure.scan()
    assert {one.subscription for one in scan.unread} == {GRAPH}
    assert not scan.complete


async def test_an_empty_resource_graph_is_an_alarm_once_it_has_shown_something(azure: Azure) -> None:
    assert (await azure.scan()).complete
    azure.server.switches.resource_graph_empty = True
    scan = await azure.scan()
    assert {(one.subscription, one.kind) for one in scan.unread} == {(HERE, GRAPH), (THERE, GRAPH)}


async def test_a_hidden_subscription_is_an_alarm_once_it_was_shown(azure: Azure) -> None:
    assert (await azure.scan()).complete
    azure.server.switches.resource_graph_hidden = (THERE,)
    assert [(one.subscription, one.kind) for one in (await azure.scan()).unread] == [(THERE, GRAPH)]


async def test_a_subscription_that_became_unreadable_is_still_expected_and_unread(azure: Azure) -> None:
    assert (await azure.scan()).subscriptions == [HERE, THERE]
    role = {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": f"/subscriptions/{HERE}", "actions": ["*"]}
    azure.server.set_roles([role])
    scan = await azure.scan()
    assert scan.subscriptions == [HERE]
    strong = {kind.name for kind in KINDS if kind.strong}
    assert {one.kind for one in scan.unread if one.subscription == THERE} == strong | {GRAPH}


async def test_a_provider_that_is_not_registered_has_none(azure: Azure) -> None:
    azure.server.switches.unregistered_providers = ("Microsoft.Batch", f"{THERE}/Microsoft.DevCenter")
    assert (await azure.scan()).complete
    # the SDK would register it
    assert not [one for one in azure.server.requests() if one["path"].lower().endswith("/register")]


@pytest.mark.parametrize("path", ["batchAccounts\\?", "ResourceGraph", "virtualMachineScaleSets\\?"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "shape": "arm", "retry_after": 7},
        {"status": 503},
        {"kind": "drop"},
        {"status": 404, "text": "<html>not found</html>"},
        {"status": 422, "code": "Unprocessable", "message": "no"},
        {"status": 200, "text": "<html>welcome</html>"},
    ],
    ids=["throttled", "unavailable", "dropped", "false 404", "422", "a page"],
)
async def test_a_fault_is_waited_for_or_leaves_the_scan_incomplete(
    azure: Azure, path: str, fault: dict[str, Any]
) -> None:
    """Never is a list that was not read taken for an empty one."""
    azure.holds(SCALE_SET, ACCOUNT, POOL, CLUSTER, NODES)
    azure.server.add_fault(RequestFault(path=path, times=1, **fault))
    scan = await azure.scan()
    blocking = {"Batch pool", "scale set", NODES["id"]}
    found = {one.kind for one in scan.blocking} | {one.id for one in scan.blocking}
    assert blocking <= found or not scan.complete


async def test_pages_are_followed(azure: Azure) -> None:
    azure.holds(
        *(resource(f"{COMPUTE}/virtualMachineScaleSets/other{number}") for number in range(5)), SCALE_SET
    )
    azure.server.switches.page_size = 2
    assert "scale set instance" in {one.kind for one in (await azure.scan()).blocking}


async def test_a_version_is_found_under_the_id_of_a_dev_centers_gallery(azure: Azure) -> None:
    azure.holds(*BOXES)
    (one,) = of_azure(await azure.scan(VERSION))
    assert (one.id, one.form, one.found_by) == (
        f"{DEV_CENTER}/devboxdefinitions/ours",
        "dev center",
        "provider",
    )


async def test_a_pool_that_names_an_image_of_its_project_is_looked_up_in_the_dev_centers_gallery(
    azure: Azure,
) -> None:
    azure.holds(
        *BOXES[:3],
        resource(PROJECT, {"devCenterId": DEV_CENTER}),
        pool_of("ours", "~gallery~ours~web/versions/1.0.0"),
        pool_of("theirs", "~gallery~theirs~web/versions/1.0.0"),
        pool_of("made", "~Catalog~scripts~web"),
    )
    (one,) = of_azure(await azure.scan(VERSION))
    assert (one.id, one.kind, one.form, one.blocks) == (
        f"{PROJECT}/pools/ours",
        "Dev Box pool",
        "dev center",
        True,
    )


async def test_a_fleet_and_the_configuration_that_hosts_still_have_are_read_at_their_providers(
    azure: Azure,
) -> None:
    azure.server.switches.resource_graph_empty = True
    image = {"imageInfo": {"type": "Custom", "customInfo": {"resourceId": IMAGE["id"]}}}
    profile = {"baseVirtualMachineProfile": {"storageProfile": STORAGE}}
    azure.holds(
        resource(HOSTS),
        resource(f"{HOSTS}/activeSessionHostConfigurations/default", image),
        resource(f"{PROVIDERS}/Microsoft.AzureFleet/fleets/spot", {"computeProfile": profile}),
    )
    assert shown(await azure.scan()) == [
        ("active session host configuration", "provider", True),
        ("compute fleet", "provider", True),
    ]


async def test_a_declared_consumer_that_has_expired_does_not_block(azure: Azure) -> None:
    image = {**IMAGE, "tags": {"gallerist:consumers": "templates until 2026-02-28"}}
    azure.server.reset(SEED | {"resources": [*SEED["resources"], image]})
    (declared,) = (await azure.scan()).consumers
    assert (declared.blocks, declared.why) == (False, "the declaration ended on 2026-02-28")


async def test_the_machines_of_a_whole_subscription_are_read_within_resource_graphs_quota(
    azure: Azure,
) -> None:
    for _ in range(4):
        assert (await azure.scan()).complete
