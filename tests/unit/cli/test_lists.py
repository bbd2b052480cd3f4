"""The commands that list what is there, and the formats of their output."""

import pytest
import yaml

from api.answers import Images
from tests.unit.cli.api import documented, problem
from tests.unit.cli.running import Caller

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"


def test_images_lists_names_in_a_table_and_ids_in_tsv(caller: Caller) -> None:
    images = documented("get_images")["images"]
    table = caller.run("images")
    assert table.code == 0
    assert table.stdout.splitlines()[0].split()[:2] == ["NAME", "RESOURCE"]
    assert images[0]["name"] in table.stdout
    fields = [line.split("\t") for line in caller.run("images", "-o", "tsv").stdout.splitlines()]
    assert [row[0] for row in fields] == [image["id"] for image in images]


def test_images_passes_the_subscription_on_and_filters_by_itself(caller: Caller) -> None:
    found = caller.run("images", "--subscription", SUBSCRIPTION, "--name", "UBUNTU-*", "-o", "json")
    assert caller.api.called("get_images")[0].query == {"subscription": SUBSCRIPTION}
    names = [image["name"] for image in found.data["images"]]
    assert names
    assert all(name.startswith("ubuntu") for name in names)
    assert caller.run("images", "--name", "nothing-*", "-o", "json").data["images"] == []


def test_a_tag_filter_wants_the_tag(caller: Caller) -> None:
    answer = documented("get_images")
    answer["images"][0]["tags"] = {"Team": "web"}
    caller.api.on("get_images", answer)
    for pattern, count in (("team=web", 1), ("team=w*", 1), ("team=*", 1), ("team=db", 0)):
        assert len(caller.run("images", "--tag", pattern, "-o", "json").data["images"]) == count
    wrong = caller.run("images", "--tag", "team")
    assert wrong.code == 1
    assert "'team' is not KEY=VALUE" in wrong.stderr


def test_a_list_that_is_read_in_parts_is_read_on(caller: Caller) -> None:
    unread = {"parts": 3, "reason": "the time was up", "retry_after_seconds": 2}
    caller.api.on("get_images", documented("get_images") | {"unread": unread}, documented("get_images"))
    found = caller.run("images")
    assert found.code == 0
    assert caller.clock.slept == [2]
    assert "3 lists are left" in found.stderr


def test_what_cannot_be_read_is_told_and_is_partial(caller: Caller) -> None:
    missing = {"id": "/subscriptions/x", "reason": "the identity may not read it", "fix": "Grant Reader."}
    caller.api.on("get_galleries", documented("get_galleries") | {"unreadable": [missing]})
    found = caller.run("galleries")
    assert found.code == 3
    assert "Not read: /subscriptions/x: the identity may not read it. Grant Reader." in found.stderr


def test_galleries_shows_versions_by_their_names(caller: Caller) -> None:
    row = documented("get_galleries")["galleries"][0]
    name = row["name"].replace("\\", "/")
    assert name in caller.run("galleries").stdout
    assert caller.run("galleries", "--name", f"{name[:-1]}?", "--query", "length(galleries)").stdout == "1\n"


def test_json_and_yaml_have_the_whole_answer(caller: Caller) -> None:
    found = caller.run("images", "-o", "json").data
    assert Images.model_validate(found) == Images.model_validate(documented("get_images"))
    assert yaml.safe_load(caller.run("images", "-o", "yaml").stdout)["images"][0]["id"]


@pytest.mark.parametrize(
    ("query", "form", "printed"),
    [
        ("images[0].location", "tsv", "eastus2\n"),
        ("images[0].location", "table", "eastus2\n"),
        ("images[:1].[location,os_type]", "tsv", "eastus2\tWindows\n"),
        ("images[:1].{where: location}", "table", "WHERE\neastus2\n"),
        ("images[0].{where: location}", "table", "where  eastus2\n"),
        ("images[0].location", "json", '"eastus2"\n'),
        ("images[0].nothing", "tsv", ""),
    ],
)
def test_a_query_selects_what_is_printed(caller: Caller, query: str, form: str, printed: str) -> None:
    found = caller.run("images", "--query", query, "-o", form)
    assert (found.code, found.stdout) == (0, printed)


def test_a_wrong_query_is_an_error_with_a_command_that_works(caller: Caller) -> None:
    found = caller.run("images", "--query", "images[")
    assert found.code == 1
    assert "--query is not a JMESPath expression" in found.stderr
    assert "Try:   gallerist images --query 'images[].name' -o tsv" in found.stderr


def test_coverage_counts_and_lists(caller: Caller) -> None:
    counted = caller.run("coverage")
    assert counted.code == 0
    assert "managed images" in counted.stdout
    assert all(name in counted.stdout for name in ("migrated", "running", "blocked", "ignored", "untouched"))
    listed = documented("get_coverage") | {
        "listed": [
            {
                "image": documented("get_images")["images"][0]["id"],
                "category": "blocked",
                "rule": "r",
                "why": "too large",
                "created_at": None,
                "definitions": [],
            }
        ]
    }
    caller.api.on("get_coverage", listed)
    assert "too large" in caller.run("coverage", "--category", "blocked").stdout
    assert caller.api.called("get_coverage")[-1].query == {"category": "blocked"}
    assert caller.run("coverage", "-o", "json").data["images"] == listed["images"]


def test_references_ends_with_2_if_something_blocks(caller: Caller) -> None:
    answer = documented("get_references")
    caller.api.on("get_references", answer | {"blocking": 1, "complete": True, "unread": None})
    found = caller.run("references", answer["id"])
    assert found.code == 2
    assert "block the deletion" in found.stderr
    assert caller.api.called("get_references")[0].query == {"image": answer["id"]}
    caller.api.on("get_references", answer | {"blocking": 0, "complete": True, "unread": None})
    assert caller.run("references", answer["id"]).code == 0
    caller.api.on("get_references", answer | {"complete": False, "unread": None})
    assert caller.run("references", answer["id"]).code == 3


def test_references_takes_a_version_by_its_name(caller: Caller) -> None:
    version = documented("get_galleries")["galleries"][0]["name"].replace("\\", "/")
    caller.run("references", version)
    assert list(caller.api.called("get_references")[0].query) == ["version"]


def test_adoption_shows_latest_and_the_consumers(caller: Caller) -> None:
    answer = documented("get_adoption")
    found = caller.run("adoption", answer["definition"])
    assert found.code == 0
    assert "REGION LATEST" in found.words
    assert "CONSUMER KIND" in found.words
    caller.api.on("get_adoption", answer | {"gaps": [{"where": "instances", "reason": "forbidden"}]})
    assert caller.run("adoption", answer["definition"]).code == 3


def test_lineage_tells_the_lines_and_what_is_missing(caller: Caller) -> None:
    version = documented("get_promotion")["version"]
    line = {
        "what": "published",
        "place": "gallery",
        "at": "2026-01-19T18:38:04Z",
        "by": "",
        "details": {"regions": ["eastus2"]},
        "record": None,
        "digest": None,
    }
    answer = {
        "version": version,
        "exists": True,
        "source": None,
        "lines": [line],
        "missing": ["the evidence"],
    }
    caller.api.on("get_lineage", answer)
    found = caller.run("lineage", version)
    assert found.code == 3
    assert "2026-01-19 18:38 published gallery" in found.words
    assert "Not read: the evidence" in found.stderr
    assert "regions=eastus2" in caller.run("lineage", version, "-o", "tsv").stdout


def test_a_name_that_means_nothing_or_several_things_is_an_error(caller: Caller) -> None:
    found = caller.run("references", "no-such-image")
    assert found.code == 1
    assert "no managed image is called 'no-such-image'" in found.stderr
    answer = documented("get_images")
    image = answer["images"][0]
    answer["images"] = [
        image,
        image | {"id": image["id"].replace("resourceGroups/", "resourceGroups/other-")},
    ]
    caller.api.on("get_images", answer)
    twice = caller.run("references", image["name"])
    assert twice.code == 1
    assert image["id"] in twice.stderr
    group = image["resource_group"]
    assert caller.run("references", f"{group}/{image['name']}").code in (0, 2, 3)


def test_a_problem_of_azure_is_shown_with_cause_and_fix(caller: Caller) -> None:
    refused = problem(502, "the call failed", code="X", cause="No role.", fix="Grant Reader.")
    caller.api.on("get_images", refused)
    found = caller.run("images")
    assert found.code == 1
    assert found.stdout == ""
    assert found.stderr.splitlines() == [
        "Error: the call failed",
        "Why:   No role.",
        "Fix:   Grant Reader.",
        "Try:   gallerist doctor",
    ]
