"""Reads consumers of image versions, whatever others wrote into them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.azure.arm import Page
from adapters.azure.followers import (
    Followers,
    parse_machine,
    parse_scale_set,
    parse_upgrade,
    parse_window,
)
from domain.errors import ArmError
from domain.promotion.followers import ScaleSet
from tests.unit.builders import PROVIDER
from tests.unit.domain.promotion.estates import DEFINITION, version_id

SET = ScaleSet(id=f"{PROVIDER}/virtualMachineScaleSets/s", region="eastus2")
MISSING = ArmError(404, "ResourceNotFound", "not found")
DENIED = ArmError(403, "AuthorizationFailed", "no")


class FakeArm:
    """ARM that answers by the last part of the path."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    async def pages(self, subscription: str, path: str) -> AsyncIterator[Any]:
        for item in self._answer(path):
            yield item

    async def page(self, subscription: str, url: str) -> Page:
        return Page(self._answer(url))

    def _answer(self, path: str) -> Any:
        answer = self._answers[path.partition("?")[0].rpartition("/")[2]]
        if isinstance(answer, ArmError):
            raise answer
        return answer


def followers(**answers: Any) -> Followers:
    return Followers(FakeArm(**answers))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "record", [None, [], {}, {"properties": None}, {"properties": {"storageProfile": []}}]
)
def test_a_record_of_another_shape_names_no_image(record: Any) -> None:
    assert parse_machine(record).image() is None
    assert parse_scale_set(record).image() is None
    assert parse_upgrade(record).target is None
    assert parse_window(record) is None


def test_references_are_read() -> None:
    storage = {"imageReference": {"id": str(DEFINITION).upper(), "exactVersion": "1.0.0"}}
    image = parse_machine(
        {"id": "/m", "location": "East US 2", "properties": {"storageProfile": storage}}
    ).image()
    assert image is not None
    assert (image.definition, image.named, image.exact) == (DEFINITION, None, "1.0.0")
    pinned = {
        "virtualMachineProfile": {"storageProfile": {"imageReference": {"id": str(version_id("1.0.0"))}}}
    }
    policy = {"automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}}
    scale_set = parse_scale_set({"id": "/s", "properties": {**pinned, "upgradePolicy": policy}})
    assert scale_set.automatic
    assert not scale_set.follows(DEFINITION)


@pytest.mark.parametrize(
    "target",
    [
        {"id": str(version_id("2.0.0"))},
        {"id": str(DEFINITION), "exactVersion": "2.0.0"},
        {"id": str(DEFINITION), "version": "2.0.0"},
    ],
)
def test_the_target_of_an_upgrade_has_several_forms(target: dict[str, str]) -> None:
    status = {"code": "Faulted", "startTime": "2026-01-05T10:00:00.1234567+00:00"}
    upgrade = parse_upgrade({"properties": {"targetImageReference": target, "runningStatus": status}})
    assert upgrade.is_to(version_id("2.0.0"))
    assert upgrade.went_wrong
    assert upgrade.begun_at is not None


def attempt(code: str, start: str = "2026-01-05T10:00:00+00:00") -> dict[str, Any]:
    return {"properties": {"runningStatus": {"code": code, "startTime": start}}}


@pytest.mark.parametrize(
    ("latest", "code"),
    [
        (attempt("Cancelled"), "Cancelled"),
        (attempt("Cancelled", "2026-01-05T09:00:00+00:00"), "RollingForward"),
        (attempt("RollingForward"), "RollingForward"),
        ({}, "RollingForward"),
        (MISSING, "RollingForward"),
    ],
)
async def test_the_latest_rolling_upgrade_corrects_the_attempt_that_began_with_it(
    latest: Any, code: str
) -> None:
    found = await followers(osUpgradeHistory=[attempt("RollingForward")], latest=latest).upgrades(SET)
    assert [one.code for one in found] == [code]


async def test_a_latest_rolling_upgrade_that_may_not_be_read_is_an_error() -> None:
    with pytest.raises(ArmError):
        await followers(osUpgradeHistory=[attempt("RollingForward")], latest=DENIED).upgrades(SET)


ASSIGNED = [{"properties": {"maintenanceConfigurationId": "/subscriptions/x/c"}}, {"properties": {}}]


@pytest.mark.parametrize(
    ("configuration", "window"),
    [
        (
            {
                "properties": {
                    "maintenanceScope": "OSImage",
                    "maintenanceWindow": {"recurEvery": "1Week Sunday", "startDateTime": "2026-01-04 01:00"},
                }
            },
            "every 1Week Sunday from 2026-01-04 01:00 for some hours",
        ),
        ({"properties": {"maintenanceScope": "OSImage"}}, "a maintenance configuration"),
        ({"properties": {"maintenanceScope": "InGuestPatch"}}, None),
        (DENIED, "a maintenance configuration"),
        (MISSING, None),
    ],
)
async def test_a_window_is_described(configuration: Any, window: str | None) -> None:
    found = await followers(configurationAssignments=ASSIGNED, c=configuration).window(SET)
    assert (found.words if found else None) == window


async def test_lists_are_read() -> None:
    found = followers(
        subscriptions=[{"subscriptionId": "a"}, {}],
        virtualMachines=[
            {"properties": {"storageProfile": {"imageReference": {"exactVersion": "1.0.0"}}}},
            {},
        ],
        virtualMachineScaleSets=[{"id": "/s"}],
    )
    assert await found.subscriptions("x") == ["a"]
    assert await found.instance_versions(SET) == ["1.0.0", None]
    assert len(await found.machines("x")) == 2
    assert [one.id for one in await found.scale_sets("x")] == ["/s"]
