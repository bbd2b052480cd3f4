"""Regular expressions that users write. They are RE2's: matching takes no longer than the text is long.

Python's own engine tries again and again: a pattern of a few characters can keep it busy for years. RE2 has no
backreferences and no lookaround for that reason (its documentation, "Syntax").
"""

from functools import lru_cache
from typing import Any

import re2

# RE2's own
MOST_REPETITIONS = 1000
# a part of what RE2 allows, in bytes: patterns are kept, and a thousand characters can make megabytes
MOST_MEMORY = 256 * 1024

_OPTIONS = re2.Options()
# the error is raised; the library would also write it to standard error
_OPTIONS.log_errors = False
_OPTIONS.max_mem = MOST_MEMORY

_NUMBER = rf"(?:{MOST_REPETITIONS}|[1-9]\d{{0,2}}|0)"
# where a brace may stand: escapes, quoted text, classes and repetitions; and where RE2 takes it for a character
_PARTS = re2.compile(
    r"(?s)\\[pPx]\{[^}]*\}|\\Q.*?(?:\\E|$)|\\."
    r"|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]"
    rf"|\{{{_NUMBER}(?:,{_NUMBER}?)?\}}"
    r"|(?P<stray>\{[^}]{0,50}\}?)"
)


def check_pattern(pattern: str) -> str:
    """Returns the pattern unchanged.

    Raises:
        ValueError: it is no regular expression of RE2, one that needs too much memory, or one that RE2 reads otherwise
            than it is meant.
    """
    fault = _fault_of(pattern)
    if fault is not None:
        raise ValueError(fault)
    return pattern


# a policy is validated twice, and a pattern that needs too much memory takes milliseconds
@lru_cache(maxsize=256)
def _fault_of(pattern: str) -> str | None:
    # RE2 takes `{4294967295}` and `{,5}` for characters, which no name of an image has
    stray = next((part["stray"] for part in _PARTS.finditer(pattern) if part["stray"]), None)
    if stray is not None:
        return (
            f"'{stray}' in '{pattern}' is no repetition of RE2; write {{n}}, {{n,}} or {{n,m}} "
            rf"with numbers up to {MOST_REPETITIONS}, or \{{ for a brace"
        )
    try:
        _compiled(pattern)
    except re2.error as error:
        why = error.args[0].decode("utf-8", "replace") if error.args else "unknown"
        return f"'{pattern}' is not a regular expression of RE2, which has no lookaround and no backreferences: {why}"
    return None


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
