"""Microsoft's own worker library indexes and runs this app as the embedded host does.

The comparison itself, with an app of its own, is a test of packages/functions-testhost, where these helpers live.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from functions_testhost.activities import run_activity
from functions_testhost.app import Function, load_app
from functions_testhost.indexing import check
from functions_testhost.instances import ActivityCall
from functions_testhost.invocation import Invoker
from functions_testhost.management_urls import ManagementUrls
from functions_testhost.sdk import OrchestratorAnswer, run_orchestrator
from functions_testhost.server import HostServer
from testhost_worker import NOW, Worker, bindings, durable_call, first_episode, http_call, install_worker

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.timeout(300)  # the first run installs the worker


@pytest.fixture(scope="session")
def worker() -> Worker:
    """The worker library with exactly what the app is deployed with."""
    return install_worker("worker", ["--requirement", str(ROOT / "requirements.txt")])


def test_the_worker_reports_the_functions_triggers_and_bindings_that_the_host_serves(worker: Worker) -> None:
    app = load_app(ROOT)
    check(app)
    reported = worker.run(ROOT)
    assert reported.get("failure") is None
    assert reported["functions"] == bindings(app)


def test_gallerists_own_functions_answer_the_same_through_both(worker: Worker, tmp_path: Path) -> None:
    app = load_app(ROOT)
    image = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Compute/images/i"
    step = first_episode(app, "migrate_image", {"image": image, "started_by": "a test"})
    post = next(f.name for f in app.functions.values() if f.trigger.get("methods") == ["POST"])
    client = ManagementUrls("http://127.0.0.1:1", "Hub", "code").client_binding()
    bad_request = http_call(post, method="POST", url="http://host/api/migrations", body="no json")
    bad_request["inputs"]["client"] = {"kind": "string", "value": client}
    activity, orchestrator = app.activities["get_managed_image"], app.orchestrators["migrate_image"]
    page, refused, decided = worker.run(
        ROOT,
        bad_request,
        durable_call(activity.name, activity.trigger["name"], '{"image": "no id"}'),
        durable_call(orchestrator.name, "context", step),
    )["results"]
    with HostServer(ROOT, tmp_path / "hub.db") as host:
        ours = httpx.post(f"{host.url}/api/migrations", content="no json")
        assert (page["status"], page["body"], ours.status_code) == (400, ours.text, 400)
        failure = asyncio.run(failure_of(activity, '{"image": "no id"}'))
    assert refused["failure"] == failure
    assert OrchestratorAnswer.parse(decided["value"]) == run_orchestrator(orchestrator.code, step)


async def failure_of(activity: Function, text: str) -> str:
    """Runs an activity as the host does, and returns its failure."""
    with ThreadPoolExecutor(1) as threads:
        call = ActivityCall("i", "x", 0, activity.durable_name, text)
        invoker = Invoker("", threads, lambda: "")
        event = await run_activity(call, {activity.durable_name.lower(): activity}, invoker, lambda: NOW)
    return str(event["Reason"]).partition("failed:  ")[2]
