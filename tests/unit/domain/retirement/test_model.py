"""The model check: every interleaving of up to seven events, over the distinct states that the retirement reaches.

The world is told apart from what the retirement knows of it. Nothing is deleted while an obligation is unmet in the
world; where all of them are met, the retirement ends `retired`; and without any one of the obligations in the code, the
check finds a deletion that should not have been.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from domain.references.scan import Scan, Unread
from domain.retirement.certificate import stored
from domain.retirement.effects import (
    Certify,
    Complete,
    Effect,
    End,
    Protect,
    Rest,
    SeeImage,
    SendDelete,
    Step,
    TakeLook,
    Tell,
)
from domain.retirement.events import (
    Certified,
    Completed,
    DeleteAnswered,
    Event,
    ImageSeen,
    Looked,
    Protected,
    Told,
    Woke,
)
from domain.retirement.obligations import OBLIGATIONS
from domain.retirement.obligations.rule import Rule
from domain.retirement.readings import FRESH, FoundLock, ImageReading, Locks, Look, VersionReading
from domain.retirement.retirement import Retirement
from domain.retirement.states import ENDS, RetirementState
from domain.retirement.transition import next_step
from tests.unit.builders import NOW, SUBSCRIPTION, image, in_regions
from tests.unit.domain.retirement.retirements import (
    IMAGE,
    RETIREMENT,
    TERMS,
    a_consumer,
    a_decision,
    a_reading,
    a_version,
    a_version_reading,
)

DEPTH = 7
EVENTS = (
    "time passes",
    "reference appears",
    "reference disappears",
    "image re-created",
    "lock",
    "unlock",
    "approval",
    "reject",
    "fresh read",
    "stale read",
    "unreadable subscription",
    "crash",
)
DAY = timedelta(days=1)
RECREATED = image(created_at=NOW + timedelta(days=300))
# what is wrong from the beginning and stays so, by the number of the obligation
FLAWS = (0, 1, 2, 3, 9)


@dataclass(frozen=True)
class World:
    """What is true. `soaked_since`, `told` and `approved` follow the looks, apart from the code under test."""

    now: datetime = NOW
    flaw: int = 0
    referenced: bool = False
    locked: bool = False
    recreated: bool = False
    deleted: bool = False
    soaking_since: datetime | None = None
    told: bool = False
    approved: bool = False
    rejected: bool = False
    # the rounds that were approved, in their order
    approvals: tuple[int, ...] = ()
    # a deletion that should not have been
    fault: str = ""

    def unmet(self) -> str:
        """Which obligation is unmet; an empty text if none is."""
        soaked = self.soaking_since is not None and self.now >= self.soaking_since + TERMS.soak
        faults = {
            f"flaw {self.flaw}": bool(self.flaw),
            "referenced": self.referenced,
            "locked": self.locked,
            "re-created": self.recreated,
            "deleted before": self.deleted,
            "not soaked": not soaked,
            "not told": not self.told,
            "not approved": not self.approved,
            "rejected": self.rejected,
        }
        return ", ".join(name for name, is_so in faults.items() if is_so)


@dataclass(frozen=True)
class State:
    """The world, the retirement, what was last persisted of it, and what it is about to do."""

    world: World
    retirement: Retirement
    persisted: Retirement
    effect: Effect

    @property
    def key(self) -> str:
        """Tells states apart by what matters for the future: moments as they are from now."""
        return repr(
            (
                replace(self.world, now=NOW, soaking_since=self._ago(self.world.soaking_since)),
                self._relative(self.retirement),
                self._relative(self.persisted),
                type(self.effect).__name__,
                isinstance(self.effect, Rest) and self.effect.until <= self.world.now,
            )
        )

    def _relative(self, retirement: Retirement) -> Any:
        moments = ("soak_since", "noticed_at", "asked_at", "certified_at", "sent_at")
        names = ("round", "approval", "certificate", "maybe_sent", "gone_reads", "ending", "refusal")
        return (
            retirement.state,
            *(self._ago(getattr(retirement, name)) for name in moments),
            *(bool(getattr(retirement, name)) for name in names),
            retirement.round,
            retirement.gone_reads,
        )

    def _ago(self, moment: datetime | None) -> Any:
        # the soak is the longest time that anything waits for, but for the approval
        return moment and min(self.world.now - moment, TERMS.soak + DAY)


@cache
def version_reading(flaw: int) -> VersionReading:
    found = a_version()
    if flaw == 1:
        found.replication = in_regions(westeurope="Failed")
    if flaw == 2:
        found.tags = {name: text for name, text in found.tags.items() if "proof" not in name}
    return a_version_reading(version=found, deletion_blocked=flaw != 3)


GOOD = a_reading()
LOCKED = Locks(values=[FoundLock(id="l", scope="s", level="CanNotDelete")])
APPROVALS = {number: a_decision(round=number) for number in range(DEPTH + 12)}
REJECTION = a_decision("reject")
CONSUMER = a_consumer()
UNREAD = Unread(subscription="s", kind="virtualMachines", reason="403")


def look_at(world: World, age: timedelta = timedelta(), *, unreadable: bool = False) -> Look:
    """What a look shows; `age` is how long ago it began."""
    begun = world.now - age
    shown = None if world.deleted else RECREATED if world.recreated else IMAGE
    decisions = [APPROVALS[number] for number in world.approvals] + [REJECTION] * world.rejected
    changes = {
        "image": ImageReading(read_at=begun, image=shown),
        "versions": [version_reading(world.flaw)],
        "locks": LOCKED if world.locked else Locks(),
        "frozen": "frozen" if world.flaw == 9 else None,
        "decisions": decisions,
    }
    scan = Scan(
        begun_at=begun,
        ended_at=begun,
        subscriptions=[SUBSCRIPTION],
        consumers=[CONSUMER] * world.referenced,
        unread=[UNREAD] * unreadable,
    )
    return Look(begun_at=begun, ended_at=begun, scan=scan, reading=GOOD.model_copy(update=changes))


class Driver:
    """Applies events, and carries effects out; a read waits for its event, so that the world can change before it."""

    def __init__(self, rules: Sequence[Rule] = OBLIGATIONS) -> None:
        self._rules = rules

    def start(self, flaw: int = 0) -> State:
        return self._run(State(World(flaw=flaw), RETIREMENT, RETIREMENT, TakeLook()), Woke())[0]

    def after(self, state: State, event: str) -> list[State]:  # noqa: PLR0911 # a table
        """The states that can follow. The DELETE may be carried out and its answer get lost."""
        world = state.world
        match event:
            case "time passes":
                return [self._woken(self._with(state, now=world.now + DAY))]
            case "reference appears":
                return [self._with(state, referenced=True)]
            case "reference disappears":
                return [self._with(state, referenced=False)]
            case "image re-created":
                return [self._with(state, recreated=True)]
            case "lock" | "unlock":
                return [self._with(state, locked=event == "lock")]
            case "approval":
                # a person approves what is shown, at the latest whenever a soak has begun
                approvals = tuple(sorted({*world.approvals, state.retirement.round}))
                return [
                    self._with(
                        state, approvals=approvals, approved=world.approved or bool(world.soaking_since)
                    )
                ]
            case "reject":
                return [self._with(state, rejected=True)]
            case "crash":
                crashed = replace(state, retirement=state.persisted)
                return self._run(crashed, Woke())
            case _:
                return self._read(state, event)

    def _read(self, state: State, event: str) -> list[State]:
        if isinstance(state.effect, Rest):
            state = self._run(state, Woke())[0]
        if not isinstance(state.effect, TakeLook):
            return [state]
        if event == "stale read":
            # as the world never was, and everything is fine in it
            ideal = World(now=state.world.now, approvals=state.world.approvals)
            return self._run(state, Looked(look_at(ideal, FRESH + timedelta(seconds=1))))
        unreadable = event == "unreadable subscription"
        look = look_at(state.world, unreadable=unreadable)
        return self._run(self._seen(state, unreadable=unreadable), Looked(look))

    def _seen(self, state: State, *, unreadable: bool) -> State:
        """What follows from a fresh look for the soak, as SECOND_HALF 5.7 says it."""
        world = state.world
        if world.deleted or world.recreated:
            return state
        if world.referenced or unreadable or world.flaw in (1, 2):
            return self._with(state, soaking_since=None, told=False, approved=False)
        return self._with(state, soaking_since=world.soaking_since or world.now)

    def _run(self, state: State, event: Event | None) -> list[State]:
        """Carries out every effect until the next read, wait or end."""
        crashed: list[State] = []
        while event is not None:
            step: Step = next_step(state.retirement, event, state.world.now, self._rules)
            state = replace(state, retirement=step.retirement, effect=step.effect)
            if isinstance(step.effect, Rest):
                state = replace(state, persisted=step.retirement)
            if isinstance(step.effect, SendDelete):
                state = self._delete(state)
                crashed += self._run(replace(state, retirement=state.persisted), Woke())
            event = self._carry_out(state, step.effect)
            if isinstance(step.effect, Tell) and step.effect.kind == "retirement.notice":
                state = self._with(state, told=True)
            if isinstance(event, Woke) and isinstance(step.effect, Rest):
                state = self._with(state, now=max(state.world.now, step.effect.until))
        return [state, *crashed]

    def _delete(self, state: State) -> State:
        fault = state.world.unmet()
        return self._with(state, deleted=True, fault=state.world.fault or fault)

    def _carry_out(self, state: State, effect: Effect) -> Event | None:  # noqa: PLR0911 # a table
        now = state.world.now
        match effect:
            case Protect():
                # flaw 3: the write is accepted and has no effect
                return Protected(None)
            case Tell(kind, look):
                return Told(kind, look, None)
            case Certify(certificate):
                return Certified(stored(certificate), now, None)
            case SendDelete():
                return DeleteAnswered()
            case SeeImage():
                return ImageSeen("gone" if state.world.deleted else "there")
            case Complete():
                return Completed(None)
            case Rest(until) if until <= now or state.retirement.sent_at:
                return Woke()
            case TakeLook() | Rest() | End():
                return None
        raise AssertionError(effect)

    def _woken(self, state: State) -> State:
        due = isinstance(state.effect, Rest) and state.effect.until <= state.world.now
        return self._run(state, Woke())[0] if due else state

    def _with(self, state: State, **changes: Any) -> State:
        return replace(state, world=replace(state.world, **changes))


def explore(driver: Driver, flaw: int) -> Iterator[State]:
    """Yields every distinct state that up to seven events lead to."""
    frontier = [driver.start(flaw)]
    seen = {frontier[0].key}
    for _ in range(DEPTH):
        following = []
        for state in frontier:
            if state.retirement.state in ENDS:
                continue
            for event in EVENTS:
                for after in driver.after(state, event):
                    if after.key not in seen:
                        seen.add(after.key)
                        following.append(after)
                        yield after
        frontier = following


@pytest.fixture(scope="module")
def reached() -> list[State]:
    return [state for flaw in FLAWS for state in explore(Driver(), flaw)]


def test_nothing_is_deleted_while_an_obligation_is_unmet(reached: list[State]) -> None:
    assert len(reached) > 1000
    assert {state.world.fault for state in reached} == {""}


def test_what_is_met_ends_in_a_deletion(reached: list[State]) -> None:
    ended = {
        (state.retirement.state, state.world.deleted) for state in reached if state.retirement.state in ENDS
    }
    assert ended == {(RetirementState.RETIRED, True), (RetirementState.KEPT, False)}


def test_from_every_state_a_good_world_leads_to_the_deletion(reached: list[State]) -> None:
    """However it was interleaved: once everything is met and stays so, the image is retired, or was kept for good."""
    driver = Driver()
    for state in reached:
        if state.world.flaw or state.retirement.state in ENDS:
            continue
        end = settled(driver, state)
        lost = end.world.recreated or end.world.rejected
        kept = RetirementState.KEPT if lost and not end.world.deleted else RetirementState.RETIRED
        assert end.retirement.state is kept, (state.key, end.retirement)


def settled(driver: Driver, state: State) -> State:
    state = driver.after(driver.after(state, "unlock")[0], "reference disappears")[0]
    for _ in range(12):
        if state.retirement.state in ENDS:
            break
        for event in ("fresh read", "fresh read", "time passes", "approval"):
            if state.retirement.state not in ENDS:
                state = driver.after(state, event)[0]
    return state


@pytest.mark.parametrize("dropped", OBLIGATIONS, ids=[rule.name for rule in OBLIGATIONS])
def test_without_any_one_obligation_something_is_deleted_that_should_not_be(dropped: Rule) -> None:
    driver = Driver([rule for rule in OBLIGATIONS if rule is not dropped])
    flaws = [dropped.number] if dropped.number in FLAWS else [0]
    assert any(state.world.fault for flaw in flaws for state in explore(driver, flaw))
