"""Event Grid events: which of them say that a managed image was written."""

from typing import Any

import pytest

from domain.resources.events import IMAGE_WRITE, WRITE_SUCCEEDED, Ignored, ImageWritten, read_event
from tests.unit.builders import PROVIDER, image_id

SUBJECT = str(image_id())
DATA = {"operationName": IMAGE_WRITE, "resourceUri": SUBJECT}


@pytest.mark.parametrize(
    ("event_type", "subject", "data"),
    [
        (WRITE_SUCCEEDED, SUBJECT, DATA),
        (WRITE_SUCCEEDED, "", DATA),
        (WRITE_SUCCEEDED, SUBJECT, {"operationName": IMAGE_WRITE}),
        (WRITE_SUCCEEDED.upper(), SUBJECT, {**DATA, "operationName": IMAGE_WRITE.upper()}),
        (WRITE_SUCCEEDED, SUBJECT.lower(), {**DATA, "resourceUri": SUBJECT.lower()}),
    ],
    ids=["both", "the resource's id alone", "the subject alone", "shouted", "whispered"],
)
def test_a_written_image_is_read_whatever_the_case(
    event_type: str, subject: str, data: dict[str, Any]
) -> None:
    assert read_event(event_type, "7", subject, data) == ImageWritten(image=image_id(), event_id="7")


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
        (WRITE_SUCCEEDED, {"resourceUri": SUBJECT}, "operation not named"),
        (WRITE_SUCCEEDED, None, "operation not named"),
        (WRITE_SUCCEEDED, [DATA], "operation not named"),
        (WRITE_SUCCEEDED, {**DATA, "resourceUri": "web"}, "'web' is not the id of a managed image"),
        (
            WRITE_SUCCEEDED,
            {**DATA, "resourceUri": f"{PROVIDER}/galleries/golden/images/web"},
            "its type is 'Microsoft.Compute/galleries/images'",
        ),
    ],
)
def test_an_event_that_is_none_of_ours_is_ignored_with_the_reason(
    event_type: str, data: Any, reason: str
) -> None:
    read = read_event(event_type, "7", SUBJECT, data)
    assert isinstance(read, Ignored)
    assert reason in read.reason
