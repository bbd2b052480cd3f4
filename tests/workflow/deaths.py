"""Workers that die where a test says so, and whether they did."""

from collections.abc import Iterable
from typing import Any

import httpx

from local.stack import Stack

Fault = dict[str, Any]


def dies(stack: Stack, **fault: Any) -> None:
    """Lets the worker die in the calls that the fault names; faults of earlier tests are gone."""
    dies_in_each(stack, [fault])


def dies_in_each(stack: Stack, faults: Iterable[Fault]) -> None:
    """Lets the worker die in the calls that each of these faults names, all in one life."""
    url = f"{stack.host['url']}/_host/faults"
    httpx.delete(url).raise_for_status()
    for fault in faults:
        httpx.post(url, json={"kind": "worker-dies", **fault}).raise_for_status()


def survived(stack: Stack) -> list[Fault]:
    """The faults that the worker met less often than they say. A test in which nothing died shows nothing."""
    faults: list[Fault] = httpx.get(f"{stack.host['url']}/_host/faults").raise_for_status().json()
    return [fault for fault in faults if fault["remaining"]]


def in_activities(names: Iterable[str], *, after_effects: bool, times: int = 1) -> list[Fault]:
    """The worker dies in each of these activities, so many times one after the other."""
    return [
        {"during": "activity", "function": name, "after_effects": after_effects, "times": times}
        for name in names
    ]


def in_episodes(orchestrator: str, calls: Iterable[int]) -> list[Fault]:
    """The worker dies in these calls of an orchestrator; those that come after a death count, too."""
    return [{"during": "episode", "function": orchestrator, "skip": call, "times": 1} for call in calls]
