"""The one place where the real adapters are chosen; tests put their own in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.compute import Compute
from adapters.credentials import default_credential
from adapters.policy_file import load_policy
from adapters.settings import Settings
from domain.policy import Policy


@dataclass(frozen=True)
class Services:
    """What triggers and activities work with."""

    settings: Settings
    policy: Policy
    compute: Compute


_chosen: Services | None = None


def services() -> Services:
    """The services of this process, made when they are first needed: a client belongs to the running event loop."""
    global _chosen  # noqa: PLW0603 # one set of clients for the life of the process
    if _chosen is None:
        settings = Settings.from_environment()
        policy = load_policy(settings.policy_file)
        _chosen = Services(settings, policy, Compute(settings, default_credential(settings)))
    return _chosen


@contextmanager
def using(replacement: Services) -> Iterator[None]:
    """Work with other services for a while: the door for tests."""
    global _chosen  # noqa: PLW0603 # see services()
    before, _chosen = _chosen, replacement
    try:
        yield
    finally:
        _chosen = before
