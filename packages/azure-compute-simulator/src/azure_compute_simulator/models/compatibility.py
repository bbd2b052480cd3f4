"""Whether a source fits an image definition, and the service's message if it does not."""

import json

from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.models.sources import Source


def supports_trusted_launch(definition: Resource) -> bool:
    """Whether a definition supports trusted launch. Virtual machines cannot be its source (reported)."""
    features = definition.properties.get("features", [])
    return any(feature.get("value") == "TrustedLaunchSupported" for feature in features)


def incompatibility(source: Source, definition: Json) -> str | None:
    """Returns the service's message about the first property that does not fit, or None if all fit."""
    generation = definition["hyperVGeneration"]
    if source.generation != generation:
        return (
            f"The resource with id '{source.id}' has a different Hypervisor generation ['{source.generation}'] than "
            f"the parent gallery image Hypervisor generation ['{generation}']."
        )
    if source.os_type != definition["osType"]:
        return (
            f"The resource with id '{source.id}' has a different OS type ['{source.os_type}'] than the parent gallery "
            f"image OS type generation ['{definition['osType']}']"
        )
    if source.is_managed_image and definition["osState"] != "Generalized":
        return (
            f"Cannot create Gallery Image Version from: {source.id} since the OS State in the parent gallery image "
            f"({definition['osState']}) is not Generalized"
        )
    plan = definition.get("purchasePlan")
    if source.plan is not None and source.plan != plan:
        return (
            f"The resource with id {source.id} has a different plan ['{json.dumps(source.plan)}'] than the parent "
            f"gallery image plan ['{json.dumps(plan)}']"
        )
    return None
