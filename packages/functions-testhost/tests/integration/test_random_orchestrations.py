"""Generated orchestrations, whose work ends in random order, return what plain Python computes from them.

The test calls the parts of the host itself, without server and threads, so that it decides the order of everything.
"""

import asyncio
import itertools
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from functions_testhost import history
from functions_testhost.activities import run_activity
from functions_testhost.app import App, load_app
from functions_testhost.clock import Clock
from functions_testhost.entities import answers, run_batch
from functions_testhost.episodes import run_episode
from functions_testhost.host_json import HostJson
from functions_testhost.instances import Instance, Message, Start
from functions_testhost.invocation import Invoker
from functions_testhost.task_hub import TaskHub
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from testhost_folders import APPS

APP = APPS / "programs"

# how many programs to generate: the same ones each time, unless this is set
EXAMPLES = "TESTHOST_RANDOM_EXAMPLES"

Step = list[Any]


@dataclass(frozen=True)
class OneOf:
    """Equal to each possible winner of a race."""

    values: tuple[Any, ...]

    def __eq__(self, other: object) -> bool:
        return any(value == other for value in self.values)

    __hash__ = None  # type: ignore[assignment]  # equal to several things that differ


INTERPRETATIONS: dict[str, Callable[..., Any]] = {
    "activity": lambda number: number * 2,
    "twice": lambda number: [number * 2, number * 2],
    "failing": lambda _key: "failed",
    "retry": lambda _key, number, failures: number if failures < 3 else "failed",
    "timer": lambda _seconds: None,
    "event": lambda name: f"{name}!",
    "race": lambda name, _seconds: OneOf((f"{name}!", "too late")),
    "call": lambda _key, amount: amount * 3,
    "signal": lambda _key, _amount: "signalled",
    "sub": lambda children: [expected(child) for child in children],
    "all": lambda children: [expected(child) for child in children],
    "any": lambda children: OneOf(tuple(expected(child) for child in children)),
}


def expected(step: Step) -> Any:
    """Computes one step in plain Python."""
    return INTERPRETATIONS[step[0]](*step[1:])


def walk(steps: list[Step]) -> Iterator[Step]:
    """Yields every step, including nested ones."""
    for step in steps:
        yield step
        if step[0] in ("sub", "all", "any"):
            yield from walk(step[1])


# programs

names = (f"name-{number}" for number in itertools.count())
unique = st.builds(lambda: next(names))
numbers = st.integers(-9, 9)
keys = st.sampled_from(["a", "b"])
activity = st.tuples(st.just("activity"), numbers)
timer = st.tuples(st.just("timer"), st.integers(0, 20))
retry = st.tuples(st.just("retry"), unique, numbers, st.integers(0, 2))
call = st.tuples(st.just("call"), keys, numbers)
event = st.tuples(st.just("event"), unique)


def sub(steps: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just("sub"), st.lists(steps, min_size=1, max_size=3))


def steps(*, events: bool) -> st.SearchStrategy[Any]:
    """Generates steps; external events only where no continue-as-new can lose them."""
    simple = activity | timer | retry | call
    leaf = simple | sub(simple) | (event if events else activity)
    group = st.tuples(st.sampled_from(["all", "any"]), st.lists(leaf, min_size=1, max_size=4))
    alone = (
        st.tuples(st.just("twice"), numbers)
        | st.tuples(st.just("failing"), unique)
        | st.tuples(st.just("retry"), unique, numbers, st.just(99))
        | st.tuples(st.just("signal"), keys, numbers)
        | (st.tuples(st.just("race"), unique, st.integers(1, 20)) if events else timer)
    )
    return leaf | group | alone


one_round = st.lists(st.lists(steps(events=True), max_size=6), min_size=1, max_size=1)
rounds = st.lists(st.lists(steps(events=False), max_size=3), min_size=2, max_size=3)
programs = one_round | rounds


# driving


class Driver:
    """Does one piece of the host's work at a time, chosen at random."""

    def __init__(self, app: App, hub: TaskHub, random_source: random.Random, events: list[str]) -> None:
        self.hub = hub
        self._app = app
        self._random_source = random_source
        self._events = events
        self._clock = Clock("manual")
        self._invoker = Invoker(str(app.folder), InlineExecutor(), lambda: "")
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def run(self, program: Any) -> Instance:
        """Starts a program and works until nothing is left to do."""
        text = json.dumps(json.dumps({"rounds": program, "results": []}))
        self.hub.start(Start("program", "main", text), self._clock.now())
        while choices := self._choices():
            self._random_source.choice(choices)()
        instance = self.hub.find("main")
        assert instance is not None
        return instance

    def _choices(self) -> list[Callable[[], None]]:
        now = self._clock.now()
        return [
            *(partial(self._episode, instance_id) for instance_id in self.hub.ready_instances(now)),
            *(partial(self._activity, sequence, call) for sequence, call in self.hub.queued_activities(50)),
            *(partial(self._batch, entity_id) for entity_id in self.hub.ready_entities()),
            *(partial(self._raise, name) for name in self._events),
            *([self._advance] if self.hub.next_due_after(now) else []),
        ]

    def _episode(self, instance_id: str) -> None:
        loaded = self.hub.load_episode(instance_id, self._clock.now())
        assert loaded is not None
        episode, consumed = loaded
        assert self.hub.commit(episode, consumed, run_episode(episode, self._app, HostJson()))

    def _activity(self, sequence: int, call: Any) -> None:
        event = self._loop.run_until_complete(
            run_activity(call, self._app.activities, self._invoker, self._clock.now)
        )
        message = Message(call.instance_id, event, self._clock.now(), call.execution_id)
        self.hub.complete_activity(sequence, message)

    def _batch(self, entity_id: str) -> None:
        batch = self.hub.load_entity_batch(entity_id, self._random_source.randint(1, 3))
        result = run_batch(batch, self._app.entities)
        now = self._clock.now()
        self.hub.commit_entity_batch(batch, result.state, answers(batch, result, now), now)

    def _raise(self, name: str) -> None:
        """Raises an event. An event without a waiter is buffered."""
        self._events.remove(name)
        event = history.event_raised(self._clock.now(), name, json.dumps(f"{name}!"))
        self.hub.send(Message("main", event, self._clock.now()))

    def _advance(self) -> None:
        due = self.hub.next_due_after(self._clock.now())
        assert due is not None
        self._clock.jump(due)


class InlineExecutor(Executor):
    """Runs each call immediately, in the caller's thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # passed on, as every executor does
            future.set_exception(error)
        return future


@contextmanager
def driver(random_source: random.Random, events: list[str]) -> Iterator[Driver]:
    with TemporaryDirectory() as folder:
        hub = TaskHub(Path(folder) / "hub.db")
        driving = Driver(load_app(APP), hub, random_source, events)
        try:
            yield driving
        finally:
            driving.close()
            hub.close()


def as_lists(value: Any) -> Any:
    """Turns the tuples of a generated program into lists, as JSON does."""
    return json.loads(json.dumps(value))


@pytest.mark.timeout(1200)
@settings(
    max_examples=int(os.environ.get(EXAMPLES, "100")),
    derandomize=EXAMPLES not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(generated=programs, random_source=st.randoms(use_true_random=False))
def test_a_generated_orchestration_returns_what_plain_python_computes(
    generated: Any, random_source: random.Random
) -> None:
    program = as_lists(generated)
    every_step = list(walk([step for part in program for step in part]))
    events = [step[1] for step in every_step if step[0] in ("event", "race")]
    with driver(random_source, events) as driving:
        instance = driving.run(program)
        assert instance.status == "Completed", instance.output
        assert json.loads(instance.output or "null") == [expected(step) for part in program for step in part]
        booked: Counter[str] = Counter()
        for step in every_step:
            if step[0] in ("call", "signal"):
                booked[step[1]] += step[2]
        totals = {
            e.entity_id.rpartition("@")[2]: json.loads(e.state) for e in driving.hub.entities("@", "", 9)
        }
        assert totals == {key: booked[key] for key in totals}
        assert set(totals) == {step[1] for step in every_step if step[0] in ("call", "signal")}
