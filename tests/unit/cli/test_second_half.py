"""The commands about promotions, consumers, retirements and retention."""

from typing import Any

import httpx
import pytest

from tests.unit.cli.api import documented, problem
from tests.unit.cli.running import Caller

VERSION: str = documented("get_promotion")["version"]
DEFINITION: str = documented("get_promotion")["definition"]
ACCEPTED = {"id": "promotion-1", "links": {"self": "x"}}


def test_promote_shows_the_plan_and_starts_nothing_without_a_word(caller: Caller) -> None:
    caller.api.on("post_promotion_plan", documented("post_promotion_plan") | {"obstacle": None})
    found = caller.run("promote", VERSION)
    assert found.code == 2
    assert "ring 1:" in found.stdout
    assert "instances would upgrade" in found.stdout
    assert not caller.api.called("post_promotion")
    caller.terminal = True
    assert caller.run("promote", VERSION, types="n\n").code == 2
    assert caller.run("promote", VERSION, types="y\n").code == 0
    assert len(caller.api.called("post_promotion")) == 1


def test_promote_sends_the_choices(caller: Caller) -> None:
    caller.api.on("post_promotion_plan", documented("post_promotion_plan") | {"obstacle": None})
    options = [
        "--elect",
        "--ring",
        "eastus2, westus2",
        "--ring",
        "westeurope",
        "--bake-hours",
        "2",
        "--region",
        "x",
    ]
    found = caller.run("promote", VERSION, *options, "--yes", "-o", "json")
    assert found.code == 0
    assert found.data["id"] == documented("post_promotion")["id"]
    assert caller.api.called("post_promotion")[0].body == {
        "version": VERSION,
        "action": "elect",
        "rings": [["eastus2", "westus2"], ["westeurope"]],
        "bake_hours": 2.0,
        "regions": ["x"],
    }


def test_promote_does_not_begin_against_an_obstacle(caller: Caller) -> None:
    obstacle = {"code": "NotProved", "message": "it is not proved", "cause": "No proof.", "fix": "Prove it."}
    caller.api.on("post_promotion_plan", documented("post_promotion_plan") | {"obstacle": obstacle})
    found = caller.run("promote", VERSION, "--yes")
    assert found.code == 1
    assert "NotProved: it is not proved" in found.stdout
    assert not caller.api.called("post_promotion")


def test_promotion_steers(caller: Caller) -> None:
    caller.api.on("get_promotions", {"promotions": [documented("get_promotion")], "unreadable": []})
    assert VERSION.rpartition("/")[2] in caller.run("promotion", "list").stdout
    assert "can roll back" in caller.run("promotion", "show", DEFINITION).stdout
    for verb in ("pause", "resume", "abort"):
        caller.api.on(f"post_promotion_{verb}", ACCEPTED)
        assert caller.run("promotion", verb, "promotion-1").code == 0
        assert caller.api.requests[-1].path.endswith(f"/promotion-1/{verb}")


def test_rollback_shows_what_is_restored_and_asks(caller: Caller) -> None:
    caller.api.on("post_promotion_rollback", ACCEPTED)
    caller.api.on("get_promotion", documented("get_promotion") | {"can_roll_back": True})
    assert caller.run("rollback", DEFINITION).code == 2
    assert not caller.api.called("post_promotion_rollback")
    assert caller.run("rollback", DEFINITION, "--yes").code == 0
    caller.api.on("get_promotion", documented("get_promotion") | {"can_roll_back": False})
    never = caller.run("rollback", DEFINITION, "--yes")
    assert never.code == 1
    assert "--elect" in never.stderr


def history() -> dict[str, Any]:
    line = {
        "at": "2026-01-19T18:38:04Z",
        "what": "promotion",
        "version": "1.0.0",
        "state": "promoted",
        "by": "me",
        "promoted": {"eastus2": "2026-01-19T18:38:04Z"},
        "latest": {"eastus2": "1.0.0"},
        "reason": None,
        "running": False,
    }
    return documented("get_history") | {"promotions": [line | {"version": "1.1.0"}, line]}


def test_history_numbers_the_promotions_so_that_a_number_keeps_its_meaning(caller: Caller) -> None:
    caller.api.on("get_history", history())
    found = caller.run("history", DEFINITION)
    assert found.code == 0
    assert "N AT WHAT VERSION" in found.words
    rows = [line.split("\t") for line in caller.run("history", DEFINITION, "-o", "tsv").stdout.splitlines()]
    assert [(row[0], row[3]) for row in rows] == [("2", "1.1.0"), ("1", "1.0.0")]
    caller.api.on("get_history", history() | {"missing": ["the evidence"]})
    assert caller.run("history", DEFINITION).code == 3


def test_rollback_to_a_number_elects_its_version(caller: Caller) -> None:
    caller.api.on("get_history", history())
    caller.api.on("post_promotion_plan", documented("post_promotion_plan") | {"obstacle": None})
    assert caller.run("rollback", DEFINITION, "1").code == 2
    assert caller.run("rollback", DEFINITION, "1", "--yes").code == 0
    assert caller.api.called("post_promotion")[0].body == {
        "version": f"{DEFINITION}/versions/1.0.0",
        "action": "elect",
    }
    wrong = caller.run("rollback", "promotion-1", "3")
    assert wrong.code == 1
    assert "has no promotion 3" in wrong.stderr


SCALE_SET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/web"


def planned_repoint(*, possible: bool, consumer: str = SCALE_SET) -> dict[str, Any]:
    return {
        "consumer": consumer,
        "kind": "scale set",
        "possible": possible,
        "reasons": [] if possible else ["its size has no SCSI"],
        "old": VERSION,
        "new": VERSION,
        "upgrade_mode": "Manual",
        "steps": ["The model is changed.", "Upgrade the instances."],
    }


def repointing(*outcomes: str) -> dict[str, Any]:
    consumers = [{"id": SCALE_SET, "outcome": one, "reason": "", "steps": ["Upgrade."]} for one in outcomes]
    return {
        "id": "repoint-1",
        "version": VERSION,
        "ended": True,
        "started_by": "me",
        "consumers": consumers,
        "links": {"self": "x"},
    }


def test_repoint_is_dry_until_it_is_told(caller: Caller) -> None:
    caller.api.on("post_repoint_plan", {"version": VERSION, "plans": [planned_repoint(possible=True)]})
    caller.api.on("post_repoint", repointing("waiting"))
    dry = caller.run("repoint", VERSION, SCALE_SET)
    assert dry.code == 2
    assert "2. Upgrade the instances." in dry.stdout
    assert not caller.api.called("post_repoint")
    assert caller.run("repoint", VERSION, SCALE_SET, "--yes").code == 0
    assert caller.api.called("post_repoint")[0].body == {"version": VERSION, "consumers": [SCALE_SET]}


def test_repoint_is_partial_if_some_cannot_be_changed(caller: Caller) -> None:
    plans = [planned_repoint(possible=True), planned_repoint(possible=False, consumer=f"{SCALE_SET}-2")]
    caller.api.on("post_repoint_plan", {"version": VERSION, "plans": plans})
    caller.api.on("post_repoint", repointing("waiting"))
    assert caller.run("repoint", VERSION, SCALE_SET, f"{SCALE_SET}-2", "--yes").code == 3
    assert caller.api.called("post_repoint")[0].body["consumers"] == [SCALE_SET]
    caller.api.on("post_repoint_plan", {"version": VERSION, "plans": plans[1:]})
    none = caller.run("repoint", VERSION, f"{SCALE_SET}-2", "--yes")
    assert none.code == 1
    assert "its size has no SCSI" in none.stdout
    assert caller.run("repoint", VERSION).code == 1


@pytest.mark.parametrize(("outcomes", "code"), [(["repointed"], 0), (["repointed", "failed"], 3)])
def test_repoint_can_watch(caller: Caller, outcomes: list[str], code: int) -> None:
    caller.api.on("post_repoint_plan", {"version": VERSION, "plans": [planned_repoint(possible=True)]})
    caller.api.on("post_repoint", repointing("waiting"))
    caller.api.on("get_repoint", repointing(*outcomes))
    found = caller.run("repoint", VERSION, SCALE_SET, "--yes", "--watch")
    assert found.code == code
    assert "1. Upgrade." in found.stdout


def test_repoint_finds_the_scale_sets_of_an_image(caller: Caller) -> None:
    answer = documented("get_references") | {"unread": None}
    reference = answer["references"][0] | {"blocks": True, "repoint": planned_repoint(possible=True)}
    caller.api.on("get_references", answer | {"references": [reference, reference | {"blocks": False}]})
    caller.api.on("post_repoint_plan", {"version": VERSION, "plans": [planned_repoint(possible=True)]})
    caller.run("repoint", VERSION, "--users-of", answer["id"])
    assert caller.api.called("post_repoint_plan")[0].body["consumers"] == [SCALE_SET]


def retirement(state: str = "awaiting-approval", **members: Any) -> dict[str, Any]:
    return documented("get_retirement") | {"id": "retirement-1", "state": state, **members}


IMAGE: str = documented("get_retirement")["image"]
NAME = IMAGE.rpartition("/")[2]


def test_approve_shows_every_obligation_and_wants_the_name_typed(caller: Caller) -> None:
    caller.api.on("get_retirement", retirement())
    caller.api.on("post_retirement_approve", ACCEPTED)
    script = caller.run("approve", "retirement-1", "--reason", "checked")
    assert script.code == 2
    assert not caller.api.called("post_retirement_approve")
    assert all(one["name"] in script.stdout for one in retirement()["obligations"])
    caller.terminal = True
    assert caller.run("approve", "retirement-1", "--reason", "checked", types="yes\n").code == 2
    assert caller.run("approve", "retirement-1", "--reason", "checked", types=f"{NAME}\n").code == 0
    caller.terminal = False
    assert caller.run("approve", "retirement-1", "--reason", "checked", "--yes").code == 0
    body = {"fingerprint": retirement()["fingerprint"], "reason": "checked"}
    assert [request.body for request in caller.api.called("post_retirement_approve")] == [body, body]


def test_approve_and_reject_take_the_filters_of_the_list(caller: Caller) -> None:
    page = {"unreadable": [], "next": None}
    two = [retirement(), retirement("soaking", id="retirement-2"), retirement(id="retirement-3")]
    caller.api.on("get_retirements", page | {"retirements": two})
    caller.api.on(
        "post_retirement_approve", httpx.Response(202, json=ACCEPTED), problem(409, "it was re-created")
    )
    caller.api.on("post_retirement_reject", ACCEPTED)
    approved = caller.run("approve", "--all", "--reason", "checked", "--yes", "-o", "json")
    assert approved.code == 3
    assert [(one["id"], one["outcome"]) for one in approved.data] == [
        ("retirement-1", "approved"),
        ("retirement-3", "refused"),
    ]
    assert caller.run("reject", "--name", "*", "--reason", "needed").code == 2
    rejected = caller.run("reject", "--state", "soaking", "--reason", "needed", "--yes")
    assert rejected.code == 0
    assert caller.api.called("get_retirements")[-1].query == {"state": "soaking"}
    assert caller.run("approve", "--reason", "x").code == 1
    assert "Missing option" in caller.run("reject", "retirement-1").stderr


def test_retirements_are_found_by_the_name_of_their_image(caller: Caller) -> None:
    older = retirement("kept", id="retirement-0", created="2025-01-01T00:00:00Z")
    page = {"unreadable": [], "next": None, "retirements": [older, retirement()]}
    caller.api.on("get_retirements", page)
    assert caller.run("retirement", "show", NAME, "-o", "json").data["id"] == "retirement-1"
    assert "obligations met" in caller.run("retirement", "show", IMAGE).stdout
    none = caller.run("retirement", "show", "other")
    assert none.code == 1
    assert "Try:   gallerist retire other" in none.stderr
    listed = caller.run("retirement", "list", "--name", NAME)
    assert "IMAGE STATE MET" in listed.words
    elsewhere = retirement(id="retirement-2", image=IMAGE.replace("resourceGroups/", "resourceGroups/other-"))
    caller.api.on("get_retirements", page | {"retirements": [retirement(), elsewhere]})
    assert "retirement-2" in caller.run("retirement", "show", NAME).stderr


def test_retirement_certificate_is_printed_whole(caller: Caller) -> None:
    answer = {"certificate": {"image": IMAGE, "obligations": []}, "digest": "d" * 64, "deletion": None}
    caller.api.on("get_certificate", answer)
    assert f"image: {IMAGE}" in caller.run("retirement", "certificate", "retirement-1").stdout
    assert caller.run("retirement", "certificate", "retirement-1", "-o", "json").data == answer


def test_retirement_acknowledge_names_the_consumer_as_it_is_now(caller: Caller) -> None:
    caller.api.on("get_retirement", retirement())
    caller.api.on("post_retirement_acknowledge", ACCEPTED)
    answer = documented("get_references") | {"unread": None}
    consumer = answer["references"][0]
    found = caller.run("retirement", "acknowledge", "retirement-1", consumer["id"], "--reason", "a dashboard")
    assert found.code == 0
    assert caller.api.called("post_retirement_acknowledge")[0].body == {
        "consumer": consumer["id"],
        "digest": consumer["digest"],
        "reason": "a dashboard",
    }
    unknown = caller.run("retirement", "acknowledge", "retirement-1", "/subscriptions/x", "--reason", "r")
    assert unknown.code == 1
    assert "--digest" in unknown.stderr
    caller.run(
        "retirement", "acknowledge", "retirement-1", "/subscriptions/x", "--reason", "r", "--digest", "d"
    )
    assert caller.api.requests[-1].body["digest"] == "d"


def test_retirement_cancel_and_retire(caller: Caller) -> None:
    caller.api.on("get_retirement", retirement())
    caller.api.on("post_retirement_cancel", ACCEPTED)
    assert "is kept" in caller.run("retirement", "cancel", "retirement-1", "--reason", "not now").stdout
    assert caller.run("retire", IMAGE).code == 0
    assert caller.api.called("post_retirement")[0].body == {"image": IMAGE}
    caller.api.on("post_retirement", problem(409, "its migration is not complete"))
    refused = caller.run("retire", IMAGE)
    assert refused.code == 1
    assert "its migration is not complete" in refused.words


def retention(steps: int) -> dict[str, Any]:
    return {
        "definition": DEFINITION,
        "rules": {"rule": "r", "keep_last": 3, "keep_days": 30},
        "reason": "",
        "soft_delete": True,
        "versions": 4,
        "kept": 4 - steps,
        "steps": [
            {"version": f"{DEFINITION}/versions/1.0.{number}", "step": "exclude"} for number in range(steps)
        ],
        "shown": [{"version": VERSION, "rung": "in-use", "step": None, "kept": "latest in eastus2"}],
        "soft_deleted": [],
        "bin_unread": "",
        "forecast": [],
    }


def retention_run(state: str) -> dict[str, Any]:
    return {
        "id": "retention-1",
        "definition": DEFINITION,
        "state": state,
        "started_by": "me",
        "dry_run": False,
        "reason": "",
        "versions": 4,
        "kept": 3,
        "planned": [],
        "steps": [
            {
                "version": VERSION,
                "step": "exclude",
                "outcome": "left",
                "reason": "a machine uses it",
                "at": "2026-01-20T08:00:00Z",
            }
        ],
        "waiting_for": None,
        "failure": None,
        "created": "2026-01-20T08:00:00Z",
        "links": {"self": "x"},
    }


def test_retention_apply_is_dry_and_wants_the_definition_typed(caller: Caller) -> None:
    caller.api.on("get_retention", retention(2))
    assert "latest in eastus2" in caller.run("retention", "show", DEFINITION).stdout
    script = caller.run("retention", "apply", DEFINITION)
    assert script.code == 2
    assert "1.0.1" in script.stdout
    assert not caller.api.called("post_retention_apply")
    name = "/".join((DEFINITION.split("/")[8], DEFINITION.split("/")[10]))
    caller.terminal = True
    assert caller.run("retention", "apply", DEFINITION, types="y\n").code == 2
    assert caller.run("retention", "apply", DEFINITION, types=f"{name}\n").code == 0
    assert caller.run("retention", "apply", DEFINITION, "--yes").code == 0
    assert caller.run("retention", "apply", DEFINITION, "--dry-run").code == 0
    assert [request.body["dry_run"] for request in caller.api.called("post_retention_apply")] == [
        False,
        False,
        True,
    ]
    caller.api.on("get_retention", retention(0))
    assert "nothing to do" in caller.run("retention", "apply", DEFINITION, "--yes").stderr


def test_retention_runs_are_shown_watched_and_cancelled(caller: Caller) -> None:
    caller.api.on("get_retention", retention(1))
    caller.api.on("get_retention_run", retention_run("cancelled"))
    caller.api.on("post_retention_cancel", ACCEPTED)
    caller.api.on("post_retention_apply", {"id": "retention-1", "links": {"self": "x"}})
    assert "a machine uses it" in caller.run("retention", "run", "retention-1").stdout
    assert caller.run("retention", "apply", DEFINITION, "--yes", "--watch").code == 2
    assert caller.run("retention", "cancel", "retention-1").code == 0


def test_restore_brings_a_version_back(caller: Caller) -> None:
    caller.api.on("post_restore", {"id": "restore-1", "links": {"self": "x"}})
    assert "restore-1 is started" in caller.run("restore", VERSION).stdout
    answer = {
        "id": "restore-1",
        "version": VERSION,
        "state": "refused",
        "found_on": None,
        "message": "it is not in the bin",
        "by": "me",
        "waiting_for": None,
        "failure": None,
        "links": {"self": "x"},
    }
    caller.api.on("get_restore", answer)
    found = caller.run("restore", VERSION, "--watch")
    assert found.code == 1
    assert "it is not in the bin" in found.stdout


def test_freeze_shows_stops_and_allows(caller: Caller) -> None:
    caller.api.on("get_freeze", {"frozen": False, "reason": None})
    assert caller.run("freeze").stdout == "Deletions are allowed.\n"
    assert "why is not said" in caller.run("freeze", "on").stderr
    caller.api.on("post_freeze", {"frozen": True, "reason": "an audit"})
    assert caller.run("freeze", "on", "--reason", "an audit").stdout == "Deletions are stopped: an audit\n"
    assert caller.run("freeze", "off", "--reason", "it is over").code == 2
    assert caller.run("freeze", "off", "--reason", "it is over", "--yes").code == 0
    assert [request.body["frozen"] for request in caller.api.called("post_freeze")] == [True, False]


def test_gone_wants_the_subscription_typed(caller: Caller) -> None:
    subscription = documented("post_gone_subscription")["subscription"]
    assert caller.run("gone", subscription, "--reason", "cancelled").code == 2
    caller.terminal = True
    assert caller.run("gone", subscription, "--reason", "cancelled", types=f"{subscription}\n").code == 0
    assert caller.api.called("post_gone_subscription")[0].body == {
        "subscription": subscription,
        "reason": "cancelled",
    }
