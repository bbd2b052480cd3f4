"""What of a migration's status fits into its orchestration's custom status; the output has all of it."""

import json
from typing import Any

from domain.migration.status import MigrationStatus

# documented: at most 16 KB of UTF-16 text; a little is left to what the host adds
MOST_CHARACTERS = 8_000
LONGEST_TEXT = 1_000
# what is left out, one after the other, until the rest fits: operation URLs have three thousand characters each, and
# the regions of what is watched are in the watch's own status
_LEFT_OUT: tuple[set[str], ...] = (
    {"operation_url"},
    {"operation_url", "regions"},
    {"operation_url", "regions", "failure"},
)


def custom_status(status: MigrationStatus) -> dict[str, Any]:
    """The status as plain JSON, as much of it as may be shown."""
    for left_out in _LEFT_OUT:
        shown = status.model_dump(mode="json", exclude={"targets": {"__all__": left_out}})
        if len(json.dumps(shown)) <= MOST_CHARACTERS:
            return shown
    short: dict[str, Any] = {
        "warnings": [],
        "failure": None,
        "reason": _cut(status.reason),
        "fix": _cut(status.fix),
    }
    return shown | short


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
