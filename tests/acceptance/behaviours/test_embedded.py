"""What the embedded host does by itself: `functionTimeout`, and lists in short pages.

The host around the extension has no `functionTimeout`, and its storage answers with whole pages.
"""

import json
import shutil
from collections.abc import Iterator
from typing import cast

import pytest

from tests.acceptance.behaviours.observing import Hub, pages, sentence
from tests.acceptance.behaviours.record import FOLDER, running_hub
from tests.acceptance.hosts import EmbeddedHost
from tests.acceptance.marks import embedded_only

pytestmark = embedded_only("the host around the extension has neither")

TIMEOUT = "00:00:02"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The app in another folder, with a short timeout, which counts for code that runs too."""
    app = shutil.copytree(FOLDER, tmp_path_factory.mktemp("impatient") / "app")
    settings = json.loads((app / "host.json").read_text(encoding="utf-8"))
    (app / "host.json").write_text(json.dumps({**settings, "functionTimeout": TIMEOUT}), encoding="utf-8")
    with running_hub(tmp_path_factory.mktemp("host"), "embedded", app=app) as hub:
        yield hub


@pytest.fixture
def host(hub: Hub) -> EmbeddedHost:
    return cast("EmbeddedHost", hub.host)


def exceeded(function: str) -> str:
    return f"Timeout value of {TIMEOUT} was exceeded by function: Functions.{function}"


def test_an_activity_that_hangs_fails_at_the_timeout(hub: Hub, host: EmbeddedHost) -> None:
    host.add_fault("worker-hangs", "activity", "double")

    ended = sentence(hub.wait(hub.start("returns_its_input", "hanging-activity", {})))

    failure = f"Activity function 'double' failed: {exceeded('double')}"
    assert ended == {
        "status": "Failed",
        "output": f"Orchestrator function 'returns_its_input' failed: {failure}",
    }
    assert hub.rewind("hanging-activity")["status"] == "Completed"


def test_an_episode_that_hangs_fails_at_the_timeout(hub: Hub, host: EmbeddedHost) -> None:
    host.add_fault("worker-hangs", "episode", "returns_its_input")

    ended = sentence(hub.wait(hub.start("returns_its_input", "hanging-episode", {})))

    failure = f"One or more errors occurred. ({exceeded('returns_its_input')})"
    assert ended == {
        "status": "Failed",
        "output": f"Orchestrator function 'returns_its_input' failed: {failure}",
    }
    assert hub.rewind("hanging-episode")["status"] == "Completed"


def test_an_activity_that_runs_too_long_fails_at_the_timeout(hub: Hub, host: EmbeddedHost) -> None:
    with host.gate.hold("GET", "/before$"):
        ended = sentence(hub.wait(hub.start("calls_an_activity_that_acts", "too-long")))

    assert ended["output"].endswith(f"Activity function 'acts' failed: {exceeded('acts')}")


def test_a_list_is_answered_in_short_and_in_empty_pages(hub: Hub, host: EmbeddedHost) -> None:
    """Azure Tables may answer so. No instance is lost or listed twice."""
    ids = [hub.start("returns_its_input", f"in-pages-{number}", {}) for number in range(3)]
    host.set_list_segments([0, 2])

    read = pages(hub, "instanceIdPrefix=in-pages-&top=3")

    host.set_list_segments([])
    assert read == [[], ids[:2], [], ids[2:]]
