"""Changes which versions `latest` ignores, and nothing else of a version.

The body is the version as it was read, with other flags, and the last writer wins (reported by users). So nothing is
written while Azure still works on the version.
"""

from datetime import datetime
from typing import Any, NamedTuple, Protocol

from adapters.azure.arm import Arm
from adapters.azure.documents import parse_image_version, whole_version
from adapters.azure.rewriting import begin_update, read_version
from domain.promotion.flags import FlagChange
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.regions import canonical_region


class FlagsWrite(NamedTuple):
    """A write of flags: the version before it, whether anything was written, and the operation's URL."""

    before: ImageVersion
    written: bool = False
    operation_url: str | None = None


class AzureExclusions(Protocol):
    """Reads a version and writes its exclusion flags. Raises `ArmError` if ARM refuses or does not answer."""

    async def read(self, version: ImageVersionId) -> ImageVersion | None: ...
    async def begin(self, change: FlagChange) -> FlagsWrite | None: ...


class Exclusions:
    """The real `AzureExclusions`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def read(self, version: ImageVersionId) -> ImageVersion | None:
        """Returns the version with its replication status; None if it does not exist."""
        read = await read_version(self._arm, version)
        return parse_image_version(read.resource) if read else None

    async def begin(self, change: FlagChange) -> FlagsWrite | None:
        """Starts to write the flags, unless the version has them; returns None if it does not exist.

        A version that Azure works on is not written: its state is in the answer.
        """
        read = await read_version(self._arm, change.version)
        if read is None:
            return None
        before = parse_image_version(read.resource)
        body = exclusions_body(read.resource, change, read.at)
        if body is None or not before.is_finished:
            return FlagsWrite(before)
        url = await self._arm.operations.keep(
            change.version, await begin_update(self._arm, change.version, read, body)
        )
        return FlagsWrite(before, written=True, operation_url=url)


def exclusions_body(resource: dict[str, Any], change: FlagChange, now: datetime) -> dict[str, Any] | None:
    """Returns the version with the changed flags and everything else as it was read; None if nothing changes."""
    profile = _object(_object(resource.get("properties")).get("publishingProfile"))
    targets = profile.get("targetRegions")
    targets = targets if isinstance(targets, list) else []
    changed = [_with_flag(target, change.regions) for target in targets]
    own = bool(profile.get("excludeFromLatest")) if change.own is None else change.own
    if changed == targets and own == (profile.get("excludeFromLatest") is True):
        return None
    body = whole_version(resource, now)
    body["properties"]["publishingProfile"].update(targetRegions=changed, excludeFromLatest=own)
    return body


def _with_flag(target: Any, regions: dict[str, bool | None]) -> Any:
    if not isinstance(target, dict):
        return target
    name = canonical_region(str(target.get("name") or ""))
    if name not in regions:
        return target
    kept = {key: value for key, value in target.items() if key != "excludeFromLatest"}
    flag = regions[name]
    return kept if flag is None else {**kept, "excludeFromLatest": flag}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
