"""Globs that users write: `*`, `?` and `[…]` as in Python's `fnmatch`, without regard to case.

RE2 matches them, so that a glob takes no longer than it and the text are long, however many stars it has.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Self

import re2

_WILDCARDS = frozenset("*?[")
# one expression for so many: each call of RE2 costs more than to match a few globs
_AT_ONCE = 20


class GlobList:
    """The globs of one key, compiled once. It never changes, so a copy of what holds it may share it."""

    def __init__(self, globs: Iterable[str]) -> None:
        lowered = [glob.lower() for glob in globs]
        self._texts = frozenset(glob for glob in lowered if _WILDCARDS.isdisjoint(glob))
        parts = [_expression(glob) for glob in lowered if glob not in self._texts]
        self._patterns = [
            re2.compile(f"(?s){'|'.join(parts[start : start + _AT_ONCE])}")
            for start in range(0, len(parts), _AT_ONCE)
        ]

    def matches(self, text: str) -> bool:
        """Whether one of the globs matches the whole text."""
        lowered = text.lower()
        if lowered in self._texts:
            return True
        # a tag may have half a surrogate pair, which RE2 cannot read
        readable = lowered.encode("utf-8", "replace").decode("utf-8")
        return any(pattern.fullmatch(readable) for pattern in self._patterns)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self


def _expression(glob: str) -> str:
    return f"(?:{''.join(_parts(glob))})"


def _parts(glob: str) -> Iterator[str]:
    """Yields the regular expression of each part of a glob."""
    index = 0
    while index < len(glob):
        char, index = glob[index], index + 1
        if char in "*?":
            yield ".*" if char == "*" else "."
            continue
        # a bracket that comes first, or behind the `!`, is one of the characters
        end = glob.find("]", index + 1 + glob.startswith("!", index)) if char == "[" else -1
        if end < 0:
            yield re2.escape(char)
            continue
        yield _class(glob[index:end])
        index = end + 1


def _class(inside: str) -> str:
    """The regular expression of what stands between brackets."""
    negated = inside.startswith("!")
    ranges = list(_ranges(inside[negated:]))
    if not ranges:
        # a range from a later character to an earlier one has none
        return "." if negated else r"[^\x00-\x{10FFFF}]"
    return f"[{'^' if negated else ''}{''.join(ranges)}]"


def _ranges(chars: str) -> Iterator[str]:
    """Yields the ranges of a class; a hyphen at either end is a hyphen."""
    index = 0
    while index < len(chars):
        first = last = chars[index]
        if chars[index + 1 : index + 2] == "-" and index + 2 < len(chars):
            last, index = chars[index + 2], index + 2
        if first <= last:
            yield f"{_escaped(first)}-{_escaped(last)}"
        index += 1


def _escaped(char: str) -> str:
    return f"\\x{{{ord(char):x}}}"
