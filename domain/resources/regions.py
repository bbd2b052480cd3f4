"""Azure regions: the canonical form of their names, and which of them have availability zones."""

from typing import Annotated

from pydantic import AfterValidator, Field


def canonical_region(name: str) -> str:
    """Returns the short name that ARM uses in `location`: `eastus2` for `East US 2`.

    The service accepts both spellings and answers with either: `targetRegions` comes back with display
    names, `replicationStatus` with short ones (recorded).
    """
    return name.lower().replace(" ", "").replace("-", "").replace("_", "")


Region = Annotated[str, AfterValidator(canonical_region), Field(min_length=1)]


def unknown_region(name: str) -> str:
    """Returns what to tell a user who names a region that the subscription cannot use."""
    return f"there is no region '{name}' for this subscription"


# documented: the regions with availability zones in "Azure regions list", and those of the sovereign clouds in
# "Availability zone service and regional support"; Standard_ZRS needs zones
REGIONS_WITH_ZONES = frozenset(
    {
        "australiaeast",
        "austriaeast",
        "belgiumcentral",
        "brazilsouth",
        "canadacentral",
        "centralindia",
        "centralus",
        "chilecentral",
        "chinanorth3",
        "eastasia",
        "eastus",
        "eastus2",
        "francecentral",
        "germanywestcentral",
        "indonesiacentral",
        "israelcentral",
        "italynorth",
        "japaneast",
        "japanwest",
        "koreacentral",
        "malaysiawest",
        "mexicocentral",
        "newzealandnorth",
        "northeurope",
        "norwayeast",
        "polandcentral",
        "qatarcentral",
        "southafricanorth",
        "southcentralus",
        "southeastasia",
        "spaincentral",
        "swedencentral",
        "switzerlandnorth",
        "uaenorth",
        "uksouth",
        "usgovvirginia",
        "westeurope",
        "westus2",
        "westus3",
    }
)
