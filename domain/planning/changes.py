"""What a plan would change in the galleries, resource by resource; nothing if Azure is as the plan wants it."""

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.planning.targets import TargetPlan

Sign = Literal["+", "~", "-"]


class Change(BaseModel):
    """One resource that would be created (`+`), changed (`~`) or removed (`-`). A migration removes nothing."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    sign: Sign
    """`+` creates it, `~` changes it, `-` removes it."""
    kind: Literal["image definition", "image version"]
    resource: str
    """The resource's id; of a version that has no number yet, its definition's."""
    detail: str
    """What is created or changed, in words."""


def changes_of(targets: Iterable[TargetPlan]) -> list[Change]:
    """Returns what the targets of a plan would change."""
    return [change for target in targets for change in _changes_in(target)]


def _changes_in(target: TargetPlan) -> Iterator[Change]:
    definition = target.definition
    version = f"{definition.id}/versions/{target.number}" if target.number else str(definition.id)
    if not target.definition_exists:
        what = f"{definition.os_type}, {definition.hyper_v_generation}, {definition.location}"
        yield Change(sign="+", kind="image definition", resource=str(definition.id), detail=what)
    if not target.adopts:
        regions = ", ".join(region.name for region in target.rollout.regions)
        yield Change(sign="+", kind="image version", resource=version, detail=f"in {regions}")
        return
    texts = [
        *(["written again: it failed"] if target.rewrites else []),
        *([f"more regions: {', '.join(target.adds)}"] if target.adds else []),
        *([f"more replicas in {', '.join(target.grows)}"] if target.grows else []),
    ]
    if texts:
        yield Change(sign="~", kind="image version", resource=version, detail="; ".join(texts))
