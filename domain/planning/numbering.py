"""How a version gets its number: from the policy's strategy, and from the ledger that reserves it."""

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from domain.errors import NoVersionLeftError
from domain.fitting import stored_characters
from domain.policy.sections import VERSION_GROUPS, Choices, PolicyStrategy
from domain.policy.templates import template_values
from domain.resources.galleries import ImageVersion
from domain.resources.images import ManagedImage
from domain.resources.versions import Version, dated_version, next_version, numbers_among

# the Durable Task Scheduler takes 1 MB as the state of an entity; of some 3,000 numbers that is half
LARGEST_LEDGER = 800_000
_OTHER_DEFINITION = "name another definition with 'definition' in the request"


class Numbering(BaseModel):
    """A strategy, and the number that it derives from the image.

    `increment` derives none, `date` the lowest acceptable number, the others the only acceptable one.
    """

    strategy: PolicyStrategy = "increment"
    number: str | None = None

    @property
    def only(self) -> str | None:
        """The only acceptable number, if the image itself determines it."""
        return self.number if self.strategy in ("from-name", "tag") else None


class Reservation(BaseModel):
    """The input of the ledger's `reserve`: who needs a number, and which numbers the gallery shows as taken.

    `wanted` is the number in the request, `numbering` the policy's, `preferred` the number of the same content in
    the first gallery, and `held` the number under which this gallery already has the content. `held_failed` says that
    the version of that number failed, so that another number may be asked for.
    """

    holder: str
    wanted: str | None = None
    numbering: Numbering = Numbering()
    preferred: str | None = None
    held: str | None = None
    held_failed: bool = False
    taken: list[str] = []

    @property
    def only(self) -> str | None:
        """The only acceptable number, if the request or the image itself determines it."""
        return self.wanted or self.numbering.only

    @property
    def adopted(self) -> str | None:
        """The number that the content keeps; None if it has none, or its version failed and another is asked for."""
        return None if self.held_failed and self.only else self.held


class Reserved(BaseModel):
    """The ledger's answer: a number, or the reason why there is none and what to do about it."""

    version: str | None = None
    refused: str | None = None
    fix: str | None = None


class DefinitionVersions(BaseModel):
    """The numbers in a definition: `held` is the version with the image's content, `taken` are all others.

    `held_failed` says that the version with the content has failed, `held_source` what it was made from.
    """

    held: str | None = None
    held_source: str | None = None
    held_failed: bool = False
    taken: list[str] = []

    @classmethod
    def of(
        cls, versions: Collection[ImageVersion], held: ImageVersion | None, deleted: Collection[str]
    ) -> Self:
        """The numbers of these versions, of which `held` has the content, and of deleted ones."""
        taken = [version.id.name for version in versions if held is None or version.id != held.id]
        return cls(
            held=held.id.name if held else None,
            held_source=held.source if held else None,
            held_failed=held is not None and held.provisioning_state == "Failed",
            taken=[*taken, *deleted],
        )

    @property
    def any(self) -> bool:
        """Whether the definition has or had a version."""
        return self.held is not None or bool(self.taken)

    def without(self, unwritable: Collection[str]) -> Self:
        """The same numbers where those of failed versions cannot be used any more."""
        if self.held not in unwritable:
            return self
        copy = self.model_copy()
        copy.held, copy.held_source, copy.held_failed = None, None, False
        copy.taken = [*self.taken, *unwritable]
        return copy


def number_image(image: ManagedImage, choices: Choices, own_number: str | None, now: datetime) -> Numbering:
    """Derives the number from the image; `own_number` is the one in its tag `gallerist:version`.

    Raises:
        ValueError: the image's name or tag holds no version; the message says what it holds.
    """
    if own_number is not None:
        return Numbering(strategy="tag", number=own_number)
    strategy = choices.version.strategy or "increment"
    if strategy == "date":
        return Numbering(strategy=strategy, number=str(dated_version(image.created_at or now)))
    if strategy == "from-name":
        return Numbering(strategy=strategy, number=_from_name(image, choices))
    if strategy == "tag":
        return Numbering(strategy=strategy, number=_from_tag(image, choices.version.tag or ""))
    return Numbering()


def _from_name(image: ManagedImage, choices: Choices) -> str:
    """A group of the pattern that is not part of the name counts as 0."""
    groups = template_values(image, choices) or {}
    text = ".".join(groups.get(group) or "0" for group in VERSION_GROUPS)
    try:
        return str(Version.parse(text))
    except ValueError as error:
        raise ValueError(f"the image's name '{image.id.name}' gives no version: {error}") from error


def _from_tag(image: ManagedImage, tag: str) -> str:
    tags = {name.lower(): value for name, value in image.tags.items()}
    if tag.lower() not in tags:
        raise ValueError(f"the image has no tag '{tag}', which should hold its version")
    try:
        return str(Version.parse(tags[tag.lower()].strip()))
    except ValueError as error:
        raise ValueError(f"the image's tag '{tag}' holds no version: {error}") from error


def reserve(numbers: dict[str, str], request: Reservation) -> tuple[Reserved, dict[str, str]]:
    """Reserves a number for the holder. Returns it and the updated ledger.

    The same holder always gets the same number, unless the gallery shows that another source has taken it since.
    A number under which the gallery already holds this content (`held`) wins over the ledger and the policy: the
    gallery survives the task hub, and a changed policy only numbers new images.
    """
    refused = _refusal(request, _taken(numbers, request, _image_of))
    if refused is not None:
        return refused, numbers
    own = numbers.get(request.holder)
    try:
        number = request.adopted or request.only or _free_number(own, request, _taken(numbers, request, str))
    except NoVersionLeftError as error:
        fix = f"give a free 'version' in the request, or {_OTHER_DEFINITION}"
        return Reserved(refused=str(error), fix=fix), numbers
    kept = _kept({**numbers, request.holder: number}, request)
    return (Reserved(version=number), kept) if kept is not None else (_full(), numbers)


def _kept(numbers: dict[str, str], request: Reservation) -> dict[str, str] | None:
    """The ledger, without the oldest of those numbers that the gallery shows, where it would be too large.

    The gallery knows these numbers as well, and the content of each. None if too many are in the ledger alone.
    """
    excess = sum(map(_size, numbers.items())) - LARGEST_LEDGER
    if excess <= 0:
        return numbers
    shown, kept = set(request.taken), dict(numbers)
    for entry in numbers.items():
        if excess <= 0:
            break
        holder, number = entry
        if number in shown and holder != request.holder:
            del kept[holder]
            excess -= _size(entry)
    return kept if excess <= 0 else None


def _size(entry: tuple[str, str]) -> int:
    return stored_characters(json.dumps({entry[0]: entry[1]}))


def _full() -> Reserved:
    reason = "the ledger of the definition's version numbers is full"
    return Reserved(refused=reason, fix=_OTHER_DEFINITION)


def _taken(numbers: dict[str, str], request: Reservation, owner: Callable[[str], str]) -> set[Version]:
    """The numbers that the gallery shows, and those of other owners in the ledger."""
    others = {number for holder, number in numbers.items() if owner(holder) != owner(request.holder)}
    return numbers_among(others | set(request.taken))


def _image_of(holder: str) -> str:
    """The image of a holder. A number that was asked for is not refused to the image that replaced its holder."""
    return holder.partition("@")[0]


def _refusal(request: Reservation, taken: set[Version]) -> Reserved | None:
    if request.adopted is not None:
        differs = request.wanted not in (None, request.adopted)
        return _already(request.adopted) if differs else None
    if request.only is None or Version.parse(request.only) not in taken:
        return None
    origins = {"from-name": " from the image's name", "tag": " from the image's tag"}
    origin = "" if request.wanted else origins[request.numbering.strategy]
    return Reserved(
        refused=f"version {request.only}{origin} belongs to another image",
        fix=f"give {'another' if request.wanted else 'a free'} 'version' in the request, or {_OTHER_DEFINITION}",
    )


def _already(number: str) -> Reserved:
    return Reserved(
        refused=f"the image is already version {number}",
        fix=f"leave out 'version' to keep {number}: one content is one version of a definition. For another number, "
        f"capture a new image, or {_OTHER_DEFINITION}",
    )


def _free_number(own: str | None, request: Reservation, taken: set[Version]) -> str:
    """Returns the holder's own number if it is still free, or else the first gallery's: galleries stay in step."""
    for name in (own, request.preferred):
        number = Version.of_name(name or "")
        if number is not None and number not in taken:
            return str(number)
    if request.numbering.strategy == "date":
        return str(_first_free(request.numbering.number or "", taken))
    return str(next_version(taken))


def _first_free(lowest: str, taken: set[Version]) -> Version:
    number = Version.parse(lowest)
    while number in taken:
        number = number.next_patch()
    return number
