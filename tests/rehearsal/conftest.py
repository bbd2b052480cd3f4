"""A small fleet that runs, and the snapshot of it that was taken before."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.settings import ARM_AUDIENCE, ARM_ENDPOINT, Settings
from local.stack import START, Stack
from rehearsal.reading import take_snapshot
from rehearsal.snapshot import Snapshot
from tests.rehearsal import fleet

DRAWS = 7


class Fleet(NamedTuple):
    """The fleet in a simulated Azure with the app, and its snapshot."""

    stack: Stack
    snapshot: Snapshot


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """One for all tests of a module, which do not change it before its run."""
    folder = tmp_path_factory.mktemp("fleet")
    pace = f"drawn:{DRAWS}:0.03"
    with Stack(folder, fleet.seed(), fleet.POLICY, pace, one_clock=True, start=START) as stack:
        yield Fleet(stack, snapshot_of(stack))


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The snapshot of the fleet, which is not migrated. Who changes it takes a copy."""
    folder = tmp_path_factory.mktemp("azure")
    with Stack(folder, fleet.seed(), fleet.POLICY, one_clock=True, with_host=False) as stack:
        return snapshot_of(stack)


def snapshot_of(stack: Stack, *subscriptions: str) -> Snapshot:
    """Takes a snapshot of a simulated Azure, and dates it there: its clock is not this machine's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AZURE_TOKEN_CREDENTIALS", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
            patch.setenv(name, stack.app_settings()[name])
        settings = Settings.from_environment(
            {ARM_ENDPOINT: stack.simulator["arm"], ARM_AUDIENCE: "https://management.azure.com"}
        )
        named = subscriptions or tuple(one["id"] for one in stack.seed["subscriptions"])
        taken = asyncio.run(take_snapshot(settings, named))
    taken.taken = datetime.fromisoformat(stack.start)
    return taken


def written(path: Path, text: str) -> Path:
    """Writes a file and returns its path."""
    path.write_text(text, encoding="utf-8")
    return path
