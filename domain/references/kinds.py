"""The kinds of resources that are known to name images: where, what they do with them, and whether they block.

The table is data. The types, api-versions and fields are those of the specifications (azure-rest-api-specs); the
simulator's COVERAGE.md names the page of each.
"""

from dataclasses import dataclass
from typing import Literal

from domain.references.scan import Relation, Remedy

# always; while its disk is made anew from the image; while it is not made yet; never
Blocks = Literal["always", "ephemeral", "unfinished", "never"]


@dataclass(frozen=True)
class Field:
    """A part of a resource's properties that names an image; list indexes are left out of `path`."""

    path: str
    relation: Relation = "uses"
    blocks: Blocks = "always"
    part: str = "model"


@dataclass(frozen=True)
class Kind:
    """A type of resource that is read at its provider before a deletion.

    `hosted`: its machines run in Microsoft's subscriptions, where nobody can look at them. `strong` kinds have to be
    read before a deletion; the others are only known from Resource Graph. With `may_lack_children`, a resource above
    them without any may answer 404 instead of an empty list.
    """

    name: str
    type: str
    api_version: str
    fields: tuple[Field, ...]
    remedy: Remedy
    hosted: bool = False
    strong: bool = True
    may_lack_children: bool = False

    @property
    def namespace(self) -> str:
        """The resource provider."""
        return self.type.partition("/")[0]

    @property
    def levels(self) -> tuple[str, ...]:
        """The segments of the type, the outermost resource first."""
        return tuple(self.type.split("/")[1:])


_STORAGE = "storageProfile.imageReference"
# the first stable version whose pools show a definition of their own
DEV_CENTERS_API = "2025-02-01"
_DESKTOPS_API = "2025-04-01-preview"
KINDS: tuple[Kind, ...] = (
    Kind(
        "virtual machine",
        "Microsoft.Compute/virtualMachines",
        "2024-07-01",
        # documented ("Ephemeral OS disks"): reimage, resize, redeploy and healing make such a disk anew from the image
        (Field(_STORAGE, blocks="ephemeral", part="machine"),),
        "only by replacement",
    ),
    Kind(
        "scale set",
        "Microsoft.Compute/virtualMachineScaleSets",
        "2024-07-01",
        (Field(f"virtualMachineProfile.{_STORAGE}"),),
        "in place",
    ),
    Kind(
        "scale set instance",
        "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
        "2024-07-01",
        (Field(_STORAGE, part="instance"),),
        "on reimage",
    ),
    Kind(
        "disk",
        "Microsoft.Compute/disks",
        "2024-03-02",
        (
            Field("creationData.imageReference", "made-from", "never", "disk"),
            Field("creationData.galleryImageReference", "made-from", "never", "disk"),
        ),
        "nothing",
        strong=False,
    ),
    Kind(
        "snapshot",
        "Microsoft.Compute/snapshots",
        "2024-03-02",
        (
            Field("creationData.imageReference", "made-from", "never", "snapshot"),
            Field("creationData.galleryImageReference", "made-from", "never", "snapshot"),
        ),
        "nothing",
        strong=False,
    ),
    Kind(
        "image version",
        "Microsoft.Compute/galleries/images/versions",
        "2024-03-03",
        (Field("storageProfile", "made-from", "unfinished", "source"),),
        "nothing",
    ),
    Kind(
        "Batch pool",
        "Microsoft.Batch/batchAccounts/pools",
        "2024-07-01",
        # documented ("Use a custom image to create a pool"): it needs its image as long as it lives
        (Field("deploymentConfiguration.virtualMachineConfiguration.imageReference", part="pool"),),
        "only by replacement",
        hosted=True,
    ),
    Kind(
        "Managed DevOps pool",
        "Microsoft.DevOpsInfrastructure/pools",
        "2025-01-21",
        (Field("fabricProfile.images.resourceId", part="pool"),),
        "in place",
        hosted=True,
    ),
    Kind(
        "Dev Box definition",
        "Microsoft.DevCenter/devcenters/devboxdefinitions",
        DEV_CENTERS_API,
        (
            Field("imageReference", part="definition"),
            Field("activeImageReference", part="active definition"),
        ),
        "in place",
        hosted=True,
    ),
    Kind(
        "Dev Box pool",
        "Microsoft.DevCenter/projects/pools",
        DEV_CENTERS_API,
        # with `devBoxDefinitionType: Value`; otherwise it names a definition
        (
            Field("devBoxDefinition.imageReference", part="pool"),
            Field("devBoxDefinition.activeImageReference", part="active definition"),
        ),
        "in place",
        hosted=True,
    ),
    Kind(
        "Dev Box image definition",
        "Microsoft.DevCenter/projects/catalogs/imageDefinitions",
        DEV_CENTERS_API,
        # a file in the catalog's repository says which image it customizes
        (
            Field("imageReference", part="definition"),
            Field("activeImageReference", part="active definition"),
        ),
        "ask its owner",
        hosted=True,
    ),
    Kind(
        "host pool",
        "Microsoft.DesktopVirtualization/hostPools",
        "2024-04-03",
        # JSON in a text: what the portal makes new session hosts from
        (Field("vmTemplate", part="template"),),
        "in place",
    ),
    Kind(
        "session host configuration",
        "Microsoft.DesktopVirtualization/hostPools/sessionHostConfigurations",
        # no stable version has this type
        _DESKTOPS_API,
        (Field("imageInfo.customInfo.resourceId", part="configuration"),),
        "in place",
        # inferred: a host pool with standard management has no configuration
        may_lack_children=True,
    ),
    Kind(
        "active session host configuration",
        "Microsoft.DesktopVirtualization/hostPools/activeSessionHostConfigurations",
        _DESKTOPS_API,
        # what the hosts have until the update to the other configuration has ended
        (Field("imageInfo.customInfo.resourceId", part="active configuration"),),
        "in place",
        may_lack_children=True,
    ),
    Kind(
        "image template",
        "Microsoft.VirtualMachineImages/imageTemplates",
        "2024-02-01",
        (
            Field("source", part="template"),
            Field("distribute.imageId", "makes", part="template"),
            Field("distribute.galleryImageId", "makes", part="template"),
        ),
        "only by replacement",
    ),
    Kind(
        "lab",
        "Microsoft.LabServices/labs",
        "2022-08-01",
        (Field("virtualMachineProfile.imageReference", part="lab"),),
        "only by replacement",
        hosted=True,
    ),
    Kind(
        "lab image",
        "Microsoft.DevTestLab/labs/customimages",
        "2018-09-15",
        (Field("managedImageId", part="image"),),
        "only by replacement",
    ),
    Kind(
        "compute fleet",
        "Microsoft.AzureFleet/fleets",
        "2024-11-01",
        (
            Field(f"computeProfile.baseVirtualMachineProfile.{_STORAGE}", part="fleet"),
            Field(
                f"additionalLocationsProfile.locationProfiles.virtualMachineProfileOverride.{_STORAGE}",
                part="fleet",
            ),
        ),
        "only by replacement",
    ),
)
BY_TYPE = {kind.type.lower(): kind for kind in KINDS}
STRONG_KINDS = tuple(kind for kind in KINDS if kind.strong)
# types that name many things without needing any
MENTIONING = (
    "microsoft.alertsmanagement/",
    "microsoft.authorization/",
    "microsoft.insights/",
    "microsoft.logic/workflows",
    "microsoft.operationalinsights/",
    "microsoft.portal/dashboards",
)


def only_mentions(resource_type: str) -> bool:
    """Whether resources of this type watch or describe an image, and make nothing from it."""
    return f"{resource_type.lower()}/".startswith(tuple(name.rstrip("/") + "/" for name in MENTIONING))
