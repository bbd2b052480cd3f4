"""The app's own way to Azure, with the simulated Azure behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from azure_compute_simulator import SimulatorServer

from adapters.azure.arm import Arm
from adapters.azure.credentials import default_credential
from adapters.settings import ARM_AUDIENCE, ARM_ENDPOINT, SUBSCRIPTIONS, Settings


class Way(NamedTuple):
    """How the adapters reach Azure."""

    settings: Settings
    arm: Arm


@asynccontextmanager
async def way_to(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch, *names: str) -> AsyncIterator[Way]:
    """Lets the adapters reach this simulator; the first of the subscriptions is the app's own."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", server.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", server.identity_header)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    settings = Settings.from_environment(
        {ARM_ENDPOINT: server.arm, ARM_AUDIENCE: "https://management.azure.com", SUBSCRIPTIONS: names[0]}
    )
    async with default_credential(settings) as credential:
        arm = Arm(settings, credential)
        yield Way(settings, arm)
        for name in names:
            await arm.client(name).close()
