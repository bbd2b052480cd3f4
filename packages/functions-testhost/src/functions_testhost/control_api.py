"""The control plane under `/_host`: the clock, and what waits. Azure has none; tests need it."""

from datetime import timedelta

from aiohttp import web

from functions_testhost.clock import MODES, Clock
from functions_testhost.engine import Engine
from functions_testhost.task_hub import TaskHub
from functions_testhost.timestamps import to_text


class ControlApi:
    """Handlers of `/_host/clock` and `/_host/status`."""

    def __init__(self, clock: Clock, hub: TaskHub, engine: Engine) -> None:
        self._clock = clock
        self._hub = hub
        self._engine = engine

    def routes(self) -> list[web.RouteDef]:
        """Lists the routes."""
        return [
            web.get("/_host/clock", self.get_clock),
            web.post("/_host/clock", self.set_clock),
            web.get("/_host/status", self.get_status),
        ]

    async def get_clock(self, _: web.Request) -> web.Response:
        """Returns the host time and the clock's mode."""
        return web.json_response({"now": to_text(self._clock.now()), "mode": self._clock.mode})

    async def set_clock(self, request: web.Request) -> web.Response:
        """Moves the clock forward (`advance_seconds`, `run_seconds`) or changes its `mode`; 400 for anything else.

        `advance_seconds` jumps: what was due on the way is late. `run_seconds` stops at everything that is due on the
        way, and answers when that has happened.
        """
        body = await request.json()
        step, run, mode = (
            body.get("advance_seconds", 0),
            body.get("run_seconds", 0),
            body.get("mode", self._clock.mode),
        )
        if mode not in MODES or not _is_duration(step) or not _is_duration(run):
            return web.json_response(
                {"error": f"advance_seconds and run_seconds are numbers, mode is one of {MODES}"}, status=400
            )
        if mode != self._clock.mode:
            self._clock.switch(mode)
        self._clock.advance(timedelta(seconds=step))
        self._engine.wake()
        if run:
            await self._engine.run_to(self._clock.now() + timedelta(seconds=run))
        return await self.get_clock(request)

    async def get_status(self, _: web.Request) -> web.Response:
        """Counts instances by status, and what waits. `idle`: nothing runs, and nothing can run at the present time."""
        due = self._hub.next_due()
        counts = self._hub.counts()
        waiting = bool(counts["activities"] or counts["operations"] or (due and due <= self._clock.now()))
        next_due = to_text(due) if due else None
        return web.json_response(
            {**counts, "idle": self._engine.is_idle and not waiting, "next_due": next_due}
        )


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
