"""The host as one object: builds its parts, serves them on 127.0.0.1 and shuts them down."""

import asyncio
import logging
import os
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from functions_testhost import event_grid, import_path, indexing, loop_thread
from functions_testhost.app import AppError, load_app
from functions_testhost.client import HostClient
from functions_testhost.clock import Clock, Mode
from functions_testhost.clock_peer import ClockPeer, ClockPeerError
from functions_testhost.control_api import ControlApi
from functions_testhost.durable_api import DurableApi
from functions_testhost.engine import Engine
from functions_testhost.entity_api import EntityApi
from functions_testhost.event_grid import EventGridWebhook
from functions_testhost.faults import Fault
from functions_testhost.host_json import HostJson
from functions_testhost.http_triggers import HttpTriggers, http_functions
from functions_testhost.invocation import Invoker
from functions_testhost.key_file import load_keys
from functions_testhost.keys import AccessControl
from functions_testhost.management_urls import WEBHOOK, ManagementUrls
from functions_testhost.problems import Problems
from functions_testhost.switches import Switches
from functions_testhost.task_hub import TaskHub
from functions_testhost.timer_triggers import TimerTriggers
from functions_testhost.worker import Worker

log = logging.getLogger(__name__)

# documented: the default of the setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT
LARGEST_BODY_BYTES = 100 * 1024 * 1024


class HostServer:
    """Serves one app from entering the `with` block to leaving it.

    The current folder and the environment variables stay those of the process.

    Args:
        app: the folder of `function_app.py`.
        database: the SQLite file of the task hub, kept across runs; without it, a temporary one.
        port: the port on 127.0.0.1; 0 takes a free one.
        clock: a clock, or the mode of one: `real`, `skip` or `manual`.
        keys: whether HTTP functions and webhooks require access keys, as in Azure.
        survives_power_cut: whether what was accepted survives a power cut, too. That costs time for each step.
        controlled: whether the control plane is served. It needs no key, and can move the clock and kill the worker:
            without it, only `GET /_host/health` is.

    Raises (on entering):
        AppError: the app cannot be served.
        TaskHubError: the task hub cannot be used, or another host has it open (hub_errors.py).
    """

    def __init__(
        self,
        app: Path | str = ".",
        database: Path | str | None = None,
        *,
        port: int = 0,
        clock: Clock | Mode = "real",
        keys: bool = False,
        survives_power_cut: bool = False,
        controlled: bool = True,
    ) -> None:
        self._folder = Path(app)
        self._database = Path(database) if database else None
        self._port = port
        self._clock = clock if isinstance(clock, Clock) else Clock(clock)
        self._enforce_keys = keys
        self._survives_power_cut = survives_power_cut
        self._controlled = controlled
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.url = ""
        self.switches = Switches()

    def __enter__(self) -> Self:
        loop_thread.run(self._start())
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop_thread.run(self._stop())

    @property
    def client(self) -> HostClient:
        """A client that starts orchestrations, waits for them and moves the clock."""
        return HostClient(self.url, self._access.keys.master)

    def cpu(self) -> dict[str, Any]:
        """Returns the processor seconds of the app's functions and of the rest of the process, as `GET /_host/cpu`."""
        return self._app.cpu()

    def add_fault(self, fault: Fault) -> None:
        """Sets a fault: the worker dies or hangs during a call."""
        loop_thread.call(self._worker.faults.add, fault)

    def clear_faults(self) -> None:
        """Removes every fault."""
        loop_thread.call(self._worker.faults.clear)

    def kill_worker(self) -> None:
        """Kills the Python worker: every call in flight fails, and later calls wait for `restart_worker`."""
        loop_thread.call(self._worker.kill)

    def pause_worker(self) -> None:
        """Lets the Python worker stop answering: calls come in and none ends."""
        loop_thread.call(self._worker.pause)

    def restart_worker(self) -> None:
        """Starts a Python worker after `kill_worker`, or lets it answer again after `pause_worker`."""
        loop_thread.call(self._worker.restart)

    def description(self) -> dict[str, Any]:
        """Returns every address as JSON data: the line that the command prints when it is ready."""
        routes = [
            {
                "function": served.function.name,
                "methods": sorted(served.methods),
                "url": f"{self.url}/{served.route.template.strip('/')}",
            }
            for served in self._http
        ]
        keys = {"keys": self._access.keys.to_json()} if self._enforce_keys else {}
        return {
            "url": self.url,
            "routes": routes,
            "event_grid": f"{self.url}{event_grid.PATH}",
            "durable": f"{self.url}{WEBHOOK}",
            "functions": sorted(self._app.functions),
            **keys,
        }

    async def _start(self) -> None:
        self._app = load_app(self._folder)
        indexing.check(self._app)
        for warning in (*indexing.find_warnings(self._app), *import_path.find_conflicts(self._app.folder)):
            log.warning(warning)
        try:
            settings = HostJson.load(self._app.folder)
        except ValueError as error:
            raise AppError(f"{self._app.folder / 'host.json'} cannot be used: {error}") from error
        self._http = http_functions(self._app, settings.route_prefix)
        self._hub = TaskHub(
            self._database or self._temporary_database(), survives_power_cut=self._survives_power_cut
        )
        try:
            await self._serve(settings)
        except BaseException:
            self._close_hub()
            raise

    def _temporary_database(self) -> Path:
        self._temporary = tempfile.TemporaryDirectory(prefix="functions-testhost-")
        return Path(self._temporary.name) / "task-hub.sqlite"

    def _close_hub(self) -> None:
        self._hub.close()
        if self._temporary:
            self._temporary.cleanup()

    async def _serve(self, settings: HostJson) -> None:
        self._clock.on_move = self._hub.store_clock_anchor
        anchor = self._hub.clock_anchor()
        self._clock.resume(anchor)
        peer = ClockPeer(self._clock.peer) if self._clock.peer else None
        if peer is not None:
            await self._meet(peer, is_new=anchor is None)
        timers = TimerTriggers(self._app, self._hub, self._clock.now())
        self._access = AccessControl(load_keys(self._hub), enforced=self._enforce_keys)
        listener = self._listen()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        urls = ManagementUrls(self.url, settings.hub_name, self._access.keys.durabletask_extension)
        self._threads = ThreadPoolExecutor(_thread_count(), thread_name_prefix="function")
        self._replays = ThreadPoolExecutor(settings.max_concurrent_orchestrators, thread_name_prefix="replay")
        self._worker = worker = Worker(self._clock, settings.function_timeout)
        invoker = Invoker(str(self._app.folder), self._threads, urls.client_binding, worker)
        self._engine = Engine(
            app=self._app,
            hub=self._hub,
            clock=self._clock,
            settings=settings,
            invoker=invoker,
            worker=worker,
            timers=timers,
            replays=self._replays,
            peer=peer,
        )
        api = DurableApi(
            hub=self._hub,
            clock=self._clock,
            engine=self._engine,
            settings=settings,
            urls=urls,
            access=self._access,
            switches=self.switches,
        )
        control = ControlApi(
            app=self._app,
            clock=self._clock,
            hub=self._hub,
            engine=self._engine,
            worker=worker,
            switches=self.switches,
        )
        self._runner = web.AppRunner(
            self._web_app(api, control, invoker),
            access_log=None,
            shutdown_timeout=1.0,
            # a function gets a compressed body as it was sent
            auto_decompress=False,
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        self._work = asyncio.get_running_loop().create_task(self._engine.run())
        self._work.add_done_callback(_report)

    async def _meet(self, peer: ClockPeer, *, is_new: bool) -> None:
        """Starts at the peer's time. A host that continues later than that moves the peer to its own."""
        try:
            seen = await peer.read()
            if is_new:
                self._clock.start_at(seen.now)
            else:
                self._clock.jump(seen.now)
                await peer.move_to(self._clock.now())
        except ClockPeerError as error:
            raise AppError(str(error)) from error

    def _listen(self) -> socket.socket:
        try:
            return socket.create_server(("127.0.0.1", self._port))
        except OSError as error:
            raise AppError(
                f"Port {self._port} cannot be opened: {error.strerror}. Choose another, or 0 for a free one."
            ) from error

    def _web_app(self, api: DurableApi, control: ControlApi, invoker: Invoker) -> web.Application:
        largest_body = _largest_body()
        problems = Problems(self._hub.store, largest_body)
        app = web.Application(middlewares=[problems.answer, api.check_key], client_max_size=largest_body)
        events = EventGridWebhook(self._app, invoker, self._engine, self._access)
        triggers = HttpTriggers(self._http, invoker, self._engine, self._access)
        app.add_routes(api.routes())
        app.add_routes(EntityApi(self._hub, self._engine).routes())
        app.add_routes(control.routes() if self._controlled else control.health_route())
        app.router.add_route("*", event_grid.PATH, events.handle)
        app.router.add_route("*", r"/{path:[\s\S]*}", triggers.handle)
        return app

    async def _stop(self) -> None:
        """Stops taking requests, then stops working, and waits for an episode that is being committed."""
        await self._runner.cleanup()
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._replays.shutdown)
        self._close_hub()


def _report(work: "asyncio.Task[None]") -> None:
    """Logs it when the engine ends by itself: from then on requests are accepted but nothing runs."""
    if not work.cancelled() and work.exception():
        log.critical("The engine failed: nothing runs any more, restart the host", exc_info=work.exception())


def _largest_body() -> int:
    """Returns how many bytes a request's body may have."""
    limit = os.environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "")
    return int(limit) if limit.isdecimal() else LARGEST_BODY_BYTES


def _thread_count() -> int | None:
    """Returns the size of the thread pool for functions: the worker's own setting, or None for Python's default."""
    count = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
    return int(count) if count else None
