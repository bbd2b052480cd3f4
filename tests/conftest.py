"""What all tests have: processes that are forked from one, and an order that keeps all processors busy."""

from collections import defaultdict
from contextlib import ExitStack

import pytest

from local.stack import Stack

# the folders of tests that start no processes
_QUICK = ("unit", "replay")


def pytest_configure(config: pytest.Config) -> None:
    session = ExitStack()
    session.enter_context(Stack.forking())
    config.add_cleanup(session.close)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files first that may take longest, so that nobody waits for one of them alone at the end.

    What starts no processes is over in seconds, so it fills the gaps.
    """
    longest: dict[object, float] = defaultdict(float)
    for item in items:
        timeout = item.get_closest_marker("timeout")
        longest[item.path] = max(longest[item.path], timeout.args[0] if timeout else 0)
    items.sort(key=lambda item: (-longest[item.path], not set(item.path.parts).isdisjoint(_QUICK)))
