"""Turns pydantic's errors into messages that name the field as the user wrote it: `regions[0].name`.

However much is wrong, and however long the values are, there are few errors and each one is short.
"""

from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

MOST_ERRORS = 50
LONGEST_REASON = 500
_LONGEST_NAME = 100
# what to do about a bound, of which pydantic says what it is and how far the value is beyond it
_FIXES = {"too_long": "give fewer", "string_too_long": "shorten it"}


class FieldError(NamedTuple):
    """One invalid field of a request, and why it is invalid."""

    field: str
    message: str


def field_errors(error: ValidationError) -> list[FieldError]:
    """Returns the invalid fields, the first `MOST_ERRORS` of them and how many more there are."""
    faults = error_details(error)
    errors = [FieldError(field_path(fault["loc"]), reason(fault)) for fault in faults[:MOST_ERRORS]]
    if len(faults) > MOST_ERRORS:
        errors.append(FieldError("body", f"{len(faults) - MOST_ERRORS} more errors are not listed"))
    return errors


def error_details(error: ValidationError) -> list[ErrorDetails]:
    """Returns pydantic's errors without the values that they are about."""
    return error.errors(include_url=False, include_context=False, include_input=False)


def field_path(location: tuple[int | str, ...], whole: str = "body") -> str:
    """Returns the path of a field as users write it; `whole` names the document itself."""
    path = ""
    for part in location:
        name = part if isinstance(part, int) else shortened(part, _LONGEST_NAME)
        path += f"[{name}]" if isinstance(part, int) else f".{name}" if path else str(name)
    return path or whole


def reason(fault: ErrorDetails) -> str:
    """Returns why a field is invalid, without pydantic's prefix for errors that a validator raises."""
    text = fault["msg"].removeprefix("Value error, ")
    fix = _FIXES.get(fault["type"])
    return shortened(f"{text}; {fix}" if fix else text)


def shortened(text: str, longest: int = LONGEST_REASON) -> str:
    """Returns the text, without its middle if it is too long: a message may repeat a whole value."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
