"""Whether a consumer can be re-pointed, the sequence for its upgrade mode, and what to do instead."""

from typing import Any

import pytest

from domain.references.kinds import KINDS
from domain.references.repoint import (
    SCALE_SET,
    RepointPlan,
    Source,
    Target,
    model_image,
    patch_body,
    plan_repoint,
    repoint_id,
)
from domain.references.repoint_texts import INSTEAD
from tests.unit.builders import GALLERY, PROVIDER

ID = f"{PROVIDER}/virtualMachineScaleSets/web"
OLD = f"{PROVIDER}/images/web"
NEW = GALLERY.definition("web").version("1.0.0")
SOURCE = Source(os_type="Linux", hyper_v_generation="V2")


def target(**changes: Any) -> Target:
    fields = {
        "version_id": NEW,
        "provisioning_state": "Succeeded",
        "regions": ["westeurope"],
        "os_type": "Linux",
        "hyper_v_generation": "V2",
        "security_type": "Standard",
    }
    return Target(**{**fields, **changes})


def scale_set(mode: str = "Manual", **changes: Any) -> dict[str, Any]:
    profile = {"storageProfile": {"imageReference": {"id": OLD}, **changes.pop("storage", {})}, **changes}
    properties = {"upgradePolicy": {"mode": mode}, "virtualMachineProfile": profile}
    return {"id": ID, "location": "West Europe", "properties": properties}


def planned(document: Any = None, source: Source = SOURCE, to: Target | None = None) -> RepointPlan:
    return plan_repoint(ID, SCALE_SET, document or scale_set(), source, to or target())


def test_a_scale_set_that_fits_can_be_repointed() -> None:
    plan = planned()
    assert (plan.possible, plan.reasons, plan.old, plan.new) == (True, [], OLD, str(NEW))
    assert not plan.done
    assert planned(scale_set(storage={"imageReference": {"id": str(NEW).upper()}})).done


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("Manual", "az vmss update-instances --resource-group builds --name web"),
        ("Rolling", "az vmss rolling-upgrade get-latest --resource-group builds --name web"),
        ("Automatic", "all instances at once"),
        ("Weekly", "The upgrade mode Weekly is not known"),
    ],
)
def test_the_sequence_depends_on_the_upgrade_mode(mode: str, text: str) -> None:
    plan = planned(scale_set(mode))
    assert plan.upgrade_mode == mode
    assert plan.steps[0].startswith(f"Gallerist sends PATCH {ID}")
    assert text in plan.steps[1]
    assert plan.steps[-1].startswith("Scan for references again")


def test_a_flexible_scale_set_keeps_its_machines() -> None:
    document = scale_set()
    document["properties"]["orchestrationMode"] = "Flexible"
    plan = planned(document)
    assert (plan.upgrade_mode, "keep their disks" in plan.steps[1]) == ("Flexible", True)


def test_a_scale_set_with_automatic_os_upgrades_would_no_longer_follow_latest() -> None:
    document = scale_set("Rolling")
    document["properties"]["upgradePolicy"]["automaticOSUpgradePolicy"] = {"enableAutomaticOSUpgrade": True}
    assert any("Automatic OS upgrades are on" in step for step in planned(document).steps)


def disk(lun: Any, option: str = "FromImage") -> dict[str, Any]:
    return {"dataDisks": [{"lun": lun, "createOption": option}]}


@pytest.mark.parametrize(
    ("document", "source", "to", "reason"),
    [
        (scale_set(), SOURCE, target(provisioning_state="Updating"), "the version is Updating"),
        (scale_set(), SOURCE, target(regions=["eastus2"]), "not replicated to westeurope"),
        (scale_set(), SOURCE, target(os_type="Windows"), "uses OS type Linux, the version has Windows"),
        (scale_set(), SOURCE, target(hyper_v_generation="V1"), "uses generation V2, the version has V1"),
        (scale_set(), Source(), target(), "the OS type of the image that it uses now cannot be read"),
        (
            scale_set(storage={"imageReference": {"offer": "ubuntu"}}),
            SOURCE,
            target(),
            "names no image of its own",
        ),
        (
            scale_set(securityProfile={"securityType": "TrustedLaunch"}),
            SOURCE,
            target(),
            "security type TrustedLaunch, the definition Standard",
        ),
        (scale_set(), SOURCE, target(security_type="TrustedLaunch"), "security type Standard"),
        (scale_set(storage=disk(1)), SOURCE, target(data_disk_luns=[0]), "lacks: LUN [1]"),
    ],
)
def test_a_version_that_does_not_fit_is_refused_with_the_reason(
    document: Any, source: Source, to: Target, reason: str
) -> None:
    plan = planned(document, source, to)
    assert (plan.possible, plan.steps) == (False, [])
    assert reason in "; ".join(plan.reasons)


@pytest.mark.parametrize(
    ("machines", "definition"),
    [
        ("TrustedLaunch", "TrustedLaunchSupported"),
        ("TrustedLaunch", "TrustedLaunch"),
        ("ConfidentialVM", "ConfidentialVMSupported"),
        ("Standard", "TrustedLaunchSupported"),
    ],
)
def test_machines_fit_a_definition_that_supports_their_security_type(machines: str, definition: str) -> None:
    document = scale_set(securityProfile={"securityType": machines})
    assert planned(document, to=target(security_type=definition)).possible


def test_data_disks_that_the_version_has_or_that_are_empty_are_no_obstacle() -> None:
    assert planned(scale_set(storage=disk(0)), to=target(data_disk_luns=[0])).possible
    assert planned(scale_set(storage=disk(5, "Empty"))).possible


def test_a_scale_set_that_is_gone_is_refused() -> None:
    assert plan_repoint(ID, SCALE_SET, None, SOURCE, target()).reasons == ["it does not exist"]


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.name != "scale set"], ids=lambda kind: kind.name
)
def test_every_other_kind_says_what_to_do_instead(kind: Any) -> None:
    plan = plan_repoint("/x", kind.type, {}, SOURCE, target())
    assert not plan.possible
    assert plan.steps == [INSTEAD[kind.name].format(new=NEW)]


def test_an_unknown_kind_says_whom_to_ask() -> None:
    plan = plan_repoint("/x", "Contoso.Widgets/widgets", {}, SOURCE, target())
    assert plan.steps == [f"Ask the resource's owner to use {NEW} instead."]


def test_only_the_image_is_sent() -> None:
    document = scale_set()
    body = patch_body(NEW)
    assert model_image({**document, **body}) == str(NEW)
    assert body == {
        "properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": str(NEW)}}}}
    }


@pytest.mark.parametrize(
    "document", [{}, {"properties": None}, {"properties": {"virtualMachineProfile": []}}]
)
def test_an_odd_scale_set_is_refused_and_crashes_nothing(document: Any) -> None:
    assert not plan_repoint(ID, SCALE_SET, document, SOURCE, target()).possible


def test_one_request_has_one_id_whatever_the_order_and_the_case() -> None:
    assert repoint_id(NEW, ["/A", "/b"]) == repoint_id(NEW, ["/B", "/a"])
    assert repoint_id(NEW, ["/a"]) != repoint_id(NEW, ["/b"])
