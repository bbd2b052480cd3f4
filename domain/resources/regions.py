"""Region names in their one canonical form: `East US 2` and `eastus2` are one region."""

from typing import Annotated

from pydantic import AfterValidator, Field


def canonical_region(name: str) -> str:
    """The short name that ARM uses in `location`: lower case, without spaces, hyphens and underscores.

    The service takes both spellings and answers with either (recorded: `targetRegions` comes back as display
    names, `replicationStatus` as short ones).
    """
    return name.lower().replace(" ", "").replace("-", "").replace("_", "")


Region = Annotated[str, AfterValidator(canonical_region), Field(min_length=1)]
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
