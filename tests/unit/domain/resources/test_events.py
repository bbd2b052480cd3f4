"""Event Grid events: which of them report a written managed image."""

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
    ids=["both", "resourceUri only", "subject only", "upper case", "lower case"],
)
def test_the_event_of_a_written_image_is_read_in_any_case(
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
        (WRITE_SUCCEEDED, {"resourceUri": SUBJECT}, "no operation name"),
        (WRITE_SUCCEEDED, None, "no operation name"),
        (WRITE_SUCCEEDED, [DATA], "no operation name"),
        (WRITE_SUCCEEDED, {**DATA, "resourceUri": "web"}, "'web' is not the id of a managed image"),
        (
            WRITE_SUCCEEDED,
            {**DATA, "resourceUri": f"{PROVIDER}/galleries/golden/images/web"},
            "its type is 'Microsoft.Compute/galleries/images'",
        ),
    ],
)
def test_any_other_event_is_ignored_with_the_reason(event_type: str, data: Any, reason: str) -> None:
    read = read_event(event_type, "7", SUBJECT, data)
    assert isinstance(read, Ignored)
    assert reason in read.reason
