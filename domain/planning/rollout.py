"""In which order and with how many replicas a version reaches its regions."""

from pydantic import BaseModel

from domain.resources.galleries import TargetRegion


class Rollout(BaseModel):
    """What is wanted: the regions with their full replica counts, wave by wave, the image's own region first."""

    waves: list[list[TargetRegion]]
    first_replicas: int | None = None
    heal_attempts: int = 2
    stuck_after_hours: float = 6

    @property
    def regions(self) -> list[TargetRegion]:
        """All regions, in the order of their replication."""
        return [region for wave in self.waves for region in wave]

    def beginning(self) -> list[TargetRegion]:
        """What the version is made with: the first wave, with as few replicas as asked for."""
        return [self._small(region) for region in self.waves[0]]

    def _small(self, region: TargetRegion) -> TargetRegion:
        if self.first_replicas is None or region.replicas <= self.first_replicas:
            return region
        return region.model_copy(update={"replicas": self.first_replicas})

    def at_first(self, names: set[str]) -> list[TargetRegion]:
        """These regions, with as few replicas as asked for."""
        return [self._small(region) for region in self.regions if region.name in names]
