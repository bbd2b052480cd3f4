"""`gallerist images`: the managed images."""

from api.answers import Image
from cli.commands import gaps
from cli.commands.filters import ImageFilters
from cli.output import Column
from cli.session import Session
from cli.verbs import single, verb

app = single()

COLUMNS = [
    Column[Image]("name", lambda image: image.name, lambda image: image.id),
    Column[Image]("resource group", lambda image: image.resource_group),
    Column[Image]("location", lambda image: image.location),
    Column[Image]("os", lambda image: f"{image.os_type} {image.hyper_v_generation}"),
    Column[Image]("gb", lambda image: image.os_disk_gb),
    Column[Image]("created", lambda image: image.created),
    Column[Image]("state", lambda image: image.provisioning_state, whole=True),
]


@verb(app, calls=("get_images",))
def images(session: Session, filters: ImageFilters) -> int:
    """List managed images."""
    found = gaps.read_on(session, lambda: session.client.images(filters.subscription))
    found.images = filters.select(found.images)
    session.output.list(found, found.images, COLUMNS)
    return gaps.tell(session, found)
