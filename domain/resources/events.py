"""Event Grid events: which of them say that a managed image was written.

The body's `claims` hold personal data and are not read.
"""

from typing import Any

from pydantic import BaseModel

from domain.errors import ResourceIdError
from domain.resources.ids import ImageId

WRITE_SUCCEEDED = "Microsoft.Resources.ResourceWriteSuccess"
IMAGE_WRITE = "Microsoft.Compute/images/write"


class ImageWritten(BaseModel):
    """A managed image was created, replaced, or only tagged: the event does not tell which."""

    image: ImageId
    event_id: str


class Ignored(BaseModel):
    """An event that is none of Gallerist's business, and why."""

    reason: str


def read_event(event_type: str, event_id: str, subject: str, data: Any) -> ImageWritten | Ignored:
    """Read an event of either schema; `subject` and `data.resourceUri` name the resource, in any case."""
    if event_type.lower() != WRITE_SUCCEEDED.lower():
        return Ignored(reason=f"event type {event_type}")
    body = data if isinstance(data, dict) else {}
    operation = str(body.get("operationName", ""))
    if operation.lower() != IMAGE_WRITE.lower():
        return Ignored(reason=f"operation {operation or 'not named'}")
    try:
        return ImageWritten(image=ImageId.parse(str(body.get("resourceUri") or subject)), event_id=event_id)
    except ResourceIdError as error:
        return Ignored(reason=str(error))
