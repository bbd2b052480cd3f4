"""The demo: migrates a small estate of managed images while you watch; exit code 0 if all ended as they should."""

import argparse
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from demo import fleet, seed
from demo.azure import write_image
from demo.display import Bars, results
from local.stack import Stack, temporary_folder

# one second here is a minute there: a replication of eight minutes (the recorded median is seven) takes eight seconds
TIME_SCALE = 60
REPLICATION = "seconds:480"
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 60


def main() -> int:
    """Run the demo that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="keep the simulated Azure and the app running")
    parser.add_argument(
        "--fleet", action="store_true", help="migrate 200 images while 5 % of everything goes wrong"
    )
    arguments = parser.parse_args()
    return fleet.run() if arguments.fleet else run(serve=arguments.serve)


def run(*, serve: bool) -> int:
    """Migrate the small estate."""
    # a table of resource paths needs room; what is not a terminal has it
    console = Console() if sys.stdout.isatty() else Console(width=150)
    with temporary_folder() as folder, _stack(Path(folder)) as stack:
        stack.subscribe_to_events()
        _print_addresses(console, stack)
        ended_well = _migrate(console, stack)
        if serve:
            console.print("\nEverything keeps running. Ctrl+C stops it.")
            _wait_for_a_signal()
    return 0 if ended_well else 1


def _stack(folder: Path) -> Stack:
    scale = ["--time-scale", str(TIME_SCALE)]
    return Stack(
        folder=folder,
        seed=seed.seed(),
        policy=seed.POLICY,
        transitions=REPLICATION,
        simulator_options=scale,
        host_options=scale,
    )


def _print_addresses(console: Console, stack: Stack) -> None:
    console.print(f"Azure, simulated     {stack.simulator['arm']}   (one second here is a minute there)")
    console.print(f"Gallerist's HTTP API {stack.api}   (try /images, /galleries, /migrations, /health)\n")


def _migrate(console: Console, stack: Stack) -> bool:
    addresses = _begin(stack)
    deadline = time.monotonic() + PATIENCE_SECONDS
    migrations: dict[str, dict[str, Any]] = {}
    with Bars(console) as bars:
        while not _all_ended(migrations, addresses) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            for name, address in addresses.items():
                response = httpx.get(address)
                if response.is_success:
                    migrations[name] = response.json()
                    bars.show(name, migrations[name])
    for table in results(migrations):
        console.print(table)
    return _judge(console, stack, migrations)


def _begin(stack: Stack) -> dict[str, str]:
    """Let the images arrive; returns where the migration of each one can be looked at."""
    for image in seed.IMAGES:
        if image.arrives == "http":
            response = httpx.post(f"{stack.api}/migrations", json={"image": image.image["id"]}, timeout=30)
            response.raise_for_status()
        else:
            write_image(stack, image.image)
    addresses = _addresses(stack)
    for image in seed.IMAGES:
        if image.arrives == "event twice":
            stack.control("POST", "publish", {"resourceId": image.image["id"]})
    return addresses


def _addresses(stack: Stack) -> dict[str, str]:
    """Every image's migration, once Azure lists all the images as made."""
    for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
        listed = httpx.get(f"{stack.api}/images", timeout=30).raise_for_status().json()["images"]
        made = {row["name"]: row["migration"] for row in listed if row["provisioning_state"] == "Succeeded"}
        if len(made) == len(seed.IMAGES):
            return made
        time.sleep(LOOK_SECONDS)
    raise TimeoutError("Azure did not make all the images in time")


def _all_ended(migrations: dict[str, dict[str, Any]], addresses: dict[str, str]) -> bool:
    ends = {"completed", "blocked", "skipped", "failed", "partial", "cancelled"}
    return bool(addresses) and all(migrations.get(name, {}).get("state") in ends for name in addresses)


def _judge(console: Console, stack: Stack, migrations: dict[str, dict[str, Any]]) -> bool:
    """Whether every image ended as it should, and the galleries hold each one exactly once."""
    states = {name: migration["state"] for name, migration in migrations.items()}
    wrong = [
        f"{image.name} should end {image.ends}, and is {states.get(image.name)}"
        for image in seed.IMAGES
        if states.get(image.name) != image.ends
    ]
    told = {target["version_id"] for migration in migrations.values() for target in migration["targets"]}
    listed = httpx.get(f"{stack.api}/galleries", timeout=30).raise_for_status().json()["galleries"]
    found = [row["id"] for row in listed if row["provisioning_state"]]
    if sorted(name.lower() for name in found) != sorted(name.lower() for name in told if name):
        wrong.append(f"the galleries hold {len(found)} versions, the migrations tell of {len(told)}")
    for sentence in wrong:
        console.print(f"[red]{sentence}[/]")
    if not wrong:
        console.print(
            f"All {len(migrations)} images ended as they should; {len(found)} versions, each made once."
        )
    return not wrong


def _wait_for_a_signal() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    sys.exit(main())
