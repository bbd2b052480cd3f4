"""The option that names prices of storage."""

from typing import Annotated

import typer

from cli.errors import CliError
from domain.planning.prices import NAMES, parse_prices

Prices = Annotated[
    list[str] | None,
    typer.Option(
        "--price", metavar="NAME=AMOUNT", help=f"A price for a gigabyte: one of {', '.join(NAMES)}."
    ),
]


def prices_of(given: list[str] | None) -> dict[str, float]:
    """The prices that were given, by their names.

    Raises:
        CliError: one of them is none.
    """
    try:
        return parse_prices(given or [])
    except ValueError as error:
        raise CliError(str(error)) from error
