"""Observes what deployments do to instances: the app of this folder, each time with other settings of versions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.acceptance.behaviours.observing import ENDED, Answer, Hub
from tests.workflow.estate import eventually

# what was put back comes again after twice the time that it has waited
WAITS = 240
OLD, NEW = {"defaultVersion": "1.0"}, {"defaultVersion": "2.0"}


class Deployments:
    """A host that is stopped in good order, and started again with another host.json."""

    def __init__(self, hub: Hub, app: Path) -> None:
        self.hub = Hub(hub.host, WAITS)
        self._file = app / "host.json"
        self._settings = json.loads(self._file.read_text(encoding="utf-8"))

    def deploy(self, settings: dict[str, str]) -> None:
        """Writes these settings of versions, and no others, and starts the host with them."""
        durable = self._settings["extensions"]["durableTask"]
        kept = {name: value for name, value in durable.items() if "ersion" not in name}
        document = {**self._settings, "extensions": {"durableTask": {**kept, **settings}}}
        if document == self._settings:
            return
        self._settings = document
        self._file.write_text(json.dumps(document), encoding="utf-8")
        self.hub.close()
        self.hub.host.restart()
        self.hub = Hub(self.hub.host, WAITS)


def _statuses(hub: Hub, ids: list[str]) -> dict[str, Any]:
    """Returns the status of each instance, or its end, when others have ended that were started later."""
    hub.let_others_end()
    return {
        name: hub.wait(name)
        if hub.status(name)["runtimeStatus"] in ENDED
        else hub.status(name)["runtimeStatus"]
        for name in ids
    }


def an_update(deployments: Deployments) -> Answer:
    """Returns what becomes of instances of the older version, and of newer ones that had not begun."""
    deployments.deploy(OLD)
    hub = deployments.hub
    hub.start("tells_its_version_after_an_event", "older")
    hub.start("tells_its_version_after_continuing", "older-continued", {"rounds": 1})
    for name in ("newer", "newer-terminated"):
        hub.start("tells_its_version", name, version="2.0")
    hub.start("waits_for_an_event", "newer-after-its-event", version="2.0")
    for name in ("older", "older-continued"):
        hub.wait_until_running(name)
    hub.let_others_end()
    hub.terminate("newer-terminated")
    hub.send("newer-after-its-event", "Go", {})
    before = _statuses(hub, ["newer-terminated", "newer-after-its-event"])

    deployments.deploy(NEW)
    hub = deployments.hub
    for name in ("older", "older-continued"):
        hub.send(name, "Go", {})
    first = hub.status("older-continued")["input"]
    eventually(lambda: hub.status("older-continued")["input"] != first, seconds=WAITS)
    hub.send("older-continued", "Go", {})
    hub.wait_until_running("newer-after-its-event")
    eventually(lambda: hub.status("newer-terminated")["output"] != "enough", seconds=WAITS)
    after = {name: hub.wait(name) for name in ("older", "older-continued", "newer", "newer-terminated")}
    return {"before": before, **after, **_statuses(hub, ["newer-after-its-event"])}


def a_way_back(deployments: Deployments) -> Answer:
    """Returns what becomes of instances of the newer version on the older host, and on the newer one that follows."""
    deployments.deploy(NEW)
    hub = deployments.hub
    hub.start("tells_its_version_after_an_event", "back")
    hub.start("tells_its_version_after_continuing", "back-continued", {"rounds": 1})
    hub.start("waits_for_an_event", "back-terminated")
    ids = ["back", "back-continued", "back-terminated"]
    for name in ids:
        hub.wait_until_running(name)

    deployments.deploy(OLD)
    hub = deployments.hub
    sent = {name: hub.send(name, "Go", {}) for name in ids[:2]}
    hub.terminate("back-terminated")
    back = _statuses(hub, ids)
    histories = {name: hub.history(name) for name in ids}

    deployments.deploy(NEW)
    hub = deployments.hub
    first = '{"rounds": 1}'
    eventually(lambda: hub.status("back-continued")["input"] != first, seconds=WAITS)
    hub.send("back-continued", "Go", {})
    return {
        "sent": sent,
        "back": back,
        "histories": histories,
        "again": {name: hub.wait(name) for name in ids},
    }


def strict(deployments: Deployments) -> Answer:
    deployments.deploy({**OLD, "versionMatchStrategy": "Strict"})
    hub = deployments.hub
    versions = ("", "0.9", "1.0", "1.00", "2.0")
    ids = [hub.start("tells_its_version", f"strict-{version}", version=version) for version in versions]
    return _statuses(hub, ids)


def fail(deployments: Deployments) -> Answer:
    """Returns how instances of a newer version end, those too that wait since an earlier host, and a parent of one."""
    deployments.deploy(NEW)
    hub = deployments.hub
    hub.start("waits_for_an_event", "fail-begun")
    hub.start("waits_for_an_event", "fail-terminated")
    for name in ("fail-begun", "fail-terminated"):
        hub.wait_until_running(name)
    deployments.deploy({**OLD, "versionFailureStrategy": "Fail"})
    hub = deployments.hub
    hub.start("tells_its_version", "fail-older", version="0.9")
    hub.start("tells_its_version", "fail-newer", version="2.0")
    hub.start("calls_a_child_of_another_version", "fail-parent", {"version": "2.0"})
    hub.send("fail-begun", "Go", {})
    hub.terminate("fail-terminated")
    ids = ("fail-older", "fail-newer", "fail-parent", "fail-parent-child", "fail-begun", "fail-terminated")
    ends = {name: hub.wait(name) for name in ids}
    histories = {name: hub.history(name) for name in ("fail-newer", "fail-begun", "fail-terminated")}
    return {
        **ends,
        "histories": histories,
        "last": _last_row(hub, "fail-newer"),
        "rewound": hub.rewind("fail-newer"),
    }


def _last_row(hub: Hub, instance_id: str) -> dict[str, Any]:
    found = hub.http.get(f"instances/{instance_id}?showHistory=true&showHistoryOutput=true").json()
    row: dict[str, Any] = found["historyEvents"][-1]
    return {name: value for name, value in row.items() if name != "Timestamp"}


def none(deployments: Deployments) -> Answer:
    deployments.deploy({**OLD, "versionMatchStrategy": "None", "versionFailureStrategy": "Fail"})
    hub = deployments.hub
    return _statuses(hub, [hub.start("tells_its_version", "none-newer", version="2.0")])


def without_a_default_version(deployments: Deployments) -> Answer:
    """Returns what becomes of instances with and without a version, and of the latter when versions begin."""
    deployments.deploy({})
    hub = deployments.hub
    hub.start("tells_its_version", "unversioned")
    hub.start("tells_its_version", "versioned", version="1.0")
    hub.start("tells_its_version_after_an_event", "unversioned-later")
    hub.wait_until_running("unversioned-later")
    before = _statuses(hub, ["unversioned", "versioned"])
    deployments.deploy(OLD)
    hub = deployments.hub
    hub.send("unversioned-later", "Go", {})
    return {"before": before, **{name: hub.wait(name) for name in ("unversioned-later", "versioned")}}


# each by the name of its test
DEPLOYMENTS: dict[str, Callable[[Deployments], Answer]] = {
    "an update to a newer version": an_update,
    "a way back to an older version": a_way_back,
    "the strategy Strict": strict,
    "the strategy Fail": fail,
    "the strategy None": none,
    "no default version": without_a_default_version,
}
