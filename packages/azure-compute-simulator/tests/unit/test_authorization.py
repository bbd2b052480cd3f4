"""Lists of locks, and Azure Policy as far as it denies machines from an image."""

import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from simulator_client import ArmClient
from simulator_documents import COMPUTE, GROUP, IMAGE, SUBSCRIPTION, machine

SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
GROUP_ID = f"{SUBSCRIPTION_ID}/resourceGroups/{GROUP}"
AUTHORIZATION = "/providers/Microsoft.Authorization"
DEFINITION = f"{SUBSCRIPTION_ID}{AUTHORIZATION}/policyDefinitions/deny-image"
ASSIGNMENT = f"{SUBSCRIPTION_ID}{AUTHORIZATION}/policyAssignments/deny-web"
RULE = {
    "if": {
        "allOf": [
            {"anyOf": [{"field": "type", "equals": "Microsoft.Compute/virtualMachines"}]},
            {"field": "Microsoft.Compute/imageId", "in": ["[parameters('image')]"]},
        ]
    },
    "then": {"effect": "deny"},
}
POLICY = {"properties": {"parameters": {"image": {"type": "String"}}, "policyRule": RULE}}
ASSIGNED = {"properties": {"policyDefinitionId": DEFINITION, "parameters": {"image": {"value": IMAGE}}}}
MACHINE = machine(IMAGE.upper().replace("/SUB", "/sub"))


def scopes(arm: ArmClient, at: str) -> list[str]:
    return [lock["id"].partition(AUTHORIZATION)[0] for lock in arm.get(f"{at}{AUTHORIZATION}/locks")["value"]]


def test_locks_are_listed_at_and_below_a_scope_only(arm: ArmClient) -> None:
    locked = [SUBSCRIPTION_ID, GROUP_ID, IMAGE]
    arm.simulator.set_locks([{"scope": scope, "name": "keep", "level": "ReadOnly"} for scope in locked])
    assert scopes(arm, SUBSCRIPTION_ID) == locked
    assert scopes(arm, GROUP_ID) == locked[1:]
    assert scopes(arm, IMAGE) == locked[2:]
    (lock,) = arm.get(f"{IMAGE}{AUTHORIZATION}/locks")["value"]
    assert (lock["name"], lock["properties"]) == ("keep", {"level": "ReadOnly"})
    arm.simulator.set_locks([])
    assert arm.error("PUT", f"{IMAGE}{AUTHORIZATION}/locks", {})[1]["code"] == "HttpMethodNotSupported"


def assign(arm: ArmClient) -> None:
    assert arm.send("PUT", DEFINITION, POLICY).status == 201
    assert arm.send("PUT", ASSIGNMENT, ASSIGNED).status == 201


def test_an_assignment_denies_new_machines_minutes_later(arm: ArmClient) -> None:
    assign(arm)
    assert arm.send("PUT", "virtualMachines/before", MACHINE).status == 201
    arm.simulator.skip_time(899)
    assert arm.send("PUT", "virtualMachines/still", MACHINE).status == 201
    arm.simulator.skip_time(1)
    # written again it applies as before
    assign(arm)
    status, error = arm.error("PUT", "virtualMachines/after", MACHINE)
    assert (status, error["code"]) == (403, "RequestDisallowedByPolicy")
    identifiers = json.loads(error["message"].partition("Policy identifiers: '")[2].removesuffix("'."))
    assert error["message"].startswith("Resource 'after' was disallowed by policy. Policy identifiers: '[{")
    assert identifiers[0]["policyAssignment"] == {"name": "deny-web", "id": ASSIGNMENT}
    assert arm.send("PUT", "virtualMachines/before", MACHINE).status == 200
    other = machine(f"{COMPUTE}/images/second")
    assert arm.send("PUT", "virtualMachines/other", other).status == 201


def test_an_assignment_does_not_judge_what_its_rule_does_not_name(arm: ArmClient) -> None:
    """Scale sets that exist grow: their machines are no requests of a client."""
    arm.simulator.switches.policy_delay_seconds = 0
    scale_set = {
        "location": "eastus2",
        "properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": IMAGE}}}},
    }
    arm.put("virtualMachineScaleSets/fleet", scale_set)
    rule = RULE | {"if": {"field": "Microsoft.Compute/imageId", "equals": "[parameters('image')]"}}
    arm.send("PUT", DEFINITION, {"properties": POLICY["properties"] | {"policyRule": rule}})
    arm.send("PUT", ASSIGNMENT, ASSIGNED)
    assert (
        arm.send("PUT", "virtualMachineScaleSets/fleet", scale_set | {"sku": {"capacity": 9}}).status == 200
    )
    assert (
        arm.error("PUT", "virtualMachineScaleSets/new", scale_set)[1]["code"] == "RequestDisallowedByPolicy"
    )


def test_an_assignment_that_is_not_enforced_or_gone_denies_nothing(arm: ArmClient) -> None:
    arm.simulator.switches.policy_delay_seconds = 0
    assign(arm)
    arm.put(ASSIGNMENT, {"properties": ASSIGNED["properties"] | {"enforcementMode": "DoNotEnforce"}})
    assert arm.send("PUT", "virtualMachines/a", MACHINE).status == 201
    assign(arm)
    assert arm.error("PUT", "virtualMachines/b", MACHINE)[0] == 403
    assert arm.error("DELETE", DEFINITION)[1]["code"] == "InvalidDeletePolicyDefinition"
    assert [arm.send("DELETE", ASSIGNMENT).status for _ in range(2)] == [200, 204]
    assert arm.send("PUT", "virtualMachines/b", MACHINE).status == 201
    assert [arm.send("DELETE", DEFINITION).status for _ in range(2)] == [200, 204]


def test_assignments_are_read_and_listed(arm: ArmClient) -> None:
    assert arm.error("GET", ASSIGNMENT)[1]["code"] == "PolicyAssignmentNotFound"
    assert arm.error("GET", DEFINITION)[1]["code"] == "PolicyDefinitionNotFound"
    assert arm.error("PUT", ASSIGNMENT, ASSIGNED)[1]["code"] == "PolicyDefinitionNotFound"
    assign(arm)
    assert arm.get(ASSIGNMENT)["properties"] == ASSIGNED["properties"]
    assert arm.get(DEFINITION)["id"] == DEFINITION
    listed = arm.get(f"{SUBSCRIPTION_ID}{AUTHORIZATION}/policyAssignments")["value"]
    assert [one["id"] for one in listed] == [ASSIGNMENT]


@pytest.mark.parametrize(
    "rule",
    [
        {"if": {"field": "location", "equals": "x"}, "then": {"effect": "deny"}},
        {"if": {"field": "type", "like": "x"}, "then": {"effect": "deny"}},
        {"then": {}},
    ],
)
def test_a_rule_that_is_not_simulated_is_refused(arm: ArmClient, rule: Any) -> None:
    error = arm.error("PUT", DEFINITION, {"properties": {"policyRule": rule}})
    assert error[1]["code"] == "InvalidPolicyRule"


@pytest.mark.parametrize(
    ("path", "method", "action"),
    [
        (f"{IMAGE}{AUTHORIZATION}/locks", "GET", "locks/read"),
        (ASSIGNMENT, "PUT", "policyAssignments/write"),
        (ASSIGNMENT, "DELETE", "policyAssignments/delete"),
        (DEFINITION, "GET", "policyDefinitions/read"),
    ],
)
def test_each_request_needs_its_action(arm: ArmClient, path: str, method: str, action: str) -> None:
    role = {"principal": arm.simulator.identity.principal(arm.authorization).client_id, "scope": "/"}
    arm.simulator.set_roles([role | {"actions": ["Microsoft.Storage/*"]}])
    status, error = arm.error(method, path)
    assert (status, f"'Microsoft.Authorization/{action}'" in error["message"]) == (403, True)
    arm.simulator.set_roles([role | {"actions": [f"Microsoft.Authorization/{action}"]}])
    assert arm.send(method, path, {}).status != 403


def test_an_image_in_another_case_is_the_same(arm: ArmClient) -> None:
    arm.simulator.switches.policy_delay_seconds = 0
    assign(arm)
    body = {
        "location": "eastus2",
        "properties": {"storageProfile": {"imageReference": {"id": IMAGE.lower()}}},
    }
    assert arm.error("PUT", f"{COMPUTE}/virtualMachines/lower", body)[0] == 403


def test_the_date_of_a_response_is_the_simulated_time(arm: ArmClient) -> None:
    arm.simulator.skip_time(86400 * 400)
    date = arm.send("GET", IMAGE).headers["Date"]
    assert parsedate_to_datetime(date) == arm.simulator.clock.now().replace(microsecond=0)
