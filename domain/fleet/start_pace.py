"""How fast a batch starts migrations: as many at once as Azure's limits let through, and fairly."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Self, TypeVar

from pydantic import BaseModel, Field

Value = TypeVar("Value")

# additive increase, multiplicative decrease: the window of TCP
FIRST_WINDOW = 100
WINDOW_STEP = 100
# once a limit was met: what is started waits behind it, and which image is best started next is known better later
CAREFUL_STEP = 10
SMALLEST_WINDOW = 5
LARGEST_WINDOW = 400
# The state of a batch holds every migration that runs, three hundred bytes for each. Two subscriptions of galleries let
# 2,400 versions through at once (recorded).
MOST_RUNNING = 2500

# a step comes soon while images wait for numbers or for room, and later when only replications run
SECONDS_WHILE_STARTING = 3
SECONDS_WHILE_THROTTLED = 10
SHORTEST_LOOK_SECONDS = 15
LONGEST_LOOK_SECONDS = 300
# while many run, some end at any time and none of them is waited for; the last ones decide when the batch ends
SECONDS_PER_RUNNING = 0.5
# the least and the most, of the time since the last start
LEAST_LOOK_GROWTH = 0.02
MOST_LOOK_GROWTH = 0.1


class StartPace(BaseModel):
    """The window: how many migrations may be on their way to their versions. Those that replicate take few calls.

    It grows fast until Azure throttles one of them for the first time, and carefully from then on.
    """

    window: int = FIRST_WINDOW
    throttled: bool = False
    careful: bool = Field(default=False, exclude_if=lambda careful: not careful)

    def after(self, starting: int, throttled: int) -> Self:
        """The pace after a step that found so many migrations starting, and so many of them newly throttled."""
        copy = self.model_copy()
        copy.throttled = throttled > 0
        if copy.throttled:
            copy.window = max(min(self.window, starting) // 2, SMALLEST_WINDOW)
            copy.careful = True
        elif not starting or starting >= self.window // 2:
            step = CAREFUL_STEP if self.careful else WINDOW_STEP
            copy.window = min(self.window + step, LARGEST_WINDOW)
        return copy

    def room(self, starting: int, running: int) -> int:
        """How many more migrations may be started."""
        return max(min(self.window - starting, MOST_RUNNING - running), 0)


def in_turns(values: Sequence[Value], key: Callable[[Value], Hashable]) -> Iterator[Value]:
    """The values of each key in their order, and one of each key after the other."""
    queues: dict[Hashable, deque[Value]] = {}
    for value in values:
        queues.setdefault(key(value), deque()).append(value)
    while queues:
        for name in list(queues):
            yield queues[name].popleft()
            if not queues[name]:
                del queues[name]


def look_seconds(seconds_since_start: float, running: int) -> float:
    """How long to wait for so many replications: longer the longer they take, and shorter for the last ones."""
    wanted = min(running * SECONDS_PER_RUNNING, seconds_since_start * MOST_LOOK_GROWTH)
    return min(max(wanted, shortest_look_seconds(seconds_since_start)), LONGEST_LOOK_SECONDS)


def shortest_look_seconds(seconds_since_start: float) -> float:
    """How long to wait at least, whatever is due."""
    return max(SHORTEST_LOOK_SECONDS, seconds_since_start * LEAST_LOOK_GROWTH)
