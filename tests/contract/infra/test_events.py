"""The event filters in Bicep deliver the writes of images, of their tags and of image versions to the app."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from client import Gallerist
from domain.fleet.doctor import find_events
from domain.fleet.findings import Finding
from domain.migration.states import MigrationState
from domain.resources.ids import ImageId
from local.arm import call_arm, write_image
from local.stack import Stack
from tests.contract.infra.bicep import INFRA
from tests.contract.infra.snapshots import load
from tests.workflow.estate import Estate

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
IMAGE: dict[str, Any] = {
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

    def values(name: str, within: str = text) -> list[str]:
        return re.findall(r"'([^']+)'", re.findall(rf"{name}: \[(.+)\]", within)[0])

    def value(name: str) -> str:
        return str(re.findall(rf"{name}: '([^']+)'", text)[0])

    named = re.findall(r"^  name: '(gallerist-.+)'$", text, re.MULTILINE)
    assert [one.replace("${environmentName}", ENVIRONMENT) for one in named] == [name]
    function = re.findall(r"param functionName string = '(\w+)'", text)[0]
    filters = re.findall(r"operatorType: '(\w+)'\s+key: '([\w.]+)'\s+((?://.+\s+)?values: .+)", text)
    advanced = [
        {"operatorType": kind, "key": key, "values": values("values", rest)} for kind, key, rest in filters
    ]
    body = {
        "endpoint": f"{stack.host['event_grid']}?functionName={function}",
        "schema": value("eventDeliverySchema"),
        "includedEventTypes": values("includedEventTypes"),
        "advancedFilters": advanced,
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


@pytest.mark.parametrize("names", ["resource", "tags"])
def test_a_tag_that_is_set_through_the_tags_api_starts_a_migration(tmp_path: Path, names: str) -> None:
    """As the portal and `az tag` set it, whichever of the two ids the event has."""
    policy = f"""\
        defaults: {{action: ignore, galleries: [{GALLERY}]}}
        rules: [{{name: tagged, match: {{tags: {{gallerist: migrate}}}}, action: migrate}}]
    """
    with Stack(tmp_path, SEED, policy, one_clock=True) as stack, Estate(stack) as estate:
        stack.control("POST", "switches", {"tag_events_name": names})
        image = estate.write(IMAGE)
        # from now on only a write of tags raises an event
        for name in MODULES:
            subscribe(stack, name)
        sent = {"operation": "Merge", "properties": {"tags": {"gallerist": "migrate"}}}
        call_arm(
            stack, "PATCH", f"{image}/providers/Microsoft.Resources/tags/default", sent
        ).raise_for_status()
        ended = estate.ended(image)
    assert (ended["state"], ended["image"]) == ("completed", image)
    assert ended["started_by"].startswith("event ")


def test_the_doctor_finds_nothing_wrong_with_what_is_deployed() -> None:
    """A filter that the app's own diagnosis does not understand would warn of every deployment."""
    deployed = [one for one in load("default-events") if one["type"].endswith("/eventSubscriptions")]
    state = {"provisioningState": "Succeeded"}
    shown: list[Mapping[str, Any]] = [one | {"properties": one["properties"] | state} for one in deployed]
    findings: list[Finding] = list(find_events(SUBSCRIPTION, shown))
    assert {one.verdict for one in findings} == {"passed"}, findings
    assert len(findings) == 3
