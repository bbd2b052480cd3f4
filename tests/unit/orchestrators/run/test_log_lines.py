"""The log lines of migrations: alerts parse their form, and a replay adds none."""

import logging
import re
from pathlib import Path

import pytest

from domain.about import VERSION
from domain.migration.states import ENDS, MigrationState
from domain.migration.status import MigrationStatus
from orchestrators.run.log_lines import log_migration
from tests.unit.builders import image_id
from tests.unit.orchestrators.stepping import FakeContext

PAGE = Path(__file__).parents[4] / "docs" / "operations.md"


def status(state: MigrationState, reason: str | None = None, fix: str | None = None) -> MigrationStatus:
    return MigrationStatus(image=image_id(), state=state, reason=reason, fix=fix)


@pytest.mark.parametrize(
    ("state", "level"),
    [
        (MigrationState.COMPLETED, logging.INFO),
        (MigrationState.SKIPPED, logging.INFO),
        (MigrationState.BLOCKED, logging.WARNING),
        (MigrationState.PARTIAL, logging.WARNING),
        (MigrationState.FAILED, logging.ERROR),
    ],
)
def test_a_line_has_everything_an_alert_needs(
    state: MigrationState, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "gallerist.migrations"):
        log_migration(FakeContext({}), state, status(state, 'it said "no"\nand left', "ask again"))
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("gallerist.migrations", level)
    assert record.getMessage() == (
        f"migration {state} id=migration-0123 image={image_id()} state={state} "
        f"by=gallerist-{VERSION} "
        r'reason="it said \"no\"\nand left" fix="ask again"'
    )


def test_a_replay_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gallerist.migrations"):
        log_migration(FakeContext({}, is_replaying=True), "started", status(MigrationState.PLANNED))
    assert caplog.records == []


def test_the_page_documents_the_form_and_every_event() -> None:
    text = PAGE.read_text(encoding="utf-8")
    line = (
        "migration <event> id=<instance id> image=<resource id> state=<state> by=gallerist-<version> "
        'reason="<text>" fix="<text>"'
    )
    assert line in text
    events = set(re.findall(r"^\| `(\w+)` \| (?:information|warning|error) \|", text, re.MULTILINE))
    assert events == {"started"} | {str(state) for state in ENDS} - {"cancelled"}
