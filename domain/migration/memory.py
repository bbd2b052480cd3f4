"""What earlier migrations taught about watching a version: it decides how often is looked, never what is true."""

from statistics import median

from pydantic import BaseModel

from domain.migration.durations import Duration
from domain.migration.hints import HintRecord
from domain.planning.estimates import ReplicationEstimate

# so many durations say when to expect the next one
MANY_DURATIONS = 3
# other sizes take other times
MOST_TIMES_LARGER = 2


class WatchMemory(BaseModel):
    """What is known of a gallery's hints, and how long the versions of a definition took.

    `size_gb` is the image's, None where it is unknown. `is_kept` says that the definition has other versions: how long
    the only one took is not worth a write.
    """

    hints: HintRecord = HintRecord()
    past: list[Duration] = []
    size_gb: int | None = None
    is_kept: bool = False

    def usual_seconds(self, regions: int) -> list[float]:
        """How long the versions took that are like this one: as many regions, and not of another size."""
        return [one.seconds for one in self.past if one.regions == regions and self._is_like(one.size_gb)]

    def replication(self, regions: int) -> ReplicationEstimate:
        """How long a version in so many regions, which are not made in waves, will take by what the last ones took."""
        usual = self.usual_seconds(regions)
        where = "1 region" if regions == 1 else f"{regions} regions"
        if not usual:
            return ReplicationEstimate(
                seconds=None, how=f"no version like it, in {where}, has been measured yet"
            )
        versions = "1 version" if len(usual) == 1 else f"{len(usual)} versions"
        return ReplicationEstimate(
            seconds=round(median(usual)), how=f"the median of the last {versions} like it, in {where}"
        )

    def is_news(self, seconds: float, regions: int) -> bool:
        """Whether another duration would change when later versions are looked at."""
        usual = self.usual_seconds(regions)
        known = len(usual) >= MANY_DURATIONS and min(usual) <= seconds <= max(usual)
        return self.is_kept and not known

    def _is_like(self, size_gb: int | None) -> bool:
        if size_gb is None or self.size_gb is None:
            return size_gb == self.size_gb
        return max(size_gb, self.size_gb) <= min(size_gb, self.size_gb) * MOST_TIMES_LARGER
