"""The control plane under `/_simulator`: HTTP in front of the methods of `Simulator`."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from azure_compute_simulator.clock import parse_date
from azure_compute_simulator.faults import parse_fault
from azure_compute_simulator.json_fields import change_fields, check_names, required_text
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.simulator import Simulator

PREFIX = "/_simulator"

_Reply = tuple[int, Any]


def handle(simulator: Simulator, method: str, path: str, data: bytes) -> _Reply:
    """Returns the status and the JSON body for a control request. A 400 has an `error` that says what is wrong."""
    try:
        body = json.loads(data) if data else {}
        if not isinstance(body, dict):
            return 400, {"error": "The body must be a JSON object."}
        return _dispatch(simulator, method, path.removeprefix(PREFIX).strip("/"), body)
    except ValueError as error:
        return 400, {"error": str(error)}


def _dispatch(simulator: Simulator, method: str, path: str, body: Json) -> _Reply:
    name, _, rest = path.partition("/")
    if name == "event-subscriptions":
        return _event_subscriptions(simulator, method, rest, body)
    if method == "GET" and name == "requests":
        return 200, simulator.requests(int(rest or "0"))
    if method == "GET" and name in _READERS:
        return 200, _READERS[name](simulator)
    if method == "POST" and name in _WRITERS:
        return 200, _WRITERS[name](simulator, body) or {}
    if method == "DELETE" and name == "faults":
        (simulator.release_hanging if rest == "hanging" else simulator.clear_faults)()
        return 200, {}
    return 404, {
        "error": f"{method} {PREFIX}/{path} does not exist.",
        "read": list(_READERS),
        "write": list(_WRITERS),
    }


def _event_subscriptions(simulator: Simulator, method: str, name: str, body: Json) -> _Reply:
    if method == "GET" and not name:
        return 200, simulator.event_subscriptions()
    if method == "PUT" and name:
        simulator.put_event_subscription(name, body)
        return 201, body
    if method == "DELETE" and name:
        simulator.delete_event_subscription(name)
        return 200, {}
    raise ValueError(f"Use PUT or DELETE {PREFIX}/event-subscriptions/<name>, or GET without a name.")


def _reset(simulator: Simulator, body: Json) -> None:
    check_names(body, "seed")
    seed = body.get("seed")
    if seed is not None and not isinstance(seed, dict):
        raise ValueError("'seed' must be an object.")
    simulator.reset(seed)


def _set_transitions(simulator: Simulator, body: Json) -> None:
    check_names(body, "default", "override", "advance")
    if body.get("default") is not None:
        simulator.set_pace(required_text(body, "default"))
    if override := body.get("override"):
        simulator.set_pace(required_text(override, "pace"), required_text(override, "id"), _region(override))
    if advance := body.get("advance"):
        progress = advance.get("progress", 100) if isinstance(advance, dict) else None
        simulator.set_progress(required_text(advance, "id"), _number(progress, "progress"), _region(advance))


def _set_switches(simulator: Simulator, body: Json) -> None:
    with simulator.azure.lock:
        change_fields(simulator.switches, body)


def _set_delivery(simulator: Simulator, body: Json) -> None:
    change_fields(simulator.delivery, body)


def _add_fault(simulator: Simulator, body: Json) -> None:
    simulator.add_fault(parse_fault(body))


def _set_roles(simulator: Simulator, body: Json) -> None:
    simulator.set_roles(_objects(body, "roles"))


def _set_locks(simulator: Simulator, body: Json) -> None:
    simulator.set_locks(_objects(body, "locks"))


def _set_time(simulator: Simulator, body: Json) -> Json | None:
    check_names(body, "seconds", "to")
    if body.get("to") is not None:
        return simulator.move_to(parse_date(required_text(body, "to")))
    simulator.skip_time(_number(body.get("seconds"), "seconds"))
    return None


def _publish(simulator: Simulator, body: Json) -> Json:
    check_names(body, "event", "resourceId")
    event: Json | None = body.get("event")
    if (event is None) == (body.get("resourceId") is None):
        raise ValueError("Give either an 'event' or a 'resourceId'.")
    if event is None:
        return simulator.publish_latest(required_text(body, "resourceId"))
    simulator.publish(event)
    return event


def _region(document: Json) -> str | None:
    return None if document.get("region") is None else required_text(document, "region")


def _number(value: object, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{name!r} is missing or not a number.")  # noqa: TRY004 - a client's value
    return value


def _objects(body: Json, name: str) -> list[Json]:
    check_names(body, name)
    items = body.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError(f"{name!r} must be a list of objects.")
    return items


_READERS: dict[str, Callable[[Simulator], Any]] = {
    "state": Simulator.state,
    "time": Simulator.time,
    "cpu": Simulator.cpu,
    "transitions": Simulator.transitions,
    "switches": lambda simulator: asdict(simulator.switches),
    "requests": Simulator.requests,
    "calls": Simulator.calls,
    "operations": Simulator.operations,
    "events": Simulator.events,
    "published": Simulator.published,
    "faults": Simulator.faults,
    "roles": Simulator.roles,
    "locks": Simulator.locks,
}
_WRITERS: dict[str, Callable[[Simulator, Json], Json | None]] = {
    "reset": _reset,
    "transitions": _set_transitions,
    "switches": _set_switches,
    "events": _set_delivery,
    "faults": _add_fault,
    "roles": _set_roles,
    "locks": _set_locks,
    "time": _set_time,
    "publish": _publish,
}
