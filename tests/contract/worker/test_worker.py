"""Microsoft's own worker library indexes and runs apps as the embedded host does.

It needs Python 3.13; its virtual environment is made once, under ``build/``. Elsewhere these tests are skipped.
"""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from functions_testhost import history
from functions_testhost.activities import run_activity
from functions_testhost.app import App, AppError, Function, load_app
from functions_testhost.clock import Clock
from functions_testhost.http_triggers import http_functions
from functions_testhost.indexing import check
from functions_testhost.instances import ActivityCall
from functions_testhost.invocation import Invoker
from functions_testhost.management_urls import ManagementUrls
from functions_testhost.sdk import OrchestratorAnswer, orchestrator_context, run_orchestrator
from functions_testhost.server import HostServer

ROOT = Path(__file__).parents[3]
PATTERNS = ROOT / "packages" / "functions-testhost" / "tests" / "apps" / "patterns"
DRIVER = Path(__file__).parent / "drive_worker.py"
RUNTIME = "azure-functions-runtime==1.3.0"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.timeout(300)  # the first run installs the worker

Drive = Callable[..., dict[str, Any]]


def python_313() -> str | None:
    """Find a Python of the version that Azure runs this worker with; a name on the path may be an empty shim."""
    installed = (Path.home() / ".pyenv" / "versions").glob("3.13*/bin/python3.13")
    candidates = [sys.executable, shutil.which("python3.13"), *(str(python) for python in installed)]
    return next((python for python in candidates if python and version_of(python) == "3.13"), None)


def version_of(python: str) -> str:
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run(
        [python, "-c", question], capture_output=True, text=True, check=False
    ).stdout.strip()


def install(environment: Path, python: str) -> None:
    """Make the worker's environment; what the app is shipped with comes first, by its hashes."""
    requirements = ROOT / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes() + RUNTIME.encode()).hexdigest()
    marker = environment / "installed"
    if marker.exists() and marker.read_text() == wanted:
        return
    pip = [
        str(environment / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    for command in (
        [python, "-m", "venv", "--clear", str(environment)],
        [*pip, "--requirement", str(requirements)],
        [*pip, RUNTIME],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{RUNTIME} cannot be installed here: {done.stderr[-300:]}")
    marker.write_text(wanted)


@pytest.fixture(scope="session")
def drive() -> Drive:
    """Run the worker over an app; ``results`` answer the calls, in order."""
    python = python_313()
    if python is None:
        pytest.skip("there is no Python 3.13 on this machine, and Microsoft's worker library needs it")
    environment = ROOT / "build" / "worker"
    install(environment, python)

    def run(folder: Path, *calls: dict[str, Any]) -> dict[str, Any]:
        command = [str(environment / "bin" / "python"), str(DRIVER), str(folder)]
        clean = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        done = subprocess.run(
            command, input=json.dumps(calls), env=clean, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def http_call(function: str, parameter: str = "req", **request: Any) -> dict[str, Any]:
    empty = {"method": "GET", "url": "http://host/", "headers": {}, "query": {}, "params": {}, "body": ""}
    return {"function": function, "inputs": {parameter: {"kind": "http", "value": {**empty, **request}}}}


def durable_call(function: str, parameter: str, text: str) -> dict[str, Any]:
    return {"function": function, "inputs": {parameter: {"kind": "string", "value": text}}}


def first_episode(app: App, orchestrator: str, body: Any) -> str:
    """Word the first call of an orchestrator."""
    started = history.execution_started(
        NOW,
        orchestrator=orchestrator,
        version="1.0",
        instance_id="i",
        execution_id="x",
        input_text=json.dumps(json.dumps(body)),
        parent=None,
    )
    return orchestrator_context(
        history=[history.orchestrator_started(NOW), started],
        instance_id="i",
        input_text=json.dumps(json.dumps(body)),
        parent_instance_id=None,
    )


def bindings(app: App) -> dict[str, list[dict[str, Any]]]:
    return {function.name: list(function.bindings) for function in app.functions.values()}


@pytest.mark.parametrize("folder", [PATTERNS, ROOT], ids=["patterns", "gallerist"])
def test_the_worker_reports_the_functions_triggers_and_bindings_that_the_host_serves(
    drive: Drive, folder: Path
) -> None:
    app = load_app(folder)
    check(app)
    reported = drive(folder)
    assert reported.get("failure") is None
    assert reported["functions"] == bindings(app)
    routes = {
        name: binding["route"]
        for name, function_bindings in reported["functions"].items()
        for binding in function_bindings
        if binding["type"] == "httpTrigger"
    }
    served = {served.function.name: served.route.template for served in http_functions(app, "api")}
    assert {name: f"api/{route}" for name, route in routes.items()} == served


def test_an_http_function_an_activity_and_an_orchestrator_answer_the_same_through_both(
    drive: Drive, tmp_path: Path
) -> None:
    app = load_app(PATTERNS)
    step = first_episode(app, "fan_out", 3)
    page, nothing, doubled, refused, decided = drive(
        PATTERNS,
        http_call("hello", params={"name": "bob"}, query={"shout": "1"}),
        http_call("nothing"),
        durable_call("double", "value", "21"),
        durable_call("fail", "value", '"bad luck"'),
        durable_call("fan_out", "context", step),
    )["results"]
    with HostServer(PATTERNS, tmp_path / "hub.db", clock=Clock("skip")) as host:
        ours = httpx.get(f"{host.url}/api/hello/bob?shout=1")
        assert (page["status"], page["body"]) == (ours.status_code, ours.text)
        assert {name: ours.headers[name] for name in page["headers"]} == page["headers"]
        assert nothing["failure"].startswith("TypeError")
        assert httpx.get(f"{host.url}/api/nothing").status_code == 500
        wait = "timeout=10&pollingInterval=0.01"
        url = f"{host.url}/runtime/webhooks/durabletask/orchestrators"
        assert doubled == {
            "kind": "json",
            "value": json.dumps(httpx.post(f"{url}/one?{wait}").json()),
        }
        failure = httpx.post(f"{url}/failing?{wait}").json()["output"]
        assert f"Activity function 'fail' failed:  {refused['failure']}" in failure
    own = run_orchestrator(app.orchestrators["fan_out"].code, step)
    assert OrchestratorAnswer.parse(decided["value"]) == own
    assert len(own.actions[0]["compoundActions"]) == 3


def test_gallerists_own_functions_answer_the_same_through_both(drive: Drive, tmp_path: Path) -> None:
    app = load_app(ROOT)
    image = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Compute/images/i"
    step = first_episode(app, "migrate_image", {"image": image, "started_by": "a test"})
    post = next(f.name for f in app.functions.values() if f.trigger.get("methods") == ["POST"])
    client = ManagementUrls("http://127.0.0.1:1", "Hub", "code").client_binding()
    bad_request = http_call(post, method="POST", url="http://host/api/migrations", body="no json")
    bad_request["inputs"]["client"] = {"kind": "string", "value": client}
    activity, orchestrator = app.activities["get_managed_image"], app.orchestrators["migrate_image"]
    page, refused, decided = drive(
        ROOT,
        bad_request,
        durable_call(activity.name, activity.trigger["name"], '{"image": "no id"}'),
        durable_call(orchestrator.name, "context", step),
    )["results"]
    with HostServer(ROOT, tmp_path / "hub.db") as host:
        ours = httpx.post(f"{host.url}/api/migrations", content="no json")
        assert (page["status"], page["body"], ours.status_code) == (400, ours.text, 400)
        wrong = asyncio.run(invoke(activity, '{"image": "no id"}'))
    assert refused["failure"] == wrong
    assert OrchestratorAnswer.parse(decided["value"]) == run_orchestrator(orchestrator.code, step)


async def invoke(activity: Function, text: str) -> str:
    """Run an activity as the host does, and give its failure."""
    with ThreadPoolExecutor(1) as threads:
        call = ActivityCall("i", "x", 0, activity.durable_name, text)
        invoker = Invoker("", threads, lambda: "")
        event = await run_activity(call, {activity.durable_name.lower(): activity}, invoker, lambda: NOW)
    return str(event["Reason"]).partition("failed:  ")[2]


REFUSED = ["list[int]", "dict[str, int]", "int | None", "typing.Optional[int]", "tuple[int, ...]"]
ACCEPTED = ["int", "dict", "list", "typing.List[int]", "typing.Any", "'dict'"]


@pytest.mark.parametrize("annotation", [*REFUSED, *ACCEPTED])
def test_the_worker_refuses_the_annotations_that_the_host_refuses(
    drive: Drive, tmp_path: Path, annotation: str
) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(
        "import typing\nimport azure.durable_functions as df\napp = df.DFApp()\n\n"
        '@app.activity_trigger(input_name="value")\n'
        f"def work(value: {annotation}):\n    return value\n"
    )
    failure = drive(tmp_path).get("failure")
    if annotation in REFUSED:
        assert "cannot load the work function" in failure
        with pytest.raises(AppError, match="work: parameter 'value'"):
            check(load_app(tmp_path))
    else:
        assert failure is None
        check(load_app(tmp_path))
