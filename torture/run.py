"""Migrates a fleet while the host is killed and Azure fails, waits until all is quiet, and migrates once more."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import httpx

from client import ClientError, Gallerist, ProblemError
from domain.fleet.states import BatchState
from domain.migration.states import ENDS
from local.arm import write_image
from local.stack import Stack, temporary_folder
from torture.estate import BUILDS_PER_FAMILY, POLICY, REGIONS, SCOPE, Image, images, seed
from torture.verdict import Verdict, judge

Answer = TypeVar("Answer")

# one second is four minutes for the app and for Azure
TIME_SCALE = 240
REPLICATION = "seconds:428"
# about what a run sends per image
REQUESTS_PER_IMAGE = 20
BAD_REGIONS_PER_IMAGE = 0.08
LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 300
KINDS_OF_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "answer", "status": 500},
    {"kind": "answer", "status": 502},
    {"kind": "answer", "status": 503},
    {"kind": "answer", "status": 429, "code": "TooManyRequests", "retry_after": 60},
    {"kind": "answer", "status": 429, "shape": "compute"},
    {"kind": "answer", "status": 429, "shape": "arm"},
    {"kind": "drop"},
    {"kind": "lost-answer", "method": "PUT", "path": "/versions/"},
)


class TortureError(Exception):
    """The run did not come to an end, so that there is nothing to judge."""


@dataclass(frozen=True)
class Plan:
    """How much of everything; the seed decides the rest."""

    images: int
    kills: int
    faults: int
    seed: int
    # the host lives this long between two kills
    shortest_life: float = 0.5
    longest_life: float = 2.0


@dataclass(frozen=True)
class Report:
    """What happened, and what it came to."""

    plan: Plan
    kills: int
    faults: int
    requests: int
    seconds: float
    states_after_torture: dict[str, int]
    states_at_the_end: dict[str, int]
    verdict: Verdict


def run(plan: Plan) -> Report:
    """Carries out a plan.

    Raises:
        TortureError: a batch or a migration did not end.
    """
    chance = Random(plan.seed)
    fleet = images(plan.images, chance)
    scale = ["--time-scale", str(TIME_SCALE)]
    begin = time.monotonic()
    with (
        temporary_folder() as folder,
        Stack(
            Path(folder),
            seed(fleet),
            POLICY,
            REPLICATION,
            simulator_options=scale,
            host_options=scale,
            nightly=True,
        ) as stack,
        Gallerist(stack.api) as gallerist,
    ):
        # a host that starts again serves the address that the client and Event Grid know
        stack.host_options = [*scale, "--port", stack.host["url"].rpartition(":")[2]]
        stack.subscribe_to_events()
        stack.control("POST", "events", {"copies": 2, "reorder": True})
        _arm(stack, plan, chance)
        lives = [chance.uniform(plan.shortest_life, plan.longest_life) for _ in range(plan.kills)]
        with _kills(stack, lives) as kills:
            first = _start_batch(gallerist)
            accepted = _start_others(stack, gallerist, fleet)
        _wait_for_batch(gallerist, first)
        after_torture = _wait_until_all_ended(gallerist)
        happened = plan.faults - len(stack.control("GET", "faults")["requests"])
        stack.control("DELETE", "faults")
        # what the torture kept from starting, or left partial, is what a batch is for
        _wait_for_batch(gallerist, _start_batch(gallerist))
        at_the_end = _wait_until_all_ended(gallerist)
        known = _retried(lambda: [migration.id for migration in gallerist.migrations()])
        return Report(
            plan=plan,
            kills=kills(),
            faults=happened,
            requests=len(stack.control("GET", "requests")),
            seconds=round(time.monotonic() - begin, 1),
            states_after_torture=after_torture,
            states_at_the_end=at_the_end,
            verdict=judge(fleet, stack.control("GET", "state")["resources"], accepted, known),
        )


def _arm(stack: Stack, plan: Plan, chance: Random) -> None:
    """Sets up the faults. Each meets one request somewhere in the run, or none."""
    for _ in range(plan.faults):
        fault = {**chance.choice(KINDS_OF_FAULTS), "skip": chance.randrange(plan.images * REQUESTS_PER_IMAGE)}
        stack.control("POST", "faults", {"path": "Microsoft.Compute/", **fault})
    for _ in range(round(plan.images * BAD_REGIONS_PER_IMAGE)):
        fault = {"kind": "failed", "region": chance.choice(REGIONS[1:]), "times": chance.choice([1, 9])}
        family = chance.randrange(plan.images) // BUILDS_PER_FAMILY
        stack.control("POST", "faults", {"version": rf"/images/\w+{family:03}/versions/", **fault})


@contextmanager
def _kills(stack: Stack, lives: list[float]) -> Iterator[Callable[[], int]]:
    """Kills the host and starts it again, as long as its lives last; the block ends after the last start.

    Yields a function that returns how often the host was killed.
    """
    killed: list[float] = []
    errors: list[Exception] = []

    def kill() -> None:
        try:
            for life in lives:
                time.sleep(life)
                stack.kill_host()
                killed.append(life)
                stack.start_host()
        except Exception as error:  # noqa: BLE001 # raised below, in the thread that waits
            errors.append(error)

    killer = threading.Thread(target=kill, name="killer")
    killer.start()
    try:
        yield lambda: len(killed)
    finally:
        killer.join()
    if errors:
        raise errors[0]


def _start_batch(gallerist: Gallerist) -> str:
    return _retried(lambda: gallerist.start_batch([SCOPE], per_subscription=40, per_gallery=80)).id


def _start_others(stack: Stack, gallerist: Gallerist, fleet: list[Image]) -> list[str]:
    """Starts migrations over HTTP and by events; returns the ids that the app has confirmed."""
    accepted = []
    for image in fleet:
        if image.arrival == "event":
            _retried(partial(write_image, stack, image.resource))
        elif image.arrival == "http":
            try:
                accepted.append(_retried(partial(gallerist.start_migration, image.id)).id)
            except ProblemError as error:
                # the batch was faster
                if error.status != HTTPStatus.CONFLICT:
                    raise
    return accepted


def _retried(call: Callable[[], Answer]) -> Answer:
    """Repeats a call while the host is dead, or while Azure fails."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return call()
        except (httpx.TransportError, httpx.HTTPStatusError, ClientError) as error:
            refused = isinstance(error, ProblemError) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
            if refused or time.monotonic() > deadline:
                raise
        time.sleep(LOOK_SECONDS)


def _wait_for_batch(gallerist: Gallerist, batch_id: str) -> None:
    def look() -> bool:
        batch = _retried(lambda: gallerist.batch(batch_id))
        return batch.state is not BatchState.RUNNING

    _wait(look, f"the batch {batch_id}")


def _wait_until_all_ended(gallerist: Gallerist) -> dict[str, int]:
    """Returns how many migrations are in each state, once all have ended."""
    states: Counter[str] = Counter()

    def look() -> bool:
        states.clear()
        states.update(_retried(lambda: [str(migration.state) for migration in gallerist.migrations()]))
        return bool(states) and states.keys() <= set(ENDS)

    _wait(look, "the migrations")
    return dict(sorted(states.items()))


def _wait(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not look():
        if time.monotonic() > deadline:
            raise TortureError(f"{what} did not end within {PATIENCE_SECONDS} seconds")
        time.sleep(LOOK_SECONDS)
