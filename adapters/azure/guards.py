"""The Azure Policy definition and assignment that deny new machines from an image while it is retired (`strict`).

Every call raises `ArmError` if ARM refuses it or does not answer. Nothing here waits, retries or decides.
"""

from http import HTTPStatus
from typing import Any, Protocol

from azure.core.rest import HttpRequest

from adapters.azure.arm import Arm, parse_object
from adapters.azure.errors import arm_errors, parse_error
from domain.resources.ids import ImageId

POLICY_API = "2023-04-01"
MACHINES = ("Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets")
# documented: "Approved VM images"; it is the image reference's id of machines and of scale sets
IMAGE_ALIAS = "Microsoft.Compute/imageId"


class AzureGuards(Protocol):
    """The guards of retirements, each with one name in every subscription. `Guards` is real and describes each call."""

    async def place(self, subscription: str, name: str, image: ImageId) -> None: ...
    async def stands(self, subscription: str, name: str, image: ImageId) -> bool: ...
    async def remove(self, subscription: str, name: str) -> None: ...


class Guards:
    """The real `AzureGuards`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def place(self, subscription: str, name: str, image: ImageId) -> None:
        """Writes the policy definition, then its assignment. Those that stand already are written again."""
        definition = _definition_body(image)
        await self._send(subscription, "PUT", "policyDefinitions", name, definition)
        assignment = _assignment_body(_id(subscription, "policyDefinitions", name), image)
        await self._send(subscription, "PUT", "policyAssignments", name, assignment)

    async def stands(self, subscription: str, name: str, image: ImageId) -> bool:
        """Whether the assignment is there, is enforced and is for this image; read back from Azure."""
        body = await self._send(subscription, "GET", "policyAssignments", name)
        properties = (body or {}).get("properties") or {}
        wanted = ((properties.get("parameters") or {}).get("image") or {}).get("value")
        enforced = properties.get("enforcementMode", "Default") == "Default"
        return enforced and isinstance(wanted, str) and wanted.lower() == image.key

    async def remove(self, subscription: str, name: str) -> None:
        """Removes the assignment, then its definition. Those that are gone stay so."""
        for kind in ("policyAssignments", "policyDefinitions"):
            await self._send(subscription, "DELETE", kind, name)

    async def _send(
        self, subscription: str, method: str, kind: str, name: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Returns ARM's answer; None where what is read or removed does not exist."""
        url = f"{self._arm.endpoint}{_id(subscription, kind, name)}?api-version={POLICY_API}"
        with arm_errors():
            response = await self._arm.client(subscription).send_request(HttpRequest(method, url, json=body))
        document = parse_object(response)
        if response.status_code == HTTPStatus.NOT_FOUND:
            error = parse_error(response.status_code, document)
            if error.code == "SubscriptionNotFound" or method == "PUT":
                raise error
            return None
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise parse_error(response.status_code, document, response.headers)
        return document


def _id(subscription: str, kind: str, name: str) -> str:
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/{kind}/{name}"


def _definition_body(image: ImageId) -> dict[str, Any]:
    """Denies machines and scale sets whose image reference is the parameter."""
    named = [
        {"field": "type", "in": list(MACHINES)},
        {"field": IMAGE_ALIAS, "equals": "[parameters('image')]"},
    ]
    return {
        "properties": {
            **_shown(image),
            "policyType": "Custom",
            "mode": "All",
            "parameters": {"image": {"type": "String"}},
            "policyRule": {"if": {"allOf": named}, "then": {"effect": "deny"}},
        }
    }


def _assignment_body(definition: str, image: ImageId) -> dict[str, Any]:
    return {
        "properties": {
            **_shown(image),
            "policyDefinitionId": definition,
            "enforcementMode": "Default",
            "parameters": {"image": {"value": str(image)}},
        }
    }


def _shown(image: ImageId) -> dict[str, str]:
    return {
        "displayName": f"Gallerist retires the managed image {image.name}",
        "description": f"Denies new machines from {image} until its retirement ends. Gallerist removes it.",
    }
