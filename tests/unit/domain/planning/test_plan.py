"""Planning: an image, a policy and the galleries' contents give the decided set of changes."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.planning.checks.gallery import Usage
from domain.planning.estimates import estimate
from domain.planning.numbering import Numbering
from domain.planning.plan import MigrationPlan, choose, plan_migration
from domain.planning.requests import Overrides, PlanRequest
from domain.planning.rollout import Pace
from domain.planning.targets import GalleryView
from domain.policy.rules import Policy
from domain.policy.sections import Choices
from domain.resources.galleries import Gallery, ImageDefinition, ImageVersion, TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.images import ManagedImage, PurchasePlan
from domain.resources.permissions import Permission
from domain.resources.provenance import CREATED_TAG
from tests.unit.builders import (
    GALLERY,
    NOW,
    OTHER_GALLERY,
    PROVIDER,
    REGIONS,
    SUBSCRIPTION,
    definition,
    disk,
    gallery,
    image,
    policy,
    version,
)

PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")
BOTH = [str(GALLERY), str(OTHER_GALLERY)]


ALL = [Permission(actions=["*"])]
EMPTY = Usage(definitions={}, versions={})


def view_of(found: Gallery, **changes: Any) -> GalleryView:
    """A gallery with room, in which the identity has every permission."""
    return GalleryView(gallery=found, **{"permissions": ALL, "usage": EMPTY, **changes})


def plan_of(
    built: ManagedImage | None = None,
    *,
    under: Policy | None = None,
    definitions: list[ImageDefinition] | None = None,
    versions: list[ImageVersion] | None = None,
    missing: GalleryId | None = None,
    overrides: Overrides | None = None,
    permissions: list[Permission] | None = ALL,
    gallery_permissions: list[Permission] | None = ALL,
    usage: Usage = EMPTY,
) -> MigrationPlan:
    """The plan for an image and two galleries, the first with these definitions and versions."""
    source, chosen = built or image(), overrides or Overrides()
    views = {
        GALLERY: view_of(
            gallery(),
            definitions=definitions or [],
            versions=versions or [],
            permissions=gallery_permissions,
            usage=usage,
        ),
        OTHER_GALLERY: view_of(gallery(OTHER_GALLERY, "eastus2")),
    }
    if missing is not None:
        views[missing] = GalleryView(gallery=None)
    request = PlanRequest(image=source, started_by="test", overrides=chosen, now=NOW)
    return plan_migration(
        request, choose(under or policy(), source, chosen, NOW), views, REGIONS, permissions
    )


def test_the_definition_gets_the_images_properties() -> None:
    plan = plan_of(image(os_type="Windows", hyper_v_generation="V1"))
    (target,) = plan.targets
    assert (plan.outcome, plan.rule, target.definition_exists) == ("migrate", "defaults", False)
    tags = target.definition.tags
    assert target.definition == definition(
        os_type="Windows", hyper_v_generation="V1", sku="windows-gen1", tags=tags
    )
    assert {check.verdict for check in plan.checks} == {"passed"}


def test_the_version_is_in_the_images_region() -> None:
    """Documented: a version's location is that of its source; gallery and definition may be elsewhere."""
    version = plan_of().targets[0].version
    assert (version.location, version.source, version.version) == ("westeurope", str(image().id), None)
    assert plan_of().targets[0].definition.location == "northeurope"


@pytest.mark.parametrize(
    ("requested", "planned"),
    [
        ([], ["westeurope"]),
        (["eastus2"], ["westeurope", "eastus2"]),
        (["eastus2", "West Europe"], ["westeurope", "eastus2"]),
    ],
)
def test_the_images_own_region_comes_first(requested: list[str], planned: list[str]) -> None:
    plan = plan_of(under=policy(regions=requested))
    assert [region.name for region in plan.targets[0].version.regions] == planned


def test_the_policys_settings_for_the_images_own_region_apply() -> None:
    home = {"name": "West Europe", "replicas": 3, "storage_account_type": "Standard_ZRS"}
    plan = plan_of(under=policy(regions=["eastus2", home]))
    assert plan.targets[0].version.regions[0] == TargetRegion(
        name="westeurope", replicas=3, storage_account_type="Standard_ZRS"
    )


@given(st.lists(st.sampled_from(sorted(REGIONS)), unique=True))
def test_no_region_is_lost_or_duplicated(requested: list[str]) -> None:
    planned = [region.name for region in plan_of(under=policy(regions=requested)).targets[0].version.regions]
    assert set(planned) == {*requested, "westeurope"}
    assert len(planned) == len(set(planned))


def test_an_ignored_image_is_skipped_and_the_rule_named() -> None:
    ignoring = Policy.model_validate(
        {"rules": [{"name": "no web", "action": "ignore"}], "defaults": {"action": "ignore"}}
    )
    plan = plan_of(under=ignoring)
    assert (plan.outcome, plan.reason, plan.targets) == ("skipped", "the policy ignores it (no web)", [])
    assert plan.fingerprint == image().fingerprint


@pytest.mark.parametrize(
    ("changes", "reason", "fix"),
    [
        ({"built": image(os_disk=disk(size_gb=4096))}, "the OS disk has 4096 GB", "shrink the disk"),
        ({"missing": GALLERY}, f"the gallery {GALLERY} does not exist", "create the gallery"),
        ({"under": policy(regions=["moonbase"])}, "no region 'moonbase'", "correct the region's name"),
        ({"under": policy(name_pattern="db-.*")}, "does not match name_pattern", "correct name_pattern"),
        ({"under": policy(definition={"name": "{image}-"})}, "cannot be the name", "correct definition.name"),
        (
            {"definitions": [definition(hyper_v_generation="V1")]},
            "is for Hyper-V generation V1, the image is V2",
            "'web-20260115-gen2'",
        ),
        ({"overrides": Overrides(end_of_life=NOW - timedelta(days=1))}, "has passed", "in the future"),
        (
            {"built": image(tags={"gallerist:regions": "eastus2=none"})},
            "tag gallerist:regions: Input should be a valid integer",
            "correct the image's tag, or remove it",
        ),
        (
            {"built": image(tags={"gallerist:action": "go"}), "under": policy(action="ignore")},
            "tag gallerist:action: 'go' is neither migrate nor ignore",
            "correct the image's tag",
        ),
        (
            {
                "built": image(tags={"gallerist:action": "migrate"}),
                "under": Policy.model_validate({"defaults": {"action": "ignore"}}),
            },
            "tag gallerist:action: no target gallery",
            "correct the policy, or decide it with the image's tags or in the request",
        ),
        (
            {"under": policy(version={"strategy": "tag", "tag": "build"})},
            "the image has no tag 'build'",
            "choose another version strategy, or give 'version' in the request",
        ),
    ],
    ids=[
        "disk",
        "gallery",
        "region",
        "pattern",
        "name",
        "generation",
        "end of life",
        "override tag",
        "override of the action",
        "no gallery for an image whose tag requests the migration",
        "no version",
    ],
)
def test_an_impossible_migration_is_blocked_with_the_reason_and_the_fix(
    changes: dict[str, Any], reason: str, fix: str
) -> None:
    plan = plan_of(**changes)
    assert (plan.outcome, plan.targets) == ("blocked", [])
    assert reason in (plan.reason or "")
    assert fix in (plan.fix or "")


def test_a_blocked_plan_lists_every_failure() -> None:
    plan = plan_of(image(os_disk=disk(size_gb=4096)), under=policy(regions=["moonbase"]), missing=GALLERY)
    assert [check.name for check in plan.checks if check.verdict == "failed"] == [
        "disk size",
        "regions",
        "gallery",
    ]
    assert (plan.reason or "").count(";") >= 2
    assert (plan.fix or "").count(";") >= 2


def test_one_missing_gallery_of_two_blocks_both() -> None:
    """A version in half of the galleries would be a surprise."""
    plan = plan_of(under=policy(galleries=BOTH), missing=OTHER_GALLERY)
    assert (plan.outcome, plan.targets) == ("blocked", [])


def test_a_warning_does_not_stop_the_migration() -> None:
    plan = plan_of(image(data_disks=[disk("data", 1500, lun=0)], tags={"PlanInfo": "gen2"}))
    assert plan.outcome == "migrate"
    assert len(plan.warnings) == 2


def test_each_gallery_is_a_target_in_the_policys_order() -> None:
    targets = plan_of(under=policy(galleries=BOTH)).targets
    assert [target.definition.id.gallery for target in targets] == [GALLERY, OTHER_GALLERY]
    assert [target.definition.location for target in targets] == ["northeurope", "eastus2"]


def test_one_gallery_in_two_spellings_is_one_target() -> None:
    twice = policy(galleries=[str(GALLERY), str(GALLERY).replace("builds", "BUILDS")])
    assert len(plan_of(under=twice).targets) == 1


def test_an_existing_definition_that_accepts_the_image_is_used_unchanged() -> None:
    existing = definition(publisher="Contoso", offer="Web", sku="1", location="eastus2")
    (target,) = plan_of(definitions=[existing]).targets
    assert (target.definition_exists, target.definition) == (True, existing)


def test_a_taken_definition_identity_gets_a_suffix() -> None:
    """Publisher, offer and SKU are unique in a gallery, whatever their case; the suffix is always the same."""
    rival = definition("rival", publisher="BUILDS", offer="WEB-20260115", sku="LINUX-GEN2")
    skus = {plan_of(definitions=[rival]).targets[0].definition.sku for _ in range(2)}
    (sku,) = skus
    assert sku.startswith("linux-gen2-")
    assert len(sku) == len("linux-gen2-") + 8


def test_a_suffix_keeps_a_long_sku_within_its_limit() -> None:
    long = policy(definition={"sku": "s" * 64})
    rival = definition("rival", sku="s" * 64)
    (target,) = plan_of(under=long, definitions=[rival]).targets
    assert len(target.definition.sku) == 64
    assert target.definition.identity != rival.identity


@pytest.mark.parametrize(
    ("generation", "security_type"), [("V2", "TrustedLaunchSupported"), ("V1", "Standard")]
)
def test_trusted_launch_is_planned_for_generation_2_only(generation: str, security_type: str) -> None:
    trusting = policy(definition={"features": {"SecurityType": "TrustedLaunchSupported"}})
    (target,) = plan_of(image(hyper_v_generation=generation), under=trusting).targets
    assert target.definition.security_type == security_type


TAGS = {"PlanInfo": "old", "PlanProduct": "rocky", "PlanPublisher": "resf"}


@pytest.mark.parametrize(
    ("tags", "requested", "planned"),
    [
        ({}, None, None),
        (TAGS, None, PurchasePlan(name="old", product="rocky", publisher="resf")),
        (TAGS, PLAN, PLAN),
        ({}, PLAN, PLAN),
    ],
    ids=["none", "tags", "request over tags", "request"],
)
def test_the_purchase_plan_comes_from_the_request_or_else_from_the_tags(
    tags: dict[str, str], requested: PurchasePlan | None, planned: PurchasePlan | None
) -> None:
    (target,) = plan_of(image(tags=tags), overrides=Overrides(plan=requested)).targets
    assert target.definition.purchase_plan == planned


def test_the_end_of_life_is_counted_from_the_orchestrations_clock() -> None:
    assert plan_of().targets[0].version.end_of_life is None
    mortal = policy(end_of_life_after_days=30)
    assert plan_of(under=mortal).targets[0].version.end_of_life == NOW + timedelta(days=30)
    requested = Overrides(end_of_life=NOW + timedelta(days=1))
    assert plan_of(under=mortal, overrides=requested).targets[0].version.end_of_life == requested.end_of_life


@pytest.mark.parametrize("excluded", [True, False])
def test_the_policy_decides_whether_a_version_is_excluded_from_latest(excluded: bool) -> None:
    plan = plan_of(under=policy(exclude_from_latest=excluded))
    assert plan.targets[0].version.exclude_from_latest is excluded


def test_the_request_decides_over_the_policy() -> None:
    overrides = Overrides(
        choices=Choices(galleries=[str(OTHER_GALLERY)], definition={"name": "mine"}, regions=["eastus2"])
    )
    (target,) = plan_of(under=policy(regions=["northeurope"]), overrides=overrides).targets
    assert target.definition.id == OTHER_GALLERY.definition("mine")
    assert [region.name for region in target.version.regions] == ["westeurope", "eastus2"]


def test_a_plan_has_the_policys_pace() -> None:
    patient = policy(replication={"deadline_hours": 48, "first_poll_seconds": 5})
    plan = plan_of(under=patient)
    assert plan.pace == Pace(deadline_hours=48, first_poll_seconds=5, longest_poll_seconds=7200)


def test_a_plan_is_the_same_after_json() -> None:
    plan = plan_of(under=policy(galleries=BOTH, regions=["eastus2"], end_of_life_after_days=3))
    sent = plan.model_dump(mode="json")
    assert MigrationPlan.model_validate(sent).model_dump(mode="json") == sent


def test_a_version_in_the_request_replaces_one_that_the_image_lacks() -> None:
    requested = Overrides(version="1.0.0")
    plan = plan_of(under=policy(version={"strategy": "tag", "tag": "build"}), overrides=requested)
    assert plan.outcome == "migrate"


def test_the_number_comes_from_the_images_tag_or_else_from_the_policy() -> None:
    dated = plan_of(under=policy(version="date")).targets[0].version.numbering
    assert dated == Numbering(strategy="date", number="2026.115.83000")
    tagged = plan_of(image(tags={"gallerist:version": "4.0.0"}), under=policy(version="date"))
    assert tagged.targets[0].version.numbering == Numbering(strategy="tag", number="4.0.0")


def test_the_version_has_a_tag_with_its_creation_time() -> None:
    assert plan_of().targets[0].version.tags[CREATED_TAG] == "2026-02-01T12:00:00+00:00"


READER = [Permission(actions=["*/read"])]


def verdicts(plan: MigrationPlan, verdict: str) -> list[str]:
    return [check.name for check in plan.checks if check.verdict == verdict]


def test_a_plan_lists_every_check_in_this_order() -> None:
    """Readers of a plan rely on these names."""
    assert [check.name for check in plan_of().checks] == [
        "disk size",
        "creation time",
        "permissions on managed image web-20260115",
        "regions",
        "replicas",
        "purchase plan",
        "definition name",
        "permissions on gallery golden",
        "definition identity",
        "VM sizes",
        "version",
        "limit of image definitions",
        "limit of image versions",
    ]


@pytest.mark.parametrize(
    ("changes", "name", "detail"),
    [
        (
            {"permissions": []},
            "permissions on managed image web-20260115",
            "lacks Microsoft.Compute/images/read",
        ),
        (
            {"gallery_permissions": READER},
            "permissions on gallery golden",
            "lacks Microsoft.Compute/galleries/images/write, Microsoft.Compute/galleries/images/versions/write",
        ),
        (
            {"under": policy(regions=[{"name": "eastus2", "replicas": 100}])},
            "replicas",
            "101 replicas in all regions together; a version may have 100",
        ),
        (
            {"usage": Usage(definitions={"northeurope": 1000}, versions={})},
            "limit of image definitions",
            "1000 of 1000 in northeurope",
        ),
        (
            {"usage": Usage(definitions={}, versions={"westeurope": 10000})},
            "limit of image versions",
            "10000 of 10000 in westeurope",
        ),
        (
            {
                "definitions": [definition()],
                "versions": [version(of=image("other"))],
                "overrides": Overrides(version="1.0.0"),
            },
            "version",
            "version 1.0.0 belongs to another image",
        ),
        (
            {"definitions": [definition()], "versions": [version()], "overrides": Overrides(version="2.0.0")},
            "version",
            "the image is already version 1.0.0",
        ),
    ],
    ids=["source", "gallery", "replicas", "definitions", "versions", "number taken", "number of its own"],
)
def test_a_failed_check_blocks_the_migration_and_has_a_fix(
    changes: dict[str, Any], name: str, detail: str
) -> None:
    plan = plan_of(**changes)
    assert plan.outcome == "blocked"
    assert verdicts(plan, "failed") == [name]
    assert detail in (plan.reason or "")
    assert plan.fix


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"permissions": None}, ["permissions on managed image web-20260115"]),
        ({"gallery_permissions": None}, ["permissions on gallery golden"]),
        ({"usage": Usage()}, ["limit of image definitions", "limit of image versions"]),
        ({"usage": Usage(definitions={"northeurope": 900}, versions={})}, ["limit of image definitions"]),
        ({"under": policy(regions=[{"name": "eastus2", "replicas": 51}])}, ["replicas"]),
        ({"definitions": [definition("rival", offer="web-20260115")]}, ["definition identity"]),
    ],
    ids=["source", "gallery", "usage unknown", "nearly full", "replicas", "identity"],
)
def test_an_unknown_or_unusual_value_is_a_warning(changes: dict[str, Any], names: list[str]) -> None:
    plan = plan_of(**changes)
    assert plan.outcome == "migrate"
    assert verdicts(plan, "warned") == names


def test_an_existing_version_needs_no_room() -> None:
    full = Usage(definitions={"northeurope": 1000}, versions={"westeurope": 10000})
    plan = plan_of(definitions=[definition()], versions=[version()], usage=full)
    assert (plan.outcome, plan.targets[0].adopts, plan.targets[0].number) == ("migrate", True, "1.0.0")


@pytest.mark.parametrize(
    ("versions", "requested", "number"),
    [
        ([], None, "1.0.0"),
        ([version("1.4.2", of=image("other"))], None, "1.4.3"),
        ([], "7.0.0", "7.0.0"),
    ],
    ids=["first", "next", "requested"],
)
def test_a_plan_shows_the_number_that_the_version_would_get(
    versions: list[ImageVersion], requested: str | None, number: str
) -> None:
    plan = plan_of(definitions=[definition()], versions=versions, overrides=Overrides(version=requested))
    assert (plan.targets[0].number, plan.targets[0].adopts) == (number, False)


def test_a_second_gallery_prefers_the_first_ones_number() -> None:
    plan = plan_of(
        under=policy(galleries=BOTH),
        definitions=[definition()],
        versions=[version("3.0.0", of=image("other"))],
    )
    assert [target.number for target in plan.targets] == ["3.0.1", "3.0.1"]


def test_a_plan_has_an_estimate() -> None:
    plan = plan_of(under=policy(regions=["eastus2"], galleries=BOTH))
    assert plan.estimate == estimate(image(), plan.targets[0].rollout.regions, galleries=2)


def test_a_fix_that_two_failures_share_is_given_once() -> None:
    shared = {"name": "eastus2", "disk_encryption_set": f"{PROVIDER}/diskEncryptionSets/key"}
    elsewhere = shared["disk_encryption_set"].replace(SUBSCRIPTION, SUBSCRIPTION.replace("1", "9"))
    regions = [
        {**shared, "disk_encryption_set": elsewhere},
        {"name": "northeurope", "disk_encryption_set": elsewhere},
    ]
    plan = plan_of(under=policy(regions=regions))
    assert len(verdicts(plan, "failed")) == 3
    assert (plan.fix or "").count("give every region") == 1


def test_planning_changes_none_of_its_inputs() -> None:
    rival = definition("rival", offer="web-20260115")
    before = rival.model_copy(deep=True)
    plan_of(definitions=[rival])
    assert rival == before
