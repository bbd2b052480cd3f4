"""Brings a version back: from the gallery's bin, and from its exclusion from `latest`."""

from datetime import UTC, datetime

from pydantic import ValidationError

from domain.records.evidence import Evidence, lineage_folder
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.retention.decide import is_own
from domain.retention.ladder import EXCLUDED_TAG, KEEP_TAG, Flags, Rung, is_excluded_everywhere, rung_of, tag
from domain.retention.restore import RestoreAnswer, RestoreRequest, keep_text
from services.container import services

KIND = "-retention-"


async def restore(request: RestoreRequest) -> RestoreAnswer:
    """Takes the next step up. A repeated call finds what the first one began.

    Raises:
        ArmError: something cannot be read, or Azure refuses the write.
    """
    version = await services().compute.get_image_version(request.version)
    if version is None:
        return await _from_bin(request)
    if not is_own(version):
        return RestoreAnswer(state="refused", message="Gallerist did not make this version")
    if version.provisioning_state != "Succeeded":
        failed = version.provisioning_state in ("Failed", "Deleting")
        message = f"the version is {version.provisioning_state}"
        return RestoreAnswer(state="refused" if failed else "working", message=message)
    is_excluded = tag(version.tags, EXCLUDED_TAG) is not None
    if not is_excluded and tag(version.tags, KEEP_TAG) is not None:
        return RestoreAnswer(state="done", message=_in_force(version), rung=Rung.IN_USE)
    await _un_exclude(request, version, is_excluded=is_excluded)
    return RestoreAnswer(state="working", message="it gets its former place in latest", rung=rung_of(version))


async def _from_bin(request: RestoreRequest) -> RestoreAnswer:
    version, now = request.version, request.at or datetime.now(UTC)
    rows = await services().retention.list_bin(version.definition)
    row = next((one for one in rows if one.id == version), None)
    if row is None or not row.location:
        return RestoreAnswer(
            state="refused", message="it is neither in the gallery nor in its bin: it is gone"
        )
    await services().retention.begin_restore(version, row.location)
    message = "it comes back from the gallery's bin"
    return RestoreAnswer(state="working", message=message, rung=row.rung(now))


async def _un_exclude(request: RestoreRequest, version: ImageVersion, *, is_excluded: bool) -> None:
    """Sets the flags as they were before retention; without a record of them they stay as they are."""
    now = request.at or datetime.now(UTC)
    before = await _flags_before(version.id) if is_excluded else None
    tags = {EXCLUDED_TAG: None, KEEP_TAG: keep_text(request.by, now)}
    await services().retention.begin_flags(version.id, before or Flags.of(version), tags)


async def _flags_before(version: ImageVersionId) -> Flags | None:
    """The flags in the newest record of an exclusion."""
    store = services().evidence
    names = [name for name in await store.names(lineage_folder(str(version))) if KIND in name]
    for name in reversed(names):
        text = await store.get(name)
        try:
            details = Evidence.model_validate_json(text or "").details
            if details.get("step") == "exclude" and details.get("state") == "intended":
                return Flags.model_validate(details.get("flags"))
        except ValidationError:
            # somebody else's record
            continue
    return None


def _in_force(version: ImageVersion) -> str:
    if is_excluded_everywhere(version):
        return "it is there, excluded from latest as it was before, and kept"
    return "it is there, with its former place in latest, and kept"
