"""Counts requests by their kind: the method and the resource type, without names."""

import re
from collections import Counter
from dataclasses import dataclass, field

from azure_compute_simulator.models.resources import Json

_BELOW_PROVIDER = re.compile(r"(?:^|/)providers/Microsoft\.\w+/(.+)$", re.IGNORECASE)


def kind_of(method: str, path: str) -> str:
    """Returns `GET galleries/images/versions` for one resource, `LIST images` for many, else the last word of the path.

    A poll is a `GET` of `operations` or `capsOperations`.
    """
    found = _BELOW_PROVIDER.search(path)
    if found is None:
        return f"{method} {path.rstrip('/').rpartition('/')[2]}"
    parts = found[1].strip("/").split("/")
    if parts[0].lower() == "locations" and len(parts) > 2:  # noqa: PLR2004 - a location and what is in it
        parts = parts[2:]
    listed = method == "GET" and len(parts) % 2
    return f"{'LIST' if listed else method} {'/'.join(parts[::2])}"


@dataclass
class Calls:
    """How many requests of each kind got each status. A request that a fault cut off has the status None."""

    counts: Counter[tuple[str, int | None]] = field(default_factory=Counter)

    def note(self, method: str, path: str, status: int | None) -> None:
        """Counts one request."""
        self.counts[kind_of(method, path), status] += 1

    def as_json(self) -> list[Json]:
        """Returns the counts, the most frequent first."""
        return [
            {"kind": kind, "status": status, "count": count}
            for (kind, status), count in self.counts.most_common()
        ]
