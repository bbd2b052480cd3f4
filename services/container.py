"""The one place where the real adapters are chosen; tests put their own in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.azure.compute import Compute
from adapters.azure.credentials import default_credential
from adapters.azure.protocols import AzureCompute
from adapters.policy_store import PolicyStore, policy_store
from adapters.settings import Settings


@dataclass(frozen=True)
class Services:
    """What triggers and activities work with."""

    settings: Settings
    policies: PolicyStore
    compute: AzureCompute


_chosen: Services | None = None


def services() -> Services:
    """The services of this process, made when they are first needed: a client belongs to the running event loop."""
    global _chosen  # noqa: PLW0603 # one set of clients for the life of the process
    if _chosen is None:
        settings = Settings.from_environment()
        credential = default_credential(settings)
        _chosen = Services(settings, policy_store(settings, credential), Compute(settings, credential))
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
