"""What makes choices unusable for every image: no gallery, a bad template, a version that cannot be numbered."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic_core import InitErrorDetails, PydanticCustomError

from domain.policy.sections import MOST_POLICY_TAGS, VERSION_GROUPS, Choices
from domain.policy.templates import TEMPLATE_NAMES, pattern_groups, placeholders


class Fault(NamedTuple):
    """Something wrong with a policy: its path through the document, as in ("rules", 0, "name"), and the reason."""

    location: tuple[int | str, ...]
    reason: str

    def as_pydantic(self) -> InitErrorDetails:
        """Returns the fault in the form that pydantic's ValidationError takes."""
        kind = PydanticCustomError("policy", "{reason}", {"reason": self.reason})
        return InitErrorDetails(type=kind, loc=self.location, input=None)


def faults_in(choices: Choices) -> Iterator[Fault]:
    """Yields every reason why no image could be migrated with these choices."""
    yield from _gallery_faults(choices)
    yield from _template_faults(choices)
    yield from _tag_faults(choices)
    yield from _version_faults(choices)
    yield from _verify_faults(choices)


def _gallery_faults(choices: Choices) -> Iterator[Fault]:
    galleries, regions = choices.galleries or [], choices.regions or []
    if not galleries:
        yield Fault(("galleries",), "no target gallery; set 'galleries' in the rule or in the defaults")
    if len(galleries) > 1 and any(region.disk_encryption_set for region in regions):
        # documented: a version under customer-managed keys cannot be the source of another
        reason = (
            "disk encryption sets allow one gallery only: an encrypted version cannot be copied to another"
        )
        yield Fault(("galleries",), reason)


def _template_faults(choices: Choices) -> Iterator[Fault]:
    naming = choices.definition
    everywhere = pattern_groups(choices) | TEMPLATE_NAMES
    templates: dict[tuple[str, str], tuple[str | None, set[str]]] = {
        ("definition", "name"): (naming.name, everywhere - {"definition"}),
        ("definition", "publisher"): (naming.publisher, everywhere),
        ("definition", "offer"): (naming.offer, everywhere),
        ("definition", "sku"): (naming.sku, everywhere),
        **{("tags", name): (template, everywhere) for name, template in choices.tags.items()},
    }
    for location, (template, known) in templates.items():
        unknown = placeholders(template or "") - known
        if unknown:
            named = ", ".join(f"{{{name}}}" for name in sorted(unknown))
            reason = f"'{template}' uses unknown {named}; known are {', '.join(sorted(known))}"
            yield Fault(location, reason)


def _tag_faults(choices: Choices) -> Iterator[Fault]:
    if len(choices.tags) > MOST_POLICY_TAGS:
        reason = f"{len(choices.tags)} tags with those of the defaults; a policy can give {MOST_POLICY_TAGS}"
        yield Fault(("tags",), reason)


def _version_faults(choices: Choices) -> Iterator[Fault]:
    strategy, tag = choices.version.strategy, choices.version.tag
    if strategy == "from-name" and not pattern_groups(choices).issuperset(VERSION_GROUPS):
        reason = f"strategy from-name needs the groups {', '.join(VERSION_GROUPS)} in name_pattern"
        yield Fault(("version",), reason)
    if strategy == "tag" and not tag:
        reason = "strategy tag needs version.tag, the name of the image tag that holds Major.Minor.Patch"
        yield Fault(("version",), reason)


def _verify_faults(choices: Choices) -> Iterator[Fault]:
    verify = choices.verify
    if verify.mode != "boot":
        return
    if not verify.resource_group:
        reason = "verify.mode boot needs verify.resource_group, a resource group for the machines alone"
        yield Fault(("verify", "resource_group"), reason)
    if not verify.subnets:
        reason = "verify.mode boot needs verify.subnets: for each region the id of the machine's subnet"
        yield Fault(("verify", "subnets"), reason)
    included = [region.name for region in choices.regions or [] if region.exclude_from_latest is False]
    if choices.exclude_from_latest is False or included:
        # a version that fails its proof must never have been `latest`
        reason = (
            "verify.mode boot needs exclude_from_latest: true, for the version and for each region: otherwise it is "
            "`latest` before a machine has started from it"
        )
        yield Fault(("exclude_from_latest",), reason)
