"""Where a version's number comes from: what the policy's strategy makes of an image, and what the ledger hands out."""

from datetime import datetime

from pydantic import BaseModel

from domain.errors import NoVersionLeftError
from domain.policy.rules import VERSION_GROUPS, template_values
from domain.policy.sections import Choices, PolicyStrategy
from domain.resources.images import ManagedImage
from domain.resources.versions import Version, dated_version, next_version


class Numbering(BaseModel):
    """How a version gets its number, and what the strategy makes of the image.

    With `increment` that is nothing, with `date` the least number that will do, otherwise the only one.
    """

    strategy: PolicyStrategy = "increment"
    number: str | None = None

    @property
    def only(self) -> str | None:
        """The only number that will do, if the image itself gives it."""
        return self.number if self.strategy in ("from-name", "tag") else None


class Reservation(BaseModel):
    """The input of the ledger's `reserve`: who wants a number, and which ones the gallery shows as gone.

    `wanted` is a caller's demand, `numbering` what the policy makes of the image, `preferred` the number of the
    same content in the first gallery.
    """

    holder: str
    wanted: str | None = None
    numbering: Numbering = Numbering()
    preferred: str | None = None
    held: str | None = None
    taken: list[str] = []


class Reserved(BaseModel):
    """The ledger's answer: the number, or why there is none."""

    version: str | None = None
    refused: str | None = None


def number_image(image: ManagedImage, choices: Choices, own_number: str | None, now: datetime) -> Numbering:
    """What the strategy makes of this image; `own_number` is what its tag `gallerist:version` asks for.

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
    """A group of the pattern that took no part in the name counts as 0."""
    groups = template_values(image, choices) or {}
    text = ".".join(groups.get(group) or "0" for group in VERSION_GROUPS)
    try:
        return str(Version.parse(text))
    except ValueError as error:
        raise ValueError(f"the image's name '{image.id.name}' gives no version: {error}") from error


def _from_tag(image: ManagedImage, tag: str) -> str:
    tags = {name.lower(): value for name, value in image.tags.items()}
    if tag.lower() not in tags:
        raise ValueError(f"the image has no tag '{tag}', which is to hold its version")
    try:
        return str(Version.parse(tags[tag.lower()].strip()))
    except ValueError as error:
        raise ValueError(f"the image's tag '{tag}' holds no version: {error}") from error


def reserve(numbers: dict[str, str], request: Reservation) -> tuple[Reserved, dict[str, str]]:
    """The number for this holder, and the ledger with it in.

    The same holder always gets the same number back, unless the gallery shows that another source has it by now.
    A number that the gallery already shows for this content (`held`) is the holder's, whatever the ledger or the
    policy says: the gallery is what survives the task hub, and a new policy numbers new images only.
    """
    others = {number for holder, number in numbers.items() if holder != request.holder}
    taken = {Version.parse(number) for number in others | set(request.taken)}
    refused = _refusal(request, taken)
    if refused is not None:
        return Reserved(refused=refused), numbers
    mine = numbers.get(request.holder)
    try:
        number = (
            request.held or request.wanted or request.numbering.only or _free_number(mine, request, taken)
        )
    except NoVersionLeftError as error:
        return Reserved(refused=str(error)), numbers
    return Reserved(version=number), {**numbers, request.holder: number}


def _refusal(request: Reservation, taken: set[Version]) -> str | None:
    if request.held is not None:
        differs = request.wanted not in (None, request.held)
        return f"the image is already version {request.held}" if differs else None
    only = request.wanted or request.numbering.only
    if only is None or Version.parse(only) not in taken:
        return None
    giver = {"from-name": ", which its name gives the image,", "tag": ", which its tag gives the image,"}
    told = "" if request.wanted else giver[request.numbering.strategy]
    return f"version {only}{told} belongs to another image"


def _free_number(mine: str | None, request: Reservation, taken: set[Version]) -> str:
    """The holder's own number if it is still free, else the first gallery's, so that galleries stay in step."""
    for number in (mine, request.preferred):
        if number is not None and Version.parse(number) not in taken:
            return number
    if request.numbering.strategy == "date":
        return str(_first_free(request.numbering.number or "", taken))
    return str(next_version(taken))


def _first_free(least: str, taken: set[Version]) -> Version:
    number = Version.parse(least)
    while number in taken:
        number = number.next_patch()
    return number
