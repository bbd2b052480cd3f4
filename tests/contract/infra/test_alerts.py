"""The queries of the alerts can read the lines that the app logs."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from functions_testhost.app import load_app

from domain.migration.states import ENDS, MigrationState
from domain.migration.status import MigrationStatus
from domain.promotion import states as promotions
from domain.promotion.log_line import log_promotion_event
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionStatus
from domain.records.delivery import SendNotice
from domain.records.evidence import Evidence
from domain.records.notices import Notice, NoticeTargets
from domain.resources.ids import ImageVersionId
from domain.results import Failure
from domain.retirement import states as retirements
from domain.retirement.log_line import log_event as log_retirement_event
from domain.retirement.retirement import Retirement
from domain.retirement.states import RetirementState
from orchestrators.run import log_lines
from orchestrators.run.log_lines import log_migration
from services import interruptions
from tests.contract.infra.bicep import INFRA, ROOT
from tests.contract.infra.gauge_line import GAUGE

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


def parsed(query: str, message: str, number: int = 0) -> dict[str, str]:
    """Returns the columns that KQL's `parse` reads from a message: text in quotes, names of columns between."""
    parts = re.findall(r"'([^']*)'|(\*|\w+)", re.findall(r"parse Message with (.+)", query)[number])
    pattern = "".join(
        re.escape(literal) if literal else ".*?" if name == "*" else f"(?P<{name}>.*?)"
        for literal, name in parts
    )
    match = re.fullmatch(pattern, message)
    return match.groupdict() if match else {}


@pytest.mark.parametrize("event", ["started", *sorted(ENDS)])
def test_an_alert_reads_state_id_and_image_from_a_log_line(
    event: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = parsed(QUERIES["failed"], logged(event, caplog))
    assert (found["state"], found["id"], found["image"]) == (event, "migration-1", IMAGE)


def test_the_alert_on_failures_shows_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    assert "reason" in parsed(QUERIES["failed"], logged("failed", caplog))["details"]


def test_the_alert_on_failures_lists_every_unsuccessful_end_state() -> None:
    listed = re.findall(r"state in \((.+?)\)", QUERIES["failed"])[0]
    no_alert = {MigrationState.COMPLETED, MigrationState.SKIPPED, MigrationState.CANCELLED}
    assert set(re.findall(r"'(\w+)'", listed)) == set(ENDS) - no_alert


@pytest.mark.parametrize(
    ("name", "column", "value"), [("stuck", "oldest_hours", "5.2"), ("sweep", "last_sweep_minutes", "14")]
)
def test_an_alert_reads_the_gauge(name: str, column: str, value: str) -> None:
    """Of what runs now: what a person ended is not in it."""
    assert parsed(QUERIES[name], GAUGE)[column] == value
    assert f"arg_max(TimeGenerated, {column}, Message)" in QUERIES[name]


@pytest.mark.parametrize("name", ["stuck", "sweep", "silent"])
def test_a_query_finds_the_gauge_by_how_it_begins(name: str) -> None:
    beginnings = re.findall(r"Message startswith '([^']+)'", QUERIES[name])
    assert beginnings
    assert all(GAUGE.startswith(beginning) for beginning in beginnings)


@pytest.mark.parametrize("name", ["failed", "stuck", "sweep", "silent", "starts"])
def test_an_alert_lasts_as_long_as_its_fault(name: str) -> None:
    """It looks at the newest line of two days, so no row leaves a short window while the fault stands."""
    rule = TEXT.partition(f"query: {name}Query")[2].partition("  }")[0]
    assert "window: lookBack" in rule
    assert "var lookBack = 'P2D'" in TEXT


def test_the_alert_on_failing_functions_names_functions_of_the_app() -> None:
    listed = re.findall(r"OperationName in \((.+?)\)", QUERIES["starts"])[0]
    functions = load_app(ROOT).functions
    starting = {
        name
        for name, function in functions.items()
        if function.trigger_type in ("eventGridTrigger", "timerTrigger")
    }
    assert set(re.findall(r"'(\w+)'", listed)) == starting


@pytest.mark.parametrize(("name", "line"), [("gauge", GAUGE), ("ends", ""), ("not-completed", "")])
def test_a_query_of_the_workbook_reads_its_line(
    name: str, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    queries = json.loads((INFRA / "workbook.json").read_text(encoding="utf-8"))["queries"]
    [query] = [item["query"].replace(":long", "") for item in queries if item["name"] == name]
    assert parsed(query, line or logged("failed", caplog))


# promotions and retirements

VERSION = ImageVersionId.parse(IMAGE.replace("/images/i", "/galleries/golden/images/web/versions/1.0.1"))
STOPPED = QUERIES["stopped"]
LISTED_KINDS, LISTED_STATES = (
    set(re.findall(r"'(\w+)'", listed))
    for listed in re.findall(r"kind in \((.+?)\) and state in \((.+?)\)", STOPPED)[0]
)


def promotion_line(state: str, caplog: pytest.LogCaptureFixture) -> str:
    document = {"version_id": VERSION, "started_by": "ann", "reason": 'a "reason" state=x', "state": state}
    with caplog.at_level(logging.INFO, "gallerist.promotions"):
        log_promotion_event("ring promoted", "promotion-1", PromotionStatus.model_validate(document))
    return caplog.records[-1].getMessage()


def retirement_line(state: str, caplog: pytest.LogCaptureFixture) -> str:
    document = {
        "image": IMAGE,
        "fingerprint": "5f3a",
        "created_at": "2026-01-01T00:00:00Z",
        "targets": [{"version_id": str(VERSION), "regions": ["westeurope"]}],
        "migration": "migration-1",
        "started_by": "ann",
        "reason": 'a "reason" state=x',
        "state": state,
    }
    with caplog.at_level(logging.INFO, "gallerist.retirements"):
        log_retirement_event("ended", "retirement-1", Retirement.model_validate(document))
    return caplog.records[-1].getMessage()


@pytest.mark.parametrize("state", PromotionState)
def test_the_alert_reads_the_line_of_a_promotion(state: str, caplog: pytest.LogCaptureFixture) -> None:
    found = parsed(STOPPED, promotion_line(state, caplog))
    assert (found["kind"], found["state"], found["id"]) == ("promotion", state, "promotion-1")
    assert str(VERSION) in found["subject"]
    assert "reason" in found["details"]


@pytest.mark.parametrize("state", RetirementState)
def test_the_alert_reads_the_line_of_a_retirement(state: str, caplog: pytest.LogCaptureFixture) -> None:
    found = parsed(STOPPED, retirement_line(state, caplog))
    assert (found["kind"], found["state"], found["id"]) == ("retirement", state, "retirement-1")
    assert "image=/subscriptions/" in found["subject"]
    assert "reason" in found["details"]


def test_the_alert_is_about_failures_and_about_what_waits_for_a_person() -> None:
    assert {"promotion", "retirement"} == LISTED_KINDS
    assert {PromotionState.FAILED, PromotionState.PAUSED} == LISTED_STATES
    no_alert_promotions = {
        PromotionState.PROMOTED,
        PromotionState.ABORTED,
        PromotionState.ROLLED_BACK,
        PromotionState.SUPERSEDED,
    }
    no_alert_retirements = {
        RetirementState.RETIRED,
        RetirementState.KEPT,
        RetirementState.EXPIRED,
        RetirementState.CANCELLED,
    }
    assert set(promotions.ENDS) - no_alert_promotions <= LISTED_STATES
    assert set(retirements.ENDS) - no_alert_retirements <= LISTED_STATES


def test_the_alert_reads_what_was_interrupted_and_given_up(caplog: pytest.LogCaptureFixture) -> None:
    pattern = re.findall(r"interrupted matches regex '(.+)'", STOPPED)[0]
    # a migration that is given up has the line of one that failed
    for prefix in interruptions._CONTINUED.keys() - {"migration-"}:  # what the timer continues
        found = parsed(STOPPED, f"{prefix}0a1b failed: a worker died", number=1)
        assert re.search(pattern, found["interrupted"]), prefix
    for line in (
        promotion_line("failed", caplog),
        retirement_line("failed", caplog),
        logged("failed", caplog),
    ):
        assert not re.search(pattern, parsed(STOPPED, line, number=1).get("interrupted", ""))


def test_the_alert_finds_records_and_notices_that_are_lost(caplog: pytest.LogCaptureFixture) -> None:
    pattern = re.findall(r"Message matches regex '(.+)'", QUERIES["lostRecords"])[0]
    at, failure = datetime(2026, 1, 1, tzinfo=UTC), Failure(code="Code", message="a message", fix="a fix")
    evidence = Evidence(subject=IMAGE, kind="promotion", at=at, by="ann", key="1", details={})
    notice = Notice(type="latest.changed", subject=IMAGE, at=at, key="1", targets=NoticeTargets())
    sending = SendNotice(notice=notice, attempts=9, refused={"topic": "no answer"})
    with caplog.at_level(logging.INFO, "gallerist.migrations"):
        log_lines.log_lost_evidence(Context(), evidence, failure)  # type: ignore[arg-type] # a part of one
        log_lines.log_lost_notice(Context(), notice, failure)  # type: ignore[arg-type] # a part of one
        log_lines.log_undelivered_notice(Context(), sending)  # type: ignore[arg-type] # a part of one
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert [line for line in lines if not re.search(pattern, line)] == []
    assert not re.search(pattern, logged("failed", caplog))


def test_the_operations_page_shows_the_lines_that_the_alert_reads(caplog: pytest.LogCaptureFixture) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for line in (promotion_line("failed", caplog), retirement_line("failed", caplog)):
        kind = line.partition(" ")[0]
        [shown] = re.findall(rf"^{kind} <event> .+$", page, re.MULTILINE)
        keys = re.findall(r" (\w+)=", re.sub(r'"(?:[^"\\]|\\.)*"', '""', line))
        assert re.findall(r" (\w+)=", shown) == keys
