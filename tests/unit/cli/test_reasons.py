"""The commands that say why: explain, why, diff, check, doctor."""

from typing import Any

import httpx
import pytest

from tests.unit.cli.api import URL, documented
from tests.unit.cli.running import Caller

IMAGE: str = documented("get_explanation")["image"]
VERSION: str = documented("get_promotion")["version"]
DEFINITION: str = documented("get_promotion")["definition"]


def finding(verdict: str, **members: Any) -> dict[str, Any]:
    return {
        "name": "replicated",
        "verdict": verdict,
        "detail": "it is there",
        "cause": None,
        "fix": None,
        **members,
    }


def test_explain_shows_every_rule_and_who_decided_each_choice(caller: Caller) -> None:
    answer = documented("get_explanation")
    found = caller.run("explain", IMAGE.rpartition("/")[2])
    assert found.code == 0
    assert caller.api.called("get_explanation")[0].query == {"image": IMAGE}
    assert all(rule["name"] in found.stdout for rule in answer["rules"])
    chosen = [choice["choice"] for choice in answer["choices"] if choice["source"] != "built-in"]
    built_in = [choice["choice"] for choice in answer["choices"] if choice["source"] == "built-in"]
    assert all(choice in found.stdout for choice in chosen)
    assert built_in
    assert not any(choice in found.stdout for choice in built_in)
    assert all(choice in caller.run("explain", IMAGE, "--all").stdout for choice in built_in)
    assert caller.run("explain", IMAGE, "-o", "json").data["action"] == answer["action"]


def test_explain_shows_conditions_and_tags_that_cannot_be_read(caller: Caller) -> None:
    condition = {"key": "names", "wanted": ["db-*"], "actual": "web-1", "fits": False}
    rule = {"name": "databases", "verdict": "not-matched", "conditions": [condition]}
    caller.api.on(
        "get_explanation",
        documented("get_explanation") | {"rules": [rule], "faults": ["gallerist:x is unknown"]},
    )
    found = caller.run("explain", IMAGE)
    assert "rule databases: not matched names: db-* does not fit web-1" in found.words
    assert "gallerist:x is unknown" in found.words


@pytest.mark.parametrize(
    ("usable", "code", "words"),
    [("yes", 0, "can be used"), ("no", 2, "cannot be used"), ("unknown", 3, "is not known")],
)
def test_why_ends_with_what_it_found(caller: Caller, usable: str, code: int, words: str) -> None:
    failed = finding("failed", cause="The region failed.", fix="Add the region again.")
    caller.api.on("get_why", documented("get_why") | {"usable": usable, "findings": [failed]})
    found = caller.run("why", VERSION, "eastus2", "--subscription", "s")
    assert found.code == code
    assert words in found.stdout
    assert "Why: The region failed." in found.stdout
    assert "Fix: Add the region again." in found.stdout
    assert caller.api.called("get_why")[0].query == {
        "version": VERSION,
        "region": "eastus2",
        "subscription": "s",
    }


def test_why_takes_latest(caller: Caller) -> None:
    caller.run("why", f"{DEFINITION}/versions/latest", "eastus2")
    assert caller.api.called("get_why")[0].query["version"].endswith("/versions/latest")


@pytest.mark.parametrize(("verdict", "code"), [("passed", 0), ("warned", 0), ("failed", 2), ("unknown", 3)])
def test_check_is_for_pipelines(caller: Caller, verdict: str, code: int) -> None:
    answer = documented("get_check") | {"verdict": verdict, "findings": [finding(verdict)]}
    caller.api.on("get_check", answer)
    found = caller.run("check", DEFINITION, "--region", "eastus2")
    assert found.code == code
    assert "replicated: it is there" in found.stdout
    assert caller.api.called("get_check")[0].query == {"definition": DEFINITION, "region": "eastus2"}


def image_diff(sync: str, health: str | None, **members: Any) -> dict[str, Any]:
    change = {"sign": "~", "kind": "image version", "resource": VERSION, "detail": "more regions: westus2"}
    return {
        "image": IMAGE,
        "rule": "defaults",
        "sync": sync,
        "reason": None,
        "fix": None,
        "changes": [change] if sync == "out-of-sync" else [],
        "health": health,
        "versions": [],
        **members,
    }


def page(*images: dict[str, Any], **members: Any) -> dict[str, Any]:
    return documented("get_diff") | {
        "images": list(images),
        "unreadable": [],
        "unread": None,
        "next": None,
        **members,
    }


@pytest.mark.parametrize(
    ("sync", "health", "code"),
    [
        ("in-sync", "healthy", 0), ("ignored", None, 0), ("out-of-sync", "healthy", 2), ("in-sync", "degraded", 2),
        ("blocked", None, 2), ("unknown", None, 3),
    ],
)  # fmt: skip
def test_diff_keeps_in_sync_and_healthy_apart(
    caller: Caller, sync: str, health: str | None, code: int
) -> None:
    caller.api.on("get_diff", page(image_diff(sync, health)))
    found = caller.run("diff")
    assert found.code == code
    assert "IN SYNC? HEALTHY?" in found.words
    assert sync in found.stdout


def test_diff_shows_what_differs_and_follows_pages(caller: Caller) -> None:
    first = page(image_diff("in-sync", "healthy"), next=f"{URL}/diff?page=2")
    caller.api.on("get_diff", first, page(image_diff("out-of-sync", "healthy")))
    found = caller.run("diff", "--differing", "-o", "json")
    assert [one["sync"] for one in found.data["images"]] == ["out-of-sync"]
    assert "1 of 2 images are in sync or ignored; 2 of 2 are healthy." in found.stderr
    caller.api.on("get_diff", page(image_diff("out-of-sync", "healthy")))
    assert "more regions: westus2" in caller.run("diff").words


def test_diff_reads_on_and_tells_what_is_missing(caller: Caller) -> None:
    unread = {"parts": 2, "reason": "the time was up", "retry_after_seconds": 3}
    gap = {"id": "/subscriptions/x", "reason": "forbidden", "fix": "Grant Reader."}
    caller.api.on("get_diff", page(unread=unread), page(unreadable=[gap]))
    found = caller.run("diff")
    assert found.code == 3
    assert caller.clock.slept == [3]
    assert "Not read: /subscriptions/x: forbidden. Grant Reader." in found.stderr


@pytest.mark.parametrize(("verdict", "code"), [("passed", 0), ("warned", 0), ("failed", 1), ("unknown", 3)])
def test_doctor_examines_from_outside_and_inside(caller: Caller, verdict: str, code: int) -> None:
    caller.api.on(
        "get_doctor", documented("get_doctor") | {"verdict": verdict, "findings": [finding(verdict)]}
    )
    found = caller.run("doctor")
    assert found.code == code
    assert f"address: {URL} is Gallerist" in found.stdout
    assert "replicated: it is there" in found.stdout
    names = [one["name"] for one in caller.run("doctor", "-o", "json").data["findings"]]
    assert names == ["address", "release", "replicated"]


def test_doctor_tells_an_old_release_and_a_refused_key(caller: Caller) -> None:
    caller.api.on("get_doctor", documented("get_doctor") | {"version": "0.0.1"})
    assert "this command is" in caller.run("doctor").stdout
    assert "Install the command line of the app's release." in caller.run("doctor").stdout
    caller.api.on("get_doctor", httpx.Response(401, text=""))
    refused = caller.run("doctor")
    assert refused.code == 4
    assert "is Gallerist" in refused.stdout
