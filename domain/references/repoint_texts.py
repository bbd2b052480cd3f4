"""What people have to do so that a consumer no longer needs the managed image: by kind, and by upgrade mode."""

from collections.abc import Mapping

# by kind: what its owner does instead, with the id of the version in place of {new}
INSTEAD: Mapping[str, str] = {
    "virtual machine": (
        "Nothing, if its OS disk is managed: its disks live on. A machine with an ephemeral OS disk has to be replaced "
        "by one made from {new}: the image of a machine cannot be changed."
    ),
    "scale set instance": (
        "Re-point its scale set; then upgrade the instance: az vmss update-instances. A reimage alone makes its disk "
        "anew from the image that it has."
    ),
    "disk": "Nothing: it lives on without the image.",
    "snapshot": "Nothing: it lives on without the image.",
    "image version": "Nothing: wait until it is made.",
    "Batch pool": (
        "Make a new pool with virtualMachineConfiguration.imageReference.id = {new}, move the jobs, and delete this "
        "one."
    ),
    "Managed DevOps pool": "Set fabricProfile.images[].resourceId of the pool to {new}. New agents are made from it.",
    "Dev Box definition": (
        "Attach the gallery to the dev center, and set the definition's imageReference to the image in it. New dev "
        "boxes are made from it; those that exist live on."
    ),
    "Dev Box pool": (
        "Attach the gallery to the dev center, and set the pool's devBoxDefinition.imageReference to the image as the "
        "project shows it. New dev boxes are made from it; those that exist live on."
    ),
    "Dev Box image definition": (
        "Name the image of the attached gallery in the definition's file, in the catalog's repository, and build it."
    ),
    "host pool": "Set customImageId in the host pool's vmTemplate to {new}. New session hosts are made from it.",
    "session host configuration": (
        "Set imageInfo.customInfo.resourceId to {new}, and start a session host update, which replaces the hosts."
    ),
    "active session host configuration": (
        "Let the session host update to the other configuration end: then no host has this one."
    ),
    "image template": (
        "Make a new template whose source is {new} (type SharedImageVersion) or whose target is the definition; a "
        "template cannot be changed."
    ),
    "lab": "Make a new lab from {new}, and publish it.",
    "lab image": "Attach the gallery to the lab, and use the image in it; then delete the custom image.",
    "compute fleet": (
        "Make a new fleet whose profile names {new}, and delete this one once its machines have been replaced."
    ),
    "declared consumer": "Ask its owner to use {new}, and to take the declaration back.",
}
_INSTEAD_OF_OTHERS = "Ask the resource's owner to use {new} instead."
_READ_BACK = (
    "Gallerist sends PATCH {consumer} with virtualMachineProfile.storageProfile.imageReference.id = {new}, and reads "
    "it back."
)
_SCAN_AGAIN = "Scan for references again: the instances need the old image until each of them is made anew."
_BY_MODE: Mapping[str, str] = {
    "Manual": (
        "No instance changes by itself. Upgrade them, a few at a time; their OS disks are made anew: az vmss "
        "update-instances --resource-group {group} --name {name} --instance-ids <ids>"
    ),
    "Rolling": (
        "Azure upgrades the instances in batches, as the rolling upgrade policy says, and stops if too many are "
        "unhealthy: az vmss rolling-upgrade get-latest --resource-group {group} --name {name}"
    ),
    "Automatic": (
        "Azure upgrades all instances at once and in any order as soon as the model is changed: expect an "
        "interruption. Their OS disks are made anew."
    ),
    "Flexible": (
        "Machines that exist keep their disks. New ones are made from the version. Replace those with an ephemeral OS "
        "disk."
    ),
}
_UNKNOWN_MODE = "The upgrade mode {mode} is not known here: its documentation says when the instances change."
_FOLLOWS_LATEST = (
    "Automatic OS upgrades are on: a version in particular gets none. Name the definition to follow `latest`."
)


def instead(kind: str, new: str) -> str:
    """What the owner of a consumer does where Gallerist does not re-point it."""
    return INSTEAD.get(kind, _INSTEAD_OF_OTHERS).format(new=new)


def sequence(scale_set: str, new: str, mode: str, *, follows_latest: bool) -> list[str]:
    """What happens to a scale set, and what its owner does, in order."""
    texts = [
        _READ_BACK,
        _BY_MODE.get(mode, _UNKNOWN_MODE),
        *([_FOLLOWS_LATEST] if follows_latest else []),
        _SCAN_AGAIN,
    ]
    group, name = scale_set.split("/")[4], scale_set.rpartition("/")[2]
    return [text.format(consumer=scale_set, new=new, mode=mode, group=group, name=name) for text in texts]
