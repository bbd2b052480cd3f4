"""What a promise is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torture.world import World

# the id of the image that is concerned, or nothing, and what is wrong
Finding = tuple[str, str]


@dataclass(frozen=True)
class Promise:
    """A name, the promise in plain words, and the function that finds where it was not kept."""

    name: str
    text: str
    broken: Callable[[World], Iterable[Finding]]
