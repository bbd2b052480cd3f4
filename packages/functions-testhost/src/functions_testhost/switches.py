"""Switches that a test sets while the host runs. Each lets something happen that Azure does, often or rarely."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Switches:
    """What the host does beside the ordinary.

    Args:
        list_segments: the most instances that each page of a list holds, page after page, and then from the first
            again. Empty: pages are as long as asked for. Documented: Azure Tables may answer with fewer rows than asked
            for, even none, and a continuation token.
        start_seconds: real time between the check whether an instance runs and its start. All starts of one id whose
            checks fall into that time are accepted, and one of them remains (seen on the extension 3.19.0).
    """

    list_segments: Sequence[int] = ()
    start_seconds: float = 0.02

    def change(self, document: dict[str, Any]) -> None:
        """Applies the body of `POST /_host/switches`.

        Raises:
            ValueError: a switch is unknown or has no valid value; nothing is changed.
        """
        unknown = sorted(set(document) - {"list_segments", "start_seconds"})
        if unknown:
            raise ValueError(f"unknown switches: {', '.join(unknown)}; use list_segments and start_seconds")
        segments = document.get("list_segments", self.list_segments)
        seconds = document.get("start_seconds", self.start_seconds)
        if not isinstance(segments, list | tuple) or not all(
            type(size) is int and size >= 0 for size in segments
        ):
            raise ValueError(
                f"'list_segments' must be a list of numbers that are not negative, not {segments!r}"
            )
        if segments and not any(segments):
            raise ValueError("'list_segments' needs a number above 0, or a list would never end")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
            raise ValueError(f"'start_seconds' must be a number that is not negative, not {seconds!r}")
        self.list_segments, self.start_seconds = tuple(segments), float(seconds)

    def segment(self, page: int, limit: int) -> int:
        """Returns the most rows of a page (the first is 0) of which the caller wants no more than `limit`."""
        return min(limit, self.list_segments[page % len(self.list_segments)]) if self.list_segments else limit

    def to_json(self) -> dict[str, Any]:
        """Returns the state of every switch."""
        return {"list_segments": list(self.list_segments), "start_seconds": self.start_seconds}
