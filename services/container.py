"""Chooses the adapters that the use cases work with. Tests put their own in."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from adapters.azure.arm import Arm
from adapters.azure.compute import Compute
from adapters.azure.consumers import AzureConsumers, Consumers
from adapters.azure.credentials import default_credential
from adapters.azure.exclusions import AzureExclusions, Exclusions
from adapters.azure.followers import AzureFollowers, Followers
from adapters.azure.guards import AzureGuards, Guards
from adapters.azure.kept import KeptLists
from adapters.azure.looks import Looks
from adapters.azure.machines import AzureMachines, Machines
from adapters.azure.protocols import AzureCompute, AzureLooks
from adapters.azure.resource_graph import AzureGraph, ResourceGraph
from adapters.azure.retention import AzureRetention, Retention
from adapters.azure.retiring import AzureRetiring, Retiring
from adapters.evidence_store import EvidenceStore, evidence_store
from adapters.notices import HttpNotices, NoticeSender
from adapters.policy_store import PolicyStore, policy_store
from adapters.settings import Settings

# of Event Grid's events, those for which the task hub is asked at the same time
EVENTS_AT_ONCE = 16


@dataclass(frozen=True)
class Services:
    """The adapters of one process."""

    settings: Settings
    policies: PolicyStore
    compute: AzureCompute
    looks: AzureLooks
    machines: AzureMachines
    evidence: EvidenceStore
    retiring: AzureRetiring
    guards: AzureGuards
    notices: NoticeSender
    retention: AzureRetention
    consumers: AzureConsumers
    graph: AzureGraph
    exclusions: AzureExclusions
    followers: AzureFollowers
    # one request may bring thousands of events, and everybody else shares the event loop with them
    event_turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(EVENTS_AT_ONCE))

    @classmethod
    def over(
        cls,
        arm: Arm,
        settings: Settings,
        policies: PolicyStore,
        evidence: EvidenceStore,
        notices: NoticeSender,
    ) -> Self:
        """The adapters that speak to Azure through this one."""
        # one store, so that plans, batches, coverage and lists read nothing twice
        kept = KeptLists(arm, arm.clock.now, arm.clock.here)
        return cls(
            settings=settings,
            policies=policies,
            compute=Compute(arm, kept),
            looks=Looks(kept),
            machines=Machines(arm),
            retiring=Retiring(arm),
            guards=Guards(arm, settings.app_name),
            retention=Retention(arm),
            notices=notices,
            evidence=evidence,
            consumers=Consumers(arm),
            graph=ResourceGraph(arm),
            exclusions=Exclusions(arm),
            followers=Followers(arm),
        )


_chosen: Services | None = None


def services() -> Services:
    """Returns the services of this process, created at the first call: a client belongs to the running event loop."""
    global _chosen  # noqa: PLW0603 # one set of clients for the life of the process
    if _chosen is None:
        settings = Settings.from_environment()
        credential = default_credential(settings)
        policies, evidence = policy_store(settings, credential), evidence_store(settings, credential)
        _chosen = Services.over(
            Arm(settings, credential), settings, policies, evidence, HttpNotices(credential)
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
