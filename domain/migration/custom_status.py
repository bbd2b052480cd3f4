"""Trims a MigrationStatus to the 16 KB of a custom status. The orchestration's output keeps everything."""

import json
from typing import Any

from domain.migration.status import MigrationStatus

# documented: at most 16 KB of UTF-16 text; the rest is room for what the host adds
MOST_CHARACTERS = 8_000
LONGEST_TEXT = 1_000
LONGEST_DETAILS = 100


def custom_status(status: MigrationStatus) -> dict[str, Any]:
    """The status as plain JSON, shortened step by step until it fits."""
    shortened = status.model_copy(deep=True)
    for shorten in (_drop_watched_regions, _cut_region_details, _drop_texts, _drop_regions):
        shown = shortened.model_dump(mode="json")
        if len(json.dumps(shown)) <= MOST_CHARACTERS:
            return shown
        shorten(shortened)
    return shortened.model_dump(mode="json")


def _drop_watched_regions(status: MigrationStatus) -> None:
    """The child orchestration that replicates a version shows the regions in its own custom status."""
    for target in status.targets:
        if target.watched_by:
            target.regions = []


def _cut_region_details(status: MigrationStatus) -> None:
    for target in status.targets:
        for region in target.regions:
            region.details = region.details[:LONGEST_DETAILS]


def _drop_texts(status: MigrationStatus) -> None:
    status.warnings, status.failure = [], None
    status.reason, status.fix = _cut(status.reason), _cut(status.fix)
    for target in status.targets:
        target.failure = None


def _drop_regions(status: MigrationStatus) -> None:
    for target in status.targets:
        target.regions = []


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
