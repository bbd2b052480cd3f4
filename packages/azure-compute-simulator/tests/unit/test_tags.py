"""The tags API: what it does to the tags of a resource, who may use it, and its event."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID
from simulator_client import ArmClient
from simulator_documents import IMAGE
from simulator_receiver import Receiver

TAGS = f"{IMAGE}/providers/Microsoft.Resources/tags/default"
BEFORE = {"Team": "web", "gallerist": "ignore"}


@pytest.fixture
def tagged(arm: ArmClient) -> ArmClient:
    """The seeded image with two tags."""
    arm.put(TAGS, sent(BEFORE))
    return arm


def sent(tags: dict[str, str], operation: str | None = None) -> dict[str, Any]:
    return {"properties": {"tags": tags}} | ({"operation": operation} if operation else {})


def shown(arm: ArmClient) -> dict[str, str]:
    tags: dict[str, str] = arm.get(TAGS)["properties"]["tags"]
    return tags


@pytest.mark.parametrize(
    ("operation", "tags", "after"),
    [
        ("Merge", {"owner": "ann"}, BEFORE | {"owner": "ann"}),
        # a name is the same in any case, and keeps the one that it has
        ("Merge", {"team": "data"}, {"Team": "data", "gallerist": "ignore"}),
        ("Replace", {"owner": "ann"}, {"owner": "ann"}),
        ("Delete", {"TEAM": ""}, {"gallerist": "ignore"}),
        ("Delete", {"team": "web", "gallerist": "migrate"}, {"gallerist": "ignore"}),
        # a value is not
        ("Delete", {"Team": "Web"}, BEFORE),
    ],
)
def test_tags_are_merged_replaced_and_deleted(
    tagged: ArmClient, operation: str, tags: dict[str, str], after: dict[str, str]
) -> None:
    response = tagged.send("PATCH", TAGS, sent(tags, operation))
    assert response.status == 200, response.data
    assert shown(tagged) == after
    assert tagged.get(IMAGE)["tags"] == after


def test_the_tags_are_read_as_a_resource_and_deleted_as_a_whole(tagged: ArmClient) -> None:
    assert tagged.get(TAGS) == {
        "id": TAGS,
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": BEFORE},
    }
    assert tagged.send("DELETE", TAGS).status == 200
    assert shown(tagged) == {}


def test_a_resource_has_at_most_fifty_tags(tagged: ArmClient) -> None:
    many = {f"tag-{number}": "" for number in range(49)}
    status, error = tagged.error("PATCH", TAGS, sent(many, "Merge"))
    assert (status, error["code"]) == (400, "InvalidRequestContent")
    assert shown(tagged) == BEFORE
    assert tagged.send("PATCH", TAGS, sent(many, "Replace")).status == 200


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("PATCH", sent({"a": "b"})),
        ("PATCH", sent({"a": "b"}, "Add")),
        ("PUT", {"tags": {"a": "b"}}),
        ("PUT", {"properties": {"tags": {"a": 1}}}),
        ("PUT", sent({"a": "1", "A": "2"})),
        ("PUT", sent({"a": "1" * 257})),
    ],
)
def test_tags_that_are_none_are_refused(arm: ArmClient, method: str, body: Any) -> None:
    assert arm.error(method, TAGS, body)[0] == 400
    assert shown(arm) == {}


def test_there_are_tags_of_what_exists_alone(arm: ArmClient) -> None:
    path = TAGS.replace("/images/web/", "/images/missing/")
    assert arm.error("PATCH", path, sent({"a": "b"}, "Merge"))[1]["code"] == "ResourceNotFound"
    assert arm.error("POST", TAGS, sent({"a": "b"}))[1]["code"] == "HttpMethodNotSupported"


def test_a_write_of_tags_needs_no_right_to_write_the_resource(arm: ArmClient) -> None:
    """*Tag Contributor* tags resources that it may not write (documented)."""
    role = {"principal": SYSTEM_ASSIGNED_CLIENT_ID, "scope": IMAGE}
    arm.simulator.set_roles([role | {"actions": ["Microsoft.Compute/images/*"]}])
    assert arm.error("PATCH", TAGS, sent({"a": "b"}, "Merge"))[0] == 403
    arm.simulator.set_roles([role | {"actions": ["Microsoft.Resources/tags/*"]}])
    assert arm.send("PATCH", TAGS, sent({"a": "b"}, "Merge")).status == 200
    assert arm.error("GET", IMAGE)[0] == 403


@pytest.fixture
def receiver(arm: ArmClient) -> Iterator[Receiver]:
    with Receiver() as receiver:
        arm.simulator.put_event_subscription("all", {"endpoint": receiver.url})
        yield receiver
        arm.simulator.close()


def the_event(arm: ArmClient) -> dict[str, Any]:
    (event,) = (one["event"] for deliveries in arm.simulator.events().values() for one in deliveries)
    found: dict[str, Any] = event
    return found


@pytest.mark.usefixtures("receiver")
def test_a_write_of_tags_raises_an_event_of_its_own(arm: ArmClient) -> None:
    """It comes while the image is still updating, and is the only one when that has ended."""
    uri = IMAGE.replace("/resourceGroups/", "/resourcegroups/")
    arm.simulator.set_pace("seconds:428")
    arm.send("PATCH", TAGS, sent({"gallerist": "migrate"}, "Merge"))
    event = the_event(arm)
    assert arm.get(IMAGE)["properties"]["provisioningState"] == "Updating"
    assert event["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert event["subject"] == event["data"]["resourceUri"] == uri
    assert event["data"]["operationName"] == "Microsoft.Resources/tags/write"
    assert event["data"]["authorization"]["scope"] == f"{uri}/providers/Microsoft.Resources/tags/default"
    arm.simulator.skip_time(60)
    assert arm.get(IMAGE)["properties"]["provisioningState"] == "Succeeded"
    assert the_event(arm) == event


@pytest.mark.usefixtures("receiver")
def test_a_switch_lets_the_event_name_the_tags(arm: ArmClient) -> None:
    arm.simulator.switches.tag_events_name = "tags"
    arm.send("PATCH", TAGS, sent({"gallerist": "migrate"}, "Merge"))
    assert the_event(arm)["data"]["resourceUri"].endswith(
        "/images/web/providers/Microsoft.Resources/tags/default"
    )
