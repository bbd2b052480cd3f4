"""A release is deployed over another one while everything is in the midst of its work, and back: nothing fails.

The packages are those that would be deployed. The host is the embedded one of this checkout, which does with versions
what the Durable extension does (tests/acceptance/behaviours): in Azure, too, the host is not part of the release.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from functions_testhost.instances import Start
from functions_testhost.task_hub import TaskHub

from domain import names
from domain.migration.messages import MigrationRequest
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.stack import Stack
from scripts.saved_fleet import PACE, POLICY, SUBSCRIPTION, Fleet, seed
from tests.upgrades.releases import app_as_it_is, newest_release, released_app, released_code

LISTS = ("migrations", "batches", "promotions", "retirements")
# longer than the longest time for which the host leaves alone what it does not run
LONG = timedelta(minutes=25)
MORNING = "2026-01-05T06:00:00+00:00"
ENDS = {"migrations": "completed", "batches": "completed", "promotions": "promoted", "retirements": "retired"}


class Deployed(Fleet):
    """A fleet whose app is deployed again and again on the same task hub."""

    def deploy(self, app: Path) -> None:
        """Stops the host in good order, and starts it with another package."""
        self.stack.stop_host()
        self.stack.app = app
        self.stack.start_host()

    def states(self) -> dict[str, dict[str, str]]:
        """Returns the state of everything, by kind and id."""
        return {kind: {one["id"]: one["state"] for one in self.get(kind)[kind]} for kind in LISTS}

    def instances(self) -> dict[str, dict[str, Any]]:
        """Returns what the management API of the host shows, by instance id."""
        answer = self.stack.http.get(f"{self.stack.host['durable']}/instances?top=1000")
        return {one["instanceId"]: one for one in answer.raise_for_status().json()}

    def history(self, instance_id: str) -> list[Any]:
        address = f"{self.stack.host['durable']}/instances/{instance_id}?showHistory=true"
        rows: list[Any] = self.stack.http.get(address).json()["historyEvents"]
        return rows

    def begin_newer(self, name: str) -> str:
        """Starts the migration of an image as code of version 1.1 does; returns its id."""
        image = (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/images/{name}"
        )
        migration = migration_id(ImageId.parse(image))
        address = f"{self.stack.host['durable']}/orchestrators/{names.MIGRATE_IMAGE}/{migration}"
        request = MigrationRequest(image=ImageId.parse(image), started_by="anna")
        body = request.model_dump(mode="json")
        self.stack.http.post(address, params={"version": "1.1"}, json=body).raise_for_status()
        self.stack.let_pass(timedelta())
        return migration

    def failed(self) -> list[str]:
        return [name for name, one in self.instances().items() if one["runtimeStatus"] == "Failed"]

    def waiting(self) -> dict[str, list[Any]]:
        """Returns the histories of the instances of the newer version that have not ended."""
        return {
            name: self.history(name)
            for name, one in self.instances().items()
            if one.get("version") == "1.1" and one["runtimeStatus"] in ("Pending", "Running")
        }

    def written_twice(self) -> dict[str, int]:
        """Returns the versions that were created, and the resources that were deleted, more than once."""
        requests = self.stack.control("GET", "requests")
        created = Counter(
            one["path"].lower()
            for one in requests
            if one["method"] == "PUT"
            and one["status"] == httpx.codes.CREATED
            and "/versions/" in one["path"].lower()
        )
        deleted = Counter(
            one["path"].lower()
            for one in requests
            if one["method"] == "DELETE" and one["status"] in (httpx.codes.OK, httpx.codes.ACCEPTED)
        )
        return {path: count for path, count in (created + deleted).items() if count > 1}


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The package of the newest release."""
    return released_app(newest_release(), tmp_path / "released")


@pytest.fixture
def fleet(tmp_path: Path, released: Path) -> Iterator[Deployed]:
    # in the morning, so that the work of the night is not done in the midst of it
    stack = Stack(tmp_path, seed("-b"), POLICY, PACE, one_clock=True, start=MORNING, app=released)
    with stack:
        yield Deployed(stack)


def test_a_release_is_deployed_over_another_and_back(fleet: Deployed, tmp_path: Path) -> None:
    """What is older goes on under every code. What is newer waits under the older one."""
    released, newer = fleet.stack.app, app_as_it_is(tmp_path / "newer", defaultVersion="1.1")
    fleet.begin_some()
    older = fleet.states()

    fleet.deploy(newer)
    assert fleet.states() == older
    fleet.begin_some("-b")
    states = fleet.states()
    begun = {kind: states[kind].keys() - older[kind].keys() for kind in LISTS}

    fleet.deploy(released)
    waiting = fleet.waiting()
    assert waiting.keys() >= {
        one for kind in LISTS for one in begun[kind] if states[kind][one] != "completed"
    }
    fleet.stack.let_pass(LONG)

    # not failed, not touched, shown as running, in the state that it had
    assert (fleet.failed(), fleet.waiting()) == ([], waiting)
    back = fleet.states()
    for kind in LISTS:
        assert begun[kind]
        assert {one: back[kind][one] for one in begun[kind]} == {
            one: states[kind][one] for one in begun[kind]
        }
    fleet.pass_until(lambda: all(fleet.ended("promotions", one) for one in older["promotions"]))

    fleet.deploy(newer)
    fleet.finish()

    assert_all_is_done(fleet)
    assert fleet.waiting() == {}


@pytest.mark.slow
def test_what_a_release_has_begun_ends_well_after_an_update(fleet: Deployed, tmp_path: Path) -> None:
    """The usual update: `defaultVersion` stays as it is."""
    fleet.begin_some()
    before = fleet.states()

    fleet.deploy(app_as_it_is(tmp_path / "as-it-is"))
    fleet.finish()

    assert_all_is_done(fleet)
    after = fleet.states()
    assert [states.keys() for states in after.values()] == [states.keys() for states in before.values()]


def test_the_embedded_host_of_the_release_uses_the_same_file(tmp_path: Path) -> None:
    """`gallerist up` keeps its task hub, whichever release is started next; what was put back is still put back."""
    code = released_code(newest_release(), tmp_path / "code")
    database, moment = tmp_path / "taskhub.sqlite", datetime(2026, 1, 5, tzinfo=UTC)
    hub = TaskHub(database)
    hub.start(Start("migrate_image", "newer", version="1.1"), moment)
    loaded = hub.load_episode("newer", moment)
    assert loaded
    hub.put_back(*loaded)
    hub.close()

    script = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path;"
        " from functions_testhost.instances import Start; from functions_testhost.task_hub import TaskHub;"
        " hub = TaskHub(Path(sys.argv[1])); print(hub.find('newer').version);"
        " hub.start(Start('migrate_image', 'older'), datetime(2026, 1, 5, tzinfo=UTC)); hub.close()"
    )
    path = str(code / "packages" / "functions-testhost" / "src")
    command = [sys.executable, "-c", script, str(database)]
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.strip(), ran.stderr) == ("1.1", "")

    hub = TaskHub(database)
    assert hub.ready_instances(moment) == ["older"]
    assert hub.ready_instances(moment + timedelta(seconds=2)) == ["newer", "older"]
    hub.close()


@pytest.mark.slow
def test_what_waits_and_has_not_begun_is_cancelled_by_a_retry_only(tmp_path: Path) -> None:
    """A cancellation alone is only shown, on the extension too: the migration begins when the newer code is back."""
    older, newer = (app_as_it_is(tmp_path / name, defaultVersion=name) for name in ("1.0", "1.1"))
    with Stack(tmp_path, seed(), POLICY, PACE, one_clock=True, start=MORNING, app=older) as stack:
        fleet = Deployed(stack)
        cancelled, retried = fleet.begin_newer("moving"), fleet.begin_newer("soaking")
        assert [fleet.state("migrations", one) for one in (cancelled, retried)] == ["planned", "planned"]
        for one in (cancelled, retried):
            fleet.post(f"migrations/{one}/cancel")
        fleet.post(f"migrations/{retried}/retry")
        fleet.until(lambda: fleet.ended("migrations", retried))
        assert fleet.state("migrations", cancelled) == "cancelled"

        fleet.deploy(newer)
        fleet.stack.let_pass(LONG)

        assert [fleet.state("migrations", one) for one in (cancelled, retried)] == ["completed", "completed"]
        versions = {name: one.get("version") for name, one in fleet.instances().items()}
        assert (versions[cancelled], versions[retried]) == ("1.1", "1.0")
        assert fleet.written_twice() == {}


def assert_all_is_done(fleet: Deployed) -> None:
    """Everything has ended well, and nothing was done twice."""
    ends = {kind: set(found.values()) for kind, found in fleet.states().items()}
    assert ends == {kind: {end} for kind, end in ENDS.items()}
    assert (fleet.failed(), fleet.written_twice()) == ([], {})
