"""The event filter in Bicep delivers image writes to the app."""

import re
from pathlib import Path

from client import Gallerist
from domain.migration.states import MigrationState
from domain.resources.ids import ImageId
from local.arm import write_image
from local.stack import Stack
from tests.contract.infra.bicep import INFRA

TEXT = (INFRA / "modules" / "event-subscription.bicep").read_text(encoding="utf-8")
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


def subscribe(stack: Stack) -> None:
    """Creates the event subscription of infra/modules/event-subscription.bicep on the simulated Event Grid."""

    def values(name: str) -> list[str]:
        return re.findall(r"'([^']+)'", re.findall(rf"{name}: \[(.+)\]", TEXT)[0])

    def value(name: str) -> str:
        return str(re.findall(rf"{name}: '([^']+)'", TEXT)[0])

    function = re.findall(r"param functionName string = '(\w+)'", TEXT)[0]
    advanced = {"operatorType": value("operatorType"), "key": value("key"), "values": values("values")}
    body = {
        "endpoint": f"{stack.host['event_grid']}?functionName={function}",
        "schema": value("eventDeliverySchema"),
        "includedEventTypes": values("includedEventTypes"),
        "advancedFilters": [advanced],
    }
    stack.control("PUT", "event-subscriptions/gallerist", body)


def test_the_event_filter_delivers_image_writes_and_nothing_else(tmp_path: Path) -> None:
    """The image's event starts its migration; writes of definitions and versions are filtered out."""
    policy = f"defaults: {{galleries: [{GALLERY}]}}"
    with Stack(tmp_path, SEED, policy, host_options=["--clock", "skip"]) as stack:
        subscribe(stack)
        write_image(stack, IMAGE)
        with Gallerist(stack.api, sleep=lambda _: None) as gallerist:
            while not (migrations := list(gallerist.migrations())):
                pass
            ended = gallerist.wait_for_migration(migrations[0].id)
        delivered = stack.control("GET", "events")["delivered"]
    assert (ended.state, ended.image) == (MigrationState.COMPLETED, ImageId.parse(IMAGE["id"]))
    assert {event["event"]["data"]["operationName"] for event in delivered} == {
        "Microsoft.Compute/images/write"
    }
