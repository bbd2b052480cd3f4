"""The commands of docs/operating.md, docs/migrating-from.md, docs/deploying.md and README.md, in order, on one app."""

import re
from collections.abc import Callable, Iterator
from contextlib import chdir
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from client import Gallerist
from local.arm import call_arm
from local.stack import temporary_folder
from scripts.export_command_line import Desk, Step, an_app
from tests.documents.runs import RUN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
WEB_1_0_0 = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
    "/galleries/golden/images/web/versions/1.0.0"
)
PUT_VERSION = {"kind": "answer", "method": "PUT", "path": "/versions/"}
Prepare = Callable[["Office"], None]


class Office(NamedTuple):
    """An app with its fleet, and somebody who types."""

    desk: Desk
    gallerist: Gallerist

    def types(self, line: str) -> tuple[int, str]:
        """The exit code of a command, and what it prints."""
        ran = self.desk.run(Step(line))
        return ran.code, ran.output


class Typed(NamedTuple):
    """A command: how it ends, what it shows, and what happened before."""

    line: str
    code: int
    shows: str
    before: Prepare = lambda _: None


def migrated(office: Office) -> None:
    """All images are migrated; one region of one version stands still."""
    office.desk.stack.control(
        "POST", "faults", {"kind": "stuck", "region": "northeurope", "version": "/images/web/versions/1.0.1"}
    )
    for line in ("migrate web-20260108", "wait web-20260108", "migrate web-20260115 --region northeurope"):
        office.types(f"gallerist {line}")
    office.types("gallerist migrate sql-2019")
    office.desk.stack.let_pass(timedelta(minutes=30))


def has_capacity(office: Office) -> None:
    office.desk.stack.control("DELETE", "faults")


def has_ended(office: Office) -> None:
    office.types("gallerist wait web-20260115")


def is_throttled(office: Office) -> None:
    throttled = {"status": 429, "code": "TooManyRequests", "message": "The request is being throttled."}
    office.desk.stack.control("POST", "faults", PUT_VERSION | throttled | {"retry_after": 600})
    office.types("gallerist migrate app-20260110")
    office.desk.stack.let_pass(timedelta(minutes=5))


def is_refused(office: Office) -> None:
    """The role of the identity misses an action; the message is as in the other tests of ARM's errors."""
    message = (
        "The client 'gallerist' has permission to perform action 'Microsoft.Compute/galleries/images/versions/write' "
        "on scope 'golden'; however, it does not have permission to perform action 'Microsoft.Compute/images/read' "
        "on the linked scope(s) 'app-20260110' or the linked scope(s) are invalid."
    )
    refused = {"status": 403, "code": "LinkedAuthorizationFailed", "message": message}
    # a new role takes effect after minutes, so Gallerist asks again for a while
    office.desk.stack.control("POST", "faults", PUT_VERSION | refused | {"times": 100})
    office.types("gallerist wait app-20260110")
    office.desk.stack.control("DELETE", "faults")


def is_put_into_the_bin(office: Office) -> None:
    call_arm(office.desk.stack, "DELETE", WEB_1_0_0).raise_for_status()
    office.desk.stack.let_pass(timedelta(hours=1))


def days_pass(office: Office) -> None:
    office.desk.stack.let_pass(timedelta(days=3))


TYPED = (
    Typed("gallerist doctor", 3, "policy"),
    Typed("gallerist status --state blocked", 0, "sql-2019 +blocked", migrated),
    Typed("gallerist status sql-2019", 0, "4095 GB"),
    Typed("gallerist retry --state blocked --yes", 0, "sql-2019"),
    Typed("gallerist status web-20260115", 0, "northeurope"),
    Typed("gallerist watch web-20260115 --compact --exit-status --interval 600", 3, "partial"),
    Typed("gallerist why golden/web/1.0.1 northeurope", 2, "northeurope"),
    Typed("gallerist retry web-20260115", 0, "web-20260115", has_capacity),
    Typed("gallerist status --state replicating", 0, "IMAGE +STATE"),
    Typed("gallerist status app-20260110", 0, "TooManyRequests", is_throttled),
    Typed("gallerist status --state failed", 0, "app-20260110 +failed", is_refused),
    Typed("gallerist status app-20260110", 0, "LinkedAuthorizationFailed"),
    Typed("gallerist retry app-20260110", 0, "app-20260110"),
    Typed("gallerist watch app-20260110 --compact --exit-status --interval 60", 0, "completed"),
    Typed("gallerist explain web-20260115", 0, "builds named family-date"),
    Typed("gallerist wait web-20260108 --for completed --timeout 7200", 0, "completed"),
    Typed("gallerist check golden/web --region westus2", 2, "1.0.1"),
    Typed("gallerist history golden/web", 0, "1.0.0"),
    Typed("gallerist why golden/web/latest westus2", 2, "latest"),
    Typed("gallerist promote golden/web/1.0.0", 2, "1.0.0"),
    Typed("gallerist promote golden/web/1.0.0 --yes", 0, "promotion-.* is started"),
    Typed("gallerist rollback golden/web --yes", 0, "rolls back", days_pass),
    Typed("gallerist adoption golden/web", 0, "westus2"),
    Typed("gallerist references web-20260108", 2, "yes +web-spare"),
    Typed(
        "gallerist repoint golden/web/1.0.0 --users-of web-20260108",
        2,
        "web-spare +can be re-pointed",
        days_pass,
    ),
    Typed(
        "gallerist repoint golden/web/1.0.0 --users-of web-20260108 --yes --watch", 0, "web-spare +repointed"
    ),
    Typed("gallerist retirement list", 0, "web-20260108 +awaiting-approval", days_pass),
    Typed('gallerist approve web-20260108 --reason "checked with the web team"', 2, "Nothing is approved"),
    Typed('gallerist reject web-20260108 --reason "still needed until March"', 0, "web-20260108"),
    Typed("gallerist retention show golden/web", 0, "1.0.0"),
    Typed("gallerist restore golden/web/1.0.0 --watch", 0, "restored", is_put_into_the_bin),
    Typed("gallerist why golden/web/1.0.0 westus2", 0, "1.0.0"),
    Typed(f"gallerist policy check policy.yaml --subscription {SUBSCRIPTION}", 0, "web-20260115"),
    Typed('gallerist plan --name "web-*" --out plan.json', 0, "plan.json"),
    Typed("gallerist apply plan.json --yes", 0, "web-20260115 +started"),
    Typed('gallerist freeze on --reason "incident 4711"', 0, "incident 4711"),
    Typed("gallerist batch list", 0, "SELECTED"),
    Typed("gallerist cancel --all --yes", 0, "web-20260115 +cancelled"),
    Typed("gallerist promotion list", 0, "golden/web"),
    Typed('gallerist freeze off --reason "incident 4711 is over" --yes', 0, "Deletions are allowed"),
    Typed("gallerist retry --all --yes", 0, "sql-2019"),
)
# those of README.md and docs/migrating-from.md that docs/operating.md does not have
ELSEWHERE = (
    Typed("gallerist migrate web-20260115", 0, "web-20260115 +started", has_ended),
    Typed("gallerist wait web-20260115 --for completed --timeout 7200", 0, "completed"),
    Typed("gallerist plan web-20260115", 0, "Plan: "),
    Typed("gallerist plan web-20260115 --price Standard_LRS=0.05", 0, "Plan: "),
    Typed("gallerist watch web-20260115 --exit-status", 0, "completed"),
    Typed("gallerist references web-20260115", 0, "golden/web/1.0.1 +image version +source"),
)
RUN.update(typed.line for typed in (*TYPED, *ELSEWHERE))


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with temporary_folder() as name, an_app(Path(name)) as (desk, gallerist), chdir(name):
        Path("policy.yaml").write_text(desk.policy, encoding="utf-8")
        yield Office(desk, gallerist)


@pytest.mark.parametrize("typed", [*TYPED, *ELSEWHERE], ids=lambda typed: typed.line)
def test_a_command_does_what_the_page_says(office: Office, typed: Typed) -> None:
    typed.before(office)
    code, output = office.types(typed.line)
    assert code == typed.code, output
    assert re.search(typed.shows, output), output


def test_the_commands_are_run_in_the_order_of_the_page() -> None:
    """Each situation follows from the ones before it."""
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    assert re.findall(r"^\$ (.+)$", page, re.MULTILINE) == [typed.line for typed in TYPED]
