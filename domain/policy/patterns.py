"""Regular expressions that users write. They are RE2's: matching takes no longer than the text is long.

Python's own engine tries again and again: a pattern of a few characters can keep it busy for years. RE2 has no
backreferences and no lookaround for that reason (its documentation, "Syntax").
"""

from functools import lru_cache
from typing import Any

import re2

_OPTIONS = re2.Options()
# the error is raised; the library would also write it to standard error
_OPTIONS.log_errors = False


def check_pattern(pattern: str) -> str:
    """Returns the pattern unchanged.

    Raises:
        ValueError: it is no regular expression of RE2, or one that needs too much memory.
    """
    try:
        _compiled(pattern)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if error.args else "unknown"
        raise ValueError(
            f"'{pattern}' is not a regular expression of RE2, which has no lookaround and no backreferences: {why}"
        ) from error
    return pattern


def groups_of(pattern: str) -> set[str]:
    """Returns the names of the pattern's groups."""
    return set(_compiled(pattern).groupindex)


def match_whole(pattern: str, text: str) -> dict[str, str] | None:
    """Returns the named groups, empty ones included, if the pattern matches the whole text; None otherwise."""
    match = _compiled(pattern).fullmatch(text)
    return {name: value or "" for name, value in match.groupdict().items()} if match else None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _OPTIONS)
