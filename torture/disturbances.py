"""What can go wrong: each kind by its name, and one disturbance as data."""

from dataclasses import dataclass
from typing import Any, Literal

What = Literal[
    # the host, the worker and Azure as a whole
    "host killed",
    "worker dies",
    "azure stands still",
    # what Azure answers
    "no token",
    "region fails",
    "machine refused",
    "upgrade fails",
    "graph lags",
    "graph lies",
    "list of resources lags",
    "list of resources misses an image",
    # events
    "events lost",
    "events doubled and reordered",
    "event sent again",
    # what others do to images, versions and locks
    "image re-created",
    "image changes its tags",
    "reference appears",
    "lock appears",
    "deletion meets an error",
    # what operators do
    "policy changes",
    "policy breaks",
    "freeze",
    "promotion paused",
    "promotion rolled back",
]
Fields = dict[str, Any]

# of virtual time: how long disturbances begin, and when the last of them is over
STORM_MINUTES = 36 * 60
CALM_AFTER_MINUTES = 48 * 60


@dataclass(frozen=True)
class Disturbance:
    """One thing that goes wrong: `minute` is when, on the virtual clock; a host is killed by requests instead.

    `image` is the number of the image that it concerns, None for what concerns them all.
    """

    minute: int
    what: What
    fields: Fields
    image: int | None = None
