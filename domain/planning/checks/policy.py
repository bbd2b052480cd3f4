"""Checks of what the policy, the image's tags and the request decide, before any gallery is read."""

from datetime import datetime

from domain.planning.checks.check import Check, failed, passed
from domain.policy.faults import faults_in
from domain.policy.rules import Decision
from domain.policy.sections import Choices
from domain.resources.ids import check_definition_name
from domain.resources.images import ManagedImage


def check_decision(decision: Decision) -> list[Check]:
    """Returns the failures that block every plan: unreadable tags, and choices that lead to no target."""
    tags = [
        failed("override tags", fault, "correct the image's tag, or remove it") for fault in decision.faults
    ]
    choices = [
        failed(
            "policy",
            f"{decision.rule}: {fault.reason}",
            "correct the policy, or decide it with the image's tags or in the request",
        )
        for fault in faults_in(decision.choices)
    ]
    return tags + choices


def pattern_mismatch(image: ManagedImage, choices: Choices) -> Check:
    """Returns the failure of an image whose name does not match `name_pattern`, so that nothing can be named."""
    return failed(
        "definition name",
        f"the image's name '{image.id.name}' does not match name_pattern '{choices.name_pattern}'",
        "correct name_pattern in the policy's rule, or let another rule match this image",
    )


def check_name(definition: str) -> Check:
    """Checks that the policy's templates gave the image definition a valid name."""
    try:
        return passed("definition name", check_definition_name(definition))
    except ValueError as error:
        return failed(
            "definition name",
            str(error),
            "correct definition.name in the policy's rule: 1 to 80 letters, digits, '_', '-' or '.', "
            "with a letter or digit at the start and at the end",
        )


def no_version(reason: str) -> Check:
    """Returns the failure of an image whose name or tag should hold the version, and does not."""
    return failed(
        "version",
        reason,
        "correct the image's name or tag, choose another version strategy, or give 'version' in the request",
    )


def check_end_of_life(end_of_life: datetime | None, now: datetime) -> list[Check]:
    """Checks that the end-of-life date is in the future; the service refuses any other."""
    if end_of_life is None or end_of_life > now:
        return []
    detail = f"the end-of-life date {end_of_life.isoformat()} has passed"
    return [failed("end of life", detail, "give a date in the future")]
