"""What brings instances of a scale set to another version by hand: manual upgrade and reimage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from azure_compute_simulator.errors import InvalidParameterError, OperationNotAllowedError
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.image_references import latest_version
from azure_compute_simulator.models.os_upgrades import Fleet, Instance
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.scale_set_instances import (
    is_flexible,
    model_reference,
    named_image,
    show_machine,
)

_VERSION = "microsoft.compute/galleries/images/versions"
_DEFINITION = "microsoft.compute/galleries/images"


@dataclass(frozen=True)
class InstanceAction:
    """An action that was accepted: what happens to which instances when its operation ends."""

    instances: Sequence[Instance]
    apply: Callable[[Instance], None]


def current_version(azure: Azure, resource: Resource) -> str | None:
    """Returns the version that the model of a scale set gives now; None if its image is not simulated."""
    id_ = named_image(model_reference(resource))
    if id_ is None:
        return None
    if id_.type.lower() == _VERSION:
        return id_.name
    latest = latest_version(azure, id_, resource.location) if id_.type.lower() == _DEFINITION else None
    return latest.id.name if latest else None


def manual_upgrade(azure: Azure, resource: Resource, fleet: Fleet, body: Json) -> InstanceAction:
    """The instances get the model, and with it the version that the model gives (documented: "Update Instances").

    `instanceIds` is required (specified); `*` names all, as `az vmss update-instances` sends it.
    """
    _check_mode(resource)
    named = body.get("instanceIds")
    if not named:
        raise InvalidParameterError(
            "Required parameter 'instanceIds' is missing (null).", target="instanceIds"
        )

    def apply(instance: Instance) -> None:
        # what the model gives when the operation ends
        instance.reference, instance.latest_model = dict(model_reference(resource)), True
        instance.version, instance.shown = current_version(azure, resource), {}
        show_machine(azure, resource, instance)

    return InstanceAction(_named(fleet, named), apply)


def reimage(azure: Azure, resource: Resource, fleet: Fleet, body: Json) -> InstanceAction:
    """The OS disks are made anew: with `exactVersion` from that version, otherwise from the one that they have.

    Documented ("Virtual Machine Scale Sets - Reimage"); without `instanceIds` it is done to all. The model of an
    instance stays as it is, so an instance that is behind stays behind.
    """
    _check_mode(resource)
    exact = body.get("exactVersion")

    def apply(instance: Instance) -> None:
        instance.version = exact or instance.version
        show_machine(azure, resource, instance)

    instances = _named(fleet, body.get("instanceIds") or ["*"])
    if exact:
        for instance in instances:
            _check_version(azure, instance, exact)
    return InstanceAction(instances, apply)


def _check_mode(resource: Resource) -> None:
    if is_flexible(resource):
        # inferred: the instances of flexible orchestration are machines, and their own actions are not simulated
        raise OperationNotAllowedError("This operation is not simulated for flexible orchestration.")


def _check_version(azure: Azure, instance: Instance, exact: str) -> None:
    image = named_image(instance.reference)
    definition = image.parent if image and image.type.lower() == _VERSION else image
    version = definition.child("versions", exact) if definition and "/galleries/" in str(definition) else None
    if version is None or azure.find(version) is None:
        raise InvalidParameterError(
            f"The image version '{exact}' of instance {instance.number} was not found.", target="exactVersion"
        )


def _named(fleet: Fleet, named: Sequence[str]) -> list[Instance]:
    """The instances of a list of ids, `*` for all (text reported: terraform-provider-azurerm #14499)."""
    if "*" in named:
        return list(fleet.instances)
    by_number = {str(one.number): one for one in fleet.instances}
    for id_ in named:
        if str(id_) not in by_number:
            raise InvalidParameterError(
                f"The provided instanceId {id_} is not an active Virtual Machine Scale Set VM instanceId.",
                target="instanceIds",
            )
    return [by_number[str(id_)] for id_ in named]
