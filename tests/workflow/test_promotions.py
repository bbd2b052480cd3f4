"""Promotions, elections and rollbacks, with scale sets that follow latest on the one clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from local.arm import call_arm
from local.stack import Stack
from tests.workflow.estate import PACE, POLICY
from tests.workflow.promotions import Promoter, a_definition, a_scale_set, a_seed, a_weekly_window

RINGS = [["eastus2"], ["westus2"]]
TWO = [("1.0.0", False), ("1.0.1", True)]
THREE = [("1.0.0", False), ("1.0.1", False), ("1.0.2", False)]
DEFINITIONS = ["rings", "paused", "aborted", "superseded", "back", "foreign", "gone", "empty"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    seed = a_seed(
        *(a_definition(name, TWO) for name in DEFINITIONS),
        a_definition("windowed", TWO),
        a_definition("failing", TWO),
        a_definition("elected", THREE),
        a_definition("whole", THREE),
        a_definition(
            "unproved", [("1.0.0", False), ("1.0.1", True)], {"gallerist-proof": "failed in eastus2"}
        ),
        [
            a_scale_set("rings-east", "rings", "eastus2", ["1.0.0"] * 3),
            a_scale_set("rings-west", "rings", "westus2", ["1.0.0"] * 2, orchestrationMode="Flexible"),
            a_scale_set("windowed-east", "windowed", "eastus2", ["1.0.0"]),
            a_scale_set("failing-east", "failing", "eastus2", ["1.0.0"] * 5),
            a_scale_set("back-east", "back", "eastus2", ["1.0.0"] * 2),
            a_scale_set("elected-east", "elected", "eastus2", ["1.0.2"] * 2),
            a_scale_set("empty-east", "empty", "eastus2", []),
        ],
        a_weekly_window("windowed-east"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALLERIST_ALLOW_KEYS_TO_APPROVE", "true")
        patch.setenv("GALLERIST_EVIDENCE_FOLDER", str(folder / "evidence"))
        with Stack(folder, seed, POLICY, PACE, one_clock=True) as running:
            yield running


def test_a_version_is_promoted_ring_by_ring_when_its_followers_took_it(stack: Stack) -> None:
    promoter = Promoter(stack, "rings")
    plan = promoter.post("/plan", version=promoter.version("1.0.1"), rings=RINGS).json()
    assert [ring["regions"] for ring in plan["rings"]] == [["eastus2"], ["westus2"], ["northeurope"]]
    assert (plan["instances"], plan["obstacle"], plan["no_fallback"]) == (5, None, [])
    begun = stack.now()

    promoter.start("1.0.1", rings=RINGS, bake_hours=1)
    first = promoter.until("baking", ring=1)

    assert promoter.flags("1.0.1") == (True, {"eastus2": False, "westus2": True, "northeurope": True})
    assert promoter.latest() == {"eastus2": "1.0.1", "westus2": "1.0.0", "northeurope": "1.0.0"}
    assert (list(first["promoted"]), first["pending"]) == (["eastus2"], ["westus2", "northeurope"])
    second = promoter.until("baking", ring=2)
    took = datetime.fromisoformat(second["promoted"]["westus2"]) - datetime.fromisoformat(
        first["promoted"]["eastus2"]
    )
    assert took >= timedelta(hours=1)
    assert promoter.adoption()["running"] == {"1.0.1": 3, "1.0.0": 2}

    ended = promoter.ended()

    assert (ended["state"], ended["pending"], ended["warnings"]) == ("promoted", [], [])
    assert promoter.flags("1.0.1") == (False, dict.fromkeys(["eastus2", "westus2", "northeurope"], False))
    adoption = promoter.adoption()
    assert (adoption["running"], adoption["behind"]) == ({"1.0.1": 5}, 0)
    assert stack.now() - begun >= timedelta(hours=3)


def test_a_ring_waits_for_the_weekly_window_of_its_followers(stack: Stack) -> None:
    promoter = Promoter(stack, "windowed")
    promoter.start("1.0.1", rings=RINGS, bake_hours=0)
    promoter.until("baking", ring=1)
    stack.let_pass(timedelta(days=1))
    waiting = promoter.look()
    assert (waiting["state"], waiting["ring"]) == ("baking", 1)
    reason = waiting["waiting_for"]["reason"]
    assert "windows only (every 1Week Wednesday from 2025-12-31 02:00 W. Europe Standard Time" in reason
    opens = datetime.fromisoformat(reason.partition("open from ")[2].partition(" UTC")[0])
    assert (opens.weekday(), opens.hour) == (2, 1)
    ended = promoter.ended(timedelta(hours=6))
    assert (ended["state"], ended["warnings"]) == ("promoted", [])
    assert datetime.fromisoformat(ended["promoted"]["westus2"]).weekday() == 2


def test_a_failing_rolling_upgrade_stops_the_promotion(stack: Stack) -> None:
    promoter = Promoter(stack, "failing")
    stack.control("POST", "faults", {"upgrade": "failed", "scale_set": "failing-east"})
    promoter.start("1.0.1", rings=RINGS, bake_hours=10)
    ended = promoter.ended()
    assert (ended["state"], ended["failure"]["code"], ended["ring"]) == ("failed", "UpgradeFailed", 1)
    assert "failing-east in eastus2: Faulted" in ended["reason"]
    assert "made latest in eastus2, and not in westus2, northeurope" in ended["reason"]
    assert "Roll the promotion back" in ended["fix"]
    assert promoter.flags("1.0.1")[1] == {"eastus2": False, "westus2": True, "northeurope": True}

    promoter.order("rollback")
    back = promoter.ended()

    assert (back["state"], back["still_running"]) == ("rolled-back", 0)
    assert promoter.flags("1.0.1") == (True, dict.fromkeys(["eastus2", "westus2", "northeurope"]))
    assert promoter.post(f"/{promoter.id}/rollback").status_code == httpx.codes.CONFLICT


def test_a_promotion_is_paused_resumed_and_cannot_be_ordered_what_its_state_forbids(stack: Stack) -> None:
    promoter = Promoter(stack, "paused")
    assert promoter.post(f"/{promoter.id}/pause").status_code == httpx.codes.NOT_FOUND
    promoter.start("1.0.1", rings=RINGS, bake_hours=1)
    promoter.until("baking", ring=1)
    assert promoter.post(f"/{promoter.id}/resume").status_code == httpx.codes.CONFLICT
    promoter.order("pause")
    assert promoter.look()["state"] == "paused"
    assert promoter.post(f"/{promoter.id}/pause").status_code == httpx.codes.CONFLICT
    stack.let_pass(timedelta(days=2))
    paused = promoter.look()
    assert (paused["state"], paused["ring"]) == ("paused", 1)
    promoter.order("resume")
    assert promoter.ended()["state"] == "promoted"
    for order in ("pause", "resume", "abort"):
        assert promoter.post(f"/{promoter.id}/{order}").status_code == httpx.codes.CONFLICT


def test_an_aborted_promotion_says_which_regions_it_changed(stack: Stack) -> None:
    promoter = Promoter(stack, "aborted")
    promoter.start("1.0.1", rings=RINGS, bake_hours=0.5)
    promoter.until("baking", ring=2)
    promoter.order("abort")
    ended = promoter.ended()
    assert (ended["state"], ended["pending"]) == ("aborted", ["northeurope"])
    assert "made latest in eastus2, westus2, and not in northeurope" in ended["reason"]
    assert promoter.latest() == {"eastus2": "1.0.1", "westus2": "1.0.1", "northeurope": "1.0.0"}


def test_a_newer_promotion_supersedes_one_that_runs(stack: Stack) -> None:
    promoter = Promoter(stack, "superseded")
    promoter.start("1.0.1", rings=RINGS, bake_hours=300)
    promoter.until("baking", ring=1)
    same = promoter.post("", version=promoter.version("1.0.1"), rings=RINGS, bake_hours=300)
    assert same.status_code == httpx.codes.CONFLICT

    promoter.start("1.0.1", rings=[], bake_hours=1)
    ended = promoter.ended()

    assert (ended["state"], ended["rings"]) == ("promoted", [["eastus2", "westus2", "northeurope"]])
    assert ended["superseded"]["promoted"] == ["eastus2"]
    assert ended["before"][0]["regions"]["eastus2"] is False
    assert set(promoter.latest().values()) == {"1.0.1"}


def test_a_promotion_is_rolled_back_in_its_second_ring(stack: Stack) -> None:
    promoter = Promoter(stack, "back")
    before = promoter.flags("1.0.1")
    promoter.start("1.0.1", rings=RINGS, bake_hours=1)
    promoter.until("baking", ring=2)
    assert promoter.adoption()["running"] == {"1.0.1": 2}

    promoter.order("rollback")
    ended = promoter.ended()

    assert (ended["state"], ended["still_running"]) == ("rolled-back", 2)
    assert "2 machines and instances still run it" in ended["reason"]
    assert promoter.flags("1.0.1") == before
    assert set(promoter.latest().values()) == {"1.0.0"}


def test_an_older_version_is_elected_and_rolled_back_in_the_second_ring(stack: Stack) -> None:
    promoter = Promoter(stack, "elected")
    before = [promoter.flags(number) for number, _ in THREE]
    refused = promoter.post("", version=promoter.version("1.0.0"))
    assert refused.status_code == httpx.codes.CONFLICT
    assert "elect it" in refused.json()["detail"]

    promoter.start("1.0.0", action="elect", rings=RINGS, bake_hours=1)
    promoter.until("baking", ring=2)
    assert promoter.latest() == {"eastus2": "1.0.0", "westus2": "1.0.0", "northeurope": "1.0.2"}
    adoption = promoter.adoption()
    assert adoption["running"] == {"1.0.2": 2}
    assert adoption["latest"][0]["passed_over"] == [
        {"version": "1.0.2", "why": "excluded-by-region"},
        {"version": "1.0.1", "why": "excluded-by-region"},
    ]
    promoter.order("rollback")
    assert promoter.ended()["state"] == "rolled-back"
    assert [promoter.flags(number) for number, _ in THREE] == before


@pytest.mark.slow
def test_an_election_is_rolled_back_after_its_end(stack: Stack) -> None:
    promoter = Promoter(stack, "whole")
    before = [promoter.flags(number) for number, _ in THREE]
    promoter.start("1.0.0", action="elect", rings=[], bake_hours=0)
    ended = promoter.ended()
    assert ended["state"] == "promoted"
    assert set(promoter.latest().values()) == {"1.0.0"}
    promoter.order("rollback")
    assert promoter.ended()["state"] == "rolled-back"
    assert [promoter.flags(number) for number, _ in THREE] == before


def test_what_somebody_else_changes_meanwhile_pauses_the_promotion(stack: Stack) -> None:
    promoter = Promoter(stack, "foreign")
    promoter.start("1.0.1", rings=RINGS, bake_hours=1)
    promoter.until("baking", ring=1)
    promoter.exclude("1.0.1", "eastus2", excluded=True)
    paused = promoter.until("paused")
    assert "1.0.1 has excludeFromLatest True in eastus2, not False" in paused["reason"]
    assert "latest in eastus2 changed from 1.0.1 to 1.0.0, not by this promotion" in paused["warnings"]
    promoter.order("resume")
    ended = promoter.ended()
    assert (ended["state"], ended["pending"]) == ("promoted", [])
    assert promoter.latest() == {"eastus2": "1.0.0", "westus2": "1.0.1", "northeurope": "1.0.1"}
    assert "latest changed definition=" in stack.log("host")


def test_a_version_that_vanishes_ends_the_promotion(stack: Stack) -> None:
    promoter = Promoter(stack, "gone")
    promoter.start("1.0.1", rings=RINGS, bake_hours=1)
    promoter.until("baking", ring=1)
    call_arm(stack, "DELETE", promoter.version("1.0.1")).raise_for_status()
    ended = promoter.ended()
    assert (ended["state"], ended["failure"]["code"]) == ("failed", "VersionGone")
    assert promoter.post("", version=promoter.version("9.0.0")).status_code == httpx.codes.NOT_FOUND


def test_a_scale_set_without_instances_is_stated(stack: Stack) -> None:
    promoter = Promoter(stack, "empty")
    promoter.start("1.0.1", bake_hours=0)
    ended = promoter.ended()
    assert ended["state"] == "promoted"
    assert ended["warnings"] == ["scale sets without instances have nothing to upgrade: empty-east"]


def test_what_failed_its_proof_is_never_promoted(stack: Stack) -> None:
    promoter = Promoter(stack, "unproved")
    refused = promoter.post("", version=promoter.version("1.0.1"))
    assert refused.status_code == httpx.codes.CONFLICT
    assert "failed its proof: failed in eastus2" in refused.json()["detail"]
    assert promoter.flags("1.0.1")[0] is True


def test_the_promotions_are_listed(stack: Stack) -> None:
    listed = stack.http.get(f"{stack.api}/promotions").json()
    assert listed["unreadable"] == []
    assert {one["action"] for one in listed["promotions"]} <= {"promote", "elect", "rollback"}
    assert len({one["id"] for one in listed["promotions"]}) == len(listed["promotions"])
