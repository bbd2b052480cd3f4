"""Chooses the adapters that the use cases work with. Tests put their own in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.azure.arm import Arm
from adapters.azure.compute import Compute
from adapters.azure.consumers import AzureConsumers, Consumers
from adapters.azure.credentials import default_credential
from adapters.azure.kept import KeptLists
from adapters.azure.looks import Looks
from adapters.azure.protocols import AzureCompute, AzureLooks
from adapters.azure.resource_graph import AzureGraph, ResourceGraph
from adapters.azure.retention import AzureRetention, Retention
from adapters.evidence_store import EvidenceStore, evidence_store
from adapters.notices import HttpNotices, NoticeSender
from adapters.policy_store import PolicyStore, policy_store
from adapters.settings import Settings


@dataclass(frozen=True)
class Services:
    """The adapters of one process."""

    settings: Settings
    policies: PolicyStore
    compute: AzureCompute
    looks: AzureLooks
    evidence: EvidenceStore
    notices: NoticeSender
    retention: AzureRetention
    consumers: AzureConsumers
    graph: AzureGraph


_chosen: Services | None = None


def services() -> Services:
    """Returns the services of this process, created at the first call: a client belongs to the running event loop."""
    global _chosen  # noqa: PLW0603 # one set of clients for the life of the process
    if _chosen is None:
        settings = Settings.from_environment()
        credential = default_credential(settings)
        arm = Arm(settings, credential)
        # one store, so that plans, batches, coverage and lists read nothing twice
        kept = KeptLists(arm)
        _chosen = Services(
            settings=settings,
            policies=policy_store(settings, credential),
            compute=Compute(arm, kept),
            looks=Looks(kept),
            evidence=evidence_store(settings, credential),
            notices=HttpNotices(credential),
            retention=Retention(arm),
            consumers=Consumers(arm),
            graph=ResourceGraph(arm),
        )
    return _chosen


@contextmanager
def using(replacement: Services) -> Iterator[None]:
    """Replaces the services while the context lasts; for tests."""
    global _chosen  # noqa: PLW0603 # see services()
    before, _chosen = _chosen, replacement
    try:
        yield
    finally:
        _chosen = before
