"""The time that timers and orchestrators see. Nothing else in the host reads the operating system's clock for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

Mode = Literal["real", "skip", "manual"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class Anchor:
    """One known pair of wall time and host time, and the rate of host time since then.

    The task hub stores it, so that host time continues when a host is restarted.
    """

    wall_seconds: float
    host_time: datetime
    rate: float

    def at(self, wall_seconds: float) -> datetime:
        """Returns the host time at a wall time, given in seconds since the epoch."""
        return self.host_time + timedelta(seconds=(wall_seconds - self.wall_seconds) * self.rate)


class Clock:
    """Host time: it runs at a rate, can be moved forward, and never goes back.

    `real` runs `time_scale` times as fast as wall time. `skip` does too, and the engine jumps to the next durable timer
    whenever nothing can run. `manual` stands still until it is advanced.

    A clock with a `peer` (the URL of a ClockPeer) shares its time: it stands still between jumps, takes the peer's time
    at the start, and moves the peer along, through everything that is due at either of them.
    """

    def __init__(
        self,
        mode: Mode = "real",
        time_scale: float = 1.0,
        wall: Callable[[], float] = time.time,
        *,
        peer: str | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"The clock's mode must be one of {', '.join(MODES)}, not {mode!r}.")
        if time_scale <= 0:
            raise ValueError(f"The time scale must be positive, not {time_scale}.")
        _check_mode(mode, peer)
        self.peer = peer
        self.mode: Mode = mode
        self.on_move: Callable[[Anchor], None] = lambda _: None
        self._time_scale = time_scale
        self._wall = wall
        wall_seconds = wall()
        self._latest = datetime.fromtimestamp(wall_seconds, UTC)
        self._anchor = Anchor(wall_seconds, self._latest, self._rate)

    @property
    def _rate(self) -> float:
        return 0.0 if self.mode == "manual" or self.peer else self._time_scale

    def resume(self, earlier: Anchor | None) -> None:
        """Continues from the anchor of an earlier run. A new task hub (None) starts at wall time."""
        if earlier is not None:
            self._latest = earlier.at(max(self._wall(), earlier.wall_seconds))
        self._move_to(self._latest)

    def start_at(self, moment: datetime) -> None:
        """Sets the time of a host that has not begun: this may be earlier than wall time."""
        self._move_to(moment)

    def now(self) -> datetime:
        """Returns the host time, aware UTC. It is never earlier than a time returned before."""
        self._latest = max(self._latest, self._anchor.at(self._wall()))
        return self._latest

    def advance(self, step: timedelta) -> datetime:
        """Moves host time forward by a step and returns the new time.

        Raises:
            ValueError: the step is negative.
        """
        if step < timedelta(0):
            raise ValueError("The clock never goes back.")
        self._move_to(self.now() + step)
        return self._latest

    def jump(self, moment: datetime) -> None:
        """Moves host time forward to a moment. A moment in the past changes nothing."""
        self._move_to(max(moment, self.now()))

    def switch(self, mode: Mode) -> None:
        """Changes the mode; host time continues from where it is.

        Raises:
            ValueError: a clock with a peer cannot be `real`.
        """
        _check_mode(mode, self.peer)
        moment = self.now()
        self.mode = mode
        self._move_to(moment)

    def wall_seconds_until(self, moment: datetime) -> float | None:
        """Returns how long wall time takes to reach a host time; None when it never does."""
        if self._rate == 0.0:
            return None
        return max(0.0, (moment - self.now()).total_seconds() / self._rate)

    def _move_to(self, moment: datetime) -> None:
        anchor = Anchor(self._wall(), moment, self._rate)
        # stored first: a move that cannot be stored has not happened
        self.on_move(anchor)
        self._latest, self._anchor = moment, anchor


def _check_mode(mode: Mode, peer: str | None) -> None:
    if peer is not None and mode == "real":
        raise ValueError("A clock with a peer must skip or be manual: real time cannot be shared.")
