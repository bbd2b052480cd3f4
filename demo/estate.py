"""Ten managed images in two subscriptions, migrated while you watch; one of them goes all the way."""

import signal
import sys
import threading
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from rich.console import Console

from api.answers import Migration
from cli.address import announced
from client import Gallerist, ProblemError
from demo import seed
from demo.afterwards import go_all_the_way
from demo.display import Bars, results
from domain.migration.states import ENDS
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from domain.resources.versions import Version
from local.arm import write_image
from local.stack import Stack, temporary_folder

# half a second here is half a minute there: a replication of eight minutes (the recorded median is seven) takes eight
# seconds, and what the app and Azure do in that time
LOOK_SECONDS = 0.5
STEP = timedelta(seconds=30)
REPLICATION = "seconds:480"
# the dates of two builds differ
BETWEEN_CAPTURES = timedelta(seconds=10)
# of the time there
PATIENCE = timedelta(hours=1)


def run(*, serve: bool) -> int:
    """Migrates the images and shows the galleries; with `serve`, keeps everything running after it."""
    # resource paths need room, which only a terminal may lack
    console = Console() if sys.stdout.isatty() else Console(width=150)
    with (
        temporary_folder() as folder,
        _stack(Path(folder)) as stack,
        Gallerist(stack.api) as gallerist,
        announced(stack.api) if serve else nullcontext(),
    ):
        stack.subscribe_to_events()
        console.print(
            f"Azure, simulated     {stack.simulator['arm']}   (one second here is about a minute there)\n"
            f"Gallerist's HTTP API {stack.api}   (try /images, /galleries, /migrations, /health)\n"
            f"The page for people   {stack.api}/dashboard\n"
        )
        began = stack.now()
        _send_images(stack, gallerist)
        migrations = _watch(console, stack, gallerist)
        minutes = (stack.now() - began) / timedelta(minutes=1)
        for table in results(migrations):
            console.print(table)
        broken = broken_promises(migrations, _versions_in_galleries(gallerist))
        for promise in broken:
            console.print(f"[red]{promise}[/]")
        if not broken:
            versions = sum(len(migration.targets) for migration in migrations.values())
            console.print(
                f"All {len(migrations)} images ended as they should: {versions} versions, each made once, "
                f"in {minutes:g} minutes of Azure's time."
            )
        if not broken:
            broken = go_all_the_way(console, stack, gallerist, migrations)
            for promise in broken:
                console.print(f"[red]{promise}[/]")
        if serve:
            console.print("\nEverything keeps running, and time passes as before. Ctrl+C stops it.")
            _keep_running(stack)
    return 1 if broken else 0


def _stack(folder: Path) -> Stack:
    today = datetime.now(UTC).isoformat()
    return Stack(folder, seed.seed(), seed.POLICY, REPLICATION, one_clock=True, start=today)


def _send_images(stack: Stack, gallerist: Gallerist) -> None:
    """Captures the images that arrive by events, and requests the migration of the others."""
    for image in seed.IMAGES:
        if image.arrives == "http":
            gallerist.start_migration(image.id)
        else:
            write_image(stack, image.capture.image)
            stack.let_pass(BETWEEN_CAPTURES)
    _wait_until_captured(stack, gallerist)
    for image in seed.IMAGES:
        if image.arrives == "event twice":
            stack.control("POST", "publish", {"resourceId": image.id})


def _wait_until_captured(stack: Stack, gallerist: Gallerist) -> None:
    deadline = stack.now() + PATIENCE
    while stack.now() < deadline:
        captured = [one for one in gallerist.images().images if one.provisioning_state == "Succeeded"]
        if len(captured) == len(seed.IMAGES):
            return
        _pass_time(stack)
    raise TimeoutError(f"Azure did not capture all images within {PATIENCE}")


def _pass_time(stack: Stack) -> None:
    """Leaves what is on the screen there for a moment, then lets time pass for the app and Azure together."""
    time.sleep(LOOK_SECONDS)
    stack.let_pass(STEP)


def _watch(console: Console, stack: Stack, gallerist: Gallerist) -> dict[str, Migration]:
    """Shows every migration until all have ended; returns them by the name of their image."""
    migrations: dict[str, Migration] = {}
    deadline = stack.now() + PATIENCE
    with Bars(console) as bars:
        while not _all_ended(migrations) and stack.now() < deadline:
            _pass_time(stack)
            for image in seed.IMAGES:
                migration = _migration(gallerist, image.id)
                if migration is not None:
                    migrations[image.name] = migration
                    bars.show(image.name, migration)
    return migrations


def _migration(gallerist: Gallerist, image_id: str) -> Migration | None:
    """The image's migration; None until its event has started it."""
    try:
        return gallerist.migration(migration_id(ImageId.parse(image_id)))
    except ProblemError as error:
        if error.status == 404:  # noqa: PLR2004 # not found
            return None
        raise


def _all_ended(migrations: dict[str, Migration]) -> bool:
    return len(migrations) == len(seed.IMAGES) and all(one.state in ENDS for one in migrations.values())


def _versions_in_galleries(gallerist: Gallerist) -> list[str]:
    return sorted(str(row.id).lower() for row in gallerist.galleries().galleries if row.provisioning_state)


def broken_promises(migrations: dict[str, Migration], in_galleries: list[str]) -> list[str]:
    """What did not turn out as the demo promises, in sentences; empty if everything did."""
    broken = [
        f"{image.name} should end as {image.ends}, and is {_state(migrations, image.name)}"
        for image in seed.IMAGES
        if _state(migrations, image.name) != image.ends
    ]
    made = [target.version_id for one in migrations.values() for target in one.targets if target.version_id]
    if sorted(str(version).lower() for version in made) != in_galleries:
        broken.append(f"the galleries hold {len(in_galleries)} versions, the migrations made {len(made)}")
    older, newer = (_number(migrations, name) for name in seed.TWO_BUILDS_OF_ONE_FAMILY)
    if older is None or newer is None or older >= newer:
        broken.append(f"the older build has number {older}, the newer one {newer}")
    return broken


def _state(migrations: dict[str, Migration], name: str) -> str:
    return migrations[name].state if name in migrations else "not started"


def _number(migrations: dict[str, Migration], name: str) -> Version | None:
    targets = migrations[name].targets if name in migrations else []
    numbers = [target.version for target in targets if target.version]
    return Version.parse(numbers[0]) if numbers else None


def _keep_running(stack: Stack) -> None:
    """Lets time pass as fast as during the demo, so that what a person starts is done, until a signal comes."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(LOOK_SECONDS):
        try:
            stack.let_pass(STEP)
        except httpx.TransportError:
            # Ctrl+C reaches the app and Azure, too
            if not stop.is_set():
                raise
