"""Why a machine in a region can use a version, or cannot: the causes in their order, each with its fix."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ArmError
from domain.fleet.findings import Finding
from domain.resources.galleries import ImageVersion, PublishedRegion, RegionProgress
from domain.resources.ids import GalleryId
from domain.resources.images import PurchasePlan
from domain.retention.ladder import SoftDeletedVersion
from services.why_version import Why, why
from tests.unit.builders import NOW, REGIONS, SUBSCRIPTION, definition, gallery, in_regions, version
from tests.unit.fake_references import FakeConsumers
from tests.unit.fakes import FakeCompute, FakeRetention, working_with

OTHER = "99999999-2222-3333-4444-555555555555"
FORBIDDEN = ArmError(403, "AuthorizationFailed", "no")


def serving(number: str = "1.0.0", state: str = "Completed", **changes: Any) -> ImageVersion:
    """A version in West Europe, where its replication is in this state."""
    return version(number, **{"replication": in_regions(westeurope=state), **changes})


class EverywhereTheSame(FakeCompute):
    """All subscriptions have the same regions."""

    async def list_regions(self, subscription: str) -> frozenset[str]:
        return REGIONS


@dataclass
class Estate:
    compute: FakeCompute
    retention: FakeRetention
    consumers: FakeConsumers

    async def why(
        self, number: str = "1.0.0", region: str = "westeurope", subscription: str | None = None
    ) -> Why:
        with working_with(self.compute, retention=self.retention, consumers=self.consumers):
            return await why(definition().id.version(number), region, subscription)


def estate(*versions: ImageVersion, soft_delete: bool = False, **changes: Any) -> Estate:
    home = gallery()
    home.soft_delete = soft_delete
    compute = EverywhereTheSame([], [home], [definition(**changes)], list(versions))
    return Estate(compute, FakeRetention(compute), FakeConsumers())


def of(name: str, found: Why) -> Finding:
    (finding,) = [one for one in found.findings if one.name == name]
    return finding


def verdicts(found: Why) -> dict[str, str]:
    return {one.name: one.verdict for one in found.findings}


async def test_a_version_that_is_there_can_be_used_and_everything_was_looked_at() -> None:
    found = await estate(serving(exclude_from_latest=False)).why()
    assert found.usable == "yes"
    assert verdicts(found) == {
        "gallery": "passed",
        "image definition": "passed",
        "image version": "passed",
        "provisioning state": "passed",
        "target region": "passed",
        "replication": "passed",
        "storage": "passed",
        "excluded from latest": "passed",
        "latest": "passed",
        "access": "unknown",
    }
    assert "no subscription was given" in of("access", found).detail


async def test_a_region_is_known_in_either_spelling_and_a_wrong_one_is_said_to_be_wrong() -> None:
    found = await estate(serving()).why(region="moonbase")
    assert found.usable == "no"
    assert of("target region", found).detail == "there is no region 'moonbase' for this subscription"
    assert "replication" not in verdicts(found)


async def test_a_region_that_the_version_lacks_can_be_added() -> None:
    found = await estate(serving()).why(region="northeurope")
    assert found.usable == "no"
    assert (
        "northeurope is not among the version's target regions: westeurope"
        in of("target region", found).detail
    )
    assert "add the region" in (of("target region", found).fix or "")


@pytest.mark.parametrize(
    ("progress", "usable", "verdict", "text"),
    [
        (
            RegionProgress(region="westeurope", state="Replicating", progress=40),
            "no",
            "failed",
            "Replicating in this region: 40 %",
        ),
        (RegionProgress(region="West Europe", state="Completed"), "yes", "passed", "completed"),
        (
            RegionProgress(region="westeurope", state="Failed", details="disk gone"),
            "no",
            "failed",
            "disk gone",
        ),
        (RegionProgress(region="westeurope"), "unknown", "unknown", "does not say"),
    ],
)
async def test_the_replication_decides(
    progress: RegionProgress, usable: str, verdict: str, text: str
) -> None:
    found = await estate(version(replication=[progress])).why()
    assert (found.usable, of("replication", found).verdict) == (usable, verdict)
    assert text in of("replication", found).detail


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("Failed", "warned"), ("Updating", "warned"), ("Creating", "failed"), ("Deleting", "failed")],
)
async def test_a_version_that_failed_elsewhere_still_serves_its_regions(state: str, verdict: str) -> None:
    found = await estate(serving(provisioning_state=state)).why()
    assert of("provisioning state", found).verdict == verdict
    assert found.usable == ("yes" if verdict == "warned" else "no")


async def test_exclusion_says_what_latest_is_instead() -> None:
    """It does not keep a machine from naming the version exactly."""
    older = serving("1.0.0", exclude_from_latest=False)
    regions = [PublishedRegion(name="westeurope", exclude_from_latest=True)]
    found = await estate(older, serving("1.0.1", target_regions=regions, exclude_from_latest=False)).why(
        "1.0.1"
    )
    assert found.usable == "yes"
    assert of("excluded from latest", found).detail == "the version is excluded from latest in this region"
    assert of("latest", found).detail == "latest resolves to 1.0.0 in westeurope"
    assert of("latest", found).cause == "of version 1.0.1: it is excluded from latest in this region"


async def test_a_higher_version_is_latest() -> None:
    shown = [serving(number, exclude_from_latest=False) for number in ("1.0.0", "1.10.0")]
    assert of("latest", await estate(*shown).why()).detail.endswith(
        "latest resolves to 1.10.0 in westeurope, which is higher"
    )


async def test_latest_itself_can_be_asked_for() -> None:
    shown = estate(serving("1.0.0", exclude_from_latest=False), serving("1.0.1", exclude_from_latest=True))
    found = await shown.why("latest")
    assert (found.version.name, found.usable) == ("1.0.0", "yes")
    nothing = await estate(serving(exclude_from_latest=True)).why("latest")
    assert nothing.usable == "no"
    assert of("image version", nothing).cause == "1.0.0: it is excluded from latest in all regions"


async def test_a_soft_deleted_version_is_in_the_bin() -> None:
    shown = estate(serving("1.0.1", exclude_from_latest=False), soft_delete=True)
    gone = definition().id.version("1.0.2")
    row = SoftDeletedVersion(id=gone, location="westeurope", unusable_at=NOW + timedelta(days=3650))
    shown.retention.bin[gone] = (serving("1.0.2"), row)
    finding = of("image version", await shown.why("1.0.2"))
    assert finding.verdict == "failed"
    assert "machines that name it exactly can be created until 2036-01-30" in finding.detail
    assert finding.fix == "restore it with POST /api/restores"
    latest = (await shown.why("1.0.1")).latest
    assert latest is not None
    assert [(one.version, one.why) for one in latest.passed_over] == [("1.0.2", "soft-deleted")]


async def test_a_bin_that_cannot_be_read_is_said() -> None:
    shown = estate(soft_delete=True)
    shown.retention.error = FORBIDDEN
    finding = of("image version", await shown.why("1.0.2"))
    assert "whether it is in the gallery's bin is not known" in finding.detail
    assert finding.fix == "the definition has no version: migrate an image into it"


async def test_a_version_that_does_not_exist_names_those_that_do() -> None:
    finding = of("image version", await estate(serving("2.0.0"), serving("10.0.0")).why("1.0.0"))
    assert finding.fix == "name one that exists: 10.0.0, 2.0.0"


async def test_what_is_above_the_version_is_looked_at_first() -> None:
    assert verdicts(await Estate(FakeCompute(), FakeRetention(FakeCompute()), FakeConsumers()).why()) == {
        "gallery": "failed"
    }
    compute = FakeCompute(galleries=[gallery()])
    found = await Estate(compute, FakeRetention(compute), FakeConsumers()).why()
    assert [one.name for one in found.findings if one.verdict == "failed"] == ["image definition"]


async def test_a_gallery_that_cannot_be_read_is_unknown() -> None:
    class Closed(FakeCompute):
        async def get_gallery(self, gallery: GalleryId, within: float = 0) -> Any:
            raise FORBIDDEN

    compute = Closed()
    found = await Estate(compute, FakeRetention(compute), FakeConsumers()).why()
    assert (found.usable, found.findings[0].verdict) == ("unknown", "unknown")
    assert found.findings[0].fix


async def test_azure_that_does_not_answer_is_an_error_and_no_finding() -> None:
    class Busy(FakeCompute):
        async def get_gallery(self, gallery: GalleryId, within: float = 0) -> Any:
            raise ArmError(429, "TooManyRequests", "slow down")

    compute = Busy()
    with pytest.raises(ArmError):
        await Estate(compute, FakeRetention(compute), FakeConsumers()).why()


async def test_a_passed_end_of_life_and_a_purchase_plan_do_not_decide() -> None:
    plan = PurchasePlan(name="gen2", product="rocky", publisher="resf")
    found = await estate(serving(end_of_life=NOW - timedelta(days=400)), purchase_plan=plan).why()
    assert (found.usable, of("end of life", found).verdict) == ("yes", "warned")
    assert "resf/rocky/gen2" in of("purchase plan", found).detail


async def test_a_shallow_version_is_named() -> None:
    assert of("storage", await estate(serving(replication_mode="Shallow")).why()).verdict == "warned"


@pytest.mark.parametrize(
    ("theirs", "verdict", "text"),
    [
        ("tenant-a", "unknown", "the rights of others cannot be read"),
        ("tenant-b", "warned", "is in another tenant (tenant-b) than the gallery (tenant-a)"),
        (None, "unknown", "the tenant of subscription"),
    ],
)
async def test_who_can_reach_the_gallery_is_said_as_far_as_it_can_be_known(
    theirs: str | None, verdict: str, text: str
) -> None:
    shown = estate(serving())
    shown.consumers.documents[f"/subscriptions/{SUBSCRIPTION}"] = {"tenantId": "tenant-a"}
    if theirs:
        shown.consumers.documents[f"/subscriptions/{OTHER}"] = {"tenantId": theirs}
    found = await shown.why(subscription=OTHER)
    assert (found.usable, of("access", found).verdict) == ("yes", verdict)
    assert text in of("access", found).detail
    assert of("access", found).fix


async def test_a_region_that_the_using_subscription_does_not_have_is_named() -> None:
    compute = FakeCompute(galleries=[gallery()], definitions=[definition()], versions=[serving()])
    shown = Estate(compute, FakeRetention(compute), FakeConsumers())
    found = await shown.why(subscription=OTHER)
    assert (found.usable, of("region of the subscription", found).verdict) == ("no", "failed")
