"""Microsoft's own worker library indexes and runs an app as this host does."""

import json
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from functions_testhost.app import AppError, load_app
from functions_testhost.http_triggers import http_functions
from functions_testhost.indexing import check
from functions_testhost.sdk import OrchestratorAnswer, run_orchestrator
from functions_testhost.server import HostServer
from testhost_folders import APPS
from testhost_worker import Worker, bindings, durable_call, first_episode, http_call, install_worker

PATTERNS = APPS / "patterns"

# the first run installs the worker
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def worker() -> Worker:
    """The worker library with the version of the Durable SDK that this host runs."""
    sdk = f"azure-functions-durable=={version('azure-functions-durable')}"
    return install_worker("testhost-worker", [sdk])


def test_the_worker_reports_the_functions_bindings_and_routes_that_the_host_serves(worker: Worker) -> None:
    app = load_app(PATTERNS)
    check(app)
    reported = worker.run(PATTERNS)
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


def test_an_http_function_an_activity_and_an_orchestrator_return_the_same_in_the_worker_and_here(
    worker: Worker, tmp_path: Path
) -> None:
    app = load_app(PATTERNS)
    step = first_episode(app, "fan_out", 3)
    page, nothing, doubled, refused, decided = worker.run(
        PATTERNS,
        http_call("hello", params={"name": "bob"}, query={"shout": "1"}),
        http_call("nothing"),
        durable_call("double", "value", "21"),
        durable_call("fail", "value", '"bad luck"'),
        durable_call("fan_out", "context", step),
    )["results"]
    with HostServer(PATTERNS, tmp_path / "hub.db", clock="skip") as host:
        ours = httpx.get(f"{host.url}/api/hello/bob?shout=1")
        assert (page["status"], page["body"]) == (ours.status_code, ours.text)
        assert {name: ours.headers[name] for name in page["headers"]} == page["headers"]
        assert nothing["failure"].startswith("TypeError")
        assert httpx.get(f"{host.url}/api/nothing").status_code == 500
        wait = "timeout=10&pollingInterval=0.01"
        url = f"{host.url}/runtime/webhooks/durabletask/orchestrators"
        assert doubled == {"kind": "json", "value": json.dumps(httpx.post(f"{url}/one?{wait}").json())}
        failure = httpx.post(f"{url}/failing?{wait}").json()["output"]
        assert f"Activity function 'fail' failed:  {refused['failure']}" in failure
    own = run_orchestrator(app.orchestrators["fan_out"].code, step)
    assert OrchestratorAnswer.parse(decided["value"]) == own
    assert len(own.actions[0]["compoundActions"]) == 3


REFUSED = ["list[int]", "dict[str, int]", "int | None", "typing.Optional[int]", "tuple[int, ...]"]
ACCEPTED = ["int", "dict", "list", "typing.List[int]", "typing.Any", "'dict'"]


@pytest.mark.parametrize("annotation", [*REFUSED, *ACCEPTED])
def test_the_worker_refuses_the_annotations_that_the_host_refuses(
    worker: Worker, tmp_path: Path, annotation: str
) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(
        "import typing\nimport azure.durable_functions as df\napp = df.DFApp()\n\n"
        '@app.activity_trigger(input_name="value")\n'
        f"def work(value: {annotation}):\n    return value\n"
    )
    failure = worker.run(tmp_path).get("failure")
    if annotation in REFUSED:
        assert "cannot load the work function" in failure
        with pytest.raises(AppError, match="work: parameter 'value'"):
            check(load_app(tmp_path))
    else:
        assert failure is None
        check(load_app(tmp_path))
