"""A write of exclusion flags changes nothing else of a version."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from adapters.azure.exclusions import exclusions_body
from domain.promotion.flags import FlagChange
from tests.unit.builders import NOW
from tests.unit.domain.promotion.estates import version_id

VERSION = version_id("2.0.0")


def resource() -> dict[str, Any]:
    """A version with what this app does not know, and with what ARM alone writes."""
    return {
        "id": str(VERSION),
        "location": "eastus2",
        "tags": {"team": "web"},
        "properties": {
            "provisioningState": "Succeeded",
            "replicationStatus": {"summary": []},
            "publishingProfile": {
                "targetRegions": [
                    {
                        "name": "East US 2",
                        "regionalReplicaCount": 3,
                        "storageAccountType": "Premium_LRS",
                        "new": 1,
                    },
                    {"name": "West Europe", "excludeFromLatest": True},
                ],
                "replicaCount": 2,
                "excludeFromLatest": True,
                "endOfLifeDate": "2027-01-01T00:00:00+00:00",
                "publishedDate": "2026-01-01T00:00:00+00:00",
                "storageAccountType": "Standard_LRS",
            },
            "safetyProfile": {
                "allowDeletionOfReplicatedLocations": False,
                "blockDeletionBeforeEndOfLife": True,
                "reportedForPolicyViolation": False,
            },
            "securityProfile": {"uefiSettings": {}},
            "storageProfile": {"source": {"id": "/x"}},
        },
    }


def written(own: bool | None = None, **regions: bool | None) -> dict[str, Any] | None:
    return exclusions_body(resource(), FlagChange(version=VERSION, own=own, regions=regions), NOW)


def test_only_flags_change() -> None:
    body = written(own=False, eastus2=False, westeurope=None)
    assert body is not None
    wanted = deepcopy(resource())
    del wanted["id"], wanted["properties"]["provisioningState"], wanted["properties"]["replicationStatus"]
    profile = wanted["properties"]["publishingProfile"]
    del profile["publishedDate"], wanted["properties"]["safetyProfile"]["reportedForPolicyViolation"]
    profile["excludeFromLatest"] = False
    profile["targetRegions"][0]["excludeFromLatest"] = False
    del profile["targetRegions"][1]["excludeFromLatest"]
    wanted["properties"]["storageProfile"] = {}
    assert body == wanted


def test_an_end_of_life_that_has_passed_is_left_out() -> None:
    """ARM refuses it; see `whole_version`."""
    change = FlagChange(version=VERSION, own=False)
    body = exclusions_body(resource(), change, datetime(2027, 1, 1, tzinfo=UTC))
    assert body is not None
    assert "endOfLifeDate" not in body["properties"]["publishingProfile"]


def test_nothing_is_written_if_nothing_changes() -> None:
    assert written() is None
    assert written(own=True, westeurope=True, eastus2=None) is None
    assert written(brazilsouth=True) is None


def test_a_record_without_its_parts_is_read() -> None:
    assert exclusions_body({}, FlagChange(version=VERSION, regions={"eastus2": True}), NOW) is None
    odd = {"properties": {"publishingProfile": {"targetRegions": ["odd", {"name": None}]}}}
    body = exclusions_body(odd, FlagChange(version=VERSION, own=True), NOW)
    assert body is not None
    assert body["properties"]["publishingProfile"]["targetRegions"] == ["odd", {"name": None}]
