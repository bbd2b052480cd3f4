"""The options that select what a list shows, and what a bulk command acts on: the same for both."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from typing import Annotated, TypeVar

import typer

from api import answers
from cli.errors import CliError
from cli.session import Session
from client.calls import MigrationFilters, RetirementFilters

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


def select_images(
    images: Iterable[answers.Image],
    name: str | None = None,
    resource_group: str | None = None,
    tag: Sequence[str] | None = None,
) -> list[answers.Image]:
    """The images that fit every filter that is given."""
    wanted = pairs(tag, "--tag").items()
    return [
        image
        for image in images
        if matches(image.name, name)
        and matches(image.resource_group, resource_group)
        and all(_has_tag(image, key, pattern) for key, pattern in wanted)
    ]


def _has_tag(image: answers.Image, key: str, pattern: str) -> bool:
    values = [value for one, value in image.tags.items() if one.lower() == key.lower()]
    return any(matches(value, pattern) for value in values)


def select_migrations(
    session: Session,
    state: Sequence[str] | None = None,
    gallery: str | None = None,
    since: str | None = None,
    name: str | None = None,
) -> Iterator[answers.Migration]:
    """The migrations that fit every filter that is given."""
    filters = MigrationFilters()
    if gallery is not None:
        filters["gallery"] = gallery
    if since is not None:
        filters["since"] = moment(session, since)
    for one_state in state or [None]:
        if one_state is not None:
            filters["state"] = one_state
        for migration in session.client.migrations(**filters):
            if matches(migration.image.name, name):
                yield migration


def select_retirements(
    session: Session, state: Sequence[str] | None = None, name: str | None = None
) -> Iterator[answers.Retirement]:
    """The retirements that fit every filter that is given."""
    for one_state in state or [None]:
        filters = RetirementFilters() if one_state is None else RetirementFilters(state=one_state)
        for retirement in session.client.retirements(**filters):
            if matches(retirement.image.name, name):
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
