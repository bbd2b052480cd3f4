"""Who names which version of a definition, and which version really runs."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

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
        versions = [UNKNOWN] * (scale_set.capacity or 0) if runs is None else [one or UNKNOWN for one in runs]
        found.append(_consumer(scale_set.id, "scale set", scale_set.region, image.named, versions, resolved))
        found[-1].follows = scale_set.follows(definition)
    for machine in machines:
        image = machine.image()
        if image is None or image.definition != definition or (machine.scale_set or "").lower() in counted:
            continue
        versions = [image.exact or UNKNOWN]
        found.append(
            _consumer(machine.id, "virtual machine", machine.region, image.named, versions, resolved)
        )
    return sorted(found, key=lambda one: one.id.lower())


def _consumer(
    consumer_id: str,
    kind: ConsumerKind,
    region: str,
    named: str | None,
    versions: list[str],
    resolved: dict[str, str | None],
) -> Consumer:
    latest = resolved.get(region)
    return Consumer(
        id=consumer_id,
        kind=kind,
        region=region,
        model=named or LATEST,
        runs=dict(Counter(versions)),
        behind=sum(one != latest for one in versions) if latest else 0,
    )
