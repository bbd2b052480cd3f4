"""The queries of the alerts can read the lines that the app logs."""

import logging
import re
from typing import Any

import pytest

from domain.migration.states import ENDS, MigrationState
from domain.migration.status import MigrationStatus
from orchestrators.run.log_lines import log_migration
from tests.contract.infra.bicep import INFRA

TEXT = (INFRA / "modules" / "alerts.bicep").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"var (\w+)Query = '''\n(.+?)'''", TEXT, re.DOTALL))
IMAGE = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/r/providers/Microsoft.Compute/images/i"


class Context:
    """The part of an orchestration's context that the log needs."""

    instance_id = "migration-1"
    is_replaying = False


def logged(event: str, caplog: pytest.LogCaptureFixture) -> str:
    status: dict[str, Any] = {"image": IMAGE, "started_by": "http", "reason": 'a "reason"'}
    if event in ENDS:
        status["state"] = event
    with caplog.at_level(logging.INFO, "gallerist.migrations"):
        log_migration(Context(), event, MigrationStatus.model_validate(status))  # type: ignore[arg-type] # a part of one
    return caplog.records[-1].getMessage()


def parsed(query: str, message: str) -> dict[str, str]:
    """Returns the columns that KQL's `parse` reads from a message: text in quotes, names of columns between."""
    parts = re.findall(r"'([^']*)'|(\*|\w+)", re.findall(r"parse Message with (.+)", query)[0])
    pattern = "".join(
        re.escape(literal) if literal else ".*?" if name == "*" else f"(?P<{name}>.*?)"
        for literal, name in parts
    )
    match = re.fullmatch(pattern, message)
    return match.groupdict() if match else {}


@pytest.mark.parametrize("name", sorted(QUERIES))
@pytest.mark.parametrize("event", ["started", *sorted(ENDS)])
def test_an_alert_reads_state_id_and_image_from_a_log_line(
    name: str, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = parsed(QUERIES[name], logged(event, caplog))
    assert (found["state"], found["id"], found["image"]) == (event, "migration-1", IMAGE)


def test_the_alert_on_failures_shows_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    assert "reason" in parsed(QUERIES["failed"], logged("failed", caplog))["details"]


def test_the_alert_on_failures_lists_every_unsuccessful_end_state() -> None:
    listed = re.findall(r"state in \((.+?)\)", QUERIES["failed"])[0]
    no_alert = {MigrationState.COMPLETED, MigrationState.SKIPPED, MigrationState.CANCELLED}
    assert set(re.findall(r"'(\w+)'", listed)) == set(ENDS) - no_alert


def test_the_alert_on_stuck_migrations_lists_every_end_state() -> None:
    listed = re.findall(r"state !in \((.+?)\)", QUERIES["stuck"])[0]
    assert set(re.findall(r"'(\w+)'", listed)) == set(ENDS)
