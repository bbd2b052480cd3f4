"""`/_host/history`: what episodes wrote into histories, also those that have continued as new."""

from typing import Any

from testhost_client import TestClient


def written(client: TestClient) -> dict[str, Any]:
    return dict(client.http.get("/_host/history").raise_for_status().json())


def test_the_history_of_an_orchestration_is_counted_as_it_was_written(client: TestClient) -> None:
    nothing = {"instances": 0, "episodes": 0, "events": 0, "bytes": 0}
    before = written(client).get("chain", nothing)
    client.run("chain", 3)
    after = written(client)["chain"]
    added = {name: after[name] - before[name] for name in nothing}
    # an episode begins with OrchestratorStarted and ends with OrchestratorCompleted; three calls of activities follow
    # each other, and have two events each
    assert (added["instances"], added["episodes"]) == (1, 4)
    assert added["events"] == 4 * 2 + 3 * 2 + 2
    assert added["bytes"] > 50 * added["events"]
    assert after["longest"] >= added["events"]
