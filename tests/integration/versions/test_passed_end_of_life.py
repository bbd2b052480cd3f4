"""A version whose end of life has passed can still be updated, whichever part of the app writes it.

Azure refuses a body with a date that has passed, also the version's own one.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm
from adapters.azure.compute import Compute
from adapters.azure.exclusions import Exclusions
from adapters.azure.retention import Retention
from adapters.azure.retiring import Retiring
from adapters.azure.rewriting import begin_update, existing_version
from domain.errors import ArmError
from domain.promotion.flags import FlagChange
from domain.resources.galleries import TargetRegion
from domain.resources.ids import ImageVersionId
from domain.retention.ladder import Flags
from domain.retirement.protection import Protection
from tests.integration.simulated_azure import way_to
from tests.workflow.estate import HERE, SEED, an_image

DEFINITION = f"{SEED['resources'][0]['id']}/images/web"
VERSION = ImageVersionId.parse(f"{DEFINITION}/versions/1.0.0")
NOW, LATER = datetime.now(UTC), datetime(2999, 1, 1, tzinfo=UTC)
Update = Callable[[Arm], Awaitable[Any]]


def resources(ends: datetime) -> list[dict[str, Any]]:
    definition = {
        "osType": "Linux",
        "osState": "Generalized",
        "identifier": {"publisher": "p", "offer": "o", "sku": "s"},
    }
    version = {
        "publishingProfile": {
            "targetRegions": [{"name": "eastus2", "regionalReplicaCount": 2}],
            "endOfLifeDate": ends.isoformat(),
        },
        "safetyProfile": {"blockDeletionBeforeEndOfLife": True},
        "storageProfile": {"source": {"id": an_image("web")["id"]}},
    }
    return [
        an_image("web"),
        {"id": DEFINITION, "location": "eastus2", "properties": definition},
        {"id": str(VERSION), "location": "eastus2", "tags": {"team": "web"}, "properties": version},
    ]


@pytest.fixture
async def arm(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    """The simulated Azure, an hour after the version's end of life."""
    async with way_to(server, monkeypatch, HERE) as way:
        server.reset(SEED | {"resources": [*SEED["resources"], *resources(NOW + timedelta(days=365))]})
        server.skip_time(timedelta(days=365, hours=1).total_seconds())
        yield way.arm


UPDATES: dict[str, Update] = {
    "regions": lambda arm: Compute(arm).begin_regions(VERSION, [TargetRegion(name="westus2")], []),
    "tags": lambda arm: Compute(arm).begin_tags(VERSION, {"new": "tag"}),
    "flags of a promotion": lambda arm: Exclusions(arm).begin(
        FlagChange(version=VERSION, own=True, regions={"eastus2": False})
    ),
    "flags of retention": lambda arm: Retention(arm).begin_flags(
        VERSION, Flags(version=True, regions={}), {"new": "tag"}
    ),
    "replicas": lambda arm: Retention(arm).begin_fewer_replicas(VERSION, 1),
    "tags of a retirement": lambda arm: Retiring(arm).tag_version(VERSION, {"new": "tag"}),
    "a tag that protects": lambda arm: Retiring(arm).begin_protection(
        Protection(version_id=VERSION, tag_until=LATER)
    ),
}


@pytest.mark.parametrize("name", UPDATES)
async def test_a_version_whose_end_of_life_has_passed_is_updated_without_it(
    arm: Arm, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Azure forgets the date, and the log says so. What else the version has stays."""
    before = (await existing_version(arm, VERSION)).resource
    with caplog.at_level(logging.WARNING):
        await UPDATES[name](arm)
    after = (await existing_version(arm, VERSION)).resource
    assert after != before
    ends = before["properties"]["publishingProfile"]["endOfLifeDate"]
    assert "endOfLifeDate" not in after["properties"]["publishingProfile"]
    assert after["properties"]["safetyProfile"] == before["properties"]["safetyProfile"]
    assert after["tags"]["team"] == "web"
    (warning,) = [record.getMessage() for record in caplog.records if "end of life" in record.getMessage()]
    assert ends in warning
    assert str(VERSION) in warning


async def test_a_protection_sets_another_date(arm: Arm, caplog: pytest.LogCaptureFixture) -> None:
    await Retiring(arm).begin_protection(Protection(version_id=VERSION, end_of_life=LATER))
    profile = (await existing_version(arm, VERSION)).resource["properties"]["publishingProfile"]
    assert datetime.fromisoformat(profile["endOfLifeDate"]) == LATER
    assert "end of life" not in caplog.text


async def test_azure_refuses_the_date_that_has_passed(arm: Arm) -> None:
    """Without the rule every update of the version fails."""
    read = await existing_version(arm, VERSION)
    body = {name: read.resource[name] for name in ("location", "tags", "properties")}
    with pytest.raises(ArmError, match="EndOfLifeDate must be set to a future date"):
        await begin_update(arm, VERSION, read, body)
