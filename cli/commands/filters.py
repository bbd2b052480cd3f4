"""The options that select what a list shows, and what a bulk command acts on: the same for both."""

from fnmatch import fnmatchcase
from typing import Annotated

import typer

Subscription = Annotated[
    str | None,
    typer.Option(
        "--subscription", metavar="ID", help="Only this subscription. Default: all that the app reads."
    ),
]


def matches(name: str, pattern: str | None) -> bool:
    """Whether a name matches a pattern with * and ?, whatever its case. Without a pattern, every name does."""
    return pattern is None or fnmatchcase(name.lower(), pattern.lower())
