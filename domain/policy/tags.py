"""The tags `gallerist:…` by which an image decides otherwise than the policy does: which there are, what they hold."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import TypeAdapter, ValidationError

from domain.policy.sections import Action, Choices, DefinitionNaming
from domain.resources.galleries import StorageAccountType, TargetRegion, TargetRegions
from domain.resources.ids import GalleryId, ImageDefinitionId
from domain.resources.versions import Version

PREFIX = "gallerist:"
ACTION_TAG = f"{PREFIX}action"
REGIONS_TAG = f"{PREFIX}regions"
# a hundred years; dates far beyond cannot be counted
LONGEST_DAYS = 36500
_DAYS = re.compile(r"[0-9]{1,5}")
_REGIONS = TypeAdapter(TargetRegions)
_STORAGE_ACCOUNT_TYPES = {name.lower(): name for name in get_args(StorageAccountType)}


class TagOverrides(NamedTuple):
    """What an image's tags decide; `faults` name each tag that cannot be understood, and why."""

    action: Action | None
    number: str | None
    choices: Choices
    faults: tuple[str, ...]


NO_OVERRIDES = TagOverrides(None, None, Choices(), ())


def read_override_tags(tags: Mapping[str, str]) -> TagOverrides:
    """Read the tags that begin with `gallerist:`, in any case; one that is not known is a fault, not a wish."""
    told: dict[str, Any] = {}
    faults = []
    for name, text in sorted(tags.items()):
        key = name.lower().removeprefix(PREFIX)
        if not name.lower().startswith(PREFIX):
            continue
        if key not in READERS:
            faults.append(f"tag {name}: there is no such tag; known are {', '.join(READERS)}")
            continue
        try:
            told[key] = READERS[key](text.strip())
        except ValueError as error:
            faults.append(f"tag {name}: {_reason(error)}")
    choices = Choices(
        galleries=told.get("galleries"),
        definition=DefinitionNaming(name=told.get("definition")),
        regions=told.get("regions"),
        exclude_from_latest=told.get("exclude-from-latest"),
        end_of_life_after_days=told.get("end-of-life-after-days"),
    )
    return TagOverrides(told.get("action"), told.get("version"), choices, tuple(faults))


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
    return str(error)


def _action(text: str) -> str:
    if text.lower() not in get_args(Action):
        raise ValueError(f"'{text}' is neither {' nor '.join(get_args(Action))}")
    return text.lower()


def _version(text: str) -> str:
    return str(Version.parse(text))


def _definition(text: str) -> str:
    if not ImageDefinitionId.name_pattern.fullmatch(text):
        raise ValueError(f"'{text}' cannot be the name of an image definition")
    return text


def _galleries(text: str) -> list[str]:
    return [str(GalleryId.parse(gallery)) for gallery in _listed(text)]


def _regions(text: str) -> list[TargetRegion]:
    """Regions as the Azure CLI takes them: `westus2=2=standard_zrs`, replicas and storage account type optional."""
    return _REGIONS.validate_python([_region(entry) for entry in _listed(text)])


def _region(entry: str) -> dict[str, str]:
    name, _, details = entry.partition("=")
    replicas, _, storage = details.partition("=")
    region = {"name": name, "replicas": replicas, "storage_account_type": storage}
    region["storage_account_type"] = _STORAGE_ACCOUNT_TYPES.get(storage.lower(), storage)
    return {key: value for key, value in region.items() if value}


def _listed(text: str) -> list[str]:
    entries = [entry.strip() for entry in text.split(",")]
    if not all(entries):
        raise ValueError("it is empty, or something is missing between commas")
    return entries


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() == "true"


def _days(text: str) -> int:
    if not (_DAYS.fullmatch(text) and 0 < int(text) <= LONGEST_DAYS):
        raise ValueError(f"'{text}' is not a number of days from 1 to {LONGEST_DAYS}")
    return int(text)


READERS: dict[str, Callable[[str], Any]] = {
    "action": _action,
    "definition": _definition,
    "version": _version,
    "galleries": _galleries,
    "regions": _regions,
    "exclude-from-latest": _boolean,
    "end-of-life-after-days": _days,
}
