"""An image that is written reaches the app through the very filter that Bicep deploys."""

import re
from pathlib import Path

import httpx

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
    """Make the event subscription of infra/modules/event-subscription.bicep on the simulated Event Grid."""

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


def test_an_image_that_is_written_starts_its_migration(tmp_path: Path) -> None:
    """Writes of galleries, definitions and versions stay outside: one event is delivered, that of the image."""
    policy = f"defaults: {{galleries: [{GALLERY}]}}"
    with Stack(tmp_path, SEED, policy, host_options=["--clock", "skip"]) as stack:
        subscribe(stack)
        write_image(stack, IMAGE)
        while not (migrations := httpx.get(f"{stack.api}/migrations").json()["migrations"]):
            pass
        while httpx.get(f"{stack.api}/migrations").json()["migrations"][0]["state"] != "completed":
            pass
        delivered = stack.control("GET", "events")["delivered"]
    assert migrations[0]["image"].lower() == str(IMAGE["id"]).lower()
    assert {event["event"]["data"]["operationName"] for event in delivered} == {
        "Microsoft.Compute/images/write"
    }
