"""What a plan would write, fact by fact, in words: so that it can be carried out later exactly so, or not at all.

What only tells when and by whom it was planned is no fact: ages, estimates, warnings, the starter, the release. Numbers
are facts: a plan that is carried out gets those that it named, or none.
"""

import hashlib
from collections.abc import Mapping, Sequence

from domain.field_errors import FieldError
from domain.planning.requests import PlanRequest
from domain.planning.rollout import Rollout
from domain.planning.targets import TargetPlan
from domain.planning.verification import Verification
from domain.policy.rules import Decision
from domain.policy.sections import Choices
from domain.resources.galleries import ImageDefinition, TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.provenance import is_own_tag

Facts = dict[str, str]

OUTCOME = "outcome"
# facts travel through the task hub; of a longer one the rest is a hash
LONGEST_FACT = 600
_CREATE, _ADOPT, _EXISTS = "create", "adopt", "exists"


def facts_of(
    outcome: str,
    request: PlanRequest,
    decision: Decision,
    targets: Sequence[TargetPlan] = (),
    verification: Verification | None = None,
) -> Facts:
    """Returns the facts of a plan. One that migrates nothing has only its outcome, the rule and the content."""
    image = request.image
    facts = {
        OUTCOME: outcome,
        "rule": decision.rule,
        "content": image.fingerprint,
        "created": image.created_at.isoformat() if image.created_at else "",
    }
    if targets:
        facts |= _of_version(request, decision.choices, targets[0])
        facts["proof"] = _of_proof(verification)
        facts["follow-ups"] = _of_follow_ups(decision.choices)
    for target in targets:
        gallery = target.definition.id.gallery
        facts[_definition_fact(gallery)] = _of_definition(target)
        facts[_version_fact(gallery)] = f"{_ADOPT if target.adopts else _CREATE} {target.number}"
    return {name: _fitting(text) for name, text in facts.items()}


def differences(planned: Mapping[str, str], now: Mapping[str, str], reason: str | None) -> list[FieldError]:
    """Returns each fact that is not as it was planned; `reason` is why nothing would be migrated now.

    What an earlier run of the same plan has made is no difference: a definition that exists now, a version that holds
    the content under the planned number. Neither is a creation time that ARM did not list at one of both moments.
    """
    if planned.get(OUTCOME) != now.get(OUTCOME):
        because = f": {reason}" if reason else ""
        return [FieldError(OUTCOME, f"was {planned.get(OUTCOME)}, is {now.get(OUTCOME)}{because}")]
    return [
        FieldError(name, f"was {planned.get(name) or 'nothing'}, is {now.get(name) or 'nothing'}")
        for name in dict.fromkeys([*planned, *now])
        if not _as_planned(name, planned.get(name), now.get(name))
    ]


def planned_number(facts: Mapping[str, str], gallery: GalleryId) -> str | None:
    """Returns the number that a plan named for the version in a gallery."""
    how, _, number = facts.get(_version_fact(gallery), "").partition(" ")
    return number if how in (_CREATE, _ADOPT) else None


def _as_planned(name: str, planned: str | None, now: str | None) -> bool:
    if planned == now:
        return True
    if name == "created":
        return not planned or not now
    if planned is None or now is None:
        return False
    made = (f"{_ADOPT} {planned.removeprefix(_CREATE + ' ')}", _EXISTS)
    return planned.startswith(_CREATE) and now in made


def _definition_fact(gallery: GalleryId) -> str:
    return f"image definition in {gallery.key}"


def _version_fact(gallery: GalleryId) -> str:
    return f"image version in {gallery.key}"


def _of_version(request: PlanRequest, choices: Choices, target: TargetPlan) -> Facts:
    """What the versions in all galleries have in common."""
    spec, days = target.version, choices.end_of_life_after_days
    end = request.overrides.end_of_life
    tags = sorted(f"{name}={value}" for name, value in spec.tags.items() if not is_own_tag(name))
    return {
        "source": f"{spec.source.lower()} in {spec.location}",
        "data disks": ", ".join(str(lun) for lun in spec.data_disk_luns),
        "regions": _of_rollout(target.rollout),
        "latest": "excluded" if spec.exclude_from_latest else "included",
        "end of life": end.isoformat() if end else f"{days} days after its creation" if days else "",
        "tags": ", ".join(tags),
    }


def _of_definition(target: TargetPlan) -> str:
    """All that is fixed when a definition is created. One that exists is used as it is, or the plan is blocked."""
    if target.definition_exists:
        return _EXISTS
    return f"{_CREATE} {target.definition.id.name}: {_described(target.definition)}"


def _described(wanted: ImageDefinition) -> str:
    plan = wanted.purchase_plan
    parts = [
        wanted.location,
        wanted.os_type,
        wanted.os_state,
        wanted.hyper_v_generation,
        wanted.architecture,
        f"{wanted.publisher}/{wanted.offer}/{wanted.sku}",
        f"plan {plan.publisher}/{plan.product}/{plan.name}" if plan else "no plan",
        *sorted(f"{name}={value}" for name, value in wanted.features.items()),
    ]
    return ", ".join(parts)


def _of_rollout(rollout: Rollout) -> str:
    waves = ", then ".join(", ".join(_of_region(region) for region in wave) for wave in rollout.waves)
    first = rollout.first_replicas
    return f"{waves}; {first} replicas at first" if first is not None else waves


def _of_region(region: TargetRegion) -> str:
    text = f"{region.name} {region.replicas} {region.storage_account_type}"
    if region.exclude_from_latest is not None:
        text += " excluded" if region.exclude_from_latest else " included"
    return f"{text} {region.disk_encryption_set}" if region.disk_encryption_set else text


def _of_proof(verification: Verification | None) -> str:
    if verification is None:
        return ""
    return f"a machine in {', '.join(verification.regions)}, in the group {verification.resource_group}"


def _of_follow_ups(choices: Choices) -> str:
    promote, retire = choices.promote, choices.retire_source
    rings = " then ".join("+".join(ring) for ring in promote.rings or [])
    promoted = f"promote {promote.when}, rings {rings or 'none'}, bake {promote.bake_hours} h"
    retired = f"retire {retire.when}, soak {retire.soak_days} days"
    return "; ".join(
        text
        for text, when in ((promoted, promote.when), (retired, retire.when))
        if when not in (None, "never")
    )


def _fitting(text: str) -> str:
    if len(text) <= LONGEST_FACT:
        return text
    rest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: LONGEST_FACT - 70]} … {rest}"
