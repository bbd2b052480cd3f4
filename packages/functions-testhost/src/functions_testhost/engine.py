"""Finds the episodes, activities and entity batches that can run now, and runs them within the limits of `host.json`.

It lives on the event loop. Orchestrators and entities run in threads, so a replay never blocks the loop.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterator
from concurrent.futures import Executor
from datetime import datetime
from typing import Any

from azure.functions.meta import Datum

from functions_testhost.activities import run_activity
from functions_testhost.app import App
from functions_testhost.clock import Clock
from functions_testhost.clock_peer import ClockPeer
from functions_testhost.entities import answers, run_batch
from functions_testhost.episodes import run_episode
from functions_testhost.host_json import HostJson
from functions_testhost.instances import ActivityCall, Message
from functions_testhost.invocation import Invoker
from functions_testhost.task_hub import TaskHub
from functions_testhost.timer_triggers import Timer, TimerTriggers

log = logging.getLogger(__name__)


class Engine:
    """Does the work of a task hub: at most one episode per instance and one batch per entity at a time."""

    def __init__(
        self,
        *,
        app: App,
        hub: TaskHub,
        clock: Clock,
        settings: HostJson,
        invoker: Invoker,
        timers: TimerTriggers,
        replays: Executor,
        peer: ClockPeer | None = None,
    ) -> None:
        self._app = app
        self._hub = hub
        self._clock = clock
        self._settings = settings
        self._invoker = invoker
        self._timers = timers
        self._replays = replays
        self._peer = peer
        self._target: datetime | None = None
        self._reached = asyncio.Event()
        self._instances: set[str] = set()
        self._activities: set[int] = set()
        self._entities: set[str] = set()
        self._invocations = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs: no episode, activity, entity batch or function invocation."""
        return not (self._instances or self._activities or self._entities or self._invocations)

    def wake(self) -> None:
        """Makes the engine look for work: the hub has something new, or the clock was moved."""
        self._woken.set()

    @contextlib.contextmanager
    def invocation(self) -> Iterator[None]:
        """Counts a function invocation as running while the block lasts."""
        self._invocations += 1
        try:
            yield
        finally:
            self._invocations -= 1
            self.wake()

    async def run_to(self, moment: datetime) -> None:
        """Lets time pass until a moment: everything that is due before it happens in its order, at its own time.

        Timer triggers count, too. Returns when nothing is left to run at that moment.
        """
        self._target = moment
        self._reached.clear()
        self.wake()
        await self._reached.wait()

    async def run(self) -> None:
        """Works until it is cancelled. What runs at that moment is abandoned; the next host does it again."""
        try:
            while True:
                self._woken.clear()
                self._start_ready_work()
                await self._wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wait(self) -> None:
        """Waits for a wake-up or the next due message. When nothing runs, time may jump to what is due next."""
        may_jump = self.is_idle and (self._target is not None or self._clock.mode == "skip")
        if may_jump and await self._jump():
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), self._seconds_to_sleep())

    async def _jump(self) -> bool:
        """Moves time to what is due next, here or at the peer. Returns whether there may be new work."""
        due = [self._hub.next_due()]
        if self._peer is not None:
            due.append((await self._peer.read()).next)
        if self._target is not None:
            due.append(self._timers.next_due())
        moment = min((one for one in due if one is not None), default=None)
        if not self.is_idle:
            # a request arrived while the peer was read
            return True
        if self._target is not None and (moment is None or moment > self._target):
            await self._move_to(self._target)
            self._target = None
            self._reached.set()
            return True
        if moment is None:
            return False
        await self._move_to(moment)
        return True

    async def _move_to(self, moment: datetime) -> None:
        """The host's time goes first: what the peer sends while it moves happens at that time."""
        self._clock.jump(moment)
        if self._peer is not None:
            await self._peer.move_to(self._clock.now())

    def _seconds_to_sleep(self) -> float | None:
        """Returns how long nothing new becomes due. What is due already runs, and wakes the engine when it ends."""
        now = self._clock.now()
        times = (self._hub.next_due_after(now), self._timers.next_due())
        waits = [self._clock.wall_seconds_until(moment) for moment in times if moment is not None]
        return min((wait for wait in waits if wait is not None), default=None)

    def _start_ready_work(self) -> None:
        if self._peer is None:
            for work in self._ready_work():
                self._spawn(work)
        elif self.is_idle:
            # one after the other, so that the order does not depend on the machine
            for work in self._ready_work():
                self._spawn(work)
                break

    def _ready_work(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Yields what can run now, and marks each as running."""
        for timer, trigger in self._timers.take_due(self._clock.now()):
            yield self._timer(timer, trigger)
        for instance_id in self._hub.ready_instances(self._clock.now()):
            if len(self._instances) >= self._settings.max_concurrent_orchestrators:
                break
            if instance_id not in self._instances:
                self._instances.add(instance_id)
                yield self._episode(instance_id)
        for sequence, call in self._hub.queued_activities(self._settings.max_concurrent_activities):
            if sequence not in self._activities:
                self._activities.add(sequence)
                yield self._activity(sequence, call)
        for entity_id in self._hub.ready_entities():
            if entity_id not in self._entities:
                self._entities.add(entity_id)
                yield self._batch(entity_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: "asyncio.Task[None]") -> None:
        """Looks for more work.

        Work at which the host itself failed stays marked as started; otherwise the host would retry it for ever.
        """
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error(
                "Internal error of the host: this work is not tried again until the host restarts",
                exc_info=task.exception(),
            )
        self.wake()

    async def _timer(self, timer: Timer, trigger: Datum) -> None:
        with self.invocation():
            try:
                await self._invoker.call(timer.function, trigger)
            except Exception:
                # whatever user code raises, the next occurrence is called too, as in Azure
                log.exception("Timer function '%s' failed", timer.function.name)
            self._timers.done(timer, self._clock.now())

    async def _episode(self, instance_id: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._replays, self._run_episode, instance_id)
        self._instances.discard(instance_id)

    def _run_episode(self, instance_id: str) -> None:
        loaded = self._hub.load_episode(instance_id, self._clock.now())
        if loaded is None:
            return
        episode, consumed = loaded
        outcome = run_episode(episode, self._app.orchestrators, self._settings)
        self._hub.commit(episode, consumed, outcome)
        log.debug("%s: %d messages, now %s", instance_id, len(consumed), outcome.instance.status)

    async def _activity(self, sequence: int, call: ActivityCall) -> None:
        event = await run_activity(call, self._app.activities, self._invoker, self._clock.now)
        message = Message(call.instance_id, event, self._clock.now(), call.execution_id)
        self._hub.complete_activity(sequence, message)
        self._activities.discard(sequence)

    async def _batch(self, entity_id: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._replays, self._run_batch, entity_id)
        self._entities.discard(entity_id)

    def _run_batch(self, entity_id: str) -> None:
        batch = self._hub.load_entity_batch(entity_id, self._settings.max_entity_batch)
        result = run_batch(batch, self._app.entities)
        now = self._clock.now()
        self._hub.commit_entity_batch(batch, result.state, answers(batch, result, now), now)
