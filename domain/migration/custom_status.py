"""Trims what orchestrations show to the 16 KB of a custom status. Their outputs keep everything."""

from typing import Any

from domain.fitting import cut, fitting
from domain.migration.status import MigrationStatus
from domain.resources.galleries import RegionProgress

LONGEST_TEXT = 1_000
LONGEST_DETAILS = 100
MOST_TARGETS = 10


def custom_status(status: MigrationStatus) -> dict[str, Any]:
    """A migration's status as plain JSON, shortened step by step until it fits."""
    return fitting(
        status,
        _cut_details_of_targets,
        _drop_course,
        _drop_texts,
        _drop_details,
        _drop_done_regions,
        _drop_regions,
        _drop_targets,
    )


def _cut_details_of_targets(status: MigrationStatus) -> None:
    for target in status.targets:
        _cut_details(target.regions)


def _drop_course(status: MigrationStatus) -> None:
    """Where it is now matters more than how it came there."""
    status.course = []


def _drop_texts(status: MigrationStatus) -> None:
    status.warnings, status.failure = [], None
    status.reason = status.reason and cut(status.reason, LONGEST_TEXT)
    status.fix = status.fix and cut(status.fix, LONGEST_TEXT)
    for target in status.targets:
        target.failure = None
        for proof in target.proofs:
            proof.failure, proof.warnings = None, []


def _drop_details(status: MigrationStatus) -> None:
    for target in status.targets:
        for region in target.regions:
            region.details = ""


def _drop_done_regions(status: MigrationStatus) -> None:
    """The regions that are still missing are what people look for."""
    for target in status.targets:
        missing = [region for region in target.regions if region.state != "Completed"]
        target.regions = missing[:MOST_TARGETS]


def _drop_regions(status: MigrationStatus) -> None:
    for target in status.targets:
        target.regions, target.proofs = [], []


def _drop_targets(status: MigrationStatus) -> None:
    status.targets = status.targets[:MOST_TARGETS]
    status.child_instance_ids = status.child_instance_ids[:MOST_TARGETS]


def _cut_details(regions: list[RegionProgress]) -> None:
    for region in regions:
        region.details = region.details[:LONGEST_DETAILS]
