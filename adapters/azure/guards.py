"""The Azure Policy definition and assignment that deny new machines from an image while it is retired (`strict`).

Every call raises `ArmError` if ARM refuses it or does not answer. Nothing here waits, retries or decides.
"""

from http import HTTPStatus
from typing import Any, Protocol

from azure.core.rest import HttpRequest

from adapters.azure.arm import Arm
from adapters.azure.errors import arm_errors, parse_error, parse_object
from domain.resources.ids import ImageId
from domain.retirement.messages import guarded_retirement

POLICY_API = "2023-04-01"
MACHINES = ("Microsoft.Compute/virtualMachines", "Microsoft.Compute/virtualMachineScaleSets")
# documented: "Approved VM images"; it is the image reference's id of machines and of scale sets
IMAGE_ALIAS = "Microsoft.Compute/imageId"
# in the metadata of both: the app whose retirement placed them
PLACED_BY = "gallerist"


class AzureGuards(Protocol):
    """The guards of retirements, each with one name in every subscription. `Guards` is real and describes each call."""

    async def place(self, subscription: str, name: str, image: ImageId) -> None: ...
    async def stands(self, subscription: str, name: str, image: ImageId) -> bool: ...
    async def remove(self, subscription: str, name: str) -> None: ...
    async def placed(self, subscription: str) -> list[str]: ...


class Guards:
    """The real `AzureGuards` of one app: several may retire images in one subscription."""

    def __init__(self, arm: Arm, app: str = "gallerist") -> None:
        self._arm = arm
        self._app = app

    async def place(self, subscription: str, name: str, image: ImageId) -> None:
        """Writes the policy definition, then its assignment. Those that stand already are written again."""
        shown = {**_shown(image), "metadata": {PLACED_BY: self._app}}
        definition = _definition_body(shown)
        await self._send(subscription, "PUT", "policyDefinitions", name, definition)
        assignment = _assignment_body(_id(subscription, "policyDefinitions", name), image, shown)
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

    async def placed(self, subscription: str) -> list[str]:
        """Returns the names of the assignments that this app placed at a subscription for its retirements.

        The list also has the assignments of management groups and of resource groups (documented: "Policy Assignments -
        List"): those are not ours.
        """
        own = _id(subscription, "policyAssignments", "")
        path = f"{own.rstrip('/')}?api-version={POLICY_API}"
        found = [item async for item in self._arm.pages(subscription, path)]
        return [name for item in found if (name := self._own_name(item, own))]

    def _own_name(self, item: Any, own: str) -> str | None:
        item = item if isinstance(item, dict) else {}
        properties = item.get("properties")
        metadata = properties.get("metadata") if isinstance(properties, dict) else None
        ours = isinstance(metadata, dict) and metadata.get(PLACED_BY) == self._app
        name = str(item.get("name") or "")
        here = str(item.get("id") or "").lower() == f"{own}{name}".lower()
        return name if ours and here and guarded_retirement(name) else None

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


def _definition_body(shown: dict[str, Any]) -> dict[str, Any]:
    """Denies machines and scale sets whose image reference is the parameter."""
    named = [
        {"field": "type", "in": list(MACHINES)},
        {"field": IMAGE_ALIAS, "equals": "[parameters('image')]"},
    ]
    return {
        "properties": {
            **shown,
            "policyType": "Custom",
            "mode": "All",
            "parameters": {"image": {"type": "String"}},
            "policyRule": {"if": {"allOf": named}, "then": {"effect": "deny"}},
        }
    }


def _assignment_body(definition: str, image: ImageId, shown: dict[str, Any]) -> dict[str, Any]:
    return {
        "properties": {
            **shown,
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
