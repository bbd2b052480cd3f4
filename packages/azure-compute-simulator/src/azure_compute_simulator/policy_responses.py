"""Responses about policy definitions and assignments at a subscription."""

from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.errors import (
    HttpMethodNotSupportedError,
    InvalidDeletePolicyDefinitionError,
    PolicyAssignmentNotFoundError,
    PolicyDefinitionNotFoundError,
)
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.paging import paged
from azure_compute_simulator.policies import check_rule


def definition(request: ArmRequest) -> ArmResponse:
    """PUT, GET and DELETE of a policy definition. One that is assigned cannot be deleted (documented)."""
    policies, id_ = request.azure.policies, _id(request, "policyDefinitions")
    known = policies.definitions.get(id_.lower())
    if request.method == "PUT":
        check_rule(request.body)
        policies.definitions[id_.lower()] = _document(request, id_, "policyDefinitions")
        return ArmResponse(201, policies.definitions[id_.lower()], by_gateway=True)
    if request.method == "DELETE":
        if known is not None and policies.is_assigned(id_):
            raise InvalidDeletePolicyDefinitionError(
                f"The policy definition '{id_.rpartition('/')[2]}' can not be deleted because it is assigned."
            )
        policies.definitions.pop(id_.lower(), None)
        return ArmResponse(200 if known else 204, known, by_gateway=True)
    if request.method != "GET":
        raise HttpMethodNotSupportedError(f"The HTTP method '{request.method}' is not supported.")
    if known is None:
        name = id_.rpartition("/")[2]
        raise PolicyDefinitionNotFoundError(f"The policy definition '{name}' could not be found.")
    return ArmResponse(200, known, by_gateway=True)


def assignment(request: ArmRequest) -> ArmResponse:
    """PUT, GET and DELETE of a policy assignment. Its definition must exist."""
    policies, id_ = request.azure.policies, _id(request, "policyAssignments")
    known = policies.assignments.get(id_.lower())
    if request.method == "PUT":
        wanted = str((request.body.get("properties") or {}).get("policyDefinitionId", ""))
        if wanted.lower() not in policies.definitions:
            name = wanted.rpartition("/")[2]
            raise PolicyDefinitionNotFoundError(f"The policy definition '{name}' could not be found.")
        document = _document(request, id_, "policyAssignments")
        policies.assign(id_, document)
        return ArmResponse(201, document, by_gateway=True)
    if request.method == "DELETE":
        policies.assignments.pop(id_.lower(), None)
        return ArmResponse(200 if known else 204, known.document if known else None, by_gateway=True)
    if request.method != "GET":
        raise HttpMethodNotSupportedError(f"The HTTP method '{request.method}' is not supported.")
    if known is None:
        name = id_.rpartition("/")[2]
        raise PolicyAssignmentNotFoundError(f"The policy assignment '{name}' is not found.")
    return ArmResponse(200, known.document, by_gateway=True)


def assignments(request: ArmRequest) -> ArmResponse:
    """GET of the policy assignments at a subscription."""
    prefix = f"/subscriptions/{request.values['subscription']}/".lower()
    found = [
        one.document for key, one in request.azure.policies.assignments.items() if key.startswith(prefix)
    ]
    return paged(request, found, by_gateway=True)


def _id(request: ArmRequest, collection: str) -> str:
    subscription = request.azure.subscription(request.values["subscription"]).id
    name = request.values["policy"]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/{collection}/{name}"


def _document(request: ArmRequest, id_: str, collection: str) -> Json:
    return {
        "properties": request.body.get("properties") or {},
        "id": id_,
        "type": f"Microsoft.Authorization/{collection}",
        "name": id_.rpartition("/")[2],
    }
