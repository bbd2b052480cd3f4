"""Who uses an image, over HTTP, and re-pointing a scale set, which is read back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from local.arm import call_arm
from tests.workflow.conftest import stack
from tests.workflow.estate import HERE, THERE, Estate, an_image

PROVIDERS = f"/subscriptions/{HERE}/resourceGroups/packer/providers"
SCALE_SETS = f"{PROVIDERS}/Microsoft.Compute/virtualMachineScaleSets"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """An app without events, so that images are migrated only where a test asks for it."""
    with stack(tmp_path_factory.mktemp("stack")) as running, Estate(running) as estate:
        yield estate


@pytest.fixture(autouse=True)
def as_usual(estate: Estate) -> Iterator[None]:
    yield
    switches = {"resource_graph_empty": False, "resource_graph_lag_seconds": 0}
    estate.stack.control("POST", "switches", switches)
    estate.stack.control("POST", "roles", {"roles": []})


def write(estate: Estate, id_: str, properties: dict[str, Any], **more: Any) -> str:
    body = {"location": "eastus2", "properties": properties, **more}
    call_arm(estate.stack, "PUT", id_, body).raise_for_status()
    estate.stack.let_pass(timedelta(hours=1))
    return id_


def scale_set(estate: Estate, name: str, image: str, mode: str = "Manual") -> str:
    profile = {"storageProfile": {"imageReference": {"id": image}}}
    properties = {"upgradePolicy": {"mode": mode}, "virtualMachineProfile": profile}
    sku = {"name": "Standard_D2s_v3", "capacity": 2}
    return write(estate, f"{SCALE_SETS}/{name}", properties, sku=sku)


def references(estate: Estate, **query: str) -> dict[str, Any]:
    """Asks until everything was read, as `Retry-After` says."""
    for _ in range(20):
        # Resource Graph's quota fills again on the virtual clock only
        estate.stack.let_pass(timedelta(seconds=10))
        response = estate.http.get(f"{estate.stack.api}/references", params=query)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        if answer["unread"] is None:
            return answer
        assert response.headers["Retry-After"]
    raise AssertionError(answer)


def repointed(estate: Estate, version: str, *consumers: str) -> list[dict[str, Any]]:
    started = estate.http.post(
        f"{estate.stack.api}/references/repoint", json={"version": version, "consumers": consumers}
    )
    assert started.status_code == 202, started.text
    address = started.headers["Location"]

    def look() -> Any:
        found = estate.http.get(address).json()
        return found if found["ended"] else None

    return list(estate.eventually(look)["consumers"])


def test_a_pool_without_a_machine_of_ours_is_shown_and_blocks(estate: Estate) -> None:
    image = estate.write(an_image("pooled"))
    account = write(estate, f"{PROVIDERS}/Microsoft.Batch/batchAccounts/jobs", {})
    configuration = {"virtualMachineConfiguration": {"imageReference": {"id": image}}}
    pool = write(estate, f"{account}/pools/nightly", {"deploymentConfiguration": configuration})

    answer = references(estate, image=image)

    (one,) = answer["references"]
    assert (one["id"], one["kind"], one["blocks"], one["found_by"]) == (pool, "Batch pool", True, "provider")
    assert (answer["blocking"], answer["complete"], answer["unreadable"]) == (1, True, [])
    assert one["todo"].startswith("Make a new pool")
    assert answer["subscriptions"] == [HERE, THERE]


def test_one_that_only_resource_graph_sees_blocks(estate: Estate) -> None:
    image = estate.write(an_image("clustered"))
    cluster = write(estate, f"{PROVIDERS}/Microsoft.ServiceFabric/managedClusters/c", {})
    write(estate, f"{cluster}/nodeTypes/n", {"vmImageResourceId": image.upper()})

    (one,) = references(estate, image=image)["references"]

    assert (one["found_by"], one["relation"], one["blocks"]) == ("graph", "unknown", True)


def test_one_that_only_the_provider_sees_blocks_while_resource_graph_lags(estate: Estate) -> None:
    image = estate.write(an_image("lagging"))
    estate.stack.control("POST", "switches", {"resource_graph_lag_seconds": 10**8})
    scale_set(estate, "fresh", image)

    answer = references(estate, image=image)

    assert [(one["kind"], one["found_by"], one["blocks"]) for one in answer["references"]] == [
        ("scale set", "provider", True)
    ]


def test_a_subscription_that_became_unreadable_is_expected_all_the_same(estate: Estate) -> None:
    image = estate.write(an_image("denied"))
    assert references(estate, image=image)["complete"]
    role = {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": f"/subscriptions/{HERE}", "actions": ["*"]}
    estate.stack.control("POST", "roles", {"roles": [role]})

    answer = references(estate, image=image)

    assert (answer["complete"], answer["subscriptions"]) == (False, [HERE])
    assert {one["subscription"] for one in answer["unreadable"]} == {THERE}


def test_an_empty_resource_graph_is_an_alarm(estate: Estate) -> None:
    image = estate.write(an_image("hidden"))
    assert references(estate, image=image)["complete"]
    estate.stack.control("POST", "switches", {"resource_graph_empty": True})
    answer = references(estate, image=image)
    assert not answer["complete"]
    assert HERE in {one["subscription"] for one in answer["unreadable"]}


def test_a_scale_set_is_repointed_and_read_back(estate: Estate) -> None:
    image = estate.write(an_image("moved"))
    assert estate.http.post(f"{estate.stack.api}/migrations", json={"image": image}).status_code == 202
    ended = estate.ended(image)
    version = ended["targets"][0]["version_id"]
    id_ = scale_set(estate, "moving", image)

    found = {one["kind"]: one for one in references(estate, image=image)["references"]}
    # the version was made from the image, and lives on without it
    assert (found.keys(), found["image version"]["blocks"]) == ({"scale set", "image version"}, False)
    one = found["scale set"]
    assert (one["repoint"]["possible"], one["repoint"]["new"]) == (True, version)
    assert "az vmss update-instances" in one["todo"]
    body = {"version": version, "consumers": [id_, f"{PROVIDERS}/Microsoft.Compute/virtualMachines/none"]}
    planned = estate.http.post(f"{estate.stack.api}/references/repoint/plan", json=body).json()["plans"]
    assert [(plan["possible"], plan["upgrade_mode"]) for plan in planned] == [(True, "Manual"), (False, None)]
    assert writes(estate, id_) == 1

    outcomes = repointed(estate, version, *body["consumers"])

    assert [one["outcome"] for one in outcomes] == ["repointed", "refused"]
    model = call_arm(estate.stack, "GET", id_).json()["properties"]["virtualMachineProfile"]
    assert model["storageProfile"]["imageReference"]["id"] == version
    assert references(estate, image=image)["blocking"] == 0
    assert references(estate, version=version)["blocking"] == 1
    # a second request finds it done, and writes nothing
    assert [one["outcome"] for one in repointed(estate, version, id_)] == ["repointed"]
    assert writes(estate, id_) == 2


def writes(estate: Estate, id_: str) -> int:
    requests = estate.stack.control("GET", "requests")
    return len([one for one in requests if one["path"] == id_ and one["method"] in ("PUT", "PATCH")])


def test_a_killed_host_repoints_once(estate: Estate) -> None:
    image = estate.write(an_image("killed"))
    assert estate.http.post(f"{estate.stack.api}/migrations", json={"image": image}).status_code == 202
    version = estate.ended(image)["targets"][0]["version_id"]
    id_ = scale_set(estate, "killed", image, "Rolling")
    started = estate.http.post(
        f"{estate.stack.api}/references/repoint", json={"version": version, "consumers": [id_]}
    )
    instance = started.json()["id"]
    estate.eventually(lambda: writes(estate, id_) == 2)
    estate.stack.kill_host()
    estate.stack.start_host()

    def look() -> Any:
        found = estate.http.get(f"{estate.stack.api}/references/repoint/{instance}").json()
        return found if found["ended"] else None

    assert [one["outcome"] for one in estate.eventually(look)["consumers"]] == ["repointed"]
    assert writes(estate, id_) == 2


@pytest.mark.parametrize("query", ["", "?image=x", "?version=1.0.0"])
def test_a_request_without_an_id_is_refused(estate: Estate, query: str) -> None:
    response = estate.http.get(f"{estate.stack.api}/references{query}")
    assert response.status_code == 400
