"""While Azure, the identity endpoint or the task hub is silent, every route answers in time and starts nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import azure.functions as func
import pytest
from azure_compute_simulator import IdentityFault, RequestFault, SimulatorServer

from adapters.azure.arm import Arm
from adapters.azure.credentials import default_credential
from adapters.policy_store import FixedPolicy
from adapters.settings import ARM_AUDIENCE, ARM_ENDPOINT, SUBSCRIPTIONS, Settings
from services.container import Services, using
from tests.unit.app import code
from tests.unit.builders import policy
from tests.unit.fakes import FakeDurableClient, FakeEvidence, FakeNotices
from tests.unit.triggers.http.requesting import problem_of, request
from tests.workflow.estate import GALLERY, HERE, SEED, an_image
from triggers.http.problems import answers_problems

SECONDS = 0.3
IMAGE = an_image("web")
START = {"image": IMAGE["id"], "regions": ["westus2"]}
REPOINT = {"version": f"{GALLERY}/images/web/versions/1.0.0", "consumers": [IMAGE["id"]]}
CALLS: dict[str, tuple[str, str, Any]] = {
    "post_migration": ("POST", "migrations", START),
    "post_plan": ("POST", "migrations/plan", START),
    "post_policy_check": ("POST", "policy/check", {"scope": {"subscription": HERE}}),
    "get_images": ("GET", "images", b""),
    "get_galleries": ("GET", "galleries", b""),
    "get_coverage": ("GET", "coverage", b""),
    "post_repoint_plan": ("POST", "references/repoint/plan", REPOINT),
}
OTHERS: dict[str, tuple[str, str, Any]] = {
    "post_batch": ("POST", "batches", {"scope": [{"subscription": HERE}]}),
    "get_migrations": ("GET", "migrations", b""),
    "get_batches": ("GET", "batches", b""),
    "get_health": ("GET", "health", b""),
}


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer(SEED | {"resources": [*SEED["resources"], IMAGE]}) as server:
        yield server


@pytest.fixture
async def azure(
    simulator: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SimulatorServer]:
    """The simulated Azure behind the app's own adapters."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", simulator.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", simulator.identity_header)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    settings = Settings.from_environment(
        {
            ARM_ENDPOINT: simulator.arm,
            ARM_AUDIENCE: "https://management.azure.com",
            SUBSCRIPTIONS: HERE,
        }
    )
    async with default_credential(settings) as credential:
        arm = Arm(settings, credential)
        azure = Services.over(arm, settings, FixedPolicy(policy()), FakeEvidence(), FakeNotices())
        with using(azure):
            yield simulator
        await arm.client(HERE).close()


async def answer_of(name: str, client: FakeDurableClient) -> func.HttpResponse:
    """The answer of a route, whose time limit is a short one here."""
    method, path, body = (CALLS | OTHERS)[name]
    route: Callable[..., Any] = answers_problems(code(name).__wrapped__, within_seconds=SECONDS)  # type: ignore[attr-defined]
    clients = {"client": client} if "client" in route.__annotations__ else {}
    response: func.HttpResponse = await route(req=request(path, body, method), **clients)
    return response


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_is_answered_while_arm_stands_still(azure: SimulatorServer, name: str) -> None:
    client = FakeDurableClient()
    azure.add_fault(RequestFault(kind="hang", times=1000))

    response = await answer_of(name, client)

    assert problem_of(response, 503)["detail"].startswith(
        f"Azure or the task hub did not answer within {SECONDS}"
    )
    assert response.headers["Retry-After"] == "30"
    assert client.started == []


@pytest.mark.parametrize("name", [*CALLS, "get_health"])
async def test_a_call_is_answered_while_the_identity_endpoint_stands_still(
    azure: SimulatorServer, name: str
) -> None:
    client = FakeDurableClient()
    azure.add_fault(IdentityFault("hang", times=1000))

    problem_of(await answer_of(name, client), 503)

    assert client.started == []


async def test_a_start_that_was_cut_short_can_be_repeated(azure: SimulatorServer) -> None:
    client = FakeDurableClient()
    azure.add_fault(RequestFault(kind="hang", times=1000))
    problem_of(await answer_of("post_migration", client), 503)
    azure.clear_faults()

    route = code("post_migration")
    response = await route(req=request("migrations", START, "POST"), client=client)

    assert response.status_code == 202
    assert len(client.started) == 1


class SilentTaskHub(FakeDurableClient):
    """A task hub that answers nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.answers_lists.clear()

    async def get_status(self, instance_id: str) -> Any:
        await asyncio.Event().wait()

    async def start_new(self, name: str, instance_id: str, input_: Any) -> str:
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize(
    "name", ["post_migration", "get_coverage", "post_batch", "get_migrations", "get_batches"]
)
async def test_a_call_is_answered_while_the_task_hub_stands_still(azure: SimulatorServer, name: str) -> None:
    client = SilentTaskHub()

    problem_of(await answer_of(name, client), 503)

    assert client.started == []
