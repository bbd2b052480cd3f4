"""The commands that follow work, end it and start it again."""

from typing import Any

import httpx
import pytest

from tests.unit.cli.api import documented, problem
from tests.unit.cli.running import Caller

ID = "migration-1"


def migration(state: str, **members: Any) -> dict[str, Any]:
    return documented("get_migration") | {"id": ID, "state": state, "waiting_for": None, **members}


def test_status_lists_migrations_and_passes_filters_on(caller: Caller) -> None:
    found = caller.run("status", "--state", "completed", "--gallery", "golden", "--since", "12h")
    assert found.code == 0
    assert "IMAGE STATE VERSIONS" in found.words
    assert caller.api.called("get_migrations")[0].query == {
        "gallery": "golden",
        "since": "2026-01-19T21:00:00+00:00",
        "state": "completed",
    }


def test_status_lists_so_many_and_says_that_there_are_more(caller: Caller) -> None:
    page = documented("get_migrations") | {"next": None}
    page["migrations"] = [migration("completed", id=f"migration-{number}") for number in range(3)]
    caller.api.on("get_migrations", page)
    found = caller.run("status", "--limit", "2", "-o", "tsv")
    assert len(found.stdout.splitlines()) == 2
    assert "There are more than 2" in found.stderr
    assert len(caller.run("status", "--limit", "0", "-o", "tsv").stdout.splitlines()) == 3


def test_status_shows_one_migration_with_its_regions(caller: Caller) -> None:
    found = caller.run("status", ID)
    assert found.code == 0
    target = documented("get_migration")["targets"][0]
    assert target["version"] in found.stdout
    assert all(region["region"] in found.stdout for region in target["regions"])
    by_name = caller.run("status", documented("get_images")["images"][0]["name"], "-o", "json")
    assert caller.api.called("get_migration")[-1].path.rpartition("/")[2].startswith("migration-")
    assert by_name.data["id"]


@pytest.mark.parametrize("kind", ["batch", "promotion", "retirement"])
def test_status_knows_what_an_id_is_of(caller: Caller, kind: str) -> None:
    found = caller.run("status", f"{kind}-1")
    assert found.code == 0
    assert [request.operation for request in caller.api.requests] == [f"get_{kind}"]
    assert found.stdout.strip()


def test_watch_writes_each_change_once_where_there_is_no_terminal(caller: Caller) -> None:
    waits = {"reason": "replication", "until": "2026-01-20T10:00:00Z", "throttled": False}
    caller.api.on(
        "get_migration",
        migration("replicating", waiting_for=waits),
        migration("replicating", waiting_for=waits),
        migration("completed"),
    )
    found = caller.run("watch", ID, "--interval", "3")
    assert found.code == 0
    assert caller.clock.slept == [3, 3]
    lines = [line.partition(" ")[2] for line in found.stderr.splitlines()]
    assert lines[:2] == ["migration replicating", "waits: replication"]
    assert lines.count("migration replicating") == 1
    assert lines[-1] == "migration completed"
    assert "completed" in found.stdout


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("completed", 0), ("skipped", 0), ("failed", 1), ("blocked", 1), ("cancelled", 2), ("partial", 3),
        ("unverified", 3),
    ],
)  # fmt: skip
def test_the_exit_code_is_that_of_the_end(caller: Caller, state: str, code: int) -> None:
    caller.api.on("get_migration", migration(state))
    assert caller.run("watch", ID).code == 0
    assert caller.run("watch", ID, "--exit-status").code == code
    assert caller.run("wait", ID).code == code
    assert caller.run("wait", ID, "--for", state).code == 0


def test_a_batch_with_failures_is_partial(caller: Caller) -> None:
    batch = documented("get_batch") | {"state": "completed", "counts": {"completed": 2, "failed": 1}}
    caller.api.on("get_batch", batch)
    assert caller.run("watch", "batch-1", "--exit-status").code == 3
    caller.api.on("get_batch", batch | {"counts": {"completed": 2}})
    assert caller.run("watch", "batch-1", "--exit-status").code == 0


def test_watch_waits_out_what_passes(caller: Caller) -> None:
    caller.api.on(
        "get_migration", httpx.ConnectError("refused"), problem(503, "the app starts"), migration("completed")
    )
    found = caller.run("watch", ID)
    assert found.code == 0
    assert "Not reached, trying again: refused" in found.stderr
    caller.api.on("get_migration", httpx.ConnectError("refused"))
    assert caller.run("watch", ID).code == 1


def test_watch_without_an_id_chooses_from_what_runs_only_on_a_terminal(caller: Caller) -> None:
    page = documented("get_migrations") | {
        "next": None,
        "migrations": [migration("replicating"), migration("failed")],
    }
    caller.api.on("get_migrations", page)
    caller.api.on("get_promotions", {"promotions": [], "unreadable": []})
    caller.api.on("get_migration", migration("completed"))
    alone = caller.run("watch")
    assert alone.code == 1
    assert f"Try:   gallerist watch {ID}" in alone.stderr
    caller.terminal = True
    assert caller.run("watch", "--no-input").code == 1
    asked = caller.run("watch", types="7\n1\n")
    assert asked.code == 0
    assert len(caller.api.called("get_migration")) == 1
    caller.api.on("get_migrations", page | {"migrations": []})
    caller.api.on("get_batches", {"batches": [], "unreadable": []})
    assert "nothing runs" in caller.run("watch").stderr


def test_wait_gives_up_when_the_time_is_up(caller: Caller) -> None:
    caller.api.on("get_migration", migration("replicating"))
    found = caller.run("wait", ID, "--timeout", "12", "--interval", "5")
    assert found.code == 1
    assert caller.clock.slept == [5, 5]
    assert f"{ID} is still replicating after 12 seconds" in found.stderr
    assert f"Try:   gallerist watch {ID}" in found.stderr


def test_wait_refuses_a_state_that_never_comes(caller: Caller) -> None:
    found = caller.run("wait", ID, "--for", "complete")
    assert found.code == 1
    assert "a migration is never 'complete'" in found.stderr


def test_wait_for_another_end_has_the_code_of_the_end(caller: Caller) -> None:
    caller.api.on("get_migration", migration("partial"))
    assert caller.run("wait", ID, "--for", "completed").code == 3
    assert caller.run("wait", ID, "--for", "completed", "--for", "partial").code == 0
    caller.api.on("get_migration", migration("completed"))
    assert caller.run("wait", ID, "--for", "blocked").code == 1


ACCEPTED = {"id": "x", "links": {"self": "x"}}


def test_cancel_says_of_each_whether_it_was_done(caller: Caller) -> None:
    caller.api.on("post_migration_cancel", httpx.Response(202, json=ACCEPTED), problem(409, "it has ended"))
    found = caller.run("cancel", "migration-1", "migration-2", "-o", "json")
    assert found.code == 3
    assert [(one["id"], one["outcome"], one["reason"]) for one in found.data] == [
        ("migration-1", "cancelled", ""),
        ("migration-2", "refused", "it has ended"),
    ]
    assert caller.run("cancel", "migration-2").code == 1


def test_cancel_knows_what_an_id_is_of(caller: Caller) -> None:
    for operation in (
        "post_batch_cancel",
        "post_retention_cancel",
        "post_promotion_abort",
        "post_retirement_cancel",
    ):
        caller.api.on(operation, ACCEPTED)
    found = caller.run(
        "cancel", "batch-1", "retention-1", "promotion-1", "retirement-1", "--reason", "not now"
    )
    assert found.code == 0
    assert [request.operation for request in caller.api.requests] == [
        "post_batch_cancel",
        "post_retention_cancel",
        "post_promotion_abort",
        "post_retirement_cancel",
    ]
    assert caller.api.requests[-1].body == {"reason": "not now"}
    without = caller.run("cancel", "retirement-1", "restore-1")
    assert without.code == 1
    assert "with a reason" in without.stdout
    assert "a restoration cannot be cancelled" in without.stdout


def test_filters_of_bulk_commands_are_those_of_the_list_and_are_asked_about(caller: Caller) -> None:
    page = documented("get_migrations") | {"next": None}
    page["migrations"] = [migration("replicating"), migration("completed", id="migration-2")]
    caller.api.on("get_migrations", page)
    caller.api.on("post_migration_cancel", ACCEPTED)
    script = caller.run("cancel", "--gallery", "golden")
    assert script.code == 2
    assert not caller.api.called("post_migration_cancel")
    assert "--yes does it without a question" in script.stderr
    assert caller.run("cancel", "--gallery", "golden", "--yes").code == 0
    assert [request.path for request in caller.api.called("post_migration_cancel")] == [
        f"/api/migrations/{ID}/cancel"
    ]
    caller.terminal = True
    assert caller.run("cancel", "--all", types="n\n").code == 2
    assert caller.run("cancel", "--all", types="y\n").code == 0
    nothing = caller.run("cancel")
    assert nothing.code == 1
    assert "what to cancel is not said" in nothing.stderr


def test_retry_leaves_alone_what_needs_none(caller: Caller) -> None:
    states = ("failed", "completed", "replicating", "blocked", "skipped")
    page = documented("get_migrations") | {"next": None}
    page["migrations"] = [migration(state, id=f"migration-{state}") for state in states]
    caller.api.on("get_migrations", page)
    caller.api.on("post_migration_retry", ACCEPTED)
    found = caller.run("retry", "--all", "--yes", "-o", "json")
    assert [one["id"] for one in found.data] == ["migration-failed", "migration-blocked"]
    caller.api.on("get_migrations", page | {"migrations": []})
    nothing = caller.run("retry", "--all", "--yes")
    assert nothing.code == 0
    assert "Nothing matches." in nothing.stderr


def test_what_cannot_be_reached_any_more_is_not_tried(caller: Caller) -> None:
    caller.api.on("post_migration_retry", httpx.ConnectError("gone"))
    found = caller.run("retry", "migration-1", "migration-2", "-o", "json")
    assert found.code == 1
    assert [one["outcome"] for one in found.data] == ["unknown", "not tried"]


def test_add_regions_adds_those_that_are_given_or_those_of_the_policy(caller: Caller) -> None:
    assert caller.run("add-regions", ID, "--region", "eastus2=2", "--region", "westus2").code == 0
    assert caller.run("add-regions", ID).code == 0
    assert [request.body for request in caller.api.called("post_regions")] == [
        {"regions": [{"name": "eastus2", "replicas": 2}, "westus2"]},
        {},
    ]
