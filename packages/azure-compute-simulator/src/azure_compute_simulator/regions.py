"""Azure regions: short names and display names, of the public cloud and of the sovereign ones."""

DISPLAY_NAMES = {
    "australiacentral": "Australia Central",
    "australiaeast": "Australia East",
    "australiasoutheast": "Australia Southeast",
    "austriaeast": "Austria East",
    "belgiumcentral": "Belgium Central",
    "brazilsouth": "Brazil South",
    "brazilsoutheast": "Brazil Southeast",
    "canadacentral": "Canada Central",
    "canadaeast": "Canada East",
    "centralindia": "Central India",
    "centralus": "Central US",
    "chilecentral": "Chile Central",
    "eastasia": "East Asia",
    "eastus": "East US",
    "eastus2": "East US 2",
    "francecentral": "France Central",
    "francesouth": "France South",
    "germanynorth": "Germany North",
    "germanywestcentral": "Germany West Central",
    "indonesiacentral": "Indonesia Central",
    "israelcentral": "Israel Central",
    "italynorth": "Italy North",
    "japaneast": "Japan East",
    "japanwest": "Japan West",
    "koreacentral": "Korea Central",
    "koreasouth": "Korea South",
    "malaysiawest": "Malaysia West",
    "mexicocentral": "Mexico Central",
    "newzealandnorth": "New Zealand North",
    "northcentralus": "North Central US",
    "northeurope": "North Europe",
    "norwayeast": "Norway East",
    "norwaywest": "Norway West",
    "polandcentral": "Poland Central",
    "qatarcentral": "Qatar Central",
    "southafricanorth": "South Africa North",
    "southafricawest": "South Africa West",
    "southcentralus": "South Central US",
    "southindia": "South India",
    "southeastasia": "Southeast Asia",
    "spaincentral": "Spain Central",
    "swedencentral": "Sweden Central",
    "switzerlandnorth": "Switzerland North",
    "switzerlandwest": "Switzerland West",
    "uaecentral": "UAE Central",
    "uaenorth": "UAE North",
    "uksouth": "UK South",
    "ukwest": "UK West",
    "westcentralus": "West Central US",
    "westeurope": "West Europe",
    "westindia": "West India",
    "westus": "West US",
    "westus2": "West US 2",
    "westus3": "West US 3",
}


# the regions of the US Government and China clouds; a subscription has them only if its seed lists them
SOVEREIGN_DISPLAY_NAMES = {
    "chinaeast": "China East",
    "chinaeast2": "China East 2",
    "chinaeast3": "China East 3",
    "chinanorth": "China North",
    "chinanorth2": "China North 2",
    "chinanorth3": "China North 3",
    "usdodcentral": "USDoD Central",
    "usdodeast": "USDoD East",
    "usgovarizona": "USGov Arizona",
    "usgovtexas": "USGov Texas",
    "usgovvirginia": "USGov Virginia",
}
# ARM lists them beside the regions, with regionType Logical; no resource can be in one
# (inspec-azure #313, azure-sdk-for-go #14383). The stage regions are among them
LOGICAL_DISPLAY_NAMES = {
    "asia": "Asia",
    "asiapacific": "Asia Pacific",
    "australia": "Australia",
    "brazil": "Brazil",
    "canada": "Canada",
    "eastasiastage": "East Asia (Stage)",
    "eastusstg": "East US STG",
    "europe": "Europe",
    "france": "France",
    "germany": "Germany",
    "global": "Global",
    "india": "India",
    "japan": "Japan",
    "korea": "Korea",
    "norway": "Norway",
    "singapore": "Singapore",
    "southafrica": "South Africa",
    "switzerland": "Switzerland",
    "uae": "United Arab Emirates",
    "uk": "United Kingdom",
    "unitedstates": "United States",
}
_PHYSICAL = DISPLAY_NAMES | SOVEREIGN_DISPLAY_NAMES
_LISTED = _PHYSICAL | LOGICAL_DISPLAY_NAMES


def short_name(name: str) -> str:
    """Returns the canonical form of a region's name: `East US 2` becomes `eastus2`."""
    return "".join(name.split()).lower()


def display_name(name: str) -> str:
    """Returns the name that the service shows in target regions (recorded: `eastus2` becomes `East US 2`)."""
    return _LISTED[short_name(name)]


def is_logical(name: str) -> bool:
    """Whether this is a logical region such as `europe`, which is listed and cannot be used."""
    return short_name(name) in LOGICAL_DISPLAY_NAMES


def is_listed(name: str) -> bool:
    """Whether a list of locations can have this name: a region of any cloud, or a logical one."""
    return short_name(name) in _LISTED


def exists(name: str) -> bool:
    """Whether this is a region of any cloud, in any spelling. Logical regions are not."""
    return short_name(name) in _PHYSICAL


def usable(name: str, locations: tuple[str, ...] | None) -> bool:
    """Whether a subscription with this list of locations can have resources in a region.

    Regions of the public cloud can always be used, those of a sovereign cloud only if they are listed.
    """
    short = short_name(name)
    return short in DISPLAY_NAMES or (short in SOVEREIGN_DISPLAY_NAMES and short in (locations or ()))
