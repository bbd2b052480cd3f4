"""Timer triggers: when each is due next, and the call it makes then. The task hub stores the next occurrence."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from azure.functions.meta import Datum

from functions_testhost.app import App, AppError, Function
from functions_testhost.schedules import Schedule, ScheduleError, parse_schedule
from functions_testhost.task_hub import TaskHub
from functions_testhost.timestamps import from_text, to_text

log = logging.getLogger(__name__)


@dataclass
class Timer:
    """One timer function, when it is due, and when it was due last."""

    function: Function
    schedule: Schedule
    due: datetime
    last: datetime | None
    running: bool = False


class TimerTriggers:
    """The app's timers. A timer never overlaps itself; missed occurrences make one late call (past due)."""

    def __init__(self, app: App, hub: TaskHub, now: datetime) -> None:
        self._hub = hub
        self._started = now
        self._timers = [self._timer(function, now) for function in app.triggered_by("timerTrigger")]

    def next_due(self) -> datetime | None:
        """Returns when the next call is due."""
        return min((timer.due for timer in self._timers if not timer.running), default=None)

    def take_due(self, now: datetime) -> Iterable[tuple[Timer, Datum]]:
        """Yields the calls to make now. A timer is not due again until `done`."""
        for timer in self._timers:
            if not timer.running and timer.due <= now:
                timer.running = True
                yield timer, _datum(timer, past_due=self._is_past_due(timer, now))

    def done(self, timer: Timer, now: datetime) -> None:
        """Stores the next occurrence, and sets it then: this may be tried again."""
        due = timer.schedule.after(max(now, timer.due))
        if timer.function.trigger.get("useMonitor", True) is not False:
            stored = {"last": to_text(timer.due), "next": to_text(due)}
            self._hub.store_value(f"timer {timer.function.name}", stored)
        timer.running, timer.last, timer.due = False, timer.due, due

    def _timer(self, function: Function, now: datetime) -> Timer:
        try:
            schedule = parse_schedule(function.trigger["schedule"])
        except ScheduleError as error:
            raise AppError(f"Timer function '{function.name}': {error}") from error
        stored = self._hub.stored_value(f"timer {function.name}")
        if function.trigger.get("runOnStartup"):
            due = now
        elif stored:
            due = min(from_text(stored["next"]), schedule.after(now))
        else:
            due = schedule.after(now)
        if stored is None:
            self._hub.store_value(f"timer {function.name}", {"last": None, "next": to_text(due)})
        last = from_text(stored["last"]) if stored and stored["last"] else None
        return Timer(function, schedule, due, last)

    def _is_past_due(self, timer: Timer, now: datetime) -> bool:
        return timer.due < self._started or timer.schedule.after(timer.due) <= now


def _datum(timer: Timer, *, past_due: bool) -> Datum:
    last = to_text(timer.last or timer.due)
    status = {"Last": last, "Next": to_text(timer.schedule.after(timer.due)), "LastUpdated": last}
    info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return Datum(json.dumps(info), "json")
