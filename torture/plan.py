"""What is done to the app and to Azure, and when: decided by the seed before anything runs.

A plan is data. Kept as JSON it is a trace, which `--trace` carries out again, and shrinking it finds the shortest one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Self

from torture.disturbances import Disturbance
from torture.draws import DRAWS
from torture.estate import KINDS, Image, Kind, images

SHARE_OF_FAULTS = 0.08


@dataclass(frozen=True)
class Plan:
    """Everything that a run does to so many images of these kinds.

    `only` are the numbers of the images that are there; None means all.
    """

    seed: int
    images: int
    kinds: tuple[Kind, ...]
    share: float
    disturbances: tuple[Disturbance, ...]
    only: tuple[int, ...] | None = None

    def fleet(self) -> list[Image]:
        """The images of this plan."""
        return [
            image
            for image in _fleet(self.seed, self.images, self.kinds)
            if self.only is None or image.number in self.only
        ]

    def with_images(self, numbers: Iterable[int]) -> "Plan":
        """The plan with these images alone, and without what concerns others."""
        kept = tuple(sorted(numbers))
        mine = tuple(one for one in self.disturbances if one.image is None or one.image in kept)
        return replace(self, only=kept, disturbances=mine)

    def to_json(self) -> str:
        """The plan as text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def load(cls, file: Path) -> Self:
        """Reads a plan.

        Raises:
            ValueError: the file holds no plan.
        """
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            return cls(
                seed=document["seed"],
                images=document["images"],
                kinds=tuple(document["kinds"]),
                share=document["share"],
                disturbances=tuple(Disturbance(**one) for one in document["disturbances"]),
                only=None if document["only"] is None else tuple(document["only"]),
            )
        except (OSError, KeyError, TypeError) as error:
            raise ValueError(f"{file} holds no plan: {error!r}") from error


def _fleet(seed: int, count: int, kinds: Sequence[Kind]) -> list[Image]:
    return images(count, Random(f"{seed} images"), kinds)


def plan(
    seed: int,
    count: int,
    kinds: Sequence[Kind] = tuple(KINDS),
    share: float = SHARE_OF_FAULTS,
    *,
    much_of: str = "",
) -> Plan:
    """Decides everything that happens to so many images. The same seed decides the same.

    `much_of` names what every image meets once.
    """
    fleet = _fleet(seed, count, kinds)
    chance = Random(f"{seed} disturbances")
    made: list[Disturbance] = []
    for name, (draw, per_image) in DRAWS.items():
        made += draw(fleet, chance, _times(count, 1 if name == much_of else per_image))
    return Plan(seed, count, tuple(kinds), share, tuple(sorted(made, key=lambda one: one.minute)))


def _times(count: int, per_image: float) -> int:
    """At least one of each kind."""
    return max(1, round(count * per_image))
