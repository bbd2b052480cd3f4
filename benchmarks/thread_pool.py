"""Runs the script with the thread pool on the simulator's clock."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

# what binds the script to the simulator needs the SDK's own classes
from azure.core.credentials import AccessToken  # noqa: TID251
from azure.core.pipeline import PipelineRequest  # noqa: TID251
from azure.core.pipeline.policies import SansIOHTTPPolicy  # noqa: TID251
from azure.core.pipeline.transport import RequestsTransport  # noqa: TID251
from azure.mgmt.compute import ComputeManagementClient  # noqa: TID251

from benchmarks import estate, script
from benchmarks.clock import SharedClock
from benchmarks.figures import Run
from benchmarks.observed import Outcome, Reading, observed, peak_memory_mib
from local.stack import Stack, temporary_folder

NAME = "thread pool, {} threads"
NAME_ALONE = "script"


class ClockedTransport(RequestsTransport):  # type: ignore[misc] # its module has no types
    """The transport of the SDK, whose waits take simulated time."""

    def __init__(self, clock: SharedClock) -> None:
        super().__init__()
        self._clock = clock

    def sleep(self, duration: float) -> None:
        """Waits between retries and between polls."""
        self._clock.sleep(duration)


class StaticToken:
    """A credential, which the client wants; the policy below sends the token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Returns the token."""
        return AccessToken(self._token, int(time.time()) + 3600)


class PlainToken(SansIOHTTPPolicy[Any, Any]):
    """Sends a token over plain HTTP, which the SDK's own policy refuses to do."""

    def __init__(self, token: str) -> None:
        self._token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Adds the token."""
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


def run_alone_at(families: int, pace: str) -> Run:
    """Migrates first builds one after the other, at one of the fixed paces."""
    measured = run(estate.rounds(families, 1)[0], 1, alone=True, pace=estate.FIXED_PACES[pace])
    return replace(measured, contender=f"{NAME_ALONE}, {pace}")


def run(images: list[estate.Image], workers: int, *, alone: bool = False, pace: str = estate.PACE) -> Run:
    """Migrates these images with the script; `alone` one after the other, each as if there were no other."""
    seed = estate.seed(images)
    with (
        temporary_folder() as folder,
        Stack(Path(folder), seed, estate.POLICY, pace, one_clock=True, with_host=False) as stack,
        ExitStack() as clients,
    ):
        before, wall, processor = Reading.of(stack), time.monotonic(), time.process_time()
        clock = SharedClock(stack.simulator["control"], min(workers, len(images)), len(images))
        clients.callback(clock.close)
        by_subscription = {
            name: clients.enter_context(_client(name, stack, clock)) for name in estate.SUBSCRIPTIONS
        }
        galleries = {one.region: (one.subscription, "images", one.name) for one in estate.GALLERIES}
        begun, done, took = clock.now(), dict[str, datetime](), list[float]()

        def work(job: script.Job) -> None:
            with clock.task(job.number):
                start = clock.now()
                version = script.migrate(job, by_subscription, galleries, list(estate.REGIONS))
                done[version.id.lower()] = clock.now()
                took.append((clock.now() - start).total_seconds())

        jobs = script.list_jobs(by_subscription, estate.NAME_PATTERN)
        outcomes = script.migrate_all(jobs, work, workers)
        failed = [outcome for outcome in outcomes if outcome is not None]
        outcome = Outcome(
            NAME_ALONE if alone else NAME.format(workers),
            len(images),
            sum(took) / len(took) if alone else (clock.now() - begun).total_seconds(),
            done,
            _counts(len(done), failed),
            alone=alone,
        )
        return observed(
            stack,
            outcome,
            before,
            Reading.of(stack),
            wall_seconds=time.monotonic() - wall,
            own_cpu_seconds={"script": time.process_time() - processor},
            own_memory_mib={"script": peak_memory_mib("self")},
        )


def _client(subscription: str, stack: Stack, clock: SharedClock) -> ComputeManagementClient:
    identity = stack.simulator["identity_endpoint"]
    answer = httpx.get(
        identity,
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": stack.simulator["identity_header"]},
    )
    token = answer.raise_for_status().json()["access_token"]
    return ComputeManagementClient(
        StaticToken(token),
        subscription,
        base_url=stack.simulator["arm"],
        transport=ClockedTransport(clock),
        authentication_policy=PlainToken(token),
    )


def _counts(completed: int, failed: Iterable[object]) -> dict[str, int]:
    counts = {"completed": completed} if completed else {}
    for error in failed:
        name = type(error).__name__
        counts[name] = counts.get(name, 0) + 1
    return counts
