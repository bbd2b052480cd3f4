"""Event Grid events, and which of them report that a managed image or an image version was written.

Whatever an event holds, it is read or ignored. The body's `claims` hold personal data, so they are never read.
"""

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel

from domain.errors import ResourceIdError
from domain.field_errors import shortened
from domain.resources.ids import ImageId, ImageVersionId

WRITE_SUCCEEDED = "Microsoft.Resources.ResourceWriteSuccess"
WRITE_FAILED = "Microsoft.Resources.ResourceWriteFailure"
IMAGE_WRITE = "Microsoft.Compute/images/write"
# a tag set through the tags API, as the portal and `az tag` do (the operation is seen in activity logs, and is not
# documented; that Azure Policy sets tags like this is inferred)
TAG_WRITE = "Microsoft.Resources/tags/write"
VERSION_WRITE = "Microsoft.Compute/galleries/images/versions/write"
_LONGEST_TEXT = 100
# What the tags API adds to the id of the resource (documented: "Tags - Update At Scope"). Activity logs name the
# resource itself, and the tags as the scope of the authorization; which of them an event names is not documented.
_TAGS = "/providers/microsoft.resources/tags/default"


class ImageWritten(BaseModel):
    """A managed image was created, replaced or only tagged; the event does not say which."""

    image: ImageId
    event_id: str


class VersionWritten(BaseModel):
    """An image version was created or changed, or that failed: a reason to look, never proof that it is done."""

    version: ImageVersionId
    succeeded: bool
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
) -> ImageWritten | VersionWritten | Ignored:
    """Reads an event of either schema. `data.resourceUri`, or else `subject`, names the resource, in any case.

    Images of other subscriptions than these are ignored; with none, those of every subscription are read. Versions are
    read whatever their subscription: galleries may be elsewhere, and an event about a version starts nothing.
    """
    kind = _text(event_type).lower()
    if kind not in (WRITE_SUCCEEDED.lower(), WRITE_FAILED.lower()):
        return Ignored(reason=f"event type {_text(event_type)}" if event_type else "no event type")
    succeeded = kind == WRITE_SUCCEEDED.lower()
    body: dict[str, Any] = data if isinstance(data, dict) else {}
    operation = _text(body.get("operationName"))
    resource = str(body.get("resourceUri") or subject)
    if operation.lower() == VERSION_WRITE.lower():
        return _version_written(resource, _text(event_id), succeeded=succeeded)
    if operation.lower() == TAG_WRITE.lower() and resource.lower().endswith(_TAGS):
        resource = resource[: -len(_TAGS)]
    if operation.lower() not in (IMAGE_WRITE.lower(), TAG_WRITE.lower()):
        return Ignored(reason=f"operation {operation}" if operation else "no operation name")
    if not succeeded:
        return Ignored(reason=f"event type {_text(event_type)}")
    return _image_written(resource, _text(event_id), subscriptions)


def _version_written(resource: str, event_id: str, *, succeeded: bool) -> VersionWritten | Ignored:
    try:
        version = ImageVersionId.parse(resource)
    except ResourceIdError as error:
        return Ignored(reason="its resource is not an image version", detail=shortened(str(error)))
    return VersionWritten(version=version, succeeded=succeeded, event_id=event_id)


def _image_written(resource: str, event_id: str, subscriptions: Collection[str]) -> ImageWritten | Ignored:
    try:
        image = ImageId.parse(resource)
    except ResourceIdError as error:
        return Ignored(reason="its resource is not a managed image", detail=shortened(str(error)))
    if subscriptions and image.subscription.lower() not in subscriptions:
        reason = f"subscription {image.subscription.lower()} is not one of GALLERIST_SUBSCRIPTIONS"
        return Ignored(reason=reason, unlisted=True)
    return ImageWritten(image=image, event_id=event_id)


def _text(value: object) -> str:
    return shortened(str(value or ""), _LONGEST_TEXT)
