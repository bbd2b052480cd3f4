"""The answer about the adoption of a definition."""

from collections import Counter
from typing import Self

from api.answers.base import Answer
from api.ids import AnyDefinitionId
from domain.promotion import adoption
from domain.promotion.followers import Gap
from domain.promotion.latest import RegionLatest


class Adoption(Answer):
    """What `latest` resolves to in each region, and which versions really run."""

    definition: AnyDefinitionId
    latest: list[RegionLatest]
    """Per region what `latest` resolves to; `passed_over` says of each higher version why it is not."""
    consumers: list[adoption.Consumer]
    """Machines and scale sets: the version that the model names, and the versions that the instances run."""
    running: dict[str, int]
    """How many machines and instances run each version."""
    behind: int
    """How many of them do not run what `latest` resolves to in their region."""
    gaps: list[Gap]
    """What could not be read: its consumers are missing here."""

    @classmethod
    def of(cls, found: adoption.Adoption) -> Self:
        """The adoption as it was read."""
        running: Counter[str] = Counter()
        for consumer in found.consumers:
            running.update(consumer.runs)
        return cls(
            definition=found.definition,
            latest=found.latest,
            consumers=found.consumers,
            running=dict(running),
            behind=sum(consumer.behind for consumer in found.consumers),
            gaps=found.gaps,
        )
