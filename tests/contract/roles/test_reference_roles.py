"""The roles `references` and `repoint` have exactly the required actions: without any of them something is missing."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from azure_compute_simulator import SimulatorServer
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from domain.errors import ArmError
from domain.references.kinds import STRONG_KINDS
from domain.references.repoint import RepointPlan, RepointRequest
from domain.references.scan import Scan
from domain.resources.ids import ImageVersionId
from services import repoint
from tests.contract.infra.bicep import INFRA
from tests.integration.references.scanned_azure import IMAGE, Azure, azure_behind
from tests.integration.references.test_scan import BOXES, SCALE_SET, VERSION, resource
from tests.workflow.estate import GALLERY, HERE, SEED, THERE

ROLES = {
    name: json.loads((INFRA / "roles" / f"{name}.json").read_text(encoding="utf-8"))["actions"]
    for name in ("references", "repoint", "image-reader", "gallery-reader")
}
SAMPLE = 4
# The simulated ARM lists every subscription in which the identity has a role. In Azure, whether a role without this
# action suffices for that is not documented.
INDISTINGUISHABLE = {"Microsoft.Resources/subscriptions/read"}
DEFINITION = f"{GALLERY}/images/web"
NEW = f"{DEFINITION}/versions/1.0.0"
MODEL = f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/virtualMachineScaleSets/web"


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED) as server:
        yield server


@pytest.fixture
async def azure(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Azure]:
    async with azure_behind(server, monkeypatch) as found:
        yield found


def grant(azure: Azure, *actions: str) -> None:
    role = {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "actions": list(actions)}
    azure.server.set_roles([{**role, "scope": f"/subscriptions/{name}"} for name in (HERE, THERE)])


def with_parents(type_: str) -> Iterator[dict[str, Any]]:
    """An empty resource of a type below empty resources, so that every list above it is read to its end."""
    namespace, *segments = type_.split("/")
    path = f"/subscriptions/{THERE}/resourceGroups/images/providers/{namespace}"
    for segment in segments:
        path += f"/{segment}/x"
        yield resource(path)


async def scanned(azure: Azure, lacking: str | None) -> list[Scan]:
    """Scans for an image and for a version, in an estate with something of every kind, without one action."""
    others = [
        one
        for kind in STRONG_KINDS
        if kind.namespace != "Microsoft.Compute" and "devboxdefinitions" not in kind.type
        for one in with_parents(kind.type)
    ]
    unique = {one["id"]: one for one in others}
    azure.holds(SCALE_SET, *BOXES, *unique.values(), *definition())
    azure.server.switches.unregistered_providers = ("Microsoft.LabServices",)
    grant(azure, *ROLES["image-reader"], *(one for one in ROLES["references"] if one != lacking))
    return [await azure.scan(), await azure.scan(VERSION)]


def definition() -> list[dict[str, Any]]:
    identifier = {"publisher": "p", "offer": "o", "sku": "s"}
    properties = {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": identifier,
    }
    profile = {"targetRegions": [{"name": "eastus2"}]}
    version = {"publishingProfile": profile, "storageProfile": {"source": {"id": IMAGE["id"]}}}
    return [
        {"id": DEFINITION, "location": "eastus2", "properties": properties},
        {"id": NEW, "location": "eastus2", "properties": version},
    ]


# all, and some actions less; the others in `make test-slow`
@pytest.mark.parametrize(
    "lacking",
    [
        None,
        *ROLES["references"][:SAMPLE],
        *(pytest.param(action, marks=pytest.mark.slow) for action in ROLES["references"][SAMPLE:]),
    ],
)
async def test_a_scan_is_complete_with_its_role_and_misses_every_single_action(
    azure: Azure, lacking: str | None
) -> None:
    scans = await scanned(azure, lacking)
    complete = all(scan.complete for scan in scans)
    if lacking is None or lacking in INDISTINGUISHABLE:
        assert complete
        assert len(scans[1].blocking) == 1
    elif lacking == "Microsoft.DevCenter/devcenters/galleries/read":
        # a dev center's gallery that cannot be read may be ours, so its definitions block
        assert len(scans[1].blocking) == 2
    else:
        assert not complete


async def repointed(azure: Azure, lacking: str | None) -> RepointPlan | ArmError:
    storage = {"imageReference": {"id": IMAGE["id"]}}
    model = {
        "id": MODEL,
        "location": "eastus2",
        "properties": {
            "upgradePolicy": {"mode": "Manual"},
            "virtualMachineProfile": {"storageProfile": storage},
        },
    }
    azure.holds(model, *definition())
    # to read an image, its age is read, too
    ages = [one for one in ROLES["image-reader"] if one.startswith("Microsoft.Resources/")]
    grant(azure, *ages, *(one for one in ROLES["repoint"] if one != lacking))
    request = RepointRequest(consumer=MODEL, version_id=ImageVersionId.parse(NEW))
    try:
        plan = await repoint.begin(request)
        assert not plan.possible or (await repoint.look(request)).names == NEW
    except ArmError as error:
        return error
    return plan


@pytest.mark.parametrize("lacking", [None, *ROLES["repoint"]])
async def test_a_scale_set_is_repointed_with_the_role_and_misses_every_single_action(
    azure: Azure, lacking: str | None
) -> None:
    outcome = await repointed(azure, lacking)
    if lacking is None:
        assert isinstance(outcome, RepointPlan)
        assert (outcome.possible, outcome.reasons) == (True, [])
    elif isinstance(outcome, RepointPlan):
        assert outcome.reasons
    else:
        assert lacking.lower() in str(outcome).lower()


def test_the_role_reads_exactly_the_kinds_of_the_table() -> None:
    """A kind that is added to the table needs its action, and those of the resources above it."""
    needed = {
        "/".join([kind.namespace, *kind.levels[: depth + 1], "read"]).lower()
        for kind in STRONG_KINDS
        for depth in range(len(kind.levels))
    }
    others = {"microsoft.devcenter/devcenters/galleries/read"}
    reads = {action.lower() for action in ROLES["references"] if "/subscriptions/" not in action}
    assert reads == needed | others
