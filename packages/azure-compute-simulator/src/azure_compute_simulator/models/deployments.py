"""Template deployments, as far as `az vm create` needs them: resources written out, parameters put in, no functions."""

import re
from typing import Any, ClassVar

from azure_compute_simulator.errors import InvalidTemplateError
from azure_compute_simulator.models.kinds import Kind, Request, Started
from azure_compute_simulator.models.resources import Json, Operation, Resource
from azure_compute_simulator.resource_ids import ResourceId

_PARAMETER = re.compile(r"\[parameters\('([^']+)'\)\]")


class Deployments(Kind):
    """`Microsoft.Resources/deployments`; it is over when everything that it started is."""

    type = "Microsoft.Resources/deployments"
    seconds: ClassVar[dict[str, float]] = {"create": 1.0, "update": 1.0, "delete": 1.0}

    def put(self, resource_id: ResourceId, request: Request) -> Started:
        """Start every resource of the template. Raises SimulatedError."""
        template = request.properties.get("template") or {}
        values = {
            name: parameter.get("value")
            for name, parameter in (request.properties.get("parameters") or {}).items()
        }
        operations = [
            self._start(resource_id, _filled_in(item, values), request).operation
            for item in template.get("resources") or []
        ]
        deployment = self.azure.find(resource_id)
        created = deployment is None
        if deployment is None:
            location = self.azure.group(*resource_id.group_key).location
            deployment = self.new(resource_id, request, location, {})
            self.azure.resources[resource_id.key] = deployment
        deployment.properties = {
            "mode": "Incremental",
            "outputResources": [{"id": str(operation.resource.id)} for operation in operations],
        }
        deployment.provisioning_state = "Accepted"
        deployment.hidden["operations"] = operations
        return Started(deployment, self.begin("create", deployment, request.principal), created)

    def create(self, resource_id: ResourceId, request: Request, location: str) -> Resource:
        """Never asked for: deployments are put as a whole."""
        raise NotImplementedError

    def change(self, resource: Resource, request: Request) -> None:
        """Never asked for: deployments are put as a whole."""
        raise NotImplementedError

    def advance(self, operation: Operation) -> None:
        """End with the last of the started operations, or with the first error among them."""
        started: list[Operation] = operation.resource.hidden["operations"]
        if any(nested.status == "InProgress" for nested in started):
            return
        self.azure.finish(operation, next((nested.error for nested in started if nested.error), None))

    def look(self, resource: Resource) -> None:
        """A look at the deployment is one at everything that it started."""
        for operation in resource.hidden["operations"]:
            self.azure.kind(operation.resource.id.type).look(operation.resource)
            self.azure.settle_resource(operation.resource)

    def _start(self, deployment: ResourceId, item: Json, request: Request) -> Started:
        try:
            kind = self.azure.kind(item["type"])
            names = tuple(item["name"].split("/"))
        except KeyError as error:
            raise InvalidTemplateError(
                f"Deployment template validation failed: {error} is not simulated."
            ) from None
        resource_id = ResourceId(deployment.subscription, deployment.group, kind.type, names)
        return kind.put(resource_id, Request(item, request.principal, str(item.get("apiVersion", ""))))


def _filled_in(value: Any, parameters: Json) -> Any:
    """The value with parameters put in. Raises InvalidTemplateError for every other expression."""
    if isinstance(value, dict):
        return {name: _filled_in(item, parameters) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item, parameters) for item in value]
    if not (isinstance(value, str) and value.startswith("[") and value.endswith("]")):
        return value
    match = _PARAMETER.fullmatch(value)
    if match is None or match[1] not in parameters:
        raise InvalidTemplateError(f"Deployment template validation failed: {value} is not simulated.")
    return parameters[match[1]]
