"""Finds the shortest plan that still breaks a promise: fewer images first, then fewer disturbances, within a time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from torture.disturbances import Disturbance
from torture.plan import Plan

Part = TypeVar("Part")
Breaks = Callable[[Plan], bool]


def shrink(plan: Plan, subjects: Sequence[str], breaks: Breaks, seconds: float) -> Plan:
    """Returns the shortest plan found that `breaks` says still breaks the promise.

    `subjects` are the ids of the images for which it was broken.
    """
    search = _Search(breaks, time.monotonic() + seconds)
    concerned = [image for image in plan.fleet() if image.id in subjects]
    if concerned:
        alone = plan.with_images([image.number for image in concerned[:1]])
        families = {image.definition for image in concerned}
        together = plan.with_images([image.number for image in plan.fleet() if image.definition in families])
        plan = search.first([alone, together], plan)
    else:
        numbers = [image.number for image in plan.fleet()]
        plan = plan.with_images(search.fewest(numbers, plan.with_images))
    quiet = replace(plan, share=0.0)
    plan = search.first([quiet], plan)

    def with_disturbances(kept: Sequence[Disturbance]) -> Plan:
        return replace(plan, disturbances=tuple(kept))

    return with_disturbances(search.fewest(list(plan.disturbances), with_disturbances))


class _Search:
    """Tries shorter plans until the time is over."""

    def __init__(self, breaks: Breaks, deadline: float) -> None:
        self._breaks = breaks
        self._deadline = deadline

    def first(self, shorter: Sequence[Plan], otherwise: Plan) -> Plan:
        """The first of these plans that still breaks the promise."""
        return next((plan for plan in shorter if self._still_breaks(plan)), otherwise)

    def fewest(self, parts: Sequence[Part], made_of: Callable[[Sequence[Part]], Plan]) -> Sequence[Part]:
        """The fewest parts that still break it: halves, then smaller chunks, are left out (Zeller's ddmin)."""
        chunk = max(1, len(parts) // 2)
        while parts and chunk and time.monotonic() < self._deadline:
            shorter = self._without_a_chunk(parts, chunk, made_of)
            if shorter is None:
                chunk //= 2
            else:
                parts = shorter
                chunk = max(1, min(chunk, len(parts) // 2))
        return parts

    def _without_a_chunk(
        self, parts: Sequence[Part], chunk: int, made_of: Callable[[Sequence[Part]], Plan]
    ) -> Sequence[Part] | None:
        for begin in range(0, len(parts), chunk):
            shorter = [*parts[:begin], *parts[begin + chunk :]]
            if self._still_breaks(made_of(shorter)):
                return shorter
        return None

    def _still_breaks(self, plan: Plan) -> bool:
        return time.monotonic() < self._deadline and self._breaks(plan)
