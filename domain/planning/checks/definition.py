"""Checks of the image definition: an existing one must accept the image, a new one needs a free identity."""

from collections.abc import Sequence

from domain.planning.checks.check import Check, failed, passed, warned
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.images import PurchasePlan
from domain.resources.provenance import made_by_gallerist

# documented: the name of an image definition
LONGEST_NAME = 80


def check_definition(existing: ImageDefinition, wanted: ImageDefinition) -> list[Check]:
    """Checks that an existing definition accepts the image. All compared properties are fixed at its creation."""
    name = existing.id.name
    mismatches = []
    if existing.hyper_v_generation != wanted.hyper_v_generation:
        suggestion = f"{name}-gen{wanted.hyper_v_generation[-1]}"
        mismatches.append(
            _mismatch(
                f"definition '{name}' is for Hyper-V generation {existing.hyper_v_generation}, "
                f"the image is {wanted.hyper_v_generation}",
                f"name another definition, such as '{suggestion}', in the policy's rule or with 'definition' "
                "in the request",
            )
        )
    if existing.os_type != wanted.os_type:
        mismatches.append(
            _mismatch(
                f"definition '{name}' is for {existing.os_type}, the image holds {wanted.os_type}",
                f"name another definition, such as '{name}-{wanted.os_type.lower()}', in the policy's rule",
            )
        )
    if existing.os_state != wanted.os_state:
        mismatches.append(
            _mismatch(
                f"definition '{name}' is for {existing.os_state.lower()} images, managed images are generalized",
                "name a definition with OS state Generalized in the policy's rule",
            )
        )
    if existing.architecture != wanted.architecture:
        mismatches.append(
            _mismatch(
                f"definition '{name}' is for {existing.architecture}, the image is {wanted.architecture}",
                f"name a definition for architecture {wanted.architecture} in the policy's rule",
            )
        )
    if wanted.purchase_plan and existing.purchase_plan != wanted.purchase_plan:
        mismatches.append(
            _mismatch(
                f"definition '{name}' does not have the image's purchase plan {wanted.purchase_plan.name}",
                f"name another definition, such as '{_with_plan(name, wanted.purchase_plan)}', in the policy's rule "
                "or with 'definition' in the request: a definition's plan is fixed at its creation",
            )
        )
    return mismatches or [passed("definition", f"definition '{name}' exists and accepts the image")]


def offer_removal(
    checks: list[Check], existing: ImageDefinition, versions: Sequence[ImageVersion]
) -> list[Check]:
    """Adds to the fix of each failed check that the definition may be deleted.

    Only if Gallerist made it and everything in it, and nothing in it can be used.
    """
    left_behind = made_by_gallerist(existing) and all(
        made_by_gallerist(version) and version.provisioning_state == "Failed" for version in versions
    )
    if not left_behind:
        return checks
    numbers = ", ".join(version.id.name for version in versions)
    failures = f"its failed versions ({numbers}) and then the definition" if versions else "it"
    offer = f"or delete {failures}, and start the migration again: Gallerist made {existing.id} and nothing in it works"
    return [
        failed(check.name, check.detail, f"{check.fix}; {offer}") if check.verdict == "failed" else check
        for check in checks
    ]


def _with_plan(name: str, plan: PurchasePlan) -> str:
    return f"{name}-{plan.name}"[:LONGEST_NAME].rstrip("-._")


def _mismatch(detail: str, fix: str) -> Check:
    return failed("definition", detail, fix)


def check_identity(wanted: ImageDefinition, chosen: ImageDefinition) -> Check:
    """Checks that publisher, offer and SKU are free in the gallery; warns if the definition gets another SKU."""
    name = "definition identity"
    identity = f"{chosen.publisher}/{chosen.offer}/{chosen.sku}"
    if wanted.identity == chosen.identity:
        return passed(name, identity)
    return warned(
        name,
        f"another definition in the gallery has the SKU {wanted.sku}; this one gets {identity}",
        "choose another publisher, offer or SKU in the policy's rule",
    )
