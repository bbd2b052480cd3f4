"""What fits into the task hub: shortens what an orchestration shows, and measures what it stores."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

# documented: at most 16 KB of UTF-16 text; the rest is room for what the host adds
MOST_CHARACTERS = 8_000

Shown = TypeVar("Shown", bound=BaseModel)


def fits(document: dict[str, Any]) -> bool:
    """Whether a custom status can hold it."""
    return len(json.dumps(document)) <= MOST_CHARACTERS


def fitting(shown: Shown, *steps: Callable[[Shown], None]) -> dict[str, Any]:
    """A copy of the model as plain JSON, after as many of the steps as it needs; each leaves something out."""
    document = shown.model_dump(mode="json")
    if not steps or fits(document):
        # most do, and every replayed step of an orchestration asks again: a copy would cost more than all the rest
        return document
    shortened = shown.model_copy(deep=True)
    for shorten in steps:
        shorten(shortened)
        document = shortened.model_dump(mode="json")
        if fits(document):
            return document
    return document


def stored_characters(text: str) -> int:
    """The length of a JSON text as the task hub stores it: as a JSON string, in which every quote is escaped."""
    return len(json.dumps(text))


def cut(text: str, longest: int) -> str:
    """The text, or its beginning and an ellipsis if it has more characters than this."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
