"""The tags `gallerist:…`, by which an image overrides the policy: which there are, and how they are read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from domain.field_errors import error_details, reason
from domain.policy.consumers import parse_consumers
from domain.policy.section import LONGEST_DAYS
from domain.policy.sections import Action, Choices, DefinitionNaming
from domain.resources.galleries import StorageAccountType, TargetRegions
from domain.resources.ids import GalleryId, check_definition_name
from domain.resources.versions import Version

PREFIX = "gallerist:"
ACTION_TAG = f"{PREFIX}action"
REGIONS_TAG = f"{PREFIX}regions"
_DAYS = re.compile(r"[0-9]{1,5}")
_REGIONS = TypeAdapter(TargetRegions)
_STORAGE_ACCOUNT_TYPES = {name.lower(): name for name in get_args(StorageAccountType)}


@dataclass
class TagOverrides:
    """What an image's tags decide; `faults` name each tag that cannot be read, and why."""

    action: Action | None = None
    number: str | None = None
    choices: Choices = field(default_factory=Choices)
    faults: list[str] = field(default_factory=list)


def read_override_tags(tags: Mapping[str, str]) -> TagOverrides:
    """Reads the tags that start with `gallerist:`, in any case. An unknown one is a fault, so no typo is ignored."""
    overrides = TagOverrides()
    for name, text in sorted(tags.items()):
        if not name.lower().startswith(PREFIX):
            continue
        read = READERS.get(name.lower().removeprefix(PREFIX))
        if read is None:
            overrides.faults.append(f"tag {name}: unknown tag; known are {', '.join(READERS)}")
            continue
        try:
            read(overrides, text.strip())
        except ValueError as error:
            overrides.faults.append(f"tag {name}: {_explain(error)}")
    return overrides


def _explain(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(reason(fault) for fault in error_details(error))
    return str(error)


def _read_action(overrides: TagOverrides, text: str) -> None:
    match text.lower():
        case "migrate":
            overrides.action = "migrate"
        case "ignore":
            overrides.action = "ignore"
        case _:
            raise ValueError(f"'{text}' is neither migrate nor ignore")


def _read_version(overrides: TagOverrides, text: str) -> None:
    overrides.number = str(Version.parse(text))


def _read_definition(overrides: TagOverrides, text: str) -> None:
    overrides.choices.definition = DefinitionNaming(name=check_definition_name(text))


def _read_galleries(overrides: TagOverrides, text: str) -> None:
    overrides.choices.galleries = [str(GalleryId.parse(gallery)) for gallery in _entries(text)]


def _read_regions(overrides: TagOverrides, text: str) -> None:
    overrides.choices.regions = _REGIONS.validate_python([_region(entry) for entry in _entries(text)])


def _region(entry: str) -> dict[str, str]:
    """Splits a region as the Azure CLI takes it: `westus2=2=standard_zrs`, replicas and storage optional."""
    name, _, details = entry.partition("=")
    replicas, _, storage = details.partition("=")
    region = {
        "name": name,
        "replicas": replicas,
        "storage_account_type": _STORAGE_ACCOUNT_TYPES.get(storage.lower(), storage),
    }
    return {key: value for key, value in region.items() if value}


def _read_exclude_from_latest(overrides: TagOverrides, text: str) -> None:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"'{text}' is neither true nor false")
    overrides.choices.exclude_from_latest = text.lower() == "true"


def _read_end_of_life(overrides: TagOverrides, text: str) -> None:
    if not (_DAYS.fullmatch(text) and 0 < int(text) <= LONGEST_DAYS):
        raise ValueError(f"'{text}' is not a number of days from 1 to {LONGEST_DAYS}")
    overrides.choices.end_of_life_after_days = int(text)


def _check_consumers(_overrides: TagOverrides, text: str) -> None:
    """Only checks the tag: it adds to the policy's consumers, and decides nothing about the migration."""
    parse_consumers(text)


def _entries(text: str) -> list[str]:
    entries = [entry.strip() for entry in text.split(",")]
    if not all(entries):
        raise ValueError("an entry is missing: separate entries with single commas")
    return entries


READERS: dict[str, Callable[[TagOverrides, str], None]] = {
    "action": _read_action,
    "definition": _read_definition,
    "version": _read_version,
    "galleries": _read_galleries,
    "regions": _read_regions,
    "exclude-from-latest": _read_exclude_from_latest,
    "end-of-life-after-days": _read_end_of_life,
    "consumers": _check_consumers,
}
