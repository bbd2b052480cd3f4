"""Event Grid events: which of them report a written managed image or image version."""

from typing import Any

import pytest

from domain.resources.events import (
    IMAGE_WRITE,
    TAG_WRITE,
    VERSION_WRITE,
    WRITE_FAILED,
    WRITE_SUCCEEDED,
    Ignored,
    ImageWritten,
    VersionWritten,
    read_event,
)
from tests.unit.builders import PROVIDER, definition_id, image_id

SUBJECT = str(image_id())
DATA = {"operationName": IMAGE_WRITE, "resourceUri": SUBJECT}
VERSION = definition_id().version("1.0.4")
VERSION_DATA = {"operationName": VERSION_WRITE, "resourceUri": str(VERSION)}


@pytest.mark.parametrize(
    ("event_type", "subject", "data"),
    [
        (WRITE_SUCCEEDED, SUBJECT, DATA),
        (WRITE_SUCCEEDED, "", DATA),
        (WRITE_SUCCEEDED, SUBJECT, {"operationName": IMAGE_WRITE}),
        (WRITE_SUCCEEDED.upper(), SUBJECT, {**DATA, "operationName": IMAGE_WRITE.upper()}),
        (WRITE_SUCCEEDED, SUBJECT.lower(), {**DATA, "resourceUri": SUBJECT.lower()}),
    ],
    ids=["both", "resourceUri only", "subject only", "upper case", "lower case"],
)
def test_the_event_of_a_written_image_is_read_in_any_case(
    event_type: str, subject: str, data: dict[str, Any]
) -> None:
    assert read_event(event_type, "7", subject, data) == ImageWritten(image=image_id(), event_id="7")


@pytest.mark.parametrize("suffix", ["", "/providers/Microsoft.Resources/tags/default"])
@pytest.mark.parametrize("cased", [str, str.lower])
def test_a_tag_that_was_set_through_the_tags_api_is_a_write_of_the_image(suffix: str, cased: Any) -> None:
    tagged = {"operationName": cased(TAG_WRITE), "resourceUri": cased(f"{SUBJECT}{suffix}")}
    assert read_event(WRITE_SUCCEEDED, "7", "", tagged) == ImageWritten(image=image_id(), event_id="7")


@pytest.mark.parametrize("resource", [f"{PROVIDER}/disks/os", "/subscriptions/x", str(VERSION), ""])
def test_a_tag_of_another_resource_starts_nothing(resource: str) -> None:
    suffix = "/providers/Microsoft.Resources/tags/default"
    tagged = {"operationName": TAG_WRITE, "resourceUri": f"{resource}{suffix}"}
    read = read_event(WRITE_SUCCEEDED, "7", "", tagged)
    assert isinstance(read, Ignored)
    assert read.reason == "its resource is not a managed image"


@pytest.mark.parametrize(
    ("event_type", "data", "reason"),
    [
        ("Microsoft.Resources.ResourceDeleteSuccess", DATA, "event type Microsoft.Resources.ResourceDelete"),
        (
            WRITE_SUCCEEDED,
            {**DATA, "operationName": "Microsoft.Compute/galleries/write"},
            "operation Microsoft.Compute/galleries",
        ),
        (WRITE_SUCCEEDED, {**DATA, "operationName": "Microsoft.Compute/images/delete"}, "operation"),
        (WRITE_SUCCEEDED, {"resourceUri": SUBJECT}, "no operation name"),
        (WRITE_SUCCEEDED, None, "no operation name"),
        (WRITE_SUCCEEDED, [DATA], "no operation name"),
        (None, DATA, "no event type"),
        ("", DATA, "no event type"),
        (7, DATA, "event type 7"),
        (WRITE_FAILED, DATA, "event type Microsoft.Resources.ResourceWriteFailure"),
        (WRITE_FAILED, {**DATA, "operationName": "Microsoft.Compute/disks/write"}, "operation"),
        ("Microsoft.Resources.ResourceWriteCancel", VERSION_DATA, "event type"),
        (WRITE_SUCCEEDED, VERSION_DATA | {"resourceUri": SUBJECT}, "its resource is not an image version"),
        (WRITE_SUCCEEDED, {**DATA, "operationName": None}, "no operation name"),
        (WRITE_SUCCEEDED, {**DATA, "operationName": ["x"]}, "operation ['x']"),
    ],
)
def test_any_other_event_is_ignored_with_the_reason(event_type: Any, data: Any, reason: str) -> None:
    read = read_event(event_type, "7", SUBJECT, data)
    assert isinstance(read, Ignored)
    assert read.reason.startswith(reason)
    assert not read.unlisted


@pytest.mark.parametrize(
    ("resource", "detail"),
    [
        ("web", "'web' is not the id of a managed image"),
        (f"{PROVIDER}/galleries/golden/images/web", "its type is 'Microsoft.Compute/galleries/images'"),
        (7, "'7' is not the id of a managed image"),
        ("x" * 10_000, "xxx"),
    ],
)
def test_an_event_about_another_resource_is_ignored_for_one_reason(resource: Any, detail: str) -> None:
    """The reason is that of all such events, the detail is about this one."""
    read = read_event(WRITE_SUCCEEDED, "7", SUBJECT, {**DATA, "resourceUri": resource})
    assert isinstance(read, Ignored)
    assert read.reason == "its resource is not a managed image"
    assert detail in read.detail
    assert len(read.detail) <= 500


@pytest.mark.parametrize("subject", [None, 7])
def test_a_subject_that_is_no_text_does_not_matter_beside_the_resource(subject: Any) -> None:
    assert isinstance(read_event(WRITE_SUCCEEDED, "7", subject, DATA), ImageWritten)
    assert isinstance(read_event(WRITE_SUCCEEDED, "7", subject, {"operationName": IMAGE_WRITE}), Ignored)


def test_an_event_without_an_id_is_read() -> None:
    assert read_event(WRITE_SUCCEEDED, None, SUBJECT, DATA) == ImageWritten(image=image_id(), event_id="")


def test_an_image_of_a_subscription_that_is_not_listed_is_ignored() -> None:
    """Without a list, those of every subscription are read."""
    other = "99999999-9999-4999-8999-999999999999"
    read = read_event(WRITE_SUCCEEDED, "7", SUBJECT, DATA, [other])
    assert isinstance(read, Ignored)
    assert read.unlisted
    assert read.reason == f"subscription {image_id().subscription} is not one of GALLERIST_SUBSCRIPTIONS"
    listed = [other, image_id().subscription]
    assert isinstance(read_event(WRITE_SUCCEEDED, "7", SUBJECT.upper(), DATA, listed), ImageWritten)
    assert isinstance(read_event(WRITE_SUCCEEDED, "7", SUBJECT, DATA, []), ImageWritten)


@pytest.mark.parametrize("event_type", [WRITE_SUCCEEDED, WRITE_FAILED.upper()])
@pytest.mark.parametrize(
    ("subject", "data"),
    [
        (str(VERSION), {"operationName": VERSION_WRITE}),
        ("", VERSION_DATA),
        (None, {"operationName": VERSION_WRITE.upper(), "resourceUri": str(VERSION).lower()}),
    ],
)
def test_the_event_of_a_version_is_read_whether_it_succeeded_or_failed(
    event_type: str, subject: Any, data: dict[str, Any]
) -> None:
    succeeded = event_type == WRITE_SUCCEEDED
    read = read_event(event_type, "7", subject, data)
    assert read == VersionWritten(version=VERSION, succeeded=succeeded, event_id="7")


def test_a_version_of_any_subscription_is_read() -> None:
    """Galleries may be in subscriptions without images, and the event starts nothing."""
    listed = ["99999999-9999-4999-8999-999999999999"]
    assert isinstance(read_event(WRITE_SUCCEEDED, "7", "", VERSION_DATA, listed), VersionWritten)
