"""The gauge on the embedded host: the timer counts what the task hub knows, and writes the line that alerts read."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from local.stack import START, Stack
from tests.workflow.estate import PACE, POLICY, SEED, Estate, an_image

RUNNING, WAITING, BLOCKED = (
    an_image("replicating"),
    an_image("throttled"),
    an_image("large", data_disks_gb=(4095,)),
)
# the host of Azure logs so by default
LOGS = ["--log-level", "info"]
LINES = re.compile(r"gauge running=.+$", re.MULTILINE)


def counts(stack: Stack) -> list[dict[str, int]]:
    """The counts of each gauge in the log. Ages are by the clock of the machine, not of the test."""
    lines = LINES.findall(stack.log("host"))
    names = ("running", "waiting", "blocked", "failed")
    return [
        {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line) if name in names}
        for line in lines
    ]


def test_the_timer_says_how_the_fleet_stands(tmp_path: Path) -> None:
    """One migration replicates, one waits because Azure throttles it, and one is blocked."""
    seed = {**SEED, "resources": [*SEED["resources"], WAITING, BLOCKED]}
    with (
        Stack(tmp_path, seed, POLICY, PACE, host_options=LOGS, one_clock=True, gauge=True) as stack,
        Estate(stack) as estate,
    ):
        stack.subscribe_to_events()
        throttled = {
            "method": "PUT",
            "path": "/throttled/versions/",
            "status": 429,
            "code": "TooManyRequests",
        }
        stack.control("POST", "faults", {**throttled, "message": "slow down", "retry_after": 3600})
        for image in (WAITING, BLOCKED):
            estate.start(image["id"])
        written = estate.write(RUNNING)
        gauged = datetime.fromisoformat(START) + timedelta(minutes=7)
        stack.let_pass(gauged - stack.now())

        states = [(estate.migration(one["id"]) or {})["state"] for one in (RUNNING, WAITING, BLOCKED)]
        assert states == ["replicating", "publishing", "blocked"]
        assert counts(stack) == [{"running": 2, "waiting": 1, "blocked": 1, "failed": 0}]
        started = (estate.migration(written) or {})["created"]
        assert estate.http.get(f"{stack.api}/health").json()["last_event"] == started

        stack.let_pass(timedelta(hours=2))
        assert counts(stack)[-1] == {"running": 0, "waiting": 0, "blocked": 1, "failed": 0}
        assert len(counts(stack)) == 3
