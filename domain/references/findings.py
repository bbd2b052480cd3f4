"""Finds in a resource's JSON whom it names, and decides whether it blocks. Pure: adapters read the resources."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from domain.references.forms import Match, Reference, Subject, references_in
from domain.references.kinds import BY_TYPE, Blocks, Field, Kind, only_mentions
from domain.references.scan import Consumer, Finder, Relation, Remedy

# an acknowledgement is for this text; a longer one is a resource that nobody understands anyway
LONGEST_TEXT = 2_000
# what a provider shows while it has nothing more to do; everything else is unfinished, also what is not known
_SETTLED = ("succeeded", "failed", "canceled")


class _Named(NamedTuple):
    """A reference in a resource: where, what stands beside it, and the object around it as canonical JSON."""

    path: str
    reference: Reference
    exact_version: str | None
    text: str


class _Verdict(NamedTuple):
    relation: Relation
    blocks: bool
    remedy: Remedy
    why: str


def dev_center_galleries_in(document: Any) -> set[str]:
    """The galleries of dev centers that a resource names; their own galleries have to be looked up."""
    return {
        named.reference.gallery
        for named in _names_in(_properties(document))
        if named.reference.form == "dev center"
    }


def consumers_in(
    document: Any,
    subjects: Iterable[Subject],
    found_by: Finder,
    dev_center_galleries: Mapping[str, str | None] | None = None,
) -> list[Consumer]:
    """The consumers that a resource is, one for each part of it and each subject that it names.

    A part that the table does not have makes an unknown consumer, which blocks.
    """
    named = list(_names_in(_properties(document)))
    if not named:
        return []
    found: dict[tuple[str, str, str], Consumer] = {}
    subjects = list(subjects)
    for one in named:
        for subject in (subject for subject in subjects if subject.name == one.reference.name):
            match = subject.matched_by(one.reference, one.exact_version, dev_center_galleries or {})
            if match != "no":
                consumer = _consumer(document, subject, one, match, found_by)
                key = (subject.id, consumer.part, one.text)
                if key not in found or consumer.blocks:
                    found[key] = consumer
    return list(found.values())


def _consumer(
    document: Mapping[str, Any], subject: Subject, named: _Named, match: Match, found_by: Finder
) -> Consumer:
    type_ = str(document.get("type") or "")
    kind = BY_TYPE.get(type_.lower())
    field = next((one for one in kind.fields if _is_in(named.path, one)), None) if kind else None
    verdict = _verdict(document, subject, kind, field, match)
    part = field.part if field else named.path
    if kind is not None and field is not None and field.part == "instance":
        part = f"instance {document.get('instanceId') or str(document.get('id')).rpartition('/')[2]}"
    return Consumer(
        id=str(document.get("id") or ""),
        kind=kind.name if kind else type_ or "resource",
        subject=subject.id,
        names=named.reference.text,
        form=named.reference.form,
        part=part,
        relation=verdict.relation,
        blocks=verdict.blocks,
        remedy=verdict.remedy,
        found_by=found_by,
        text=named.text,
        why=verdict.why,
    )


def _verdict(
    document: Mapping[str, Any], subject: Subject, kind: Kind | None, field: Field | None, match: Match
) -> _Verdict:
    if kind is None and only_mentions(str(document.get("type") or "")):
        return _Verdict(
            "mentions", blocks=False, remedy="nothing", why="it names the image and needs nothing of it"
        )
    if kind is None or field is None:
        return _Verdict(
            "unknown",
            blocks=True,
            remedy="ask its owner",
            why="Gallerist does not know what this part of the resource does with the image",
        )
    if match == "maybe":
        why = "it names a gallery that could not be read, and an image of the same name"
        return _Verdict(field.relation, blocks=field.blocks != "never", remedy=kind.remedy, why=why)
    if field.relation == "makes":
        return _makes(subject, kind)
    if match == "latest" and not kind.hosted and field.blocks == "always":
        why = "it follows `latest`, and no version in particular; its machines name the version that they run"
        return _Verdict("uses", blocks=False, remedy="nothing", why=why)
    blocks, remedy, why = _BLOCKS[field.blocks](document, kind)
    return _Verdict(field.relation, blocks=blocks, remedy=remedy, why=why)


def _makes(subject: Subject, kind: Kind) -> _Verdict:
    if subject.version is not None:
        why = "it makes new versions of the definition, and does not need this one"
        return _Verdict("makes", blocks=False, remedy="nothing", why=why)
    why = "its next run makes the managed image again"
    return _Verdict("makes", blocks=True, remedy=kind.remedy, why=why)


def _always(_document: Mapping[str, Any], kind: Kind) -> tuple[bool, Remedy, str]:
    hosted = (
        "its machines run in subscriptions of Microsoft, and are made from the image as long as it exists"
    )
    return True, kind.remedy, hosted if kind.hosted else "new machines are made from the image"


def _never(_document: Mapping[str, Any], _kind: Kind) -> tuple[bool, Remedy, str]:
    return False, "nothing", "it was made from the image, and lives on without it"


def _unfinished(document: Mapping[str, Any], kind: Kind) -> tuple[bool, Remedy, str]:
    state = _state(document)
    if state == "succeeded":
        return _never(document, kind)
    if state == "failed":
        return True, "ask its owner", "it has failed, and needs the image if somebody repairs it"
    return True, "nothing", f"it is still being made from the image: {state or 'its state is unknown'}"


def _ephemeral(document: Mapping[str, Any], kind: Kind) -> tuple[bool, Remedy, str]:
    """A machine with a managed OS disk names its image for ever, and needs it no more once it is made."""
    storage = _object(_properties(document).get("storageProfile"))
    os_disk = _object(storage.get("osDisk"))
    state = _state(document)
    if _object(os_disk.get("diffDiskSettings")):
        return (
            True,
            kind.remedy,
            "its ephemeral OS disk is made anew from the image on reimage, resize and healing",
        )
    if state not in _SETTLED:
        return True, "nothing", f"it is still being made or changed: {state or 'its state is unknown'}"
    if not (_object(os_disk.get("managedDisk")).get("id") or _object(os_disk.get("vhd")).get("uri")):
        return True, kind.remedy, "it does not show its OS disk, which may be ephemeral"
    return False, "nothing", "it names the image for ever, but its disks live on without it"


_BLOCKS: dict[Blocks, Any] = {
    "always": _always,
    "ephemeral": _ephemeral,
    "unfinished": _unfinished,
    "never": _never,
}


def _state(document: Mapping[str, Any]) -> str:
    return str(_properties(document).get("provisioningState") or "").lower()


def _is_in(path: str, field: Field) -> bool:
    return f"{path.lower()}.".startswith(f"{field.path.lower()}.")


def _names_in(value: Any, path: str = "", around: Any = None) -> Iterator[_Named]:
    """Yields every reference below a value, the names of keys included."""
    if isinstance(value, dict):
        for name, item in value.items():
            here = f"{path}.{name}" if path else str(name)
            yield from _names_in_text(str(name), here, value)
            yield from _names_in(item, here, value)
    elif isinstance(value, list):
        for item in value:
            yield from _names_in(item, path, item if isinstance(item, dict) else value)
    elif isinstance(value, str):
        yield from _names_in_text(value, path, around)


def _names_in_text(text: str, path: str, around: Any) -> Iterator[_Named]:
    for reference in references_in(text):
        beside = around if isinstance(around, dict) else {}
        exact = beside.get("exactVersion")
        # an image template shows the whole id of the version, the others its number
        number = exact.rpartition("/")[2] if isinstance(exact, str) else None
        yield _Named(path, reference, number, _canonical(around))


def _canonical(value: Any) -> str:
    """The value as text; of a long one the beginning, and a hash by which every change is noticed."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}… sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _properties(document: Any) -> dict[str, Any]:
    return _object(_object(document).get("properties"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
