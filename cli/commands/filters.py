"""The options that select what a list shows, and what a bulk command acts on: the same for both."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from typing import Annotated, TypeVar

import typer

from api import answers
from cli.errors import CliError
from cli.session import Session
from client import calls

Listed = TypeVar("Listed")

Subscription = Annotated[
    str | None,
    typer.Option(
        "--subscription", metavar="ID", help="Only this subscription. Default: all that the app reads."
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="PATTERN", help="Only images with such a name; * and ? stand for anything."
    ),
]
ResourceGroup = Annotated[
    str | None,
    typer.Option("--resource-group", "-g", metavar="NAME", help="Only images of this resource group."),
]
Tag = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", metavar="KEY=PATTERN", help="Only images with this tag. May be given several times."
    ),
]
State = Annotated[
    list[str] | None,
    typer.Option("--state", metavar="STATE", help="Only those in this state. May be given several times."),
]
Gallery = Annotated[
    str | None,
    typer.Option("--gallery", metavar="NAME", help="Only migrations into the gallery of this name."),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="WHEN", help="Only those started since: a date (ISO 8601), or 90m, 12h, 7d."
    ),
]
Limit = Annotated[
    int, typer.Option("--limit", min=0, metavar="NUMBER", help="How many to list at most; 0 lists all.")
]
All = Annotated[bool, typer.Option("--all", help="Act on all, where no other filter is given.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; for scripts.")]

MOST_LISTED = 100
_AGO = re.compile(r"(\d+)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def matches(name: str, pattern: str | None) -> bool:
    """Whether a name matches a pattern with * and ?, whatever its case. Without a pattern, every name does."""
    return pattern is None or fnmatchcase(name.lower(), pattern.lower())


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Reads texts like `key=value`.

    Raises:
        CliError: one has no `=`.
    """
    found = {}
    for text in texts or []:
        key, sign, value = text.partition("=")
        if not key or not sign:
            raise CliError(f"'{text}' is not KEY=VALUE", command=f"gallerist images {option} team=web")
        found[key] = value
    return found


def moment(session: Session, text: str) -> datetime:
    """Reads a date, or how long ago it was.

    Raises:
        CliError: it is neither.
    """
    ago = _AGO.fullmatch(text)
    if ago:
        return session.world.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CliError(
            f"'{text}' is not a moment",
            fix="Write a date as ISO 8601 has it, or how long ago: 90m, 12h, 7d.",
            command="gallerist status --since 12h",
        ) from None


@dataclass(frozen=True)
class ImageFilters:
    """Which managed images: of a list, and of a command that acts on many."""

    subscription: Subscription = None
    resource_group: ResourceGroup = None
    name: Name = None
    tag: Tag = None

    @property
    def given(self) -> bool:
        """Whether any filter is given."""
        return any((self.subscription, self.resource_group, self.name, self.tag))

    def select(self, images: Iterable[answers.Image]) -> list[answers.Image]:
        """The images that fit every filter that is given."""
        wanted = pairs(self.tag, "--tag").items()
        return [
            image
            for image in images
            if matches(image.name, self.name)
            and matches(image.resource_group, self.resource_group)
            and all(_has_tag(image, key, pattern) for key, pattern in wanted)
        ]


def _has_tag(image: answers.Image, key: str, pattern: str) -> bool:
    values = [value for one, value in image.tags.items() if one.lower() == key.lower()]
    return any(matches(value, pattern) for value in values)


def _any_state() -> list[str | None]:
    return [None]


@dataclass(frozen=True)
class MigrationFilters:
    """Which migrations: of a list, and of a command that acts on many."""

    state: State = None
    gallery: Gallery = None
    since: Since = None
    name: Name = None

    @property
    def given(self) -> bool:
        """Whether any filter is given."""
        return any((self.state, self.gallery, self.since, self.name))

    def select(self, session: Session) -> Iterator[answers.Migration]:
        """The migrations that fit every filter that is given."""
        asked = calls.MigrationFilters()
        if self.gallery is not None:
            asked["gallery"] = self.gallery
        if self.since is not None:
            asked["since"] = moment(session, self.since)
        for state in self.state or _any_state():
            if state is not None:
                asked["state"] = state
            for migration in session.client.migrations(**asked):
                if matches(migration.image.name, self.name):
                    yield migration


@dataclass(frozen=True)
class RetirementFilters:
    """Which retirements: of a list, and of a command that acts on many."""

    state: State = None
    name: Name = None

    @property
    def given(self) -> bool:
        """Whether any filter is given."""
        return any((self.state, self.name))

    def select(self, session: Session) -> Iterator[answers.Retirement]:
        """The retirements that fit every filter that is given."""
        for state in self.state or _any_state():
            asked = calls.RetirementFilters() if state is None else calls.RetirementFilters(state=state)
            for retirement in session.client.retirements(**asked):
                if matches(retirement.image.name, self.name):
                    yield retirement


def first(session: Session, found: Iterator[Listed], limit: int) -> list[Listed]:
    """The first of a list, with a note if there are more."""
    if not limit:
        return list(found)
    listed = list(islice(found, limit))
    if next(found, None) is not None:
        session.output.note(f"There are more than {limit}. --limit 0 lists all.")
    return listed


def need_filter(what: str, *given: object) -> None:
    """Refuses a bulk command that says nothing about what to act on.

    Raises:
        CliError: neither a name nor a filter is given.
    """
    if not any(given):
        raise CliError(
            f"what to {what} is not said",
            fix="Name it, give a filter, or --all.",
            command=f"gallerist {what} --help",
        )
