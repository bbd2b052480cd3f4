"""The bodies that are sent to Azure, and the small readings of what comes back; the calls are tested over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.azure.compute import Compute, _json, _microseconds
from adapters.azure.documents import (
    definition_body,
    merge_regions,
    parse_image_definition,
    parse_image_version,
    version_body,
)
from domain.resources.galleries import TargetRegion
from domain.resources.images import PurchasePlan
from domain.resources.regions import canonical_region
from tests.unit.builders import PROVIDER, SUBSCRIPTION, definition, image_id, spec
from tests.unit.fakes import SETTINGS

PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-01-15T08:30:00.1234567Z", "2026-01-15T08:30:00.123456+00:00"),
        ("2026-01-15T08:30:00.5277388-07:00", "2026-01-15T08:30:00.527738-07:00"),
        ("2026-01-15T08:30:00.12+00:00", "2026-01-15T08:30:00.120000+00:00"),
        ("2026-01-15T08:30:00Z", "2026-01-15T08:30:00+00:00"),
    ],
)
def test_seven_digits_of_a_second_become_six(sent: str, read: str) -> None:
    assert datetime.fromisoformat(_microseconds(sent)).isoformat() == read


def test_every_field_of_a_definition_is_said_outright() -> None:
    """Defaults differ between the service's versions."""
    assert definition_body(definition(security_type="TrustedLaunchSupported", purchase_plan=PLAN)) == {
        "location": "northeurope",
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": "V2",
            "architecture": "x64",
            "identifier": {"publisher": "builds", "offer": "web-20260115", "sku": "linux-gen2"},
            "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}],
            "purchasePlan": {"name": "gen2", "product": "rocky", "publisher": "resf"},
        },
    }


def test_a_definition_without_a_plan_says_nothing_of_one() -> None:
    assert "purchasePlan" not in definition_body(definition())["properties"]


def test_a_definition_that_was_asked_for_reads_as_the_one_that_was_wanted() -> None:
    wanted = definition(purchase_plan=PLAN)
    body = definition_body(wanted)
    answered = {
        "id": str(wanted.id),
        **body,
        "properties": {**body["properties"], "provisioningState": "Succeeded"},
    }
    assert parse_image_definition(answered) == wanted


def test_a_version_is_asked_for_with_its_regions_and_its_source() -> None:
    regions = [
        TargetRegion(name="westeurope", replicas=2, storage_account_type="Standard_ZRS"),
        TargetRegion(name="eastus2"),
    ]
    body = version_body(
        spec(regions=regions, end_of_life=datetime(2030, 1, 1, tzinfo=UTC), tags={"team": "web"})
    )
    assert body == {
        "location": "westeurope",
        "tags": {"team": "web"},
        "properties": {
            "publishingProfile": {
                "replicaCount": 1,
                "targetRegions": [
                    {"name": "westeurope", "regionalReplicaCount": 2, "storageAccountType": "Standard_ZRS"},
                    {"name": "eastus2", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
                ],
                "excludeFromLatest": True,
                "storageAccountType": "Standard_LRS",
                "endOfLifeDate": "2030-01-01T00:00:00+00:00",
            },
            "storageProfile": {"source": {"id": str(image_id())}},
        },
    }


def test_a_version_without_an_end_of_life_says_nothing_of_one() -> None:
    assert "endOfLifeDate" not in version_body(spec())["properties"]["publishingProfile"]


def test_a_version_that_was_asked_for_reads_as_the_one_that_was_wanted() -> None:
    wanted = spec(regions=[TargetRegion(name="eastus2", replicas=3)])
    read = parse_image_version({"id": str(wanted.id), **version_body(wanted)})
    assert (read.target_regions, read.tags, read.source) == (wanted.regions, wanted.tags, wanted.source)
    assert read.exclude_from_latest is wanted.exclude_from_latest


def test_a_region_is_named_as_the_service_reads_it() -> None:
    body = version_body(spec(regions=[TargetRegion(name="East US 2")]))
    assert [region["name"] for region in body["properties"]["publishingProfile"]["targetRegions"]] == [
        "eastus2"
    ]


class Answer:
    """The body of an HTTP answer, as the SDK decodes it."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def json(self) -> Any:
        if isinstance(self._body, Exception):
            raise self._body
        return self._body


@pytest.mark.parametrize(
    ("body", "read"),
    [({"a": 1}, {"a": 1}), ([], {}), (None, {}), (ValueError("not JSON"), {})],
)
def test_a_body_that_is_no_object_is_none(body: Any, read: dict[str, Any]) -> None:
    assert _json(Answer(body)) == read


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/operations/1",
        "https://management.azure.com.example/1",
        "http://management.azure.com/1",
    ],
)
async def test_a_token_is_sent_to_the_endpoint_that_was_asked_only(url: str) -> None:
    """The operation's URL comes from an answer; without a credential any request would raise."""
    compute = Compute(SETTINGS, credential=None)
    assert await compute.get_operation_error(SUBSCRIPTION, url) is None


def names(regions: list[dict[str, Any]]) -> list[str]:
    return [region["name"] for region in regions]


REGION_NAMES = st.lists(
    st.sampled_from(["East US 2", "West Europe", "North Europe", "UK South"]), unique=True
)


@given(REGION_NAMES, REGION_NAMES, st.lists(st.sampled_from(["ukwest", "japaneast"]), unique=True))
def test_merged_regions_never_lose_one(existing: list[str], asked: list[str], removed: list[str]) -> None:
    """The last writer of the publishing profile wins: what is left out of an update is gone."""
    present = [{"name": name, "regionalReplicaCount": 2, "kept": True} for name in existing]
    put = [{"name": canonical_region(name), "regionalReplicaCount": 1} for name in asked]
    merged = merge_regions(present, put, removed)
    assert merged[: len(existing)] == present
    assert {canonical_region(name) for name in names(merged)} == {
        canonical_region(name) for name in {*existing, *asked}
    }
    assert len(names(merged)) == len(set(map(canonical_region, names(merged))))


def test_only_what_is_to_be_removed_is_left_out() -> None:
    present = [{"name": "West Europe"}, {"name": "East US 2"}]
    assert names(merge_regions(present, [], ["eastus2"])) == ["West Europe"]


@pytest.mark.parametrize(("present", "asked", "merged"), [(1, 3, 3), (3, 1, 3), (2, 2, 2)])
def test_replica_counts_only_ever_grow(present: int, asked: int, merged: int) -> None:
    """Somebody may have raised them by hand."""
    existing = [{"name": "West Europe", "regionalReplicaCount": present}]
    put = [{"name": "westeurope", "regionalReplicaCount": asked}]
    assert merge_regions(existing, put, []) == [{"name": "West Europe", "regionalReplicaCount": merged}]


def test_every_disk_of_a_region_names_its_disk_encryption_set() -> None:
    """Reported by users: a set for the OS disk alone fails late."""
    key = f"{PROVIDER}/diskEncryptionSets/weu"
    encrypted = TargetRegion(name="westeurope", disk_encryption_set=key, exclude_from_latest=True)
    body = version_body(spec(regions=[encrypted], data_disk_luns=[0, 3]))
    (region,) = body["properties"]["publishingProfile"]["targetRegions"]
    assert region["encryption"] == {
        "osDiskImage": {"diskEncryptionSetId": key},
        "dataDiskImages": [{"lun": 0, "diskEncryptionSetId": key}, {"lun": 3, "diskEncryptionSetId": key}],
    }
    assert region["excludeFromLatest"] is True
    answered = {"id": str(spec().id), **body}
    assert parse_image_version(answered).target_regions == [encrypted]


SET = f"{PROVIDER}/diskEncryptionSets/west"


def test_every_disk_names_the_regions_own_encryption_set() -> None:
    """Documented: the OS disk and each data disk by its LUN; nothing at all where there is no set."""
    encrypted = TargetRegion.model_validate(
        {"name": "westeurope", "disk_encryption_set": SET, "exclude_from_latest": False}
    )
    sent = version_body(spec(regions=[encrypted], data_disk_luns=[0, 3]))
    (region,) = sent["properties"]["publishingProfile"]["targetRegions"]
    assert region["encryption"] == {
        "osDiskImage": {"diskEncryptionSetId": SET},
        "dataDiskImages": [
            {"lun": 0, "diskEncryptionSetId": SET},
            {"lun": 3, "diskEncryptionSetId": SET},
        ],
    }
    assert region["excludeFromLatest"] is False


def test_a_region_without_anything_of_its_own_says_nothing_of_it() -> None:
    (region,) = version_body(spec())["properties"]["publishingProfile"]["targetRegions"]
    assert region.keys() == {"name", "regionalReplicaCount", "storageAccountType"}
