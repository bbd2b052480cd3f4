"""The commands that plan migrations and start them."""

import json
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from api.answers import Plan
from cli.planning import PlannedImage, plan_all
from domain.resources.ids import ImageId
from tests.unit.cli.api import URL, documented, problem
from tests.unit.cli.running import Caller

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
IMAGE: str = documented("post_plan")["image"]
NAME = IMAGE.rpartition("/")[2]


def blocked() -> dict[str, Any]:
    return documented("post_plan") | {
        "outcome": "blocked",
        "reason": "the disk is too large",
        "fix": "Make it smaller.",
        "targets": [],
        "changes": [],
    }


def without_changes() -> dict[str, Any]:
    return documented("post_plan") | {"changes": []}


def test_plan_shows_each_resource_with_its_sign_and_closes_with_one_line(caller: Caller) -> None:
    found = caller.run("plan", NAME)
    assert found.code == 0
    lines = found.stdout.splitlines()
    assert f"{NAME} migrate" in " ".join(lines[0].split())
    assert any(line.startswith("  + image definition golden/ubuntu-2204") for line in lines)
    assert any(
        line.startswith("  + image version    golden/ubuntu-2204/1.0.0  in eastus2, westus2")
        for line in lines
    )
    assert lines[-1] == "Plan: 1 definition, 1 version, 0 deletions; time not known yet; at most 60 GB."


@pytest.mark.parametrize(
    ("seconds", "shown"), [(428, "about 8 min"), (7199, "about 120 min"), (7200, "about 2.0 h")]
)
def test_the_closing_line_has_the_time_and_the_money(caller: Caller, seconds: int, shown: str) -> None:
    plan = documented("post_plan")
    plan["estimate"]["replication"] = {"seconds": seconds, "how": "measured"}
    caller.api.on("post_plan", plan)
    prices = ["--price", "standard_lrs=0.05", "--price", "premium_lrs=1"]
    found = caller.run("plan", NAME, *prices)
    assert found.stdout.splitlines()[-1].endswith(
        f"; {shown} of replication; at most 60 GB; at most 3.00 a month."
    )
    summary = json.loads(caller.run("plan", NAME, *prices, "-o", "json").stdout)["summary"]
    assert (summary["replication_seconds"], summary["gigabytes"], summary["a_month"]) == (seconds, 60, 3.0)


def test_a_price_that_is_not_named_leaves_the_money_out(caller: Caller) -> None:
    found = caller.run("plan", NAME, "--price", "Premium_LRS=1")
    assert "a month" not in found.stdout
    refused = caller.run("plan", NAME, "--price", "Standard_LRS=cheap")
    assert refused.code == 1
    assert "'Standard_LRS=cheap' is no price" in refused.stderr


def test_plan_sends_the_choices(caller: Caller) -> None:
    options = ["--as-version", "2.0.0", "--definition", "web", "--region", "eastus2", "--region", "westus2=3"]
    options += [
        "--include-in-latest",
        "--end-of-life",
        "2027-01-01",
        "--purchase-plan",
        "a/b/c",
        "--into",
        "/g",
    ]
    caller.run("plan", IMAGE, *options)
    assert caller.api.called("post_plan")[0].body == {
        "image": IMAGE,
        "besides": [],
        "version": "2.0.0",
        "definition": "web",
        "galleries": ["/g"],
        "regions": ["eastus2", {"name": "westus2", "replicas": 3}],
        "exclude_from_latest": False,
        "end_of_life": "2027-01-01",
        "plan": {"publisher": "a", "product": "b", "name": "c"},
    }


def test_detailed_exitcode_tells_changes_from_none(caller: Caller) -> None:
    assert caller.run("plan", IMAGE, "--detailed-exitcode").code == 2
    caller.api.on("post_plan", without_changes())
    found = caller.run("plan", IMAGE, "--detailed-exitcode")
    assert found.code == 0
    assert found.stdout.splitlines()[-1] == "Plan: no changes."


def test_a_plan_that_is_blocked_is_an_error_and_says_the_fix(caller: Caller) -> None:
    caller.api.on("post_plan", blocked())
    found = caller.run("plan", IMAGE, "--detailed-exitcode")
    assert found.code == 1
    assert "the disk is too large" in found.stdout
    assert "Fix: Make it smaller." in found.stdout
    assert found.stdout.splitlines()[-1] == "Plan: no changes, 1 blocked."


def test_plans_of_many_are_partial_if_some_cannot_be_made(caller: Caller) -> None:
    images = [image["id"] for image in documented("get_images")["images"]]
    assert len(images) > 1
    caller.api.on(
        "post_plan", httpx.Response(200, json=documented("post_plan")), problem(404, "there is none")
    )
    found = caller.run("plan", "--all")
    assert found.code == 3
    assert [request.body["image"] for request in caller.api.called("post_plan")] == images
    assert "cannot be planned" in found.stdout
    assert f"{len(images) - 1} not planned" in found.stdout


def test_each_plan_names_the_versions_of_those_before_it(caller: Caller) -> None:
    """So that two images of a definition get two numbers, and can be applied in any order."""
    caller.run("plan", IMAGE, f"{IMAGE}-2")
    target = documented("post_plan")["targets"][0]
    version = f"{target['definition']['id']}/versions/{target['version']['number']}"
    assert [request.body["besides"] for request in caller.api.called("post_plan")] == [[], [version]]


class Planner:
    """A client that plans the next version of an image's definition: `one-1` and `one-2` share the definition `one`."""

    def __init__(self) -> None:
        self.named: list[list[str]] = []

    def plan(self, image: ImageId, *, besides: list[str]) -> Plan:
        self.named.append(besides)
        plan = Plan.model_validate(documented("post_plan"))
        [target] = plan.targets
        definition = target.definition.id
        target.definition.id = definition.gallery.definition(image.name.partition("-")[0])
        target.version.number = f"1.0.{len(besides)}"
        return plan


def test_of_very_many_versions_a_plan_names_those_of_its_definition(caller: Caller) -> None:
    planner, quiet = Planner(), SimpleNamespace(working=lambda _: nullcontext(lambda _: None))
    session: Any = SimpleNamespace(output=quiet, client=planner)
    images = [ImageId.parse(f"{IMAGE.rpartition('/')[0]}/{name}") for name in ("one-1", "two-1", "one-2")]
    planned = plan_all(session, images, {}, most_named=1)
    first = f"{definition_of(planned[0])}/versions/1.0.0"
    # the third is planned once more with the version of its own definition
    assert planner.named == [[], [first], [], [first]]
    assert [number_of(one) for one in planned] == ["1.0.0", "1.0.1", "1.0.1"]


def definition_of(planned: PlannedImage) -> str:
    assert planned.plan is not None
    return str(planned.plan.targets[0].definition.id)


def number_of(planned: PlannedImage) -> str | None:
    assert planned.plan is not None
    return planned.plan.targets[0].version.number


def test_a_file_tells_by_itself_whether_it_changes_anything(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    for answer, changes in ((documented("post_plan"), True), (without_changes(), False)):
        caller.api.on("post_plan", answer)
        found = caller.run("plan", IMAGE, "--out", str(file))
        assert f"gallerist apply {file}" in found.stderr
        kept = json.loads(file.read_text(encoding="utf-8"))
        assert (kept["changes"], kept["url"], kept["made_at"]) == (changes, URL, "2026-01-20T09:00:00+00:00")
    assert caller.run("apply", str(file), "--yes").code == 0
    assert not caller.api.called("post_migration")


def test_apply_starts_exactly_what_was_planned(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    caller.run("plan", IMAGE, "--definition", "web", "--out", str(file))
    caller.api.on("post_migration", documented("post_migration"))
    script = caller.run("apply", str(file))
    assert script.code == 2
    assert not caller.api.called("post_migration")
    assert "Plan: 1 definition" in script.stderr
    applied = caller.run("apply", str(file), "--yes", "-o", "json")
    assert applied.code == 0
    assert [one["outcome"] for one in applied.data] == ["started"]
    facts = documented("post_plan")["facts"]
    assert caller.api.called("post_migration")[0].body == {
        "image": IMAGE,
        "definition": "web",
        "facts": facts,
    }
    caller.terminal = True
    assert caller.run("apply", str(file), types="y\n").code == 0


def test_apply_is_refused_if_the_world_moved(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    caller.run("plan", IMAGE, "--out", str(file))
    moved = problem(409, "the plan is no longer true: content was a, is b", fix="plan the image again")
    caller.api.on("post_migration", moved)
    found = caller.run("apply", str(file), "--yes")
    assert found.code == 1
    assert "content was a, is b" in found.words
    assert "plan the image again" in found.words


def test_apply_refuses_what_is_no_plan_and_a_plan_of_another_app(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"a": 1}', encoding="utf-8")
    assert "is not a plan" in caller.run("apply", str(file)).stderr
    caller.run("plan", IMAGE, "--out", str(file))
    other = caller.run("apply", str(file), "--url", "https://other.example/api", "--yes")
    assert other.code == 1
    assert f"Try:   gallerist apply {file} --url {URL}" in other.stderr
    unwritable = caller.run("plan", IMAGE, "--out", str(tmp_path / "no" / "plan.json"))
    assert unwritable.code == 1
    assert "cannot be written" in unwritable.stderr


def test_migrate_starts_what_is_named(caller: Caller) -> None:
    caller.api.on("post_migration", documented("post_migration"))
    found = caller.run("migrate", NAME, "--region", "westus2")
    assert found.code == 0
    assert caller.api.called("post_migration")[0].body == {"image": IMAGE, "regions": ["westus2"]}
    assert "Watch it with: gallerist watch migration-" in found.stderr


def test_migrate_takes_the_filters_of_images_and_tells_each_outcome(caller: Caller) -> None:
    started = httpx.Response(202, json=documented("post_migration"))
    caller.api.on(
        "post_migration", started, problem(409, "a migration of this image is running", id="migration-1")
    )
    assert caller.run("migrate", "--name", "*").code == 2
    found = caller.run("migrate", "--name", "*", "--yes", "-o", "json")
    assert found.code == 3
    assert [one["outcome"] for one in found.data][:2] == ["started", "refused"]
    assert caller.run("migrate").code == 1


def test_batch_start_sends_scope_filter_and_limits(caller: Caller) -> None:
    options = ["--subscription", SUBSCRIPTION, "-g", "images", "--name", "web-*", "--tag", "team=web"]
    options += [
        "--os-type",
        "Linux",
        "--location",
        "eastus2",
        "--older-than-days",
        "3",
        "--newer-than-days",
        "90",
    ]
    options += ["--limit", "5", "--per-subscription", "2", "--per-gallery", "3", "--dry-run"]
    found = caller.run("batch", "start", *options)
    assert found.code == 0
    assert found.stdout.strip() == documented("post_batch")["id"]
    assert caller.api.called("post_batch")[0].body == {
        "scope": [{"subscription": SUBSCRIPTION, "resource_group": "images"}],
        "filter": {
            "names": ["web-*"],
            "tags": {"team": "web"},
            "os_type": "Linux",
            "locations": ["eastus2"],
            "older_than_days": 3.0,
            "newer_than_days": 90.0,
        },
        "dry_run": True,
        "limit": 5,
        "per_subscription": 2,
        "per_gallery": 3,
    }


def test_batch_start_can_watch(caller: Caller) -> None:
    caller.api.on("post_batch", {"id": "batch-1", "links": {"self": "x"}})
    caller.api.on("get_batch", documented("get_batch") | {"state": "cancelled"})
    assert caller.run("batch", "start", "--subscription", SUBSCRIPTION, "--watch").code == 2


def test_batch_lists_shows_cancels_and_resumes(caller: Caller) -> None:
    listed = caller.run("batch", "list")
    assert listed.code == 0
    assert listed.stdout.splitlines()[0].split()[:2] == ["ID", "STATE"]
    assert (
        caller.run("batch", "show", "batch-1", "-o", "json").data["request"]
        == documented("get_batch")["request"]
    )
    assert "ended" in caller.run("batch", "show", "batch-1").stdout
    assert "starts no more migrations" in caller.run("batch", "cancel", "batch-1").stdout
    assert "goes on" in caller.run("batch", "resume", "batch-1").stdout
    unread = documented("get_batches") | {"unreadable": [{"id": "batch-0", "reason": "of a newer release"}]}
    caller.api.on("get_batches", unread)
    assert caller.run("batch", "list").code == 3


def test_policy_check_tries_the_policy_of_a_file(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("rules: []\n", encoding="utf-8")
    found = caller.run(
        "policy", "check", str(file), "--subscription", SUBSCRIPTION, "-g", "images", "--limit", "7"
    )
    assert found.code == 0
    assert "IMAGE RULE ACTION" in found.words
    assert caller.api.called("post_policy_check")[0].body == {
        "scope": {"subscription": SUBSCRIPTION, "resource_group": "images"},
        "policy": "rules: []\n",
        "limit": 7,
    }
    assert caller.run("policy", "check", "--subscription", SUBSCRIPTION).code == 0
    assert "policy" not in caller.api.called("post_policy_check")[1].body


@pytest.mark.parametrize("text", [None, "rules: 1"])
def test_policy_check_shows_each_error_with_its_line(
    caller: Caller, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "policy.yaml"
    if text is None:
        found = caller.run("policy", "check", str(file), "--subscription", SUBSCRIPTION)
        assert "cannot be read" in found.stderr
    else:
        file.write_text(text, encoding="utf-8")
        fault = {"field": "rules", "message": "must be a list", "line": 1}
        caller.api.on("post_policy_check", problem(400, "the policy has errors", errors=[fault]))
        found = caller.run("policy", "check", str(file), "--subscription", SUBSCRIPTION)
        assert "line 1: rules: must be a list" in found.stderr
    assert found.code == 1
