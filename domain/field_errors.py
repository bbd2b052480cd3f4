"""Names the field at fault the way the caller wrote it: `regions[0].name`."""

from typing import NamedTuple

from pydantic import ValidationError


class FieldError(NamedTuple):
    """One field at fault, named as in the body: `regions[1].name`."""

    field: str
    message: str


def field_errors(error: ValidationError) -> list[FieldError]:
    """Every field at fault, in the words of whoever wrote the body."""
    return [
        FieldError(field_path(fault["loc"]), fault["msg"].removeprefix("Value error, "))
        for fault in error.errors()
    ]


def field_path(location: tuple[int | str, ...], whole: str = "body") -> str:
    """The place of a field as it is written: `regions[0].name`; `whole` for the document itself."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or whole
