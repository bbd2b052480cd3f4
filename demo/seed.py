"""The managed images of the demo, and how the migration of each one should end."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from domain.migration.states import MigrationState
from local.capture import TENANT, Capture, captured

PRODUCTION = "11111111-1111-4111-8111-111111111111"
DEVELOPMENT = "22222222-2222-4222-8222-222222222222"
GALLERY = f"/subscriptions/{PRODUCTION}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
TWIN_GALLERY = (
    f"/subscriptions/{DEVELOPMENT}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden_twin"
)


class DemoImage(NamedTuple):
    """One image. It arrives by an event (captured while the demo runs), by an event delivered twice, or by HTTP."""

    capture: Capture
    arrives: Literal["event", "event twice", "http"]
    ends: MigrationState

    @property
    def name(self) -> str:
        """The managed image's name."""
        return self.capture.name

    @property
    def id(self) -> str:
        """The managed image's resource id."""
        resource_id: str = self.capture.image["id"]
        return resource_id


TOPIC_GROUPS = ((PRODUCTION, "images"), (DEVELOPMENT, "images"))
# the operations that the event subscriptions send, as in infra/modules
SENT = {
    "images": ["Microsoft.Compute/images/write", "Microsoft.Resources/tags/write"],
    "versions": ["Microsoft.Compute/galleries/images/versions/write"],
}
_EVENT_GRID = "providers/Microsoft.EventGrid"
_FUNCTION = (
    f"/subscriptions/{PRODUCTION}/resourceGroups/images/providers/Microsoft.Web/sites/gallerist"
    "/functions/image_events"
)
PACKER_PLAN = {"PlanInfo": "9-lvm-gen2", "PlanProduct": "almalinux-x86_64", "PlanPublisher": "almalinux"}

COMPLETED, BLOCKED, SKIPPED = MigrationState.COMPLETED, MigrationState.BLOCKED, MigrationState.SKIPPED

IMAGES = (
    DemoImage(captured(PRODUCTION, "packer", "ubuntu-2204-20261101"), "event", COMPLETED),
    DemoImage(captured(PRODUCTION, "packer", "ubuntu-2204-20261108"), "event twice", COMPLETED),
    DemoImage(
        captured(PRODUCTION, "packer", "ubuntu-2404-20261102", generation="V2", data_disks_gb=(64, 128)),
        "event",
        COMPLETED,
    ),
    DemoImage(
        captured(PRODUCTION, "packer", "alma-9-20261103", generation="V2", tags=PACKER_PLAN),
        "event",
        COMPLETED,
    ),
    DemoImage(
        captured(PRODUCTION, "captured", "win2022-iis", os_type="Windows", generation="V2", os_disk_gb=127),
        "http",
        COMPLETED,
    ),
    DemoImage(
        captured(PRODUCTION, "captured", "win2016-legacy", os_type="Windows", os_disk_gb=127),
        "http",
        COMPLETED,
    ),
    DemoImage(
        captured(DEVELOPMENT, "build", "debian-12-20261105", location="westeurope", data_disks_gb=(32,)),
        "http",
        COMPLETED,
    ),
    # one data disk is larger than a gallery accepts
    DemoImage(
        captured(
            DEVELOPMENT,
            "build",
            "sql-2019",
            os_type="Windows",
            os_disk_gb=127,
            data_disks_gb=(4095,),
        ),
        "http",
        BLOCKED,
    ),
    # the definition suse-15 exists, for generation 1
    DemoImage(captured(DEVELOPMENT, "build", "suse-15-20261106", generation="V2"), "event", BLOCKED),
    DemoImage(
        captured(DEVELOPMENT, "build", "scratch-test", tags={"environment": "scratch"}), "event", SKIPPED
    ),
)

# this one is proved, promoted and retired
ALL_THE_WAY = "win2022-iis"
_NETWORK = (
    f"/subscriptions/{PRODUCTION}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/east"
)
_SUBNET = f"{_NETWORK}/subnets/proofs"

# their names carry the dates of the builds, and `version: date` numbers them in that order
TWO_BUILDS_OF_ONE_FAMILY = ("ubuntu-2204-20261101", "ubuntu-2204-20261108")

POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [eastus2, westus2]
  version: date
  end_of_life_after_days: 365
rules:
  - name: scratch images stay where they are
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: Ubuntu goes to both galleries
    match: {{names: ["ubuntu-*"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
    galleries: [{GALLERY}, {TWIN_GALLERY}]
    regions: [eastus2, westus2, {{name: northeurope, replicas: 2, storage_account_type: Standard_ZRS}}]
  - name: the web farm goes all the way
    match: {{names: [{ALL_THE_WAY}]}}
    verify: {{mode: boot, resource_group: proofs, subnets: {{eastus2: {_SUBNET}}}}}
    promote: {{when: after-verification, rings: [[eastus2], [westus2]], bake_hours: 6}}
    retire_source: {{when: after-approval, soak_days: 7}}
  - name: builds named family-date
    match: {{names: ["*-2026????"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
"""


def seed() -> dict[str, Any]:
    """Returns the simulator's seed: everything but the images that arrive by events."""
    existing = [image.capture.image for image in IMAGES if image.arrives == "http"]
    return {
        "subscriptions": [
            {"id": PRODUCTION, "name": "Production", "tenant": TENANT},
            {"id": DEVELOPMENT, "name": "Development", "tenant": TENANT},
        ],
        "resourceGroups": [
            {"subscription": PRODUCTION, "name": "images", "location": "eastus2"},
            {"subscription": PRODUCTION, "name": "packer", "location": "eastus2"},
            {"subscription": PRODUCTION, "name": "captured", "location": "eastus2"},
            {"subscription": PRODUCTION, "name": "proofs", "location": "eastus2"},
            {"subscription": DEVELOPMENT, "name": "images", "location": "westeurope"},
            {"subscription": DEVELOPMENT, "name": "build", "location": "westeurope"},
        ],
        "resources": [
            {"id": GALLERY, "location": "eastus2", "properties": {}},
            {"id": TWIN_GALLERY, "location": "westeurope", "properties": {}},
            _suse_definition_of_generation_1(),
            *(image.capture.machine | _hidden_generation(image.capture) for image in IMAGES),
            *existing,
            *(part for subscription, group in TOPIC_GROUPS for part in _event_resources(subscription, group)),
        ],
    }


def _event_resources(subscription: str, group: str) -> Iterator[dict[str, Any]]:
    """The system topic of a subscription and its event subscriptions, as the deployment makes them.

    They are what the app can see. The simulator sends events to the address that it is given when the demo starts.
    """
    topic = f"/subscriptions/{subscription}/resourceGroups/{group}/{_EVENT_GRID}/systemTopics/evgt-demo"
    source = {"source": f"/subscriptions/{subscription}", "topicType": "Microsoft.Resources.Subscriptions"}
    yield {"id": topic, "location": "global", "properties": {**source, "provisioningState": "Succeeded"}}
    for name, operations in SENT.items():
        names_operation = {"operatorType": "StringIn", "key": "data.operationName", "values": operations}
        properties = {
            "provisioningState": "Succeeded",
            "destination": {"endpointType": "AzureFunction", "properties": {"resourceId": _FUNCTION}},
            "filter": {"advancedFilters": [names_operation]},
        }
        yield {"id": f"{topic}/eventSubscriptions/gallerist-{name}-demo", "properties": properties}


def _hidden_generation(capture: Capture) -> dict[str, Any]:
    """A VM's JSON does not contain its generation, which the simulator needs."""
    return {"_simulator": {"hyperVGeneration": capture.image["properties"]["hyperVGeneration"]}}


def _suse_definition_of_generation_1() -> dict[str, Any]:
    return {
        "id": f"{GALLERY}/images/suse-15",
        "location": "eastus2",
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": "V1",
            "architecture": "x64",
            "identifier": {"publisher": "build", "offer": "suse-15", "sku": "linux-gen1"},
        },
    }
