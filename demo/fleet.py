"""A fleet: 200 managed images in three subscriptions, while five per cent of the requests to Azure fail."""

import sys
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from api.answers import Batch, Coverage
from client import Gallerist, ProblemError
from domain.fleet.states import BatchState
from local.capture import TENANT, captured
from local.stack import Stack, temporary_folder

Answer = TypeVar("Answer")

SUBSCRIPTIONS = tuple(f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "456")
GALLERIES = tuple(
    f"/subscriptions/{subscription}/resourceGroups/images/providers/Microsoft.Compute/galleries/{name}"
    for subscription, name in zip(SUBSCRIPTIONS, ("linux", "windows"), strict=False)
)
IMAGES = 200
FAMILIES = 25
WRONG = 0.05
FAMILIES_WITH_A_BAD_REGION = 0.3
# the run sends about this many requests
REQUESTS = 6000
# faults to set up: more than 5 % of the requests, since of two faults for one request only one happens
FAULTS = 400
# the same faults in each run
SEED = 20261123

# the recorded median
REPLICATION = "seconds:428"
# of the time there, between two looks at a batch
STEP = timedelta(minutes=1)
PATIENCE = timedelta(days=1)
COMPUTE = "/providers/Microsoft.Compute/"

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
    """Migrates the fleet, prints the coverage, migrates again; returns 0 if every number adds up."""
    console = Console() if sys.stdout.isatty() else Console(width=150)
    with temporary_folder() as folder:
        stack = Stack(Path(folder), seed(), POLICY, REPLICATION, one_clock=True)
        with stack, Gallerist(stack.api) as gallerist:
            add_faults(stack)
            before = _coverage(console, stack, gallerist, "Before")
            first = _batch(console, stack, gallerist)
            after = _coverage(console, stack, gallerist, "After")
            second = _batch(console, stack, gallerist)
            _print_faults(console, stack)
            return _judge(console, before, first, after, second)


def seed() -> dict[str, Any]:
    """Families of builds. One image in twenty is too large, one in twenty is ignored by the policy."""
    chance = Random(SEED)  # noqa: S311 # a fleet, not a secret
    images = []
    for number in range(IMAGES):
        family = number % FAMILIES
        images.append(
            captured(
                SUBSCRIPTIONS[family % len(SUBSCRIPTIONS)],
                "builds",
                f"family{family:02}-{number:04}",
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


def add_faults(stack: Stack) -> None:
    """Requests that fail, are throttled, are cut off or lose their answer; regions that fail once or always."""
    chance = Random(SEED)  # noqa: S311 # faults, not secrets
    kinds: list[dict[str, Any]] = [
        {"kind": "answer", "status": 503},
        {"kind": "answer", "status": 429, "code": "TooManyRequests", "retry_after": 60},
        {"kind": "answer", "status": 429, "code": "TooManyRequests"},
        {"kind": "drop"},
        {"kind": "lost-answer", "method": "PUT", "path": "/versions/"},
    ]
    for _ in range(FAULTS):
        fault = {**chance.choice(kinds), "skip": chance.randrange(REQUESTS)}
        stack.control("POST", "faults", {"path": COMPUTE, **fault})
    chance = Random(SEED)  # noqa: S311 # the same regions, however many requests fail
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


def _print_faults(console: Console, stack: Stack) -> None:
    requests = sum(COMPUTE in entry["path"] for entry in stack.control("GET", "requests"))
    happened = FAULTS - len(stack.control("GET", "faults")["requests"])
    share = 100 * happened / requests
    console.print(
        f"Of {requests} requests to Azure Compute {happened} failed, were throttled or cut off ({share:.1f} %)."
    )


def _coverage(console: Console, stack: Stack, gallerist: Gallerist, title: str) -> Coverage:
    coverage = _when_azure_answers(stack, gallerist.coverage)
    while coverage.unread is not None:
        stack.let_pass(timedelta(seconds=coverage.unread.retry_after_seconds))
        coverage = _when_azure_answers(stack, gallerist.coverage)
    parts = " + ".join(f"{count} {part}" for part, count in _parts(coverage).items())
    console.print(f"{title}: {coverage.images} managed images = {parts}")
    for why, count in coverage.blocked_why.items():
        console.print(f"    {count} x {why}")
    return coverage


def _parts(coverage: Coverage) -> dict[str, int]:
    return {
        "migrated": coverage.migrated,
        "running": coverage.running,
        "blocked": coverage.blocked,
        "ignored": coverage.ignored,
        "untouched": coverage.untouched,
        "unknown": coverage.unknown,
    }


def _batch(console: Console, stack: Stack, gallerist: Gallerist) -> Batch:
    began, used = stack.now(), stack.cpu()
    accepted = gallerist.start_batch(
        [{"subscription": name} for name in SUBSCRIPTIONS], per_subscription=40, per_gallery=80
    )
    columns = (TextColumn("batch"), BarColumn(bar_width=60), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("selecting", total=None)
        while stack.now() - began < PATIENCE:
            batch = _when_azure_answers(stack, lambda: gallerist.batch(accepted.id))
            ended = sum(batch.counts.values())
            counts = ", ".join(f"{count} {state}" for state, count in sorted(batch.counts.items()))
            text = f"{ended} of {batch.selected} ended ({counts or 'none yet'}), {batch.running} running"
            progress.update(bar, total=batch.selected or None, completed=ended, description=text)
            if batch.state is not BatchState.RUNNING:
                break
            stack.let_pass(STEP)
        else:
            raise TimeoutError(f"the batch did not end within {PATIENCE}")
    minutes, cpu = (stack.now() - began) / timedelta(minutes=1), stack.cpu().since(used)
    console.print(
        f"It took {minutes:g} minutes of Azure's time, and of this machine's processor {cpu.functions:.0f} s for "
        f"the app, {cpu.host:.0f} s for its host, {cpu.simulator:.0f} s for the simulated Azure."
    )
    return batch


def _when_azure_answers(stack: Stack, call: Callable[[], Answer]) -> Answer:
    """Repeats the call while Azure throttles it, after the time that the API asks for."""
    while True:
        try:
            return call()
        except ProblemError as error:
            if error.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            stack.let_pass(timedelta(seconds=error.retry_after_seconds or 1))


def _judge(console: Console, before: Coverage, first: Batch, after: Coverage, second: Batch) -> int:
    promises = {
        "the coverage adds up before": before.images == IMAGES == sum(_parts(before).values()),
        "the coverage adds up after": after.images == IMAGES == sum(_parts(after).values()),
        "the batch saw every image": first.selected + sum(first.left_alone.values()) == IMAGES,
        "every image that was selected has ended": first.selected == sum(first.counts.values()),
        "what completed is migrated": first.counts.get("completed", 0) == after.migrated,
        "nothing is left untouched": after.untouched == after.running == after.unknown == 0,
        "the second batch found it done": second.left_alone.get("migrated", 0) == after.migrated,
    }
    for promise, kept in promises.items():
        console.print(f"[{'green' if kept else 'red'}]{'yes' if kept else 'NO '}[/]  {promise}")
    console.print(
        f"Run again: {second.left_alone.get('migrated', 0)} images were migrated already, so it skipped them."
    )
    return 0 if all(promises.values()) else 1
