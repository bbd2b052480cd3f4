"""Resources of other providers that name an image, the registration of providers, and Resource Graph."""

import json
from typing import Any

import pytest
from azure_compute_simulator.simulator import Simulator
from simulator_client import ArmClient
from simulator_documents import COMPUTE, GROUP, IMAGE, SUBSCRIPTION, seed

PROVIDERS = f"/subscriptions/{SUBSCRIPTION}/providers"
ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
ACCOUNT = f"{ROOT}/Microsoft.Batch/batchAccounts/jobs"
POOL = {
    "id": f"{ACCOUNT}/pools/nightly",
    "location": "eastus2",
    "properties": {
        "deploymentConfiguration": {"virtualMachineConfiguration": {"imageReference": {"id": IMAGE}}}
    },
}
SCALE_SET = {
    "id": f"{COMPUTE}/virtualMachineScaleSets/web",
    "location": "eastus2",
    "properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": IMAGE}}}},
    "_simulator": {"instances": [{"storageProfile": {"imageReference": {"id": IMAGE}}}]},
}
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
NAMING = (
    "resources | where tostring(properties) contains 'images/web' "
    "| project id, type, subscriptionId, location, properties | order by id asc"
)


@pytest.fixture
def arm() -> Any:
    simulator = Simulator(seed({"id": ACCOUNT, "location": "eastus2", "properties": {}}, POOL, SCALE_SET))
    yield ArmClient(simulator, f"Bearer {simulator.identity.sign('https://management.azure.com/')}")
    simulator.close()


def ask(arm: ArmClient, query: str = NAMING, **options: Any) -> Any:
    response = arm.send("POST", GRAPH, {"query": query, "options": options}, "api-version=2022-10-01")
    return response.status, json.loads(response.data), response.headers


def names(arm: ArmClient, query: str = NAMING) -> list[str]:
    return [row["id"].rpartition("/")[2] for row in ask(arm, query)[1]["data"]]


def test_a_stored_document_is_listed_as_it_was_sent(arm: ArmClient) -> None:
    (account,) = arm.get(f"{PROVIDERS}/microsoft.batch/batchaccounts", "api-version=2024-07-01")["value"]
    (pool,) = arm.get(f"{account['id']}/pools", "api-version=2024-07-01")["value"]
    assert pool["id"] == POOL["id"]
    assert pool["properties"] == {**POOL["properties"], "provisioningState": "Succeeded"}


def test_a_type_of_another_provider_has_api_versions_of_its_own(arm: ArmClient) -> None:
    """A Batch account refuses the versions of image templates, and a stable host pool has no configurations."""
    status, error = arm.error(
        "GET", f"{PROVIDERS}/Microsoft.Batch/batchAccounts", query="api-version=2024-03-03"
    )
    assert (status, error["code"]) == (404, "InvalidResourceType")
    assert "'batchAccounts' could not be found in the namespace 'Microsoft.Batch'" in error["message"]
    configurations = f"{ROOT}/Microsoft.DesktopVirtualization/hostPools/desks/sessionHostConfigurations"
    assert arm.error("GET", configurations, query="api-version=2024-04-03")[0] == 404
    arm.put(
        f"{ROOT}/Microsoft.DesktopVirtualization/hostPools/desks", {"location": "eastus2", "properties": {}}
    )
    assert arm.get(configurations, "api-version=2025-04-01-preview")["value"] == []


def test_a_client_writes_and_deletes_a_stored_document(arm: ArmClient) -> None:
    template = f"{ROOT}/Microsoft.VirtualMachineImages/imageTemplates/weekly"
    arm.put(template, {"location": "eastus2", "properties": {"source": {"imageId": IMAGE}}})
    assert arm.get(template)["properties"]["source"] == {"imageId": IMAGE}
    assert arm.send("DELETE", template).status == 202
    assert arm.error("GET", template)[0] == 404


def test_the_machines_of_a_scale_set_are_listed_as_the_seed_describes_them(arm: ArmClient) -> None:
    (instance,) = arm.get("virtualMachineScaleSets/web/virtualMachines")["value"]
    assert instance["instanceId"] == "0"
    assert instance["properties"]["storageProfile"]["imageReference"] == {"id": IMAGE}


def test_a_list_needs_the_action_of_its_type(arm: ArmClient) -> None:
    client = arm.simulator.identity.principal(arm.authorization).client_id
    role = {"principal": client, "scope": "/", "actions": ["Microsoft.Batch/batchAccounts/read"]}
    arm.simulator.set_roles([role])
    arm.get(f"{PROVIDERS}/Microsoft.Batch/batchAccounts", "api-version=2024-07-01")
    status, error = arm.error("GET", f"{ACCOUNT}/pools")
    assert (status, error["code"]) == (403, "AuthorizationFailed")
    assert "Microsoft.Batch/batchAccounts/pools/read" in error["message"]


def test_an_unregistered_provider_refuses_and_says_that_it_is_not_registered(arm: ArmClient) -> None:
    arm.simulator.switches.unregistered_providers = ("Microsoft.Batch",)
    status, error = arm.error("GET", f"{PROVIDERS}/Microsoft.Batch/batchAccounts")
    assert (status, error["code"]) == (409, "MissingSubscriptionRegistration")
    assert arm.get(f"{PROVIDERS}/Microsoft.Batch")["registrationState"] == "NotRegistered"
    assert arm.get(f"{PROVIDERS}/Microsoft.DevCenter")["registrationState"] == "Registered"
    assert arm.error("GET", f"{PROVIDERS}/Contoso.Nothing")[1]["code"] == "InvalidResourceNamespace"


def test_a_caller_sees_the_subscriptions_in_which_it_has_a_role(arm: ArmClient) -> None:
    listed = arm.get("/subscriptions", "api-version=2022-12-01")["value"]
    assert [row["subscriptionId"] for row in listed] == [SUBSCRIPTION]
    client = arm.simulator.identity.principal(arm.authorization).client_id
    elsewhere = "/subscriptions/11111111-0000-4000-8000-000000000000"
    arm.simulator.set_roles([{"principal": client, "scope": elsewhere, "actions": ["*"]}])
    assert arm.get("/subscriptions", "api-version=2022-12-01")["value"] == []
    arm.simulator.set_roles(
        [{"principal": client, "scope": COMPUTE.split("/providers")[0], "actions": ["*"]}]
    )
    assert len(arm.get("/subscriptions", "api-version=2022-12-01")["value"]) == 1


def test_resource_graph_finds_the_resources_of_a_table_that_name_a_text(arm: ArmClient) -> None:
    assert names(arm) == ["web"]
    assert names(arm, NAMING.replace("resources", "computeresources", 1)) == ["0"]
    assert names(arm, NAMING.replace("resources", "batchresources", 1)) == ["nightly"]
    assert names(arm, NAMING.replace("images/web", "images/other")) == []


def test_resource_graph_counts_the_rows_of_each_subscription(arm: ArmClient) -> None:
    text = "resources | summarize rows = count() by subscriptionId | order by subscriptionId asc"
    assert ask(arm, text)[1]["data"] == [{"subscriptionId": SUBSCRIPTION, "rows": 6}]


def test_resource_graph_refuses_an_unknown_query_and_an_unknown_token(arm: ArmClient) -> None:
    status, body, _ = ask(arm, "resources | take 5")
    assert (status, body["error"]["code"]) == (400, "BadRequest")
    status, body, _ = ask(arm, **{"$skipToken": "nothing"})
    assert (status, body["error"]["details"][0]["code"]) == (400, "InvalidSkipToken")


def test_resource_graph_has_pages_with_a_token(arm: ArmClient) -> None:
    text = NAMING.replace("images/web", "a")
    whole = [row["id"] for row in ask(arm, text)[1]["data"]]
    _, first, _ = ask(arm, text, **{"$top": 2})
    assert (first["count"], first["resultTruncated"]) == (2, "true")
    _, second, _ = ask(arm, text, **{"$top": 1000, "$skipToken": first["$skipToken"]})
    assert "$skipToken" not in second
    assert [row["id"] for row in first["data"] + second["data"]] == whole


def test_resource_graph_can_truncate_without_a_token(arm: ArmClient) -> None:
    arm.simulator.switches.resource_graph_truncates_after = 0
    _, body, _ = ask(arm)
    assert (body["data"], body["resultTruncated"], body["totalRecords"]) == ([], "true", 1)
    assert "$skipToken" not in body


def test_resource_graph_allows_15_queries_in_5_seconds(arm: ArmClient) -> None:
    left = [int(ask(arm)[2]["x-ms-user-quota-remaining"]) for _ in range(15)]
    assert left == sorted(left, reverse=True)
    status, body, headers = ask(arm)
    assert (status, body["error"]["code"]) == (429, "RateLimiting")
    assert headers["x-ms-user-quota-resets-after"] == "00:00:05"
    arm.simulator.skip_time(5)
    assert ask(arm)[0] == 200


def test_resource_graph_lags(arm: ArmClient) -> None:
    arm.simulator.switches.resource_graph_lag_seconds = 60
    machine = {"location": "eastus2", "properties": {"source": {"imageId": IMAGE}}}
    arm.put(f"{ROOT}/Microsoft.VirtualMachineImages/imageTemplates/late", machine)
    assert names(arm) == ["web"]
    arm.simulator.skip_time(61)
    assert names(arm) == ["late", "web"] or names(arm) == ["web", "late"]
    arm.send("DELETE", f"{ROOT}/Microsoft.VirtualMachineImages/imageTemplates/late")
    assert "late" in names(arm)
    arm.simulator.skip_time(61)
    assert names(arm) == ["web"]


def test_resource_graph_shows_fewer_rows_where_rights_are_missing(arm: ArmClient) -> None:
    client = arm.simulator.identity.principal(arm.authorization).client_id
    role = {"principal": client, "scope": f"/subscriptions/{SUBSCRIPTION}"}
    arm.simulator.set_roles([{**role, "actions": ["Microsoft.Compute/images/read"]}])
    assert names(arm) == []
    arm.simulator.set_roles([{**role, "actions": ["Contoso.Nothing/read"]}])
    assert ask(arm)[0] == 403


def test_resource_graph_can_hide_a_subscription_or_be_empty(arm: ArmClient) -> None:
    arm.simulator.switches.resource_graph_hidden = (SUBSCRIPTION,)
    assert names(arm) == []
    arm.simulator.switches.resource_graph_hidden = ()
    arm.simulator.switches.resource_graph_empty = True
    assert names(arm) == []


def test_disks_and_machines_name_their_image() -> None:
    """A disk and a machine with an ephemeral OS disk show what the seed says of them."""
    os_disk = {"diffDiskSettings": {"option": "Local", "placement": "CacheDisk"}}
    storage = {"imageReference": {"id": IMAGE}, "osDisk": os_disk}
    machine = {
        "id": f"{COMPUTE}/virtualMachines/fleeting",
        "location": "eastus2",
        "properties": {"storageProfile": storage},
    }
    creation = {"createOption": "FromImage", "imageReference": {"id": IMAGE}}
    disk = {"id": f"{COMPUTE}/disks/made", "location": "eastus2", "properties": {"creationData": creation}}
    simulator = Simulator(seed(machine, disk))
    arm = ArmClient(simulator, f"Bearer {simulator.identity.sign('https://management.azure.com/')}")
    assert arm.get("virtualMachines/fleeting")["properties"]["storageProfile"] == storage
    assert arm.get("disks/made")["properties"]["creationData"] == creation
    simulator.close()


def test_a_system_topic_and_its_event_subscriptions_are_listed_as_they_were_sent(arm: ArmClient) -> None:
    topic = f"{ROOT}/Microsoft.EventGrid/systemTopics/writes"
    source = {"source": f"/subscriptions/{SUBSCRIPTION}", "topicType": "Microsoft.Resources.Subscriptions"}
    function = {"endpointType": "AzureFunction", "properties": {"resourceId": "/x/functions/image_events"}}
    below = f"{topic}/eventSubscriptions/images"
    api = "api-version=2022-06-15"
    for path, body in (
        (topic, {"location": "global", "properties": source}),
        (below, {"properties": {"destination": function}}),
    ):
        response = arm.send("PUT", path, body, api)
        assert response.status == 201, response.data
    (found,) = arm.get(f"{PROVIDERS}/Microsoft.EventGrid/systemTopics", api)["value"]
    assert {**source, "provisioningState": found["properties"]["provisioningState"]} == found["properties"]
    (listed,) = arm.get(f"{topic}/eventSubscriptions", api)["value"]
    assert listed["properties"]["destination"] == function
