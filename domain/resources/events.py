"""Event Grid events, and which of them report that a managed image was written.

The body's `claims` hold personal data, so they are never read.
"""

from typing import Any

from pydantic import BaseModel

from domain.errors import ResourceIdError
from domain.resources.ids import ImageId

WRITE_SUCCEEDED = "Microsoft.Resources.ResourceWriteSuccess"
IMAGE_WRITE = "Microsoft.Compute/images/write"


class ImageWritten(BaseModel):
    """A managed image was created, replaced or only tagged; the event does not say which."""

    image: ImageId
    event_id: str


class Ignored(BaseModel):
    """An event that is not about a written managed image, and why it was ignored."""

    reason: str


def read_event(event_type: str, event_id: str, subject: str, data: Any) -> ImageWritten | Ignored:
    """Reads an event of either schema. `data.resourceUri`, or else `subject`, names the resource, in any case."""
    if event_type.lower() != WRITE_SUCCEEDED.lower():
        return Ignored(reason=f"event type {event_type}")
    body = data if isinstance(data, dict) else {}
    operation = str(body.get("operationName", ""))
    if operation.lower() != IMAGE_WRITE.lower():
        return Ignored(reason=f"operation {operation}" if operation else "no operation name")
    try:
        return ImageWritten(image=ImageId.parse(str(body.get("resourceUri") or subject)), event_id=event_id)
    except ResourceIdError as error:
        return Ignored(reason=str(error))
