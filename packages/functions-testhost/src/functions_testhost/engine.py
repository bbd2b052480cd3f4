"""Finds the episodes, activities and entity batches that can run now, and runs them within the limits of `host.json`.

It lives on the event loop. Orchestrators and entities run in threads, so a replay never blocks the loop.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any, TypeVar

from azure.functions.meta import Datum

from functions_testhost.activities import run_activity
from functions_testhost.app import App
from functions_testhost.clock import Clock
from functions_testhost.clock_peer import ClockPeer
from functions_testhost.entities import EntityId, answers, run_batch
from functions_testhost.episodes import EpisodeInput, EpisodeOutcome, lose_episode, run_episode
from functions_testhost.host_json import HostJson
from functions_testhost.hub_errors import TaskHubError
from functions_testhost.instances import ActivityCall, Instance, Message
from functions_testhost.invocation import Invoker
from functions_testhost.task_hub import TaskHub
from functions_testhost.timer_triggers import Timer, TimerTriggers
from functions_testhost.versions import FailureStrategy
from functions_testhost.worker import CallLostError, Worker

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# of real time, between two tries to use a task hub that cannot be used
RETRY_SECONDS = 0.25


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
        worker: Worker,
        timers: TimerTriggers,
        replays: Executor,
        peer: ClockPeer | None = None,
    ) -> None:
        self._app = app
        self._hub = hub
        self._clock = clock
        self._settings = settings
        self._invoker = invoker
        self._worker = worker
        worker.on_hang = self.wake
        self._timers = timers
        self._replays = replays
        self._peer = peer
        self._target: datetime | None = None
        self._reached = asyncio.Event()
        self._passing = asyncio.Lock()
        self._instances: set[str] = set()
        self._activities: set[int] = set()
        self._entities: set[str] = set()
        self._invocations = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        # why work waits for the task hub, by a number for each piece of work
        self._held_up: dict[int, TaskHubError] = {}
        self.abandoned = 0
        self.has_stopped = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs: no episode, activity, entity batch or function invocation, or only some that hang."""
        running = len(self._instances) + len(self._activities) + len(self._entities) + self._invocations
        return running == self._worker.hanging_calls

    @property
    def fault(self) -> TaskHubError | None:
        """Why work waits for the task hub, or None."""
        return next(iter(self._held_up.values()), None)

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
        async with self._passing:
            await self._run_to(moment)

    async def run_to_next(self) -> bool:
        """Lets time pass to the first moment at which something is due, here or at the peer, and lets it happen.

        Timer triggers alone do not count, as for a clock that skips; one that is due earlier comes first.
        Returns False if nothing is due any more; what was left to run at the present time has then run.
        """
        async with self._passing:
            await self._run_to(self._clock.now())
            due = await self._due_anywhere(self._clock.now())
            if due is None:
                return False
            await self._run_to(_earliest(due, self._timers.next_due()) or due)
            return True

    async def advance(self, step: timedelta) -> None:
        """Moves time forward at once, the peer's too. What was due on the way is late."""
        await self._move_to(self._clock.now() + step)
        self.wake()

    async def _run_to(self, moment: datetime) -> None:
        self._target = moment
        self._reached.clear()
        self.wake()
        await self._reached.wait()

    async def run(self) -> None:
        """Works until it is cancelled. What runs at that moment is abandoned; the next host does it again."""
        try:
            while True:
                try:
                    await self._work_once()
                except TaskHubError:
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self.has_stopped = True
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work_once(self) -> None:
        self._woken.clear()
        now = self._clock.now()
        self._start_ready_work(now)
        await self._wait(now)

    async def _stored(self, access: Callable[..., Result], *arguments: Any, on_loop: bool = False) -> Result:
        """Reads or writes the task hub, in a thread unless `on_loop`.

        While that fails, it is tried again, so the work that needs it is neither lost nor done twice.
        """
        ticket = next(_tickets)
        try:
            while True:
                try:
                    return access(*arguments) if on_loop else await self._in_thread(access, *arguments)
                except TaskHubError as error:
                    self._held_up[ticket] = error
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._held_up.pop(ticket, None)

    async def _wait(self, now: datetime) -> None:
        """Waits for a wake-up or for the first thing that becomes due after `now`.

        When nothing runs, time may jump to what is due next, here or at the peer.
        """
        may_jump = self.is_idle and (self._target is not None or self._clock.mode == "skip")
        if may_jump and await self._jump(now):
            return
        due = _earliest(self._hub.next_due_after(now), self._worker.next_timeout(), self._timers.next_due())
        seconds = None if due is None else self._clock.wall_seconds_until(due)
        # not `wait_for`: before Python 3.12 it forgets that it was cancelled when it is woken at that moment
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _due_anywhere(self, now: datetime, *, with_put_back: bool = False) -> datetime | None:
        """Returns when something becomes due after `now`, here or at the peer.

        What was put back because of its version counts on request only: here nothing comes of it, for ever.
        """
        due_there = None if self._peer is None else (await self._peer.read()).next
        due_here = self._hub.next_due_after(now, with_put_back=with_put_back)
        return _earliest(due_here, self._worker.next_timeout(), due_there)

    async def _jump(self, now: datetime) -> bool:
        """Moves time to the first thing that is due after `now`. Returns whether there may be new work."""
        moment = await self._due_anywhere(now, with_put_back=self._target is not None)
        if self._woken.is_set():
            # a request arrived while the peer was read
            return True
        if self._target is not None:
            moment = _earliest(moment, self._timers.next_due())
            if moment is None or moment > self._target:
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

    def _start_ready_work(self, now: datetime) -> None:
        self._worker.time_out_due_calls(now)
        if self._peer is None:
            for work in self._ready_work(now):
                self._spawn(work)
        elif self.is_idle:
            # one after the other, so that the order does not depend on the machine
            for work in self._ready_work(now):
                self._spawn(work)
                break

    def _ready_work(self, now: datetime) -> Iterator[Coroutine[Any, Any, None]]:
        """Yields what can run now, and marks each as running."""
        for timer, trigger in self._timers.take_due(now):
            # from now on, and not from its first step on: time must not pass before it has begun
            self._invocations += 1
            yield self._timer(timer, trigger)
        is_full = len(self._instances) >= self._settings.max_concurrent_orchestrators
        for instance_id in () if is_full else self._hub.ready_instances(now):
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
            self.abandoned += 1
            log.error(
                "Internal error of the host: this work is not tried again until the host restarts",
                exc_info=task.exception(),
            )
        self.wake()

    async def _timer(self, timer: Timer, trigger: Datum) -> None:
        """Calls a timer function, which is counted as running already."""
        try:
            try:
                await self._invoker.call(timer.function, trigger)
            except Exception:
                # whatever user code raises, the next occurrence is called too, as in Azure
                log.exception("Timer function '%s' failed", timer.function.name)
            await self._stored(self._timers.done, timer, self._clock.now(), on_loop=True)
        finally:
            self._invocations -= 1
            self.wake()

    async def _episode(self, instance_id: str) -> None:
        loaded = await self._stored(self._hub.load_episode, instance_id, self._clock.now())
        if loaded is not None:
            episode, consumed = loaded
            if not episode.has_begun:
                await self._stored(self._hub.discard, episode, consumed)
            elif self._leaves(episode.instance):
                await self._stored(self._hub.put_back, episode, consumed)
            else:
                outcome = await self._outcome(episode)
                await self._stored(self._hub.commit, episode, consumed, outcome)
                log.debug("%s: %d messages, now %s", instance_id, len(consumed), outcome.instance.status)
        self._instances.discard(instance_id)

    def _leaves(self, instance: Instance) -> bool:
        """Whether the instance waits for a host that runs its version."""
        versioning = self._settings.versioning
        if versioning.failure is FailureStrategy.FAIL or versioning.runs(instance.version):
            return False
        log.warning(
            "%s waits: its version is %r, and defaultVersion of host.json is %r (versionMatchStrategy %s)",
            instance.instance_id,
            instance.version,
            versioning.default,
            versioning.match,
        )
        return True

    async def _outcome(self, episode: EpisodeInput) -> EpisodeOutcome:
        """Runs an episode. One that the worker does not finish has no effect, but the instance fails."""
        orchestrator = episode.instance.orchestrator
        try:
            return await self._worker.call(
                "episode",
                orchestrator,
                lambda: self._in_thread(run_episode, episode, self._app, self._settings),
            )
        except CallLostError as lost:
            log.warning("Orchestrator '%s' of %s: %s", orchestrator, episode.instance.instance_id, lost)
            return lose_episode(episode, lost)

    async def _in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Runs a function in a thread for replays."""
        return await asyncio.get_running_loop().run_in_executor(self._replays, function, *arguments)

    async def _activity(self, sequence: int, call: ActivityCall) -> None:
        event = await run_activity(call, self._app.activities, self._invoker, self._clock.now)
        message = Message(call.instance_id, event, self._clock.now(), call.execution_id)
        await self._stored(self._hub.complete_activity, sequence, message, on_loop=True)
        self._activities.discard(sequence)

    async def _batch(self, entity_id: str) -> None:
        """Runs waiting operations. Those that the worker does not finish are run again (seen on the extension)."""
        batch = await self._stored(
            self._hub.load_entity_batch, entity_id, self._settings.max_entity_batch, on_loop=True
        )
        try:
            result = await self._worker.call(
                "entity",
                EntityId.parse(entity_id).name,
                lambda: self._in_thread(run_batch, batch, self._app.entities),
            )
        except CallLostError as lost:
            log.warning("Entity %s: %s", entity_id, lost)
        else:
            now = self._clock.now()
            messages = answers(batch, result, now)
            await self._stored(self._hub.commit_entity_batch, batch, result.state, messages, now)
        self._entities.discard(entity_id)


# numbers of what waits for the task hub
_tickets = itertools.count()


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
