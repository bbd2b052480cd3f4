"""What the policy says about the promotion of one version: its rings, its bake time, and whom to tell."""

from typing import NamedTuple

from domain.promotion.messages import PromotionRequest
from domain.promotion.status import Action
from domain.records.notices import NoticeTargets
from domain.resources.ids import ImageVersionId
from domain.resources.provenance import RULE_TAG
from services.container import services


class PromotionChoices(NamedTuple):
    """The policy's choices for a promotion."""

    rings: list[list[str]]
    bake_hours: float
    notice_targets: NoticeTargets


async def choices_for(version_id: ImageVersionId) -> PromotionChoices:
    """The choices of the rule that the version was made by, which its tag names; else those of the defaults.

    Raises:
        ArmError: the version cannot be read.
        PolicyError: no usable policy has been read yet.
    """
    version = await services().compute.get_image_version(version_id)
    rule = version.tags.get(RULE_TAG) if version else None
    choices = (await services().policies.current()).choices_of(rule)
    notify = choices.notify
    return PromotionChoices(
        rings=[list(ring) for ring in choices.promote.rings or []],
        bake_hours=choices.promote.bake_hours or 0,
        notice_targets=NoticeTargets(topic=notify.topic, webhook=notify.webhook, owner=notify.owner),
    )


async def promotion_request(
    version_id: ImageVersionId,
    started_by: str,
    *,
    action: Action = "promote",
    rings: list[list[str]] | None = None,
    regions: list[str] | None = None,
    bake_hours: float | None = None,
) -> PromotionRequest:
    """The request for a promotion or an election; what is None is the policy's choice.

    Raises:
        ArmError: the version cannot be read.
        PolicyError: no usable policy has been read yet.
    """
    choices = await choices_for(version_id)
    return PromotionRequest(
        version_id=version_id,
        action=action,
        rings=choices.rings if rings is None else rings,
        regions=regions,
        bake_hours=choices.bake_hours if bake_hours is None else bake_hours,
        started_by=started_by,
        targets=choices.notice_targets,
    )
