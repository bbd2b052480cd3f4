"""The promises, and who judges them: from Azure's state and log and from the task hub, with no code of the app."""

from dataclasses import dataclass

from torture.promises import deletions, latest, orchestrations, versions
from torture.promises.promise import Promise
from torture.world import World

PROMISES: tuple[Promise, ...] = (
    *versions.PROMISES,
    *latest.PROMISES,
    *deletions.PROMISES,
    *orchestrations.PROMISES,
)


@dataclass(frozen=True)
class Broken:
    """One promise that was not kept, and the image that it was not kept for, if it was one."""

    promise: str
    subject: str
    sentence: str


def judge(world: World) -> list[Broken]:
    """Returns what was not kept."""
    return [
        Broken(promise.name, subject, sentence)
        for promise in PROMISES
        for subject, sentence in promise.broken(world)
    ]
