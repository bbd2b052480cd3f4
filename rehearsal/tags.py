"""Tags with pseudonyms: what Gallerist or the policy reads keeps its meaning, everything else becomes a pseudonym."""

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from domain.policy.notify import OWNER_TAG
from domain.policy.tags import PREFIX
from domain.resources.provenance import is_own_tag

# Packer's tags of the marketplace plan, which the app reads
_PLAN_TAGS = frozenset({"planinfo", "planname", "planproduct", "planpublisher"})
# dates, numbers and booleans: what Gallerist writes into its own tags besides names
_NO_NAME = re.compile(r"true|false|[\d.]+|\d{4}-\d\d-\d\d[\dTtZz:.+-]*|", re.IGNORECASE)
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_CONSUMER = re.compile(r"(?P<name>.+?)(?P<until>\s+until\s+\d{4}-\d\d-\d\d)", re.IGNORECASE)
_LISTED = re.compile(r"\s*,\s*")


class Renames(Protocol):
    """What is needed of a key."""

    def name(self, text: str) -> str: ...
    def path(self, text: str) -> str: ...


def renamed_tags(tags: Mapping[str, str], key: Renames, hashes: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags with pseudonyms; `hashes` maps what was computed from real names to the same of pseudonyms."""
    return {renamed_tag(name, key): _value(name.lower(), value, key, hashes) for name, value in tags.items()}


def renamed_tag(name: str, key: Renames) -> str:
    """Returns the pseudonym of a tag's name; a name that the app itself reads stays."""
    kept = is_own_tag(name) or name.lower() in _PLAN_TAGS or name.lower() == OWNER_TAG
    return name if kept else key.name(name)


def renamed_value(value: str, key: Renames) -> str:
    """Returns the pseudonym of a tag's value. A version number stays: the policy may read it."""
    return value if _VERSION.fullmatch(value) else key.name(value)


def _value(name: str, value: str, key: Renames, hashes: Mapping[str, str]) -> str:
    if value in hashes:
        return hashes[value]
    if not is_own_tag(name):
        return renamed_value(value, key)
    if name.startswith(PREFIX):
        read = _OVERRIDES.get(name.removeprefix(PREFIX))
        return read(value, key) if read else renamed_value(value, key)
    if value.startswith("/"):
        return key.path(value)
    return value if _NO_NAME.fullmatch(value) else key.name(value)


def _kept(value: str, key: Renames) -> str:  # noqa: ARG001 # as the others have it
    return value


def _galleries(value: str, key: Renames) -> str:
    return ", ".join(key.path(one) if one.startswith("/") else key.name(one) for one in _LISTED.split(value))


def _consumers(value: str, key: Renames) -> str:
    def renamed(found: re.Match[str]) -> str:
        return key.name(found["name"].strip()) + found["until"]

    return ";".join(_CONSUMER.sub(renamed, one) for one in value.split(";"))


# each tag that overrides the policy, without its prefix
_OVERRIDES: Mapping[str, Callable[[str, Renames], str]] = {
    "action": _kept,
    "version": _kept,
    "regions": _kept,
    "exclude-from-latest": _kept,
    "end-of-life-after-days": _kept,
    "keep": _kept,
    "definition": lambda value, key: key.name(value),
    "galleries": _galleries,
    "consumers": _consumers,
}
