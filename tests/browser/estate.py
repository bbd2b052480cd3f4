"""The app and the simulated Azure of the demo, on one virtual clock, for a browser."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from api.answers import Migration, Promotion, Retirement
from client import Gallerist, ProblemError
from demo import seed
from domain.migration.states import ENDS
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.arm import call_arm, write_image
from local.stack import Stack

# as the demo, with less time to let pass
POLICY = seed.POLICY.replace("bake_hours: 6", "bake_hours: 0.2").replace("soak_days: 7", "soak_days: 0.06")
START = "2026-11-23T08:00:00+00:00"
IMAGES = {image.name: image for image in seed.IMAGES}
EVERYTHING = sorted(IMAGES)


class Estate:
    """The stack of the demo: ten images, of which a test starts those that it needs."""

    def __init__(self, stack: Stack, gallerist: Gallerist) -> None:
        self.stack = stack
        self.gallerist = gallerist

    @property
    def page(self) -> str:
        """The address of the page."""
        return f"{self.stack.api}/dashboard"

    def capture(self, *names: str) -> None:
        """Captures these images, if they are not there from the beginning."""
        for name in names:
            if IMAGES[name].arrives != "http":
                write_image(self.stack, IMAGES[name].capture.image)
        self.stack.until(lambda: self._captured(names))

    def _captured(self, names: tuple[str, ...]) -> bool:
        there = {one.name: one.provisioning_state for one in self.gallerist.images().images}
        return all(there.get(name) == "Succeeded" for name in names)

    def start(self, *names: str) -> list[str]:
        """Starts migrations; returns their ids."""
        return [self.gallerist.start_migration(IMAGES[name].id).id for name in names]

    def migration(self, name: str) -> Migration:
        """The migration of this image as it is now."""
        return self.gallerist.migration(self.id_of(name))

    def id_of(self, name: str) -> str:
        """The id of this image's migration."""
        return migration_id(ImageId.parse(IMAGES[name].id))

    def ended(self, *names: str) -> None:
        """Lets time pass until these migrations have ended."""
        self.stack.until(lambda: all(self.migration(name).state in ENDS for name in names))

    def until(self, look: Callable[[], Any]) -> None:
        """Lets time pass until this is true."""
        self.stack.until(look)

    def let_pass(self, **duration: float) -> None:
        """Lets time pass."""
        self.stack.let_pass(timedelta(**duration))

    def promotion(self, name: str) -> Promotion:
        """The promotion that followed this image's migration."""
        return self.gallerist.promotion(self._followed(name, "promotions"))

    def retirement(self, name: str) -> Retirement:
        """The retirement that followed this image's migration."""
        return self.gallerist.retirement(self._followed(name, "retirements"))

    def _followed(self, name: str, kind: str) -> str:
        (address,) = [one for one in self.migration(name).followed_by if f"/{kind}/" in one]
        return address.rpartition("/")[2]

    def shrink_the_disk(self, name: str) -> None:
        """Does what the fix says: captures the image again, with data disks that a gallery accepts."""
        image = IMAGES[name].capture.image
        call_arm(self.stack, "DELETE", image["id"]).raise_for_status()
        self.until(lambda: call_arm(self.stack, "GET", image["id"]).status_code == HTTPStatus.NOT_FOUND)
        os_disk = f"{image['id'].rpartition('/images/')[0]}/disks/{name}-os"
        disk = {
            "osType": "Windows",
            "osState": "Generalized",
            "managedDisk": {"id": os_disk},
            "diskSizeGB": 127,
        }
        properties = {"hyperVGeneration": "V1", "storageProfile": {"osDisk": disk, "dataDisks": []}}
        write_image(self.stack, image | {"properties": properties})
        self.until(lambda: self._captured((name,)))

    def is_gone(self, name: str) -> bool:
        """Whether the managed image is deleted."""
        return call_arm(self.stack, "GET", IMAGES[name].id).status_code == HTTPStatus.NOT_FOUND


def stack_in(folder: Path, *, options: list[str] | None = None) -> Stack:
    """The stack of the demo, with other options of the host."""
    return Stack(
        folder,
        seed.seed(),
        POLICY,
        "seconds:480",
        one_clock=True,
        start=START,
        host_options=options or [],
    )


def is_known(gallerist: Gallerist, migration: str) -> bool:
    """Whether the task hub has this migration."""
    try:
        gallerist.migration(migration)
    except ProblemError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True
