"""Workers that die where a test says so, and whether they did."""

from typing import Any

import httpx

from local.stack import Stack


def dies(stack: Stack, **fault: Any) -> None:
    """Lets the worker die in the calls that the fault names; faults of earlier tests are gone."""
    url = f"{stack.host['url']}/_host/faults"
    httpx.delete(url).raise_for_status()
    httpx.post(url, json={"kind": "worker-dies", **fault}).raise_for_status()


def has_died(stack: Stack) -> bool:
    """Whether the worker died as often as the fault of `dies` says. A test in which nothing died shows nothing."""
    (fault,) = httpx.get(f"{stack.host['url']}/_host/faults").raise_for_status().json()
    return bool(fault["remaining"] == 0)
