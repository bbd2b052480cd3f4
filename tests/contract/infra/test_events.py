"""The event filters in Bicep deliver the writes of images and of image versions to the app."""

import re
from pathlib import Path

from client import Gallerist
from domain.migration.states import MigrationState
from domain.resources.ids import ImageId
from local.arm import write_image
from local.stack import Stack
from tests.contract.infra.bicep import INFRA

ENVIRONMENT = "test"
MODULES = {
    f"gallerist-images-{ENVIRONMENT}": "event-subscription",
    f"gallerist-versions-{ENVIRONMENT}": "version-event-subscription",
}
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
GALLERY = f"{COMPUTE}/galleries/golden"
SEED = {
    "subscriptions": [{"id": SUBSCRIPTION, "name": "Production"}],
    "resourceGroups": [{"subscription": SUBSCRIPTION, "name": "images", "location": "eastus2"}],
    "resources": [{"id": GALLERY, "location": "eastus2", "properties": {}}],
}
IMAGE = {
    "id": f"{COMPUTE}/images/ubuntu",
    "location": "eastus2",
    "tags": {},
    "properties": {
        "hyperVGeneration": "V2",
        "storageProfile": {
            "osDisk": {
                "osType": "Linux",
                "osState": "Generalized",
                "blobUri": "https://images.blob.core.windows.net/vhds/ubuntu.vhd",
            }
        },
    },
}


def subscribe(stack: Stack, name: str) -> None:
    """Creates the event subscription of a module in infra/modules on the simulated Event Grid."""
    text = (INFRA / "modules" / f"{MODULES[name]}.bicep").read_text(encoding="utf-8")

    def values(name: str) -> list[str]:
        return re.findall(r"'([^']+)'", re.findall(rf"{name}: \[(.+)\]", text)[0])

    def value(name: str) -> str:
        return str(re.findall(rf"{name}: '([^']+)'", text)[0])

    named = re.findall(r"^  name: '(gallerist-.+)'$", text, re.MULTILINE)
    assert [one.replace("${environmentName}", ENVIRONMENT) for one in named] == [name]
    function = re.findall(r"param functionName string = '(\w+)'", text)[0]
    advanced = {"operatorType": value("operatorType"), "key": value("key"), "values": values("values")}
    body = {
        "endpoint": f"{stack.host['event_grid']}?functionName={function}",
        "schema": value("eventDeliverySchema"),
        "includedEventTypes": values("includedEventTypes"),
        "advancedFilters": [advanced],
    }
    stack.control("PUT", f"event-subscriptions/{name}", body)


def test_the_event_filters_deliver_writes_of_images_and_versions_and_nothing_else(tmp_path: Path) -> None:
    """The image's event starts its migration, its version's is a hint; writes of definitions are filtered out."""
    policy = f"defaults: {{galleries: [{GALLERY}]}}"
    with Stack(tmp_path, SEED, policy, host_options=["--clock", "skip"]) as stack:
        for name in MODULES:
            subscribe(stack, name)
        write_image(stack, IMAGE)
        with Gallerist(stack.api, sleep=lambda _: None) as gallerist:
            while not (migrations := list(gallerist.migrations())):
                pass
            ended = gallerist.wait_for_migration(migrations[0].id)
        events = stack.control("GET", "events")
    assert (ended.state, ended.image) == (MigrationState.COMPLETED, ImageId.parse(IMAGE["id"]))
    sent = [one for deliveries in events.values() for one in deliveries]
    assert {(one["subscription"], one["event"]["data"]["operationName"]) for one in sent} == {
        (f"gallerist-images-{ENVIRONMENT}", "Microsoft.Compute/images/write"),
        (f"gallerist-versions-{ENVIRONMENT}", "Microsoft.Compute/galleries/images/versions/write"),
    }
