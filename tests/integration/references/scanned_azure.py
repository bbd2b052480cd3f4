"""The simulated Azure behind the app's own adapters, and scans of it without a host."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from azure_compute_simulator import SimulatorServer

from adapters.azure.consumers import NO_SUBSCRIPTION
from adapters.policy_store import FixedPolicy
from domain.references.scan import Scan, ScanRequest
from orchestrators.scan_references import scan_references
from services.container import Services, using
from tests.integration.simulated_azure import way_to
from tests.unit.app import code
from tests.unit.builders import policy
from tests.unit.fakes import FakeEvidence, FakeNotices
from tests.unit.orchestrators.stepping import Call, FakeContext
from tests.workflow.estate import HERE, SEED, THERE, an_image

IMAGE = an_image("web", tags={"gallerist:consumers": "templates until 2026-12-31"})
NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Azure:
    """The simulated Azure, what it holds besides the image, and a scan of it."""

    def __init__(self, server: SimulatorServer) -> None:
        self.server = server

    def holds(self, *resources: dict[str, Any]) -> None:
        self.server.reset(SEED | {"resources": [*SEED["resources"], IMAGE, *resources]})

    async def scan(self, id_: str = IMAGE["id"]) -> Scan:
        """Runs the scan as an orchestration does; its timers let the simulated time pass."""
        context = FakeContext({}, current_utc_datetime=NOW)
        steps = scan_references(context, ScanRequest(ids=[id_]), lambda _: None)  # type: ignore[arg-type] # a fake
        try:
            requested = next(steps)
            while True:
                requested = steps.send(await self._reply(context, requested))
        except StopIteration as end:
            scan: Scan = end.value
            return scan

    async def _reply(self, context: FakeContext, requested: Any) -> Any:
        if isinstance(requested, list):
            return [await self._reply(context, one) for one in requested]
        assert isinstance(requested, Call)
        if requested.name == "timer":
            self.server.skip_time((requested.input - context.current_utc_datetime).total_seconds())
            context.current_utc_datetime = requested.input
            return None
        request = json.loads(json.dumps(requested.input))
        return json.loads(json.dumps(await code(requested.name)(request)))


@asynccontextmanager
async def azure_behind(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Azure]:
    """Lets the app's services use this simulator."""
    async with way_to(server, monkeypatch, HERE, THERE, NO_SUBSCRIPTION) as (settings, arm):
        in_force = FixedPolicy(policy(galleries=[SEED["resources"][0]["id"]]))
        adapters = Services.over(arm, settings, in_force, FakeEvidence(), FakeNotices())
        with using(adapters):
            azure = Azure(server)
            azure.holds()
            yield azure
