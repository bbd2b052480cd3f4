"""What all tests have: their apps and simulators are forked from one process for each of pytest's."""

from local.forks import Forks
from local.stack import ROOT, Stack


def pytest_configure() -> None:
    Stack.forks = Forks.where_possible(ROOT)


def pytest_unconfigure() -> None:
    if Stack.forks is not None:
        Stack.forks.close()
