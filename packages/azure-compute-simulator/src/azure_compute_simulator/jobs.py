"""Work on a resource, which takes time."""

from dataclasses import dataclass
from datetime import datetime

# Median time of a version's creation (recorded). Other operations take their recorded proportion of it.
REPLICATION_SECONDS = 428.0


@dataclass
class Job:
    """Work on one resource.

    `seconds` is how long the real service took (recorded). `replicates` marks work that copies data to `regions`, by
    their short names. `polls` counts how often clients read the resource or its operation.
    """

    resource_id: str
    seconds: float
    replicates: bool
    started: datetime
    polls: int = 0
    regions: tuple[str, ...] = ()
