"""Event Grid events, and which of them report that a managed image was written.

Whatever an event holds, it is read or ignored. The body's `claims` hold personal data, so they are never read.
"""

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel

from domain.errors import ResourceIdError
from domain.field_errors import shortened
from domain.resources.ids import ImageId

WRITE_SUCCEEDED = "Microsoft.Resources.ResourceWriteSuccess"
IMAGE_WRITE = "Microsoft.Compute/images/write"
_LONGEST_TEXT = 100


class ImageWritten(BaseModel):
    """A managed image was created, replaced or only tagged; the event does not say which."""

    image: ImageId
    event_id: str


class Ignored(BaseModel):
    """An event that starts nothing, and why: the same reason for all events of a kind.

    `detail` is about this one. `unlisted` events are about an image of a subscription that the settings do not name.
    """

    reason: str
    detail: str = ""
    unlisted: bool = False


def read_event(
    event_type: object, event_id: object, subject: object, data: object, subscriptions: Collection[str] = ()
) -> ImageWritten | Ignored:
    """Reads an event of either schema. `data.resourceUri`, or else `subject`, names the resource, in any case.

    Images of other subscriptions than these are ignored; with none, those of every subscription are read.
    """
    if _text(event_type).lower() != WRITE_SUCCEEDED.lower():
        return Ignored(reason=f"event type {_text(event_type)}" if event_type else "no event type")
    body: dict[str, Any] = data if isinstance(data, dict) else {}
    operation = _text(body.get("operationName"))
    if operation.lower() != IMAGE_WRITE.lower():
        return Ignored(reason=f"operation {operation}" if operation else "no operation name")
    try:
        image = ImageId.parse(str(body.get("resourceUri") or subject))
    except ResourceIdError as error:
        return Ignored(reason="its resource is not a managed image", detail=shortened(str(error)))
    if subscriptions and image.subscription.lower() not in subscriptions:
        reason = f"subscription {image.subscription.lower()} is not one of GALLERIST_SUBSCRIPTIONS"
        return Ignored(reason=reason, unlisted=True)
    return ImageWritten(image=image, event_id=_text(event_id))


def _text(value: object) -> str:
    return shortened(str(value or ""), _LONGEST_TEXT)
