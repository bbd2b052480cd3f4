"""Checks of an existing image definition against the image."""

from domain.planning.checks.check import Check
from domain.resources.galleries import ImageDefinition


def check_definition(existing: ImageDefinition, wanted: ImageDefinition) -> list[Check]:
    """Whether a definition that exists can take the image; everything compared here is fixed at its creation."""
    name = existing.id.name
    checks = []
    if existing.hyper_v_generation != wanted.hyper_v_generation:
        suggestion = f"{name}-gen{wanted.hyper_v_generation[-1]}"
        checks.append(
            _mismatch(
                f"definition '{name}' is for Hyper-V generation {existing.hyper_v_generation}, "
                f"the image is {wanted.hyper_v_generation}",
                f"let the rule name another definition, such as '{suggestion}', or ask for it with 'definition'",
            )
        )
    if existing.os_type != wanted.os_type:
        checks.append(
            _mismatch(
                f"definition '{name}' is for {existing.os_type}, the image holds {wanted.os_type}",
                f"let the rule name another definition, such as '{name}-{wanted.os_type.lower()}'",
            )
        )
    if existing.os_state != wanted.os_state:
        checks.append(
            _mismatch(
                f"definition '{name}' is for {existing.os_state.lower()} images, managed images are generalized",
                "let the rule name a definition of OS state Generalized",
            )
        )
    if existing.architecture != wanted.architecture:
        checks.append(
            _mismatch(
                f"definition '{name}' is for {existing.architecture}, the image is {wanted.architecture}",
                "let the rule name a definition of architecture x64",
            )
        )
    if wanted.purchase_plan and existing.purchase_plan != wanted.purchase_plan:
        checks.append(
            _mismatch(
                f"definition '{name}' does not name the image's purchase plan {wanted.purchase_plan.name}",
                "let the rule name another definition: a definition's plan is fixed when it is created",
            )
        )
    fits = Check(name="definition", verdict="passed", detail=f"definition '{name}' exists and fits the image")
    return checks or [fits]


def _mismatch(detail: str, fix: str) -> Check:
    return Check(name="definition", verdict="failed", detail=detail, fix=fix)


def check_identity(wanted: ImageDefinition, chosen: ImageDefinition) -> Check:
    """Whether publisher, offer and SKU are free in the gallery, or what was put in their place."""
    told = f"{chosen.publisher}/{chosen.offer}/{chosen.sku}"
    if wanted.identity == chosen.identity:
        return Check(name="definition identity", verdict="passed", detail=told)
    return Check(
        name="definition identity",
        verdict="warned",
        detail=f"another definition has the SKU {wanted.sku}, so this one becomes {told}",
        fix="choose another publisher, offer or SKU in the policy's rule",
    )
