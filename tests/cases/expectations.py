"""What must be true after the steps of a case: paths into the results, and the words that judge what is there."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag

Results = Mapping[str, JsonValue]
_SHOWN_CHARACTERS = 200


class NoMatchError(Exception):
    """A path leads to nothing in the results; the message says where it ends, and what is there instead."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Check(_Document):
    """One path, and one word that judges its value."""

    what: Annotated[str, Field(min_length=1)]

    def unmet(self, results: Results) -> list[str]:
        """Returns why the expectation is not met, in one line, or nothing. A path without a value is not met."""
        try:
            seen = value_at(results, self.what)
        except NoMatchError as error:
            return [f"{self.what} should {self.requirement()}, but {error}"]
        if self.holds(seen):
            return []
        return [f"{self.what} should {self.requirement()}, but {self.finding(seen)}"]

    def paths(self) -> list[str]:
        """Returns every path that the expectation reads."""
        return [self.what]

    def requirement(self) -> str:
        """Returns the words that follow "should" in a message."""
        raise NotImplementedError

    def holds(self, seen: JsonValue) -> bool:
        """Whether the value is as it should be."""
        raise NotImplementedError

    def finding(self, seen: JsonValue) -> str:
        """Returns the words that follow "but" in a message."""
        return f"is {shown(seen)}"


class Is(Check):
    """The value equals this one."""

    value: JsonValue = Field(alias="is")

    def requirement(self) -> str:
        return f"be {shown(self.value)}"

    def holds(self, seen: JsonValue) -> bool:
        return _same(seen, self.value)


class Isnt(Check):
    """The value differs from this one."""

    value: JsonValue = Field(alias="isnt")

    def requirement(self) -> str:
        return f"not be {shown(self.value)}"

    def holds(self, seen: JsonValue) -> bool:
        return not _same(seen, self.value)


class In(Check):
    """The value equals one of these."""

    values: Annotated[list[JsonValue], Field(alias="in", min_length=1)]

    def requirement(self) -> str:
        return f"be one of {', '.join(map(shown, self.values))}"

    def holds(self, seen: JsonValue) -> bool:
        return any(_same(seen, value) for value in self.values)


class Mentions(Check):
    """The value contains this text, in any case: a text itself, anything else as JSON."""

    text: Annotated[str, Field(alias="mentions", min_length=1)]

    def requirement(self) -> str:
        return f"mention {shown(self.text)}"

    def holds(self, seen: JsonValue) -> bool:
        return _contains(seen, self.text)


class Lacks(Check):
    """The value does not contain this text."""

    text: Annotated[str, Field(alias="lacks", min_length=1)]

    def requirement(self) -> str:
        return f"not mention {shown(self.text)}"

    def holds(self, seen: JsonValue) -> bool:
        return not _contains(seen, self.text)

    def finding(self, seen: JsonValue) -> str:
        """Shows the text where it is, which may be deep in a long value."""
        searched = _searched(seen)
        start = searched.casefold().index(self.text.casefold())
        around = searched[max(0, start - _SHOWN_CHARACTERS // 2) : start + _SHOWN_CHARACTERS // 2]
        return f"has …{around}…"


class Warns(Check):
    """The value is a plan's list of checks, and one that did not pass contains this text."""

    text: Annotated[str, Field(alias="warns", min_length=1)]

    def requirement(self) -> str:
        return f"have a check that did not pass and mentions {shown(self.text)}"

    def holds(self, seen: JsonValue) -> bool:
        return any(_contains(list(check.values()), self.text) for check in _open_checks(seen))

    def finding(self, seen: JsonValue) -> str:
        return f"those that did not pass are {shown([*_open_checks(seen)])}"


class AllOf(_Document):
    """Every one of these is met."""

    parts: Annotated[list["Expectation"], Field(alias="all", min_length=1)]

    def unmet(self, results: Results) -> list[str]:
        """Returns a line for each part that is not met."""
        return [line for part in self.parts for line in part.unmet(results)]

    def paths(self) -> list[str]:
        """Returns every path that the parts read."""
        return [path for part in self.parts for path in part.paths()]


class AnyOf(_Document):
    """At least one of these is met."""

    parts: Annotated[list["Expectation"], Field(alias="any", min_length=1)]

    def unmet(self, results: Results) -> list[str]:
        """Returns one line with everything that each alternative misses, or nothing if one is met."""
        misses = [part.unmet(results) for part in self.parts]
        if not all(misses):
            return []
        return [f"one of these should hold: {'; or: '.join(' and '.join(lines) for lines in misses)}"]

    def paths(self) -> list[str]:
        """Returns every path that the alternatives read."""
        return [path for part in self.parts for path in part.paths()]


WORDS = ("is", "isnt", "in", "mentions", "lacks", "warns", "all", "any")


def _word(document: Any) -> str | None:
    """Returns the one word of an expectation, or None if it has no known word or more than one."""
    if not isinstance(document, dict):
        return None
    words = [word for word in WORDS if word in document]
    return words[0] if len(words) == 1 else None


Expectation = Annotated[
    Annotated[Is, Tag("is")]
    | Annotated[Isnt, Tag("isnt")]
    | Annotated[In, Tag("in")]
    | Annotated[Mentions, Tag("mentions")]
    | Annotated[Lacks, Tag("lacks")]
    | Annotated[Warns, Tag("warns")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")],
    Discriminator(
        _word,
        custom_error_type="expectation_word",
        custom_error_message=f"an expectation has exactly one of the words {', '.join(WORDS)}",
    ),
]


def value_at(results: Results, path: str) -> JsonValue:
    """Returns the value at a path: names and indexes with dots between them; `#` is the number of entries.

    Raises:
        NoMatchError: there is nothing at the path.
    """
    value: JsonValue = dict(results)
    walked: list[str] = []
    for part in path.split("."):
        if part == "#" and isinstance(value, dict | list):
            value = len(value)
        elif isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise NoMatchError(f"{part!r} is not in {_described('.'.join(walked), value)}")
        walked.append(part)
    return value


def _described(path: str, value: JsonValue) -> str:
    where = path or "the results"
    if isinstance(value, dict):
        return f"{where}, which has {', '.join(value) or 'no names'}"
    if isinstance(value, list):
        return f"{where}, which is a list of {len(value)}"
    return f"{where}, which is {shown(value)}"


def shown(value: JsonValue) -> str:
    """Returns the value as JSON, cut to a length that fits into a message."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    return f"{text[:_SHOWN_CHARACTERS]}… ({len(text)} characters)"


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Compares as JSON, where true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _contains(value: JsonValue, text: str) -> bool:
    return text.casefold() in _searched(value).casefold()


def _searched(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _open_checks(value: JsonValue) -> list[dict[str, JsonValue]]:
    """Returns the checks whose verdict is not `passed`. An entry without a verdict is not a check."""
    entries = value if isinstance(value, list) else []
    checks = [entry for entry in entries if isinstance(entry, dict) and "verdict" in entry]
    return [check for check in checks if check["verdict"] != "passed"]
