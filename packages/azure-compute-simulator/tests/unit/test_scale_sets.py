"""Scale sets: their instances, and automatic OS upgrades that follow `latest` in their region."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure_compute_simulator.clock import Clock
from azure_compute_simulator.faults import UpgradeFault
from azure_compute_simulator.models.maintenance import next_window
from azure_compute_simulator.simulator import Simulator
from simulator_client import ArmClient
from simulator_documents import COMPUTE, IMAGE, definition, seed, version

DEFINITION_ID = f"{COMPUTE}/galleries/g/images/web"
VERSIONS = "galleries/g/images/web/versions"
SET = "virtualMachineScaleSets/s"
HOUR = 3600
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
MAINTENANCE = COMPUTE.replace("Microsoft.Compute", "Microsoft.Maintenance")


@pytest.fixture
def arm() -> Any:
    """A simulator whose clock stands, with a definition `web` and its version 1.0.0."""
    simulator = Simulator(seed(*weekly_window()), clock=Clock(start=MONDAY, standing=True))
    client = ArmClient(simulator, f"Bearer {simulator.identity.sign('https://management.azure.com/')}")
    client.put("galleries/g", {"location": "eastus2"})
    client.put("galleries/g/images/web", definition())
    client.put(f"{VERSIONS}/1.0.0", version(IMAGE, "eastus2", "westus"))
    yield client
    simulator.close()


def weekly_window() -> list[Any]:
    """A maintenance configuration of Saturdays, assigned to the scale set `windowed`."""
    configuration = f"{MAINTENANCE}/maintenanceConfigurations/saturdays"
    scale_set = f"{COMPUTE}/virtualMachineScaleSets/windowed"
    window = {
        "startDateTime": "2026-01-03 22:00",
        "duration": "05:00",
        "timeZone": "UTC",
        "recurEvery": "1Week Saturday",
    }
    return [
        {
            "id": configuration,
            "location": "eastus2",
            "properties": {"maintenanceScope": "OSImage", "maintenanceWindow": window},
        },
        {
            "id": f"{scale_set}/providers/Microsoft.Maintenance/configurationAssignments/a",
            "location": "eastus2",
            "properties": {"maintenanceConfigurationId": configuration, "resourceId": scale_set},
        },
    ]


def scale_set(
    reference: str = DEFINITION_ID,
    *,
    automatic: bool = True,
    capacity: int = 10,
    location: str = "eastus2",
    **more: Any,
) -> Any:
    return {
        "location": location,
        "sku": {"name": "Standard_D2s_v5", "capacity": capacity},
        "properties": {
            "upgradePolicy": {
                "mode": "Rolling",
                "automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": automatic},
            },
            "virtualMachineProfile": {"storageProfile": {"imageReference": {"id": reference}}},
            **more,
        },
    }


def runs(arm: ArmClient, path: str = SET) -> list[str]:
    """The exact version that each instance runs."""
    listed = arm.get(f"{path}/virtualMachines")["value"]
    return [one["properties"]["storageProfile"]["imageReference"]["exactVersion"] for one in listed]


def history(arm: ArmClient, path: str = SET) -> list[Any]:
    return [entry["properties"] for entry in arm.get(f"{path}/osUpgradeHistory")["value"]]


def pass_time(arm: ArmClient, hours: float) -> None:
    """Lets time pass from one moment at which something is due to the next."""
    end = arm.simulator.clock.now() + timedelta(hours=hours)
    while True:
        due = arm.simulator.azure.next_due()
        if due is None or due > end:
            break
        arm.simulator.move_to(due)
    arm.simulator.move_to(end)


def test_a_scale_set_has_instances_with_their_exact_version(arm: ArmClient) -> None:
    arm.put(SET, scale_set(capacity=3))
    assert runs(arm) == ["1.0.0"] * 3
    (first, *_) = arm.get(f"{SET}/virtualMachines")["value"]
    assert (first["instanceId"], first["properties"]["latestModelApplied"]) == ("0", True)
    assert first["id"] == f"{COMPUTE}/{SET}/virtualMachines/0"
    assert (
        "instanceView"
        in arm.get(f"{SET}/virtualMachines", "api-version=2024-07-01&$expand=instanceView")["value"][0][
            "properties"
        ]
    )
    codes = [status["code"] for status in arm.get(f"{SET}/virtualMachines/0/instanceView")["statuses"]]
    assert codes == ["ProvisioningState/succeeded", "PowerState/running"]
    assert arm.get(f"{SET}/virtualMachines/2")["name"] == "s_2"
    assert arm.error("GET", f"{SET}/virtualMachines/3")[0] == 404
    assert arm.error("DELETE", f"{SET}/virtualMachines/2")[0] == 405
    assert arm.get(SET)["sku"]["capacity"] == 3


def test_the_instances_of_flexible_orchestration_are_machines(arm: ArmClient) -> None:
    arm.put(SET, scale_set(capacity=2, orchestrationMode="Flexible"))
    listed = arm.get(f"{SET}/virtualMachines")["value"]
    machines = arm.get("virtualMachines")["value"]
    assert [one["id"] for one in listed] == [one["id"] for one in machines]
    assert {one["properties"]["virtualMachineScaleSet"]["id"] for one in machines} == {f"{COMPUTE}/{SET}"}
    arm.put(f"{VERSIONS}/1.0.1", version())
    pass_time(arm, 5)
    exact = [
        one["properties"]["storageProfile"]["imageReference"]["exactVersion"]
        for one in arm.get("virtualMachines")["value"]
    ]
    assert exact == ["1.0.1", "1.0.1"]
    arm.send("DELETE", SET)
    arm.simulator.azure.settle()
    assert arm.get("virtualMachines")["value"] == []


def test_an_automatic_upgrade_begins_within_three_hours_and_goes_batch_by_batch(arm: ArmClient) -> None:
    arm.put(SET, scale_set())
    published = arm.simulator.clock.now()
    arm.put(f"{VERSIONS}/1.0.1", version())
    assert arm.error("GET", f"{SET}/rollingUpgrades/latest")[0] == 404
    assert runs(arm) == ["1.0.0"] * 10
    due = arm.simulator.azure.next_due()
    assert due is not None
    assert published < due <= published + timedelta(hours=3)
    arm.simulator.move_to(due)
    (begun,) = history(arm)
    assert begun["runningStatus"]["code"] == "RollingForward"
    assert begun["targetImageReference"] == {"id": f"{DEFINITION_ID}/versions/1.0.1"}
    arm.simulator.skip_time(600)
    assert sorted(set(runs(arm))) == ["1.0.0", "1.0.1"]
    assert history(arm)[0]["progress"]["successfulInstanceCount"] == 2
    pass_time(arm, 2)
    assert runs(arm) == ["1.0.1"] * 10
    assert history(arm)[0]["runningStatus"]["code"] == "Completed"
    latest = arm.get(f"{SET}/rollingUpgrades/latest")
    assert latest["properties"]["runningStatus"]["code"] == "Completed"
    assert "id" not in latest


def test_an_upgrade_follows_what_latest_resolves_to_in_the_region_and_never_goes_back(arm: ArmClient) -> None:
    arm.put(SET, scale_set())
    arm.put("virtualMachineScaleSets/far", scale_set(location="westus"))
    document = version(IMAGE, "eastus2", "westus")
    document["properties"]["publishingProfile"]["targetRegions"][1]["excludeFromLatest"] = True
    arm.put(f"{VERSIONS}/1.0.1", document)
    pass_time(arm, 5)
    assert set(runs(arm)) == {"1.0.1"}
    assert set(runs(arm, "virtualMachineScaleSets/far")) == {"1.0.0"}
    document["properties"]["publishingProfile"]["excludeFromLatest"] = True
    document["properties"]["publishingProfile"]["targetRegions"][0]["excludeFromLatest"] = True
    arm.put(f"{VERSIONS}/1.0.1", document)
    pass_time(arm, 24)
    assert set(runs(arm)) == {"1.0.1"}


def test_a_version_that_is_excluded_again_in_time_starts_nothing(arm: ArmClient) -> None:
    arm.simulator.switches.os_upgrade_delay_seconds = 3 * HOUR
    arm.put(SET, scale_set())
    arm.put(f"{VERSIONS}/1.0.1", version())
    pass_time(arm, 2)
    excluded = version()
    excluded["properties"]["publishingProfile"]["excludeFromLatest"] = True
    arm.put(f"{VERSIONS}/1.0.1", excluded)
    pass_time(arm, 24)
    assert (set(runs(arm)), history(arm)) == ({"1.0.0"}, [])


@pytest.mark.parametrize(
    ("reference", "automatic"), [(DEFINITION_ID, False), (f"{DEFINITION_ID}/versions/1.0.0", True)]
)
def test_a_scale_set_that_is_pinned_or_not_automatic_follows_nothing(
    arm: ArmClient, reference: str, *, automatic: bool
) -> None:
    arm.put(SET, scale_set(reference, automatic=automatic))
    arm.put(f"{VERSIONS}/1.0.1", version())
    pass_time(arm, 24)
    assert set(runs(arm)) == {"1.0.0"}


@pytest.mark.parametrize(
    ("kind", "code", "versions"),
    [("failed", "Faulted", {"1.0.0"}), ("cancelled", "Cancelled", {"1.0.0", "1.0.1"})],
)
def test_an_upgrade_can_fail_or_be_cancelled(
    arm: ArmClient, kind: Any, code: str, versions: set[str]
) -> None:
    """A failed upgrade rolls its batch back. It is not tried again for the same version."""
    arm.simulator.add_fault(UpgradeFault(kind, version="1.0.1"))
    arm.put(SET, scale_set())
    arm.put(f"{VERSIONS}/1.0.1", version())
    pass_time(arm, 48)
    (entry,) = history(arm)
    assert entry["runningStatus"]["code"] == code
    assert ("error" in entry) == (kind == "failed")
    assert set(runs(arm)) == versions
    arm.put(f"{VERSIONS}/1.0.2", version())
    pass_time(arm, 5)
    assert set(runs(arm)) == {"1.0.2"}


def test_an_upgrade_waits_for_the_maintenance_window(arm: ArmClient) -> None:
    path = "virtualMachineScaleSets/windowed"
    arm.put(path, scale_set())
    (assigned,) = arm.get(
        f"{COMPUTE}/{path}/providers/Microsoft.Maintenance/configurationAssignments", "api-version=2023-04-01"
    )["value"]
    configuration = arm.get(assigned["properties"]["maintenanceConfigurationId"], "api-version=2023-04-01")
    assert configuration["properties"]["maintenanceWindow"]["recurEvery"] == "1Week Saturday"
    arm.put(f"{VERSIONS}/1.0.1", version())
    assert arm.simulator.azure.next_due() == datetime(2026, 1, 10, 22, tzinfo=UTC)
    pass_time(arm, 8 * 24)
    (entry,) = history(arm, path)
    assert entry["runningStatus"]["code"] == "Completed"


def test_the_history_has_five_attempts_of_two_months(arm: ArmClient) -> None:
    arm.put(SET, scale_set(capacity=1))
    for patch in range(1, 8):
        arm.put(f"{VERSIONS}/1.0.{patch}", version())
        pass_time(arm, 24)
    targets = [entry["targetImageReference"]["id"].rpartition(".")[2] for entry in history(arm)]
    assert targets == ["7", "6", "5", "4", "3"]
    pass_time(arm, 61 * 24)
    assert history(arm) == []


def test_a_seeded_scale_set_says_what_its_instances_run(arm: ArmClient) -> None:
    document = scale_set() | {"id": f"{COMPUTE}/{SET}", "_simulator": {"instances": ["1.0.0", "0.9.0"]}}
    arm.simulator.reset(seed(document))
    assert runs(arm) == ["1.0.0", "0.9.0"]


def test_another_model_reaches_instances_by_the_upgrade_mode(arm: ArmClient) -> None:
    arm.put(f"{VERSIONS}/1.0.1", version())
    pinned = scale_set(f"{DEFINITION_ID}/versions/1.0.0", automatic=False, capacity=1)
    pinned["properties"]["upgradePolicy"]["mode"] = "Manual"
    arm.put(SET, pinned)
    moved = scale_set(f"{DEFINITION_ID}/versions/1.0.1", automatic=False, capacity=2)
    moved["properties"]["upgradePolicy"]["mode"] = "Manual"
    arm.put(SET, moved)
    listed = [one["properties"] for one in arm.get(f"{SET}/virtualMachines")["value"]]
    assert [one["latestModelApplied"] for one in listed] == [False, True]
    assert runs(arm) == ["1.0.0", "1.0.1"]
    moved["properties"]["upgradePolicy"]["mode"] = "Automatic"
    moved["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]["id"] = (
        f"{DEFINITION_ID}/versions/1.0.0"
    )
    moved["sku"]["capacity"] = 1
    arm.put(SET, moved)
    assert runs(arm) == ["1.0.0"]


def act(arm: ArmClient, action: str, body: Any = None, path: str = SET) -> None:
    """Sends an action as az and the SDKs do, and lets its operation end."""
    response = arm.send("POST", f"{path}/{action}", body)
    assert response.status == 202, response.data
    assert arm.operation(response)["status"] == "InProgress"
    assert arm.get(SET)["properties"]["provisioningState"] == "Updating"
    arm.simulator.skip_time(120)
    assert arm.operation(response)["status"] == "Succeeded"
    assert arm.get(SET)["properties"]["provisioningState"] == "Succeeded"


def behind(arm: ArmClient) -> list[bool]:
    return [not one["properties"]["latestModelApplied"] for one in arm.get(f"{SET}/virtualMachines")["value"]]


def a_changed_model(arm: ArmClient) -> None:
    """A scale set of three whose model went from 1.0.0 to the definition while 1.0.1 is the latest."""
    arm.simulator.azure.transitions.set_default("seconds:120")
    manual = {"upgradePolicy": {"mode": "Manual"}}
    arm.put(f"{VERSIONS}/1.0.1", version())
    arm.simulator.skip_time(300)
    arm.put(SET, scale_set(f"{DEFINITION_ID}/versions/1.0.0", automatic=False, capacity=3, **manual))
    arm.simulator.skip_time(300)
    reference = {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": DEFINITION_ID}}}}
    assert arm.send("PATCH", SET, {"properties": reference}).status == 200
    arm.simulator.skip_time(300)


def test_a_manual_upgrade_gives_the_named_instances_the_model_and_its_latest_version(arm: ArmClient) -> None:
    a_changed_model(arm)
    assert (runs(arm), behind(arm)) == (["1.0.0"] * 3, [True] * 3)
    act(arm, "manualupgrade", {"instanceIds": ["1"]})
    assert (runs(arm), behind(arm)) == (["1.0.0", "1.0.1", "1.0.0"], [True, False, True])
    act(arm, "manualupgrade", {"instanceIds": ["*"]})
    assert (runs(arm), behind(arm)) == (["1.0.1"] * 3, [False] * 3)


@pytest.mark.parametrize("action", ["reimage", "reimageall"])
def test_a_reimage_keeps_the_version_of_the_os_disk_and_leaves_the_model_behind(
    arm: ArmClient, action: str
) -> None:
    a_changed_model(arm)
    act(arm, action)
    act(arm, action, {"instanceIds": ["0"]})
    act(arm, action, path=f"{SET}/virtualMachines/0")
    assert (runs(arm), behind(arm)) == (["1.0.0"] * 3, [True] * 3)


def test_a_reimage_takes_the_exact_version_that_it_names(arm: ArmClient) -> None:
    a_changed_model(arm)
    act(arm, "reimage", {"instanceIds": ["0", "2"], "exactVersion": "1.0.1"})
    act(arm, "reimage", {"exactVersion": "1.0.0"}, path=f"{SET}/virtualMachines/0")
    assert (runs(arm), behind(arm)) == (["1.0.0", "1.0.0", "1.0.1"], [True] * 3)


@pytest.mark.parametrize(
    ("action", "body", "message"),
    [
        ("manualupgrade", {}, "'instanceIds' is missing"),
        ("manualupgrade", {"instanceIds": ["7"]}, "The provided instanceId 7 is not an active"),
        ("reimage", {"instanceIds": ["7"]}, "The provided instanceId 7 is not an active"),
        ("reimage", {"exactVersion": "9.0.0"}, "'9.0.0' of instance 0 was not found"),
    ],
)
def test_an_action_on_what_does_not_exist_is_refused(
    arm: ArmClient, action: str, body: Any, message: str
) -> None:
    arm.put(SET, scale_set(capacity=1))
    status, error = arm.error("POST", f"{SET}/{action}", body)
    assert (status, error["code"]) == (400, "InvalidParameter")
    assert message in error["message"]


def test_an_action_needs_a_right_of_its_own(arm: ArmClient) -> None:
    arm.put(SET, scale_set(capacity=1))
    client = arm.simulator.identity.principal(arm.authorization).client_id
    role = {"principal": client, "scope": "/", "actions": ["Microsoft.Compute/virtualMachineScaleSets/write"]}
    arm.simulator.set_roles([role])
    for path, action in (("reimage", "reimage"), ("virtualMachines/0/reimage", "virtualMachines/reimage")):
        status, error = arm.error("POST", f"{SET}/{path}")
        assert (status, error["code"]) == (403, "AuthorizationFailed")
        assert f"'Microsoft.Compute/virtualMachineScaleSets/{action}/action'" in error["message"]


# (startDateTime, recurEvery, timeZone), the moment, and when the window opens next: by hand
WINDOWS = [
    (("2026-01-01 02:00", "Day", "W. Europe Standard Time"), "2026-03-28T12:00Z", "2026-03-29T01:00Z"),
    (("2026-01-01 02:00", "Day", "W. Europe Standard Time"), "2026-03-29T12:00Z", "2026-03-30T00:00Z"),
    (("2026-01-01 22:00", "Day", "Pacific Standard Time"), "2026-03-07T20:00Z", "2026-03-08T06:00Z"),
    (("2026-01-01 22:00", "Day", "Pacific Standard Time"), "2026-03-08T20:00Z", "2026-03-09T05:00Z"),
    (("2026-01-01 22:00", "Day", "Pacific Standard Time"), "2026-11-01T20:00Z", "2026-11-02T06:00Z"),
    (("2026-01-01 02:00", "3Days", "India Standard Time"), "2026-01-02T12:00Z", "2026-01-03T20:30Z"),
    (("2026-01-03 22:00", "Week Tuesday,Saturday", "UTC"), "2026-01-05T00:00Z", "2026-01-06T22:00Z"),
    (("2026-01-03 22:00", "2Weeks", "UTC"), "2026-01-05T00:00Z", "2026-01-17T22:00Z"),
    # it is open
    (("2026-01-01 02:00", "Day", "W. Europe Standard Time"), "2026-07-01T04:59Z", "2026-07-01T04:59Z"),
    (("2026-01-01 02:00", "Day", "W. Europe Standard Time"), "2026-07-01T05:00Z", "2026-07-02T00:00Z"),
    # the first opening is still to come
    (("2026-09-01 00:00", "Day", "UTC"), "2026-03-01T00:00Z", "2026-09-01T00:00Z"),
]


@pytest.mark.parametrize(("window", "moment", "opens"), WINDOWS)
def test_a_window_opens_by_the_wall_clock_of_its_time_zone(
    arm: ArmClient, window: tuple[str, str, str], moment: str, opens: str
) -> None:
    start, every, zone = window
    (configuration,) = (one for one in arm.simulator.azure.resources.values() if one.id.name == "saturdays")
    configuration.properties["maintenanceWindow"] = {
        "startDateTime": start,
        "recurEvery": every,
        "timeZone": zone,
        "duration": "05:00",
    }
    arm.put("virtualMachineScaleSets/windowed", scale_set())
    set_id = next(one.id for one in arm.simulator.azure.resources.values() if one.id.name == "windowed")
    found = next_window(arm.simulator.azure, set_id, datetime.fromisoformat(moment))
    assert found == datetime.fromisoformat(opens)


@pytest.mark.parametrize(
    ("name", "value"), [("timeZone", "Mars Standard Time"), ("recurEvery", "Month day23")]
)
def test_a_window_that_is_not_simulated_says_so(arm: ArmClient, name: str, value: str) -> None:
    (configuration,) = (one for one in arm.simulator.azure.resources.values() if one.id.name == "saturdays")
    configuration.properties["maintenanceWindow"][name] = value
    arm.put("virtualMachineScaleSets/windowed", scale_set())
    set_id = next(one.id for one in arm.simulator.azure.resources.values() if one.id.name == "windowed")
    with pytest.raises(ValueError, match="not simulated"):
        next_window(arm.simulator.azure, set_id, MONDAY)
