"""Responses of what is below a scale set: instances, OS upgrades, assignments of maintenance configurations."""

from azure_compute_simulator import responses
from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.errors import HttpMethodNotSupportedError, NotFoundError
from azure_compute_simulator.models.maintenance import ConfigurationAssignments, assignments_of
from azure_compute_simulator.models.resources import Resource
from azure_compute_simulator.models.scale_set_instances import instance_view as render_view
from azure_compute_simulator.models.scale_set_instances import render_instance
from azure_compute_simulator.paging import paged
from azure_compute_simulator.resource_ids import ResourceId


def instances(request: ArmRequest) -> ArmResponse:
    """GET of the instances of a scale set."""
    listed = request.types.scale_sets.instances(_scale_set(request), request.query.get("$expand", ""))
    return paged(request, listed)


def instance(request: ArmRequest) -> ArmResponse:
    """GET of one instance."""
    scale_set = _scale_set(request)
    found = request.types.scale_sets.instance(scale_set, request.values["name1"])
    expand = request.query.get("$expand", "")
    return ArmResponse(200, render_instance(scale_set, found, expand))


def instance_view(request: ArmRequest) -> ArmResponse:
    """GET of the instance view of one instance."""
    scale_set = _scale_set(request)
    request.types.scale_sets.instance(scale_set, request.values["name1"])
    return ArmResponse(200, render_view(scale_set))


def action(request: ArmRequest, name: str) -> ArmResponse:
    """POST of an action on some instances, or on one that is in the path."""
    scale_set = _scale_set(request, "POST")
    body = dict(request.body)
    if "name1" in request.values:
        body["instanceIds"] = [
            str(request.types.scale_sets.instance(scale_set, request.values["name1"]).number)
        ]
    operation = request.types.scale_sets.act(scale_set, name, body, request.principal)
    return responses.accepted(request, request.types.scale_sets, operation)


def os_upgrade_history(request: ArmRequest) -> ArmResponse:
    """GET of the history of OS upgrades."""
    return paged(request, request.types.scale_sets.history(_scale_set(request)))


def latest_rolling_upgrade(request: ArmRequest) -> ArmResponse:
    """GET of the latest rolling upgrade."""
    return ArmResponse(200, request.types.scale_sets.latest_upgrade(_scale_set(request)))


def assignments(request: ArmRequest) -> ArmResponse:
    """GET of the maintenance configurations that are assigned to a scale set."""
    return paged(
        request, [_rendered(request, one) for one in assignments_of(request.azure, _scale_set(request).id)]
    )


def assignment(request: ArmRequest) -> ArmResponse:
    """GET of one assignment."""
    for found in assignments_of(request.azure, _scale_set(request).id):
        if found.id.name.lower() == request.values["name1"].lower():
            return ArmResponse(200, _rendered(request, found))
    raise NotFoundError("The entity was not found in this Azure location.")


def _rendered(request: ArmRequest, found: Resource) -> dict[str, object]:
    return request.types.get(ConfigurationAssignments.type).render(found, request.api_version)


def _scale_set(request: ArmRequest, *methods: str) -> Resource:
    """Returns the scale set in the path, for these methods; only reading is usual. Raises SimulatedError."""
    if request.method not in (methods or ("GET", "HEAD")):
        raise HttpMethodNotSupportedError(
            f"The HTTP method '{request.method}' is not simulated below a scale set: use the seed or a fault."
        )
    group = request.azure.group(request.values["subscription"], request.values["group"])
    scale_sets = request.types.scale_sets
    resource_id = ResourceId(group.subscription, group.name, scale_sets.type, (request.values["name0"],))
    return scale_sets.read(resource_id)
