"""The control plane under `/_host`: clock, faults, worker, switches, health. Azure has none; tests need it."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from functions_testhost.app import App
from functions_testhost.clock import MODES, Clock
from functions_testhost.engine import Engine
from functions_testhost.faults import Fault
from functions_testhost.host_health import describe
from functions_testhost.switches import Switches
from functions_testhost.task_hub import TaskHub
from functions_testhost.timestamps import to_text
from functions_testhost.worker import Worker

# schedules and timers look some time ahead
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


class ControlApi:
    """Handlers of the control plane."""

    def __init__(
        self, *, app: App, clock: Clock, hub: TaskHub, engine: Engine, worker: Worker, switches: Switches
    ) -> None:
        self._app = app
        self._worker = worker
        self._switches = switches
        self._clock = clock
        self._hub = hub
        self._engine = engine

    def routes(self) -> list[web.RouteDef]:
        """Lists the routes."""
        return [
            web.get("/_host/clock", self.get_clock),
            web.post("/_host/clock", self.set_clock),
            web.get("/_host/status", self.get_status),
            *self.health_route(),
            web.get("/_host/cpu", self.get_cpu),
            web.get("/_host/history", self.get_history),
            web.get("/_host/faults", self.list_faults),
            web.post("/_host/faults", self.add_fault),
            web.delete("/_host/faults", self.clear_faults),
            web.post("/_host/worker", self.control_worker),
            web.get("/_host/switches", self.get_switches),
            web.post("/_host/switches", self.set_switches),
        ]

    def health_route(self) -> list[web.RouteDef]:
        """Lists the only route that changes nothing and tells nothing of the app."""
        return [web.get("/_host/health", self.get_health)]

    async def list_faults(self, _: web.Request) -> web.Response:
        """Lists the faults that are set, with the calls that each still hits."""
        return web.json_response(self._worker.faults.to_json())

    async def add_fault(self, request: web.Request) -> web.Response:
        """Sets a fault (faults.py): 201 with all faults, 400 with the reason."""
        try:
            self._worker.faults.add(Fault.parse(await _body(request)))
        except ValueError as failure:
            return web.json_response({"error": str(failure)}, status=400)
        return web.json_response(self._worker.faults.to_json(), status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Removes every fault: 204."""
        self._worker.faults.clear()
        return web.Response(status=204)

    async def control_worker(self, request: web.Request) -> web.Response:
        """Does an `action` to the worker: `kill`, `pause` or `restart` (worker.py). 204, or 400 for anything else."""
        actions = {
            "kill": self._worker.kill,
            "pause": self._worker.pause,
            "restart": self._worker.restart,
        }
        try:
            action = str((await _body(request)).get("action"))
        except ValueError as failure:
            return _refusal(str(failure))
        if action not in actions:
            return web.json_response({"error": f"'action' must be one of {', '.join(actions)}"}, status=400)
        actions[action]()
        return web.Response(status=204)

    async def get_switches(self, _: web.Request) -> web.Response:
        """Returns the state of every switch (switches.py)."""
        return web.json_response(self._switches.to_json())

    async def set_switches(self, request: web.Request) -> web.Response:
        """Changes the switches in the body: 200 with all switches, 400 with the reason."""
        try:
            self._switches.change(await _body(request))
        except ValueError as failure:
            return web.json_response({"error": str(failure)}, status=400)
        return await self.get_switches(request)

    async def get_clock(self, _: web.Request) -> web.Response:
        """Returns the host time and the clock's mode."""
        return web.json_response(self._time())

    def _time(self) -> dict[str, str]:
        return {"now": to_text(self._clock.now()), "mode": self._clock.mode}

    async def get_cpu(self, _: web.Request) -> web.Response:
        """Returns the processor seconds since the start of the process: of the app's functions, and of all the rest."""
        return web.json_response(self._app.cpu())

    async def get_history(self, _: web.Request) -> web.Response:
        """Returns what episodes wrote into histories since the start of the process, by orchestrator."""
        return web.json_response(self._hub.written.to_json())

    async def set_clock(self, request: web.Request) -> web.Response:
        """Moves the clock forward or changes its `mode`; 400 for anything else.

        `advance_seconds` jumps: what was due on the way is late. `run_seconds` stops at everything that is due on the
        way, and answers when that has happened; 0 waits for what is left to do at the present time. `run_to_next` stops
        at the first moment at which something is due; the answer's `moved` is false if nothing is.
        """
        try:
            body = await _body(request)
        except ValueError as failure:
            return _refusal(str(failure))
        step, run, to_next, mode = (
            body.get("advance_seconds", 0),
            body.get("run_seconds"),
            body.get("run_to_next", False),
            body.get("mode", self._clock.mode),
        )
        wrong = (
            mode not in list(MODES)
            or not _is_duration(step)
            or not (run is None or _is_duration(run))
            or not isinstance(to_next, bool)
        )
        if wrong:
            return _refusal(
                f"advance_seconds and run_seconds are numbers, run_to_next is true or false, mode is one of {MODES}"
            )
        if mode != self._clock.mode:
            try:
                self._clock.switch(mode)
            except ValueError as error:
                return _refusal(str(error))
            self._engine.wake()
        before = self._clock.now()
        if max(step, run or 0) > (LATEST - before).total_seconds():
            return _refusal(f"the clock cannot pass {LATEST.isoformat()}")
        if step:
            await self._engine.advance(timedelta(seconds=step))
        if run is not None:
            await self._engine.run_to(self._clock.now() + timedelta(seconds=run))
        moved = await self._engine.run_to_next() if to_next else self._clock.now() > before
        return web.json_response({**self._time(), "moved": moved})

    async def get_health(self, _: web.Request) -> web.Response:
        """Returns the state of the host itself (host_health.py): 200 when it is healthy, else 503."""
        health = describe(self._hub.store, self._engine)
        return web.json_response(health, status=200 if health["state"] == "healthy" else 503)

    async def get_status(self, _: web.Request) -> web.Response:
        """Counts instances by status, what waits, and the calls that the worker has not answered (`in_flight`).

        `hanging`: how many of these hang because of a fault. `idle`: nothing runs, and
        nothing can run at the present time.
        """
        due = self._hub.next_due()
        counts = self._hub.counts()
        waiting = bool(counts["activities"] or counts["operations"] or (due and due <= self._clock.now()))
        next_due = to_text(due) if due else None
        return web.json_response(
            {
                **counts,
                "in_flight": self._worker.calls_in_flight,
                "hanging": self._worker.hanging_calls,
                "idle": self._engine.is_idle and not waiting,
                "next_due": next_due,
            }
        )


def _refusal(reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=400)


async def _body(request: web.Request) -> dict[str, Any]:
    """Reads a body that is a JSON object.

    Raises:
        ValueError: it is something else.
    """
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as failure:
        raise ValueError(f"the body is not JSON: {failure}") from failure
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")  # noqa: TRY004  # it is the body that is wrong
    return body


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
