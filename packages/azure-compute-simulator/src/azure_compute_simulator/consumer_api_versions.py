"""The api-versions of the types of other providers that name an image (specified: azure-rest-api-specs)."""

from collections.abc import Mapping

_BATCH = ["2022-10-01", "2023-05-01", "2023-11-01", "2024-02-01", "2024-07-01", "2025-06-01"]
_DEV_CENTER = [
    "2023-04-01",
    "2024-02-01",
    "2024-10-01-preview",
    "2025-02-01",
    "2025-04-01-preview",
    "2025-07-01-preview",
    "2025-10-01-preview",
    "2026-01-01-preview",
]
_SESSION_HOSTS = [
    "2024-04-08-preview",
    "2024-08-08-preview",
    "2024-11-01-preview",
    "2025-03-01-preview",
    "2025-04-01-preview",
    "2025-08-01-preview",
    "2025-09-01-preview",
    "2025-11-01-preview",
    "2026-01-01-preview",
    "2026-03-01-preview",
    "2026-04-01-preview",
]
_LABS = ["2016-05-15", "2018-09-15"]
_EVENT_GRID = ["2021-12-01", "2022-06-15", "2025-02-15"]

# the newer ones of each; older ones are refused, too
CONSUMER_API_VERSIONS: Mapping[str, list[str]] = {
    "Microsoft.AzureFleet/fleets": ["2024-11-01", "2026-04-01-preview", "2026-06-01-preview"],
    "Microsoft.Batch/batchAccounts": _BATCH,
    "Microsoft.Batch/batchAccounts/pools": _BATCH,
    "Microsoft.DevOpsInfrastructure/pools": ["2024-10-19", "2025-01-21", "2025-09-20", "2026-06-02"],
    "Microsoft.DevCenter/devcenters": _DEV_CENTER,
    "Microsoft.DevCenter/devcenters/galleries": _DEV_CENTER,
    "Microsoft.DevCenter/devcenters/devboxdefinitions": _DEV_CENTER,
    "Microsoft.DevCenter/projects": _DEV_CENTER,
    "Microsoft.DevCenter/projects/pools": _DEV_CENTER,
    "Microsoft.DevCenter/projects/catalogs": _DEV_CENTER[1:],
    "Microsoft.DevCenter/projects/catalogs/imageDefinitions": _DEV_CENTER[2:],
    # the stable versions of host pools have no session host configurations
    "Microsoft.DesktopVirtualization/hostPools": sorted(
        [*_SESSION_HOSTS, "2023-09-05", "2024-04-03", "2025-10-10"]
    ),
    "Microsoft.DesktopVirtualization/hostPools/sessionHostConfigurations": _SESSION_HOSTS,
    "Microsoft.DesktopVirtualization/hostPools/activeSessionHostConfigurations": _SESSION_HOSTS,
    "Microsoft.VirtualMachineImages/imageTemplates": ["2022-07-01", "2023-07-01", "2024-02-01", "2025-10-01"],
    "Microsoft.LabServices/labs": ["2022-08-01", "2023-06-07"],
    "Microsoft.DevTestLab/labs": _LABS,
    "Microsoft.EventGrid/systemTopics": _EVENT_GRID,
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": _EVENT_GRID,
    "Microsoft.DevTestLab/labs/customimages": _LABS,
}
