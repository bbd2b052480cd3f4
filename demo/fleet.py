"""The demo of a fleet: 200 managed images in three subscriptions, with five per cent of everything going wrong."""

import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from demo.seed import TENANT, captured
from local.stack import Stack, temporary_folder

SUBSCRIPTIONS = tuple(f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "456")
GALLERIES = tuple(
    f"/subscriptions/{subscription}/resourceGroups/images/providers/Microsoft.Compute/galleries/{name}"
    for subscription, name in zip(SUBSCRIPTIONS, ("linux", "windows"), strict=False)
)
IMAGES = 200
FAMILIES = 25
WRONG = 0.05
FAMILIES_WITH_A_BAD_REGION = 0.3
# about so many requests are sent, and so many of them go wrong
REQUESTS = 4500
# more than that share are set up: where two are meant for one request, one of them happens
MISHAPS = 300
# the same mishaps at each run
SEED = 20261123

# one second here is four minutes there: a replication of seven minutes takes two seconds
TIME_SCALE = 240
REPLICATION = "seconds:428"
PATIENCE_SECONDS = 170

POLICY = f"""\
defaults:
  regions: [eastus2, westus2, northeurope]
  name_pattern: (?P<family>.+)-\\d+
  definition: {{name: "{{family}}"}}
  galleries: [{GALLERIES[0]}]
rules:
  - name: scratch images stay where they are
    match: {{tags: {{environment: scratch}}}}
    action: ignore
  - name: Windows
    match: {{os_type: Windows}}
    galleries: [{GALLERIES[1]}]
"""


def run() -> int:
    """Migrate the fleet, print the coverage, do it again; exit code 0 if every number adds up."""
    console = Console() if sys.stdout.isatty() else Console(width=150)
    scale = ["--time-scale", str(TIME_SCALE)]
    with temporary_folder() as folder:
        stack = Stack(Path(folder), _seed(), POLICY, REPLICATION, simulator_options=scale, host_options=scale)
        with stack:
            _go_wrong(stack)
            before = _coverage(console, stack, "Before")
            first = _batch(console, stack)
            after = _coverage(console, stack, "After")
            second = _batch(console, stack)
            _print_mishaps(console, stack)
            return _judge(console, before, first, after, second)


def _seed() -> dict[str, Any]:
    """Families of builds; one image in twenty is too large, one in twenty is to be left alone."""
    chance = Random(SEED)  # noqa: S311 # a fleet, not a secret
    images = []
    for number in range(IMAGES):
        family = number % FAMILIES
        images.append(
            captured(
                SUBSCRIPTIONS[family % len(SUBSCRIPTIONS)],
                "builds",
                f"family{family:02}-{number:04}",
                arrives="",
                ends="",
                os_type="Windows" if family % 2 else "Linux",
                data_disks_gb=(4095,) if chance.random() < WRONG else (),
                tags={"environment": "scratch"} if chance.random() < WRONG else {},
            )
        )
    return {
        "subscriptions": [
            {"id": name, "name": f"Fleet {name[0]}", "tenant": TENANT} for name in SUBSCRIPTIONS
        ],
        "resourceGroups": [
            {"subscription": name, "name": group, "location": "eastus2"}
            for name in SUBSCRIPTIONS
            for group in ("images", "builds")
        ],
        "resources": [
            *({"id": gallery, "location": "eastus2", "properties": {}} for gallery in GALLERIES),
            *(image.machine for image in images),
            *(image.image for image in images),
        ],
    }


def _go_wrong(stack: Stack) -> None:
    """Requests that fail, are throttled, are cut off or lose their answer; regions that fail, once or for good."""
    chance = Random(SEED)  # noqa: S311 # mishaps, not secrets
    kinds: list[dict[str, Any]] = [
        {"kind": "answer", "status": 503},
        {"kind": "answer", "status": 429, "code": "TooManyRequests", "retry_after": 60},
        {"kind": "answer", "status": 429, "code": "TooManyRequests"},
        {"kind": "drop"},
        {"kind": "lost-answer", "method": "PUT", "path": "/versions/"},
    ]
    for _ in range(MISHAPS):
        mishap = {**chance.choice(kinds), "skip": chance.randrange(REQUESTS)}
        stack.control("POST", "faults", {"path": "Microsoft.Compute/", **mishap})
    for family in range(FAMILIES):
        if chance.random() < FAMILIES_WITH_A_BAD_REGION:
            version = f"family{family:02}/versions/1.0.{chance.randrange(6)}$"
            fault = {
                "kind": "failed",
                "region": "westus2",
                "version": version,
                "times": chance.choice([1, 9]),
            }
            stack.control("POST", "faults", fault)


def _print_mishaps(console: Console, stack: Stack) -> None:
    requests = len(stack.control("GET", "requests"))
    happened = MISHAPS - len(stack.control("GET", "faults")["requests"])
    share = 100 * happened / requests
    console.print(
        f"Of {requests} requests to Azure {happened} failed, were throttled or cut off ({share:.1f} %)."
    )


def _coverage(console: Console, stack: Stack, title: str) -> dict[str, Any]:
    told: dict[str, Any] = _get(f"{stack.api}/coverage")
    parts = " + ".join(
        f"{told[part]} {part}" for part in ("migrated", "running", "blocked", "ignored", "untouched")
    )
    console.print(f"{title}: {told['images']} managed images = {parts}")
    for why, count in told["blocked_why"].items():
        console.print(f"    {count} x {why}")
    return told


def _batch(console: Console, stack: Stack) -> dict[str, Any]:
    scope = [{"subscription": name} for name in SUBSCRIPTIONS]
    body = {"scope": scope, "per_subscription": 40, "per_gallery": 80}
    accepted = httpx.post(f"{stack.api}/batches", json=body, timeout=60).raise_for_status()
    deadline = time.monotonic() + PATIENCE_SECONDS
    columns = (TextColumn("batch"), BarColumn(bar_width=60), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("selecting", total=None)
        while time.monotonic() < deadline:
            batch: dict[str, Any] = _get(accepted.headers["Location"])
            ended = sum(batch["counts"].values())
            told = ", ".join(f"{count} {state}" for state, count in sorted(batch["counts"].items()))
            text = f"{ended} of {batch['selected']} ended ({told or 'none yet'}), {batch['running']} running"
            progress.update(bar, total=batch["selected"] or None, completed=ended, description=text)
            if batch["state"] != "running":
                return batch
            time.sleep(1)
    raise TimeoutError(f"the batch did not end within {PATIENCE_SECONDS} seconds")


def _get(address: str) -> Any:
    """The API's answer; where Azure is throttling or unwell the API says so, and how long to wait."""
    while True:
        response = httpx.get(address, timeout=60)
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            return response.raise_for_status().json()
        time.sleep(int(response.headers.get("Retry-After", "1")) / TIME_SCALE)


def _judge(
    console: Console,
    before: dict[str, Any],
    first: dict[str, Any],
    after: dict[str, Any],
    second: dict[str, Any],
) -> int:
    parts = ("migrated", "running", "blocked", "ignored", "untouched")
    promises = {
        "the coverage adds up before": before["images"] == IMAGES == sum(before[part] for part in parts),
        "the coverage adds up after": after["images"] == IMAGES == sum(after[part] for part in parts),
        "the batch saw every image": first["selected"] + sum(first["left_alone"].values()) == IMAGES,
        "every image that was selected has ended": first["selected"] == sum(first["counts"].values()),
        "what completed is migrated": first["counts"].get("completed", 0) == after["migrated"],
        "nothing is left untouched": after["untouched"] == after["running"] == 0,
        "the second batch found it done": second["left_alone"].get("migrated", 0) == after["migrated"],
    }
    for promise, kept in promises.items():
        console.print(f"[{'green' if kept else 'red'}]{'yes' if kept else 'NO '}[/]  {promise}")
    done = second["left_alone"].get("migrated", 0)
    console.print(f"Run again: {done} images are migrated already and were left alone.")
    return 0 if all(promises.values()) else 1
