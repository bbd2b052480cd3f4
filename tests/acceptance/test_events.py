"""Event Grid: the handshakes, deliveries of both schemas, repeated deliveries and unrelated events."""

import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.site import Site
from tests.workflow.estate import GALLERY, HERE, an_image

EVENT_TYPE = "Microsoft.Resources.ResourceWriteSuccess"


@pytest.fixture(autouse=True)
def without_subscriptions(site: Site) -> Iterator[None]:
    """Ends the test's subscription, so that the images of other tests raise no events."""
    yield
    site.host.control("DELETE", "event-subscriptions/gallerist")


def webhook(site: Site) -> str:
    return f"{site.host.event_grid_url}?functionName=image_events"


def event(subject: str, **fields: object) -> dict[str, object]:
    """Returns an event of the Event Grid schema about a resource."""
    return {
        "id": str(uuid.uuid4()),
        "topic": f"/subscriptions/{HERE}",
        "subject": subject,
        "eventType": EVENT_TYPE,
        "eventTime": "2026-11-26T10:00:00Z",
        "dataVersion": "2",
        "data": {"operationName": "Microsoft.Compute/images/write", "status": "Succeeded", **fields},
    }


def test_a_new_subscription_gets_its_validation_code_back(site: Site) -> None:
    request = event("") | {
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "512d38b6", "validationUrl": "https://example.invalid/validate"},
    }

    response = httpx.post(webhook(site), json=[request], headers={"aeg-event-type": "SubscriptionValidation"})

    assert (response.status_code, response.json()) == (200, {"validationResponse": "512d38b6"})


def test_a_cloud_events_subscription_is_allowed_by_an_options_request(site: Site) -> None:
    response = httpx.options(webhook(site), headers={"WebHook-Request-Origin": "eventgrid.azure.net"})

    assert (response.status_code, response.headers["Webhook-Allowed-Origin"]) == (200, "eventgrid.azure.net")


@pytest.mark.parametrize("schema", ["EventGridSchema", "CloudEventSchemaV1_0"])
def test_a_written_image_is_migrated(site: Site, schema: str) -> None:
    """The simulated Event Grid checks the webhook by the handshake of its schema, then delivers the event."""
    site.host.subscribe_to_events(schema)

    image = site.write(an_image(f"by-{schema.lower()}"))

    migration = site.ended(image)
    assert migration["state"] == "completed"
    assert migration["started_by"].startswith("event ")


def test_an_event_that_is_delivered_three_times_publishes_one_version(site: Site) -> None:
    """So are the hints about its version, while the migration runs and after it."""
    site.host.subscribe_to_events()
    site.host.control("POST", "events", {"copies": 3})
    image = site.write(an_image("tripled"))

    assert site.ended(image)["state"] == "completed"
    site.host.control("POST", "events", {"copies": 1})
    assert site.eventually(lambda: delivered(site, image) >= 3)
    assert site.eventually(lambda: delivered(site, f"{GALLERY}/images/tripled/versions/1.0.0") >= 3)
    assert site.sources("tripled") == [image.lower()]


def delivered(site: Site, resource: str) -> int:
    """Counts the deliveries of the resource's events that the app has acknowledged."""
    deliveries = site.host.control("GET", "events")["delivered"]
    return sum(one["event"]["subject"].lower() == resource.lower() for one in deliveries)


@pytest.mark.parametrize(
    "subject",
    [
        f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/disks/a-disk",
        f"/subscriptions/{HERE}/resourceGroups/packer",
    ],
)
def test_an_event_about_another_resource_is_acknowledged_and_starts_nothing(site: Site, subject: str) -> None:
    """Event Grid repeats what is not acknowledged for a day."""
    before = ids(site)

    response = httpx.post(
        webhook(site),
        json=[event(subject, operationName="Microsoft.Compute/disks/write")],
        headers={"aeg-event-type": "Notification"},
    )

    assert response.is_success
    assert ids(site) == before


def test_events_of_one_request_start_a_migration_each(site: Site) -> None:
    images = [site.write(an_image(f"together-{number}")) for number in range(3)]

    response = httpx.post(
        webhook(site), json=[event(image) for image in images], headers={"aeg-event-type": "Notification"}
    )

    assert response.is_success
    assert [site.ended(image)["state"] for image in images] == ["completed"] * 3


def ids(site: Site) -> set[str]:
    return {migration.id for migration in site.gallerist.migrations()}
