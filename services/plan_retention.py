"""Plans the retention of a definition: reads its versions and its gallery, and the domain decides. Writes nothing."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from domain.errors import ArmError
from domain.policy.notify import notice_targets
from domain.policy.rules import Policy
from domain.policy.sections import Choices
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.provenance import RULE_TAG
from domain.retention.decide import Situation, by_number, decide, is_own
from domain.retention.ladder import KEEP_TAG, Rules, SoftDeletedVersion, tag
from domain.retention.reading import most_candidates, to_read
from domain.retention.run import MOST_SCANNED, MOST_SHOWN, PlannedStep, PlanRequest, RetentionPlan
from services.container import services

READS_AT_ONCE = 8


class Chosen(NamedTuple):
    """The rule of the policy that a definition is under, or why there is none."""

    rules: Rules
    choices: Choices | None = None
    reason: str = ""


async def plan_retention(request: PlanRequest) -> RetentionPlan | None:
    """The plan for a definition as it is now; None if there is no such definition.

    Raises:
        ArmError: something that decides cannot be read.
        PolicyError: no usable policy has been read yet.
    """
    compute = services().compute
    definition = await compute.get_image_definition(request.definition)
    gallery = await compute.get_gallery(request.definition.gallery)
    if definition is None or gallery is None:
        return None
    versions = await compute.list_image_versions(request.definition)
    chosen = rules_of(await services().policies.current(), definition, versions)
    situation = Situation(
        rules=chosen.rules,
        now=request.now,
        soft_delete=gallery.soft_delete,
        kept_definition=tag(definition.tags, KEEP_TAG) is not None,
        references=request.references,
    )
    read = await _read(versions, situation)
    plan = _plan(request, read, situation, chosen)
    plan.notify = notice_targets(chosen.choices.notify if chosen.choices else None, definition.tags)
    if gallery.soft_delete:
        plan.soft_deleted, plan.bin_unread = await _bin(request)
    return plan


def rules_of(policy: Policy, definition: ImageDefinition, versions: Sequence[ImageVersion]) -> Chosen:
    """The rule by which Gallerist made the definition, or else its newest own version.

    A rule that the policy does not have any more decides nothing: what another one says was not meant for these images.
    """
    newest = next((version for version in by_number(versions) if is_own(version)), None)
    name = tag(definition.tags, RULE_TAG) or (tag(newest.tags, RULE_TAG) if newest else None)
    if name is None:
        return Chosen(Rules(), reason="Gallerist made neither the definition nor a version of it")
    known = {rule.name for rule in policy.rules}
    # an image's own tag may decide that it is migrated, and is no rule
    if name not in known and name != "defaults" and not name.startswith("tag "):
        return Chosen(Rules(rule=name), reason=f"the policy has no rule '{name}' any more")
    choices = policy.choices_of(name)
    rules = Rules.of(name, choices.retention)
    reason = "" if rules.active else f"rule '{name}' does not give both retention.keep_last and keep_days"
    return Chosen(rules, choices, reason)


def _plan(
    request: PlanRequest, versions: Sequence[ImageVersion], situation: Situation, chosen: Chosen
) -> RetentionPlan:
    judged = decide(versions, situation)
    steps = [
        PlannedStep(version=one.version, step=one.step) for one in judged if one.step and chosen.rules.active
    ]
    # those that are further down the ladder come first, then the oldest
    steps.sort(key=lambda planned: planned.step not in ("delete", "soft-delete"))
    steps = steps[: most_candidates(situation)]
    stepping = {planned.version for planned in steps}
    kept = [one for one in judged if one.version not in stepping]
    good = [version.id for version in by_number(versions) if version.replication is not None]
    to_scan = list(dict.fromkeys([*(planned.version for planned in steps), *good]))[:MOST_SCANNED]
    return RetentionPlan(
        definition=request.definition,
        at=request.now,
        rules=chosen.rules,
        soft_delete=situation.soft_delete,
        reason=chosen.reason,
        versions=len(judged),
        kept=len(kept),
        steps=steps,
        shown=kept[-MOST_SHOWN:],
        to_scan=to_scan if steps else [],
    )


async def _read(versions: Sequence[ImageVersion], situation: Situation) -> list[ImageVersion]:
    """The versions, those that decide something as they are now. One that is gone meanwhile is left out."""
    wanted = to_read(versions, situation)
    slots = asyncio.Semaphore(READS_AT_ONCE)

    async def read(version: ImageVersionId) -> ImageVersion | None:
        async with slots:
            return await services().compute.get_image_version(version)

    found = dict(zip(wanted, await asyncio.gather(*map(read, wanted)), strict=True))
    fresh = [found.get(version.id, _unread(version)) for version in versions]
    return [version for version in fresh if version is not None]


def _unread(version: ImageVersion) -> ImageVersion:
    copy = version.model_copy()
    copy.replication = None
    return copy


async def _bin(request: PlanRequest) -> tuple[list[SoftDeletedVersion], str]:
    try:
        return await services().retention.list_bin(request.definition), ""
    except ArmError as error:
        # it informs: no step needs it
        return [], str(error)
