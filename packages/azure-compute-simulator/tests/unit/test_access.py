"""Roles, locks and limits."""

import json
from typing import Any

import pytest
from azure_compute_simulator import RequestFault
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID
from simulator_client import IMAGES, ArmClient
from simulator_documents import COMPUTE, GROUP, IMAGE, SUBSCRIPTION, version

VERSION = "galleries/g/images/web/versions/1.0.0"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"


def role(
    *actions: str, scope: str = GROUP_ID, principal: str = SYSTEM_ASSIGNED_CLIENT_ID, **more: Any
) -> Any:
    return {"principal": principal, "scope": scope, "actions": list(actions), **more}


NEEDED = [
    ("GET", "images/web", None, "Microsoft.Compute/images/read"),
    ("GET", "images", None, "Microsoft.Compute/images/read"),
    ("PUT", "images/new", {"location": "eastus2"}, "Microsoft.Compute/images/write"),
    ("PATCH", "images/web", {"tags": {}}, "Microsoft.Compute/images/write"),
    ("DELETE", "images/web", None, "Microsoft.Compute/images/delete"),
    ("PUT", "galleries/h", {"location": "eastus2"}, "Microsoft.Compute/galleries/write"),
    ("GET", "galleries/g/images", None, "Microsoft.Compute/galleries/images/read"),
    ("PUT", VERSION, {}, "Microsoft.Compute/galleries/images/versions/write"),
    ("DELETE", VERSION, None, "Microsoft.Compute/galleries/images/versions/delete"),
    ("PUT", "virtualMachines/m", {"location": "eastus2"}, "Microsoft.Compute/virtualMachines/write"),
    ("GET", "virtualMachines/m/instanceView", None, "Microsoft.Compute/virtualMachines/read"),
    ("GET", "virtualMachineScaleSets", None, "Microsoft.Compute/virtualMachineScaleSets/read"),
    ("GET", f"{GROUP_ID}/resources", None, "Microsoft.Resources/subscriptions/resources/read"),
]


@pytest.mark.parametrize(("method", "path", "body", "action"), NEEDED)
def test_every_request_needs_its_action(
    gallery: ArmClient, method: str, path: str, body: Any, action: str
) -> None:
    """Without the action the request gets a 403 with the recorded text. With it, it gets anything but a 403."""
    gallery.simulator.set_roles([role("Microsoft.Storage/*")])
    status, error = gallery.error(method, path, body)
    assert (status, error["code"]) == (403, "AuthorizationFailed")
    assert (
        f"does not have authorization to perform action '{action}' over scope '{GROUP_ID}" in error["message"]
    )
    gallery.simulator.set_roles([role(action)])
    assert gallery.send(method, path, body).status != 403


def test_a_source_that_the_caller_may_not_read_is_a_linked_authorization_failure(gallery: ArmClient) -> None:
    gallery.simulator.set_roles([role("Microsoft.Compute/galleries/*")])
    status, error = gallery.error("PUT", VERSION, version())
    assert (status, error["code"]) == (403, "LinkedAuthorizationFailed")
    assert error["message"] == (
        "The client has permission to perform action 'Microsoft.Compute/galleries/images/versions/write' on scope "
        f"'{COMPUTE}/{VERSION}'; however, it does not have permission to perform action "
        f"'Microsoft.Compute/images/read' on the linked scope '{IMAGE}'."
    )
    gallery.simulator.set_roles([role("Microsoft.Compute/galleries/*", "microsoft.compute/IMAGES/read")])
    assert gallery.send("PUT", VERSION, version()).status == 201


def test_a_role_applies_to_its_principal_and_scope_except_for_its_not_actions(arm: ArmClient) -> None:
    refused = [
        role("*", scope=f"{GROUP_ID}-other"),
        role("*", principal="someone-else"),
        role("*", notActions=["Microsoft.Compute/images/*"]),
    ]
    for assignment in refused:
        arm.simulator.set_roles([assignment])
        assert arm.send("GET", "images/web").status == 403
    arm.simulator.set_roles([role("*/read", scope=f"/subscriptions/{SUBSCRIPTION}")])
    assert arm.send("GET", "images/web").status == 200


def test_a_list_of_the_subscription_needs_a_role_at_the_subscription(arm: ArmClient) -> None:
    arm.simulator.set_roles([role("*")])
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/images"
    assert f"over scope '/subscriptions/{SUBSCRIPTION}'" in arm.error("GET", path)[1]["message"]


SUBNET = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/net/subnets/s"


@pytest.mark.parametrize("scope", [f"/subscriptions/{SUBSCRIPTION}", GROUP_ID, IMAGE, SUBNET])
def test_permissions_come_from_the_callers_roles_at_and_above_the_scope(arm: ArmClient, scope: str) -> None:
    path = f"{scope}/providers/Microsoft.Authorization/permissions"
    query = "api-version=2022-04-01"
    assert [item["actions"] for item in arm.get(path, query)["value"]] == [["*"]]
    whole = role("Microsoft.Compute/*/read", scope=f"/subscriptions/{SUBSCRIPTION}", notActions=["*/delete"])
    arm.simulator.set_roles([whole, role("*", principal="someone-else")])
    assert arm.get(path, query)["value"] == [
        {
            "actions": ["Microsoft.Compute/*/read"],
            "notActions": ["*/delete"],
            "dataActions": [],
            "notDataActions": [],
        }
    ]


def test_reading_the_permissions_can_need_a_right_of_its_own(arm: ArmClient) -> None:
    path, query = f"{GROUP_ID}/providers/Microsoft.Authorization/permissions", "api-version=2022-04-01"
    arm.simulator.set_roles([role("Microsoft.Compute/images/read")])
    assert arm.send("GET", path, query=query).status == 200
    arm.simulator.switches.permissions_need_read = True
    status, error = arm.error("GET", path, query=query)
    assert (status, error["code"]) == (403, "AuthorizationFailed")
    assert "'Microsoft.Authorization/permissions/read' over scope" in error["message"]
    arm.simulator.set_roles(
        [role("Microsoft.Compute/images/read", "Microsoft.Authorization/permissions/read")]
    )
    assert arm.send("GET", path, query=query).status == 200


def test_a_locked_resource_is_not_deleted(arm: ArmClient) -> None:
    arm.simulator.set_locks([{"scope": GROUP_ID}])
    status, error = arm.error("DELETE", "images/web")
    assert (status, error["code"]) == (409, "ScopeLocked")
    assert error["message"] == (
        f"The scope '{IMAGE}' cannot perform delete operation because following scope(s) are locked: '{GROUP_ID}'. "
        "Please remove the lock and try again."
    )
    assert arm.send("PATCH", "images/web", {"tags": {}}).status == 200
    arm.simulator.set_locks([{"scope": GROUP_ID, "level": "ReadOnly"}])
    assert arm.error("PATCH", "images/web", {"tags": {}})[1]["code"] == "ScopeLocked"


def remaining(arm: ArmClient, path: str) -> str:
    return arm.send("GET", path).headers["x-ms-ratelimit-remaining-resource"]


def test_each_response_shows_what_is_left_of_its_limits(gallery: ArmClient) -> None:
    """The numbers are those recorded after one request."""
    assert remaining(gallery, "images/web") == "Microsoft.Compute/GetImagesSubscriptionMaximum;359"
    assert remaining(gallery, "images") == "Microsoft.Compute/HighCostGetImagesSubscriptionMaximum;89"
    assert remaining(gallery, "galleries/g") == (
        "Microsoft.Compute/GetGallery3Min;349,Microsoft.Compute/GetGallery30Min;2499"
    )
    created = gallery.send("PUT", VERSION, version())
    assert created.headers["x-ms-ratelimit-remaining-resource"] == (
        "Microsoft.Compute/CreateUpdateGalleryImageVersion3Min;374,"
        "Microsoft.Compute/CreateUpdateGalleryImageVersion30Min;1199"
    )
    assert created.headers["x-ms-ratelimit-remaining-subscription-writes"] == "197"


def test_a_used_up_limit_returns_429_until_it_has_refilled(arm: ArmClient) -> None:
    """Lists of images: 90 per minute, and then one for every two thirds of a second."""
    for _ in range(90):
        assert arm.send("GET", "images").status == 200
    refused = arm.send("GET", "images")
    assert refused.status == 429
    error = json.loads(refused.data)["error"]
    assert error["code"] == "OperationNotAllowed"
    assert error["details"][0]["code"] == "TooManyRequests"
    assert error["details"][0]["target"] == "HighCostGetImagesSubscriptionMaximum"
    assert json.loads(error["details"][0]["message"])["allowedRequestCount"] == 90
    assert error["innererror"] == {"internalErrorCode": "TooManyRequestsReceived"}
    arm.simulator.skip_time(int(refused.headers["Retry-After"]) * arm.simulator.clock.time_scale)
    assert arm.send("GET", "images").status == 200
    assert arm.send("GET", "images").status == 429


def test_arm_itself_limits_writes(arm: ArmClient) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/again"
    responses = [arm.send("PUT", path, {"location": "eastus2"}, f"api-version={IMAGES}") for _ in range(260)]
    refused = [response for response in responses if response.status == 429]
    assert json.loads(refused[0].data)["error"]["code"] == "SubscriptionRequestsThrottled"
    assert refused[0].headers["x-ms-failure-cause"] == "gateway"


def test_limits_can_be_switched_off(arm: ArmClient) -> None:
    arm.simulator.switches.throttling = False
    assert {arm.send("GET", "images").status for _ in range(100)} == {200}


SHAPES = {
    "compute": "OperationNotAllowed",
    "arm": "SubscriptionRequestsThrottled",
    "plain": "TooManyRequests",
}


@pytest.mark.parametrize(("shape", "code"), SHAPES.items())
@pytest.mark.parametrize("retry_after", [None, 17])
def test_a_429_has_three_shapes_with_and_without_retry_after(
    arm: ArmClient, shape: str, code: str, retry_after: int | None
) -> None:
    arm.simulator.add_fault(RequestFault(shape=shape, retry_after=retry_after))
    response = arm.send("GET", "images")
    assert response.status == 429
    assert json.loads(response.data)["error"]["code"] == code
    assert response.headers.get("Retry-After") == (None if retry_after is None else "17")


def test_a_503_can_have_an_empty_body(arm: ArmClient) -> None:
    arm.simulator.add_fault(RequestFault(status=503, skip=1))
    assert arm.send("GET", "images").status == 200
    response = arm.send("GET", "images")
    assert (response.status, response.data) == (503, b"")
    assert arm.send("GET", "images").status == 200


def test_a_fault_can_return_an_html_page_or_a_challenge(arm: ArmClient) -> None:
    challenge = {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="e30="'}
    arm.simulator.add_fault(RequestFault(status=503, text="<h2>Our services aren't available right now</h2>"))
    arm.simulator.add_fault(RequestFault(status=401, code="InvalidAuthenticationToken", headers=challenge))
    page = arm.send("GET", "images")
    assert page.headers["Content-Type"] == "text/html"
    assert page.data.startswith(b"<h2>")
    revoked = arm.send("GET", "images")
    assert (revoked.status, revoked.headers["WWW-Authenticate"]) == (401, challenge["WWW-Authenticate"])
