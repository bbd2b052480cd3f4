"""Turns pydantic's errors into messages that name the field as the user wrote it: `regions[0].name`."""

from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails


class FieldError(NamedTuple):
    """One invalid field of a request, and why it is invalid."""

    field: str
    message: str


def field_errors(error: ValidationError) -> list[FieldError]:
    """Returns every invalid field."""
    return [FieldError(field_path(fault["loc"]), reason(fault)) for fault in error.errors()]


def field_path(location: tuple[int | str, ...], whole: str = "body") -> str:
    """Returns the path of a field as users write it; `whole` names the document itself."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or whole


def reason(fault: ErrorDetails) -> str:
    """Returns why a field is invalid, without pydantic's prefix for errors that a validator raises."""
    return fault["msg"].removeprefix("Value error, ")
