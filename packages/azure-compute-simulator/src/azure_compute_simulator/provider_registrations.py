"""Resource providers of a subscription: whether one is registered, and what happens to requests if it is not."""

from collections.abc import Callable
from functools import partial

from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.errors import InvalidResourceNamespaceError, MissingSubscriptionRegistrationError
from azure_compute_simulator.models.resources import Json

_Handler = Callable[[ArmRequest], ArmResponse]


def provider(request: ArmRequest) -> ArmResponse:
    """GET of a resource provider: its registration and its resource types (documented)."""
    subscription = request.azure.subscription(request.values["subscription"]).id
    namespace = request.values["namespace"]
    types = [type_.type for type_ in request.types if type_.type.lower().startswith(f"{namespace.lower()}/")]
    if not types:
        raise InvalidResourceNamespaceError(f"The resource namespace '{namespace}' is invalid.")
    state = "NotRegistered" if _is_unregistered(request, namespace) else "Registered"
    body: Json = {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": types[0].partition("/")[0],
        "resourceTypes": [{"resourceType": type_.partition("/")[2]} for type_ in types],
        "registrationState": state,
    }
    return ArmResponse(200, body, by_gateway=True)


def if_registered(handler: _Handler, namespace: str) -> _Handler:
    """Returns the handler behind a check of the registration.

    Providers answer reads of an unregistered subscription in two ways: some refuse, some return an empty list
    (reported: azqr #58 had to skip the refusals). Here all refuse.
    """
    return partial(_checked, handler=handler, namespace=namespace)


def _checked(request: ArmRequest, handler: _Handler, namespace: str) -> ArmResponse:
    if _is_unregistered(request, namespace):
        raise MissingSubscriptionRegistrationError(namespace)
    return handler(request)


def _is_unregistered(request: ArmRequest, namespace: str) -> bool:
    """Whether the switch names the provider, everywhere or in this subscription (`{subscription}/{namespace}`)."""
    names = {name.lower() for name in request.azure.switches.unregistered_providers}
    return not names.isdisjoint({namespace.lower(), f"{request.values['subscription']}/{namespace}".lower()})
