"""Who names which version of a definition, and which version really runs."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import BaseModel, Field

from domain.promotion.followers import Gap, Machine, ScaleSet
from domain.promotion.latest import RegionLatest
from domain.resources.ids import ImageDefinitionId
from domain.resources.regions import Region

ConsumerKind = Literal["virtual machine", "scale set"]
UNKNOWN = "unknown"
LATEST = "latest"


class Consumer(BaseModel):
    """A machine or a scale set that uses the definition.

    `model` is the number that its model names, or `latest`. `runs` counts instances by the version they run; a machine
    has one instance. `behind` are those that do not run what `latest` resolves to in the region.
    """

    id: str
    kind: ConsumerKind
    region: Region
    model: str
    follows: bool = False
    runs: dict[str, int] = Field(default={})
    behind: int = 0

    def running(self, versions: Iterable[str | None], latest: str | None) -> Self:
        """The consumer with the versions that its instances run; None for those that do not say it."""
        copy = self.model_copy()
        copy.runs = dict(Counter(version or UNKNOWN for version in versions))
        copy.behind = sum(count for version, count in copy.runs.items() if latest and version != latest)
        return copy


class Adoption(BaseModel):
    """The adoption of a definition: `latest` per region, and each consumer. `gaps` is what could not be read."""

    definition: ImageDefinitionId
    latest: list[RegionLatest]
    consumers: list[Consumer]
    gaps: list[Gap]


def consumers_of(
    definition: ImageDefinitionId,
    machines: Iterable[Machine],
    scale_sets: Iterable[tuple[ScaleSet, list[str | None] | None]],
    latest: Iterable[RegionLatest],
) -> list[Consumer]:
    """The consumers of a definition. Instances that could not be read are None, and count as unknown.

    The machines of a scale set in flexible orchestration are counted with it.
    """
    resolved = {one.region: one.version for one in latest if one.certain}
    found = []
    counted = set()
    for scale_set, runs in scale_sets:
        image = scale_set.image()
        if image is None or image.definition != definition:
            continue
        counted.add(scale_set.id.lower())
        versions = [None] * (scale_set.capacity or 0) if runs is None else runs
        consumer = Consumer(
            id=scale_set.id,
            kind="scale set",
            region=scale_set.region,
            model=image.named or LATEST,
            follows=scale_set.follows(definition),
        )
        found.append(consumer.running(versions, resolved.get(scale_set.region)))
    for machine in machines:
        image = machine.image()
        if image is None or image.definition != definition or (machine.scale_set or "").lower() in counted:
            continue
        consumer = Consumer(
            id=machine.id, kind="virtual machine", region=machine.region, model=image.named or LATEST
        )
        found.append(consumer.running([image.exact], resolved.get(machine.region)))
    return sorted(found, key=lambda one: one.id.lower())
