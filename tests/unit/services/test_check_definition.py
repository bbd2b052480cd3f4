"""For pipelines: the newest version of a definition is what users get, or it is said what is not so."""

from datetime import timedelta
from typing import Any

import pytest

from domain.policy.rules import Policy
from domain.resources.galleries import ImageVersion, PublishedRegion, TargetRegion
from domain.resources.provenance import RULE_TAG
from services.check_definition import DefinitionCheck, check_definition
from tests.unit.builders import GALLERY, NOW, definition, gallery, image, in_regions, policy, version
from tests.unit.fakes import FakeCompute, working_with


def serving(number: str = "1.0.0", state: str = "Completed", **changes: Any) -> ImageVersion:
    fields = {"replication": in_regions(westeurope=state), "exclude_from_latest": False, **changes}
    return version(number, **fields)


async def check(
    *versions: ImageVersion, region: str | None = None, under: Policy | None = None, **estate: Any
) -> DefinitionCheck:
    fields = {"images": [image()], "galleries": [gallery()], "definitions": [definition()], **estate}
    with working_with(FakeCompute(versions=list(versions), **fields), under or policy()):
        return await check_definition(definition().id, region)


def failures(found: DefinitionCheck) -> dict[str, str]:
    assert all(one.fix for one in found.findings if one.verdict == "failed")
    return {one.name: one.detail for one in found.findings if one.verdict != "passed"}


async def test_a_version_that_is_latest_everywhere_passes() -> None:
    found = await check(serving("1.9.0"), serving("1.10.0"))
    assert (found.verdict, found.newest) == ("passed", definition().id.version("1.10.0"))
    assert [one.name for one in found.findings] == [
        "newest version",
        "provisioning state",
        "replication in westeurope",
        "excluded from latest in westeurope",
        "latest in westeurope",
    ]


async def test_a_region_that_the_policy_wants_is_missed() -> None:
    found = await check(serving(), under=policy(regions=["northeurope"]))
    assert found.verdict == "failed"
    assert failures(found) == {
        "replication in northeurope": "version 1.0.0 is not in northeurope: the policy wants it there",
        "latest in northeurope": "resolves to nothing, not to 1.0.0",
    }


async def test_only_the_region_that_is_named_is_checked() -> None:
    under = policy(regions=["northeurope"])
    assert (await check(serving(), under=under, region="westeurope")).verdict == "passed"
    found = await check(serving(), region="uksouth")
    assert "it is not one of its target regions" in failures(found)["replication in uksouth"]


@pytest.mark.parametrize(
    ("newest", "name", "verdict"),
    [
        (serving("1.0.1", provisioning_state="Failed"), "provisioning state", "failed"),
        (serving("1.0.1", provisioning_state="Creating"), "provisioning state", "failed"),
        (serving("1.0.1", "Replicating"), "replication in westeurope", "failed"),
        (serving("1.0.1", "Failed"), "replication in westeurope", "failed"),
        (serving("1.0.1", "Unknown"), "replication in westeurope", "unknown"),
        (serving("1.0.1", exclude_from_latest=True), "excluded from latest in westeurope", "failed"),
        (serving("1.0.1", end_of_life=NOW - timedelta(days=400)), "end of life", "warned"),
    ],
)
async def test_what_is_not_so_is_named(newest: ImageVersion, name: str, verdict: str) -> None:
    found = await check(serving(), newest)
    assert name in failures(found)
    assert found.verdict == verdict


async def test_latest_that_is_another_version_fails() -> None:
    regions = [PublishedRegion(name="westeurope", exclude_from_latest=True)]
    found = await check(serving(), serving("1.0.1", target_regions=regions))
    assert failures(found)["latest in westeurope"] == "resolves to 1.0.0, not to 1.0.1"


async def test_an_image_that_is_gone_leaves_the_regions_of_its_rule() -> None:
    under = Policy.model_validate(
        {"defaults": {"galleries": [str(GALLERY)]}, "rules": [{"name": "web", "regions": ["uksouth"]}]}
    )
    held = serving()
    held.tags[RULE_TAG] = "web"
    assert "replication in uksouth" in failures(await check(held, under=under, images=[]))


async def test_without_a_definition_or_a_version_there_is_nothing_to_check() -> None:
    assert failures(await check(definitions=[])).keys() == {"image definition"}
    empty = await check()
    assert (failures(empty).keys(), empty.newest) == ({"newest version"}, None)


async def test_regions_come_once() -> None:
    found = await check(
        serving(target_regions=[TargetRegion(name="westeurope")]), under=policy(regions=["westeurope"])
    )
    assert [one.name for one in found.findings].count("latest in westeurope") == 1
