"""Reads JSON objects into dataclasses. Messages list the allowed fields and say what a field must be."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

_Dataclass = TypeVar("_Dataclass")

_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    dict: "an object of strings",
    tuple: "a list of strings",
    NoneType: "null",
}


def check_names(document: Mapping[str, object], *known: str) -> None:
    """Raises ValueError, listing the known fields, if the document has any other."""
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: not known; use {', '.join(known)}.")


def required_text(document: object, name: str) -> str:
    """Returns a field that must be a string. Raises ValueError."""
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is missing or not a string.")  # noqa: TRY004 - a client's value
    return value


def parse_fields(of: Callable[..., _Dataclass], document: Mapping[str, Any]) -> _Dataclass:
    """Creates a dataclass from the fields in a document; the others keep their defaults. Raises ValueError."""
    values = _checked(of, document)
    missing = [name for name in _required(of) if name not in values]
    if missing:
        raise ValueError(f"{', '.join(missing)}: missing.")
    return of(**values)


def change_fields(target: object, document: Mapping[str, Any]) -> None:
    """Sets the fields in a document on a dataclass. Raises ValueError before anything is set."""
    for name, value in _checked(type(target), document).items():
        setattr(target, name, value)


def _required(of: Any) -> list[str]:
    return [
        field.name for field in fields(of) if field.default is MISSING and field.default_factory is MISSING
    ]


def _checked(of: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(of)
    check_names(document, *(field.name for field in fields(of)))
    return {name: _convert(name, value, hints[name]) for name, value in document.items()}


def _convert(name: str, value: Any, hint: Any) -> Any:
    # `Literal[...] | None` is a typing.Union, `int | None` a types.UnionType
    alternatives = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if any(_fits(value, alternative) for alternative in alternatives):
        return tuple(value) if isinstance(value, list) else value
    wanted = " or ".join(_describe(alternative) for alternative in alternatives)
    raise ValueError(f"{name!r} must be {wanted}, not {value!r}.")


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint) or hint
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    if origin is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if origin is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, origin)


def _describe(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    return _NAMES[get_origin(hint) or hint]
