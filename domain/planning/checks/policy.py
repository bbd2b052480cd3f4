"""Checks of what the policy and the image's tags decide."""

from datetime import datetime

from domain.planning.checks.check import Check
from domain.policy.rules import Decision, faults_in
from domain.policy.sections import Choices
from domain.resources.ids import ImageDefinitionId
from domain.resources.images import ManagedImage


def check_definition_name(name: str) -> Check:
    """Whether the templates gave a name that the service takes."""
    if ImageDefinitionId.name_pattern.fullmatch(name):
        return Check(name="definition name", verdict="passed", detail=name)
    return Check(
        name="definition name",
        verdict="failed",
        detail=f"'{name}' cannot be the name of an image definition",
        fix="1 to 80 letters, digits, '_', '-' or '.', beginning and ending with a letter or digit: "
        "correct definition.name in the policy's rule",
    )


def check_end_of_life(end_of_life: datetime | None, now: datetime) -> list[Check]:
    """Whether the date is in the future: the service takes no other."""
    if end_of_life is None or end_of_life > now:
        return []
    return [
        Check(
            name="end of life",
            verdict="failed",
            detail=f"the end-of-life date {end_of_life.isoformat()} has passed",
            fix="give a date in the future",
        )
    ]


def check_decision(decision: Decision) -> list[Check]:
    """What stands against any plan: tags of the image that cannot be understood, choices that lead nowhere."""
    tags = [
        Check(
            name="override tags",
            verdict="failed",
            detail=fault,
            fix="correct the image's tag, or take it away",
        )
        for fault in decision.faults
    ]
    choices = [
        Check(
            name="policy",
            verdict="failed",
            detail=f"{decision.rule}: {fault.reason}",
            fix="let a rule of the policy say it, or the image's tags, or the request",
        )
        for fault in faults_in(decision.choices)
    ]
    return tags + choices


def no_version_given(reason: str) -> Check:
    """The check that fails where the image's name or tag is to give the version, and does not."""
    return Check(
        name="version",
        verdict="failed",
        detail=reason,
        fix="correct the image's name or tag, choose another version strategy, or ask for a version in the request",
    )


def name_does_not_fit(image: ManagedImage, choices: Choices) -> Check:
    """The check that fails where no definition can be named."""
    return Check(
        name="definition name",
        verdict="failed",
        detail=f"the image's name '{image.id.name}' does not fit name_pattern '{choices.name_pattern}'",
        fix="correct name_pattern in the policy's rule, or let another rule take this image",
    )
