"""Template deployments, as far as `az vm create` needs them: literal resources with parameters, no functions."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from azure_compute_simulator.errors import DeploymentFailedError, InvalidTemplateError, SimulatedError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resource_type import AcceptedWrite, ResourceType, WriteRequest
from azure_compute_simulator.models.resources import Json, Operation, Resource
from azure_compute_simulator.resource_ids import ResourceId

_PARAMETER = re.compile(r"\[parameters\('([^']+)'\)\]")


class Deployments(ResourceType):
    """`Microsoft.Resources/deployments`. A deployment ends when the last resource that it started has ended."""

    type = "Microsoft.Resources/deployments"
    seconds: ClassVar[dict[str, float]] = {"create": 1.0, "update": 1.0, "delete": 1.0}

    def __init__(self, azure: Azure, find_type: Callable[[str], ResourceType]) -> None:
        super().__init__(azure)
        self._find_type = find_type

    def put(self, resource_id: ResourceId, request: WriteRequest) -> AcceptedWrite:
        """Starts every resource of the template. Raises InvalidTemplateError before anything is started.

        A resource that its provider refuses fails the deployment, not the request (inferred from reported outputs).
        """
        template = request.properties.get("template") or {}
        values = {
            name: parameter.get("value")
            for name, parameter in (request.properties.get("parameters") or {}).items()
        }
        items = [
            self._parse_item(resource_id, _with_parameters(item, values))
            for item in template.get("resources") or []
        ]
        operations, refusals = [], []
        for item in items:
            try:
                operations.append(self._start(item, request).operation)
            except SimulatedError as error:
                refusals.append(_refusal(error))
        deployment = self.azure.find(resource_id)
        created = deployment is None
        if deployment is None:
            location = self.azure.group(*resource_id.group_key).location
            deployment = self.new_resource(resource_id, request, location, {})
            self.azure.resources[resource_id.key] = deployment
        deployment.properties = {
            "mode": "Incremental",
            "outputResources": [{"id": str(operation.resource.id)} for operation in operations],
        }
        deployment.provisioning_state = "Accepted"
        deployment.hidden |= {"operations": operations, "refusals": refusals}
        return AcceptedWrite(deployment, self.begin("create", deployment, request.principal), created)

    def create(self, resource_id: ResourceId, request: WriteRequest, location: str) -> Resource:
        """Raises: `put` handles a deployment as a whole."""
        raise NotImplementedError

    def change(self, resource: Resource, request: WriteRequest) -> None:
        """Raises: `put` handles a deployment as a whole."""
        raise NotImplementedError

    def advance(self, operation: Operation) -> None:
        """Ends with the last of the started operations. Fails if any failed, or was refused (reported shape)."""
        started: list[Operation] = operation.resource.hidden["operations"]
        if any(nested.status == "InProgress" for nested in started):
            return
        details = [_failure(nested.error) for nested in started if nested.error]
        details += operation.resource.hidden["refusals"]
        self.azure.finish(operation, DeploymentFailedError(details) if details else None)

    def count_poll(self, resource: Resource) -> None:
        """Counts the poll for every resource that the deployment started."""
        for operation in resource.hidden["operations"]:
            self._find_type(operation.resource.id.type).count_poll(operation.resource)
            self.azure.settle_resource(operation.resource)

    def _parse_item(self, deployment: ResourceId, item: Json) -> "_Item":
        try:
            resource_type = self._find_type(item["type"])
            names = tuple(item["name"].split("/"))
        except KeyError as error:
            raise InvalidTemplateError(
                f"Deployment template validation failed: {error} is not simulated."
            ) from None
        resource_id = ResourceId(deployment.subscription, deployment.group, resource_type.type, names)
        return _Item(resource_type, resource_id, item)

    def _start(self, item: "_Item", request: WriteRequest) -> AcceptedWrite:
        write = WriteRequest(item.document, request.principal, str(item.document.get("apiVersion", "")))
        return item.type.put(item.id, write)


@dataclass(frozen=True)
class _Item:
    """One resource of a template, with its parameters replaced."""

    type: ResourceType
    id: ResourceId
    document: Json


def _refusal(error: SimulatedError) -> Json:
    """Returns the detail about a resource whose request was refused: the status as text, the body as a string."""
    code = HTTPStatus(error.status).phrase.replace(" ", "")
    return {"code": code, "message": json.dumps({"error": error.body()}, indent=2)}


def _failure(error: SimulatedError) -> Json:
    """Returns the detail about a resource whose operation failed."""
    failure = {
        "code": "ResourceDeploymentFailure",
        "message": "The resource operation completed with terminal provisioning state 'Failed'.",
        "details": [error.body()],
    }
    return {"code": "Conflict", "message": json.dumps({"status": "Failed", "error": failure}, indent=2)}


def _with_parameters(value: Any, parameters: Json) -> Any:
    """Returns the value with its parameters replaced. Raises InvalidTemplateError for any other expression."""
    if isinstance(value, dict):
        return {name: _with_parameters(item, parameters) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_parameters(item, parameters) for item in value]
    if not (isinstance(value, str) and value.startswith("[") and value.endswith("]")):
        return value
    match = _PARAMETER.fullmatch(value)
    if match is None or match[1] not in parameters:
        raise InvalidTemplateError(f"Deployment template validation failed: {value} is not simulated.")
    return parameters[match[1]]
