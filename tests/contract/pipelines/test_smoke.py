"""The smoke test ticks only what it has seen, in the order in which it happens."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from scripts import smoke

IMAGE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/small"


@dataclass
class Azure:
    """A deployment: the migration appears after some looks, goes through its states, and is logged after some more."""

    states: list[str]
    appears_after: int = 2
    logged_after: int = 1
    proven: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    slept: float = 0

    def run(self, command: list[str]) -> str:
        self.commands.append(" ".join(command))
        if "rest" in command:
            self.logged_after -= 1
            return json.dumps({"tables": [{"rows": [[0 if self.logged_after >= 0 else 1]]}]})
        return f"<{command[-1]}>"

    def get(self, url: str, key: str) -> dict[str, Any]:
        assert key == "<tsv>"
        if url.endswith("/migrations"):
            self.appears_after -= 1
            other = {"id": "other", "image": IMAGE + "-2"}
            mine = {"id": "migration-1", "image": IMAGE.upper()}
            return {"migrations": [other] if self.appears_after >= 0 else [other, mine]}
        assert url.endswith("/migrations/migration-1")
        return {"state": self.states.pop(0) if len(self.states) > 1 else self.states[0]}

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def world(self) -> smoke.World:
        return smoke.World(self.run, self.get, self.proven.append, self.sleep)


def test_everything_is_ticked_after_it_was_seen() -> None:
    azure = Azure(["planned", "replicating", "completed"])
    smoke.main(IMAGE, azure.world())
    assert azure.proven == ["event", "migrated", "logs"]
    assert any(
        "az image update --ids" in command and "tags.gallerist=migrate" in command
        for command in azure.commands
    )


@pytest.mark.parametrize(
    ("azure", "proven", "why"),
    [
        (Azure(["planned"], appears_after=1000), [], "no migration of the image was started"),
        (Azure(["blocked"]), ["event"], "the migration migration-1 is blocked"),
        (Azure(["replicating"]), ["event"], "did not end"),
        (Azure(["completed"], logged_after=1000), ["event", "migrated"], "the log has no line"),
    ],
)
def test_what_was_not_seen_is_not_ticked(azure: Azure, proven: list[str], why: str) -> None:
    with pytest.raises(smoke.SmokeError, match=why):
        smoke.main(IMAGE, azure.world())
    assert azure.proven == proven


def test_an_event_is_waited_for_as_long_as_the_page_promises() -> None:
    azure = Azure(["planned"], appears_after=1000)
    with pytest.raises(smoke.SmokeError):
        smoke.main(IMAGE, azure.world())
    assert azure.slept == smoke.EVENT_SECONDS
