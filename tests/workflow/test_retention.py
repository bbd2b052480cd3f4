"""Retention in the simulated Azure: what stays, the ladder with one command back from each rung, and the lineage."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.resources.ids import ImageDefinitionId
from domain.retention.run import ENDS, retention_id
from local.arm import call_arm, delete_image
from local.stack import Stack
from tests.workflow.estate import HERE, PACE, SEED, Estate, an_image
from tests.workflow.receiver import Receiver

COMPUTE = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute"
BINNED, PLAIN = f"{COMPUTE}/galleries/binned", f"{COMPUTE}/galleries/plain"
START = datetime(2026, 1, 5, tzinfo=UTC)
POLICY = """\
defaults:
  galleries: [GALLERY]
  retention: {{keep_last: 2, keep_days: 30, grace_days: 3, dry_run: false}}
rules:
  - name: dry
    match: {{names: ["dry-*"]}}
    retention: {{dry_run: true}}
  - name: told
    match: {{names: ["told-*"]}}
    notify: {{topic: "{receiver}/topic", webhook: "{receiver}/hook", owner: team web}}
"""
IDENTITY = {"osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V1"}
IN_BIN = {"isSoftDeleteEnabled": True, "retentionPeriodInDays": 7, "gracePeriodInDays": 5}


def definition(gallery: str, name: str, **tags: str) -> dict[str, Any]:
    properties = {**IDENTITY, "identifier": {"publisher": "p", "offer": name, "sku": "s"}}
    return {"id": f"{gallery}/images/{name}", "location": "eastus2", "tags": tags, "properties": properties}


def version(
    gallery: str, name: str, number: str, *, days: float = 200, excluded: bool = True, **changes: Any
) -> dict[str, Any]:
    """A version that Gallerist made `days` ago."""
    tags = {
        "gallerist-migration": "migration-1",
        "gallerist-fingerprint": f"f-{number}",
        "gallerist-source": an_image(f"{name}-source")["id"],
        "gallerist-started-by": "anna",
        "gallerist-rule": changes.pop("rule", "defaults"),
        **changes.pop("tags", {}),
    }
    published = (START - timedelta(days=days)).isoformat()
    return {
        "id": f"{gallery}/images/{name}/versions/{number}",
        "location": "eastus2",
        "tags": tags,
        "properties": {
            "publishingProfile": {
                "targetRegions": [{"name": "eastus2"}, {"name": "westus2"}],
                "excludeFromLatest": excluded,
                "publishedDate": published,
            },
            "storageProfile": {"source": {"id": an_image(f"{name}-source")["id"]}},
            **changes,
        },
    }


def _seed() -> dict[str, Any]:
    seed = copy.deepcopy(SEED)
    seed["resources"] = [
        {"id": PLAIN, "location": "eastus2", "properties": {}},
        {"id": BINNED, "location": "eastus2", "properties": {"softDeletePolicy": IN_BIN}},
    ]
    for gallery, name in (
        (PLAIN, "mixed"),
        (BINNED, "ladder"),
        (PLAIN, "grace"),
        (PLAIN, "dry"),
        (PLAIN, "told"),
        (PLAIN, "lost"),
        (PLAIN, "shaken"),
        (PLAIN, "wanted"),
        (PLAIN, "frozen"),
    ):
        seed["resources"].append(definition(gallery, name))
    pinned = {"gallerist:keep": "release of spring"}
    seed["resources"] += [
        version(PLAIN, "mixed", "1.0.0"),
        version(PLAIN, "mixed", "1.0.1", provisioningState="Failed"),
        version(PLAIN, "mixed", "1.0.2", tags=pinned),
        version(PLAIN, "mixed", "1.0.3"),
        version(PLAIN, "mixed", "1.0.4", excluded=False),
        version(PLAIN, "mixed", "1.0.5", excluded=False),
        version(PLAIN, "mixed", "1.0.6"),
        version(PLAIN, "mixed", "1.0.7"),
        version(PLAIN, "mixed", "1.0.8", days=2),
        {**version(PLAIN, "mixed", "0.9.0"), "tags": {}},
    ]
    undated = version(PLAIN, "mixed", "0.9.1")
    undated["_simulator"] = {"shown": {"properties": {"publishingProfile": {"publishedDate": None}}}}
    machine = {
        "id": f"{COMPUTE}/virtualMachineScaleSets/web",
        "location": "eastus2",
        "properties": {
            "virtualMachineProfile": {
                "storageProfile": {"imageReference": {"id": f"{PLAIN}/images/mixed/versions/1.0.3"}}
            }
        },
    }
    seed["resources"] += [undated, machine]
    for name, gallery in (("ladder", BINNED), ("grace", PLAIN), ("wanted", PLAIN)):
        seed["resources"] += [version(gallery, name, f"1.0.{patch}") for patch in range(3)]
    excluded = {"gallerist-retention": (START - timedelta(days=30)).isoformat()}
    seed["resources"] += [version(PLAIN, "frozen", "1.0.0", tags=excluded)]
    seed["resources"] += [version(PLAIN, "frozen", f"1.0.{patch}") for patch in range(1, 4)]
    for name in ("told", "lost", "shaken"):
        seed["resources"] += [version(PLAIN, name, f"1.0.{patch}", rule="told") for patch in range(3)]
    seed["resources"] += [version(PLAIN, "dry", f"1.0.{patch}", rule="dry") for patch in range(3)]
    return seed


@dataclass
class RetentionStack(Stack):
    """A stack whose keys may decide, since nobody signs in here, and which may send notices to one host."""

    webhook_host: str = field(kw_only=True)

    def app_settings(self) -> dict[str, str]:
        return super().app_settings() | {
            "GALLERIST_ALLOW_KEYS_TO_APPROVE": "true",
            "GALLERIST_RETENTION_SCHEDULE": self.sweep_schedule,
            "GALLERIST_WEBHOOK_HOSTS": self.webhook_host,
        }


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Estate]:
    folder = tmp_path_factory.mktemp("stack")
    policy = POLICY.format(receiver=f"http://{receiver.host}").replace("GALLERY", PLAIN)
    stack = RetentionStack(folder, _seed(), policy, PACE, one_clock=True, webhook_host=receiver.host)
    with stack, Estate(stack) as estate:
        yield estate


def apply(estate: Estate, gallery: str, name: str) -> dict[str, Any]:
    """Starts a run over a definition, and returns it when it has ended."""
    body = {"definition": f"{gallery}/images/{name}"}
    started = estate.http.post(f"{estate.stack.api}/retention/apply", json=body)
    assert started.status_code == 202, started.text
    address = started.headers["Location"]
    assert address.endswith(retention_id(ImageDefinitionId.parse(body["definition"])))

    def look() -> dict[str, Any] | None:
        run = estate.http.get(address).json()
        return run if run["state"] in ENDS else None

    return estate.eventually(look)


def taken(run: dict[str, Any]) -> dict[str, str]:
    return {
        step["version"].rpartition("/")[2]: step["step"]
        for step in run["steps"]
        if step["outcome"] == "taken"
    }


def restore(estate: Estate, version_id: str) -> dict[str, Any]:
    started = estate.http.post(f"{estate.stack.api}/versions/restore", json={"version": version_id})
    assert started.status_code == 202, started.text

    def look() -> dict[str, Any] | None:
        status = estate.http.get(started.headers["Location"]).json()
        return status if status["state"] != "restoring" else None

    return estate.eventually(look)


def lineage(estate: Estate, version_id: str) -> dict[str, Any]:
    return estate.http.get(f"{estate.stack.api}/lineage", params={"version": version_id}).json()


def test_only_what_nothing_keeps_takes_a_step(estate: Estate) -> None:
    preview = estate.http.get(
        f"{estate.stack.api}/retention", params={"definition": f"{PLAIN}/images/mixed"}
    ).json()
    run = apply(estate, PLAIN, "mixed")
    assert run["state"] == "done"
    assert taken(run) == {"1.0.0": "exclude", "1.0.6": "exclude"}
    kept = {row["version"].rpartition("/")[2]: row["kept"] for row in preview["shown"]}
    assert "it is Failed" in kept["1.0.1"]
    assert "release of spring" in kept["1.0.2"]
    assert "latest resolves to it" in kept["1.0.5"]
    assert "last known good" in kept["1.0.4"]
    assert "Gallerist did not make it" in kept["0.9.0"]
    assert "its date is unknown" in kept["0.9.1"]
    assert {row["version"].rpartition("/")[2] for row in preview["steps"]} == {"1.0.0", "1.0.3", "1.0.6"}


def test_a_dry_run_writes_nothing(estate: Estate) -> None:
    before = len(estate.writes("/dry/versions"))
    run = apply(estate, PLAIN, "dry")
    assert [step["step"] for step in run["planned"]] == ["exclude"]
    assert (run["dry_run"], run["steps"]) == (True, [])
    assert len(estate.writes("/dry/versions")) == before


def test_the_ladder_of_a_gallery_with_soft_delete_and_the_way_back_from_each_rung(estate: Estate) -> None:
    oldest = f"{BINNED}/images/ladder/versions/1.0.0"
    assert taken(apply(estate, BINNED, "ladder")) == {"1.0.0": "exclude"}
    assert taken(apply(estate, BINNED, "ladder")) == {}, "what is excluded stays for a day"
    assert restore(estate, oldest)["state"] == "restored"
    assert taken(apply(estate, BINNED, "ladder")) == {}, "what was restored is kept"
    unpin(estate, oldest)

    apply(estate, BINNED, "ladder")
    estate.stack.let_pass(timedelta(days=1))
    assert taken(apply(estate, BINNED, "ladder")) == {"1.0.0": "soft-delete"}
    assert call_arm(estate.stack, "GET", oldest).status_code == 404
    back = restore(estate, oldest)
    assert (back["state"], back["found_on"]) == ("restored", "soft-deleted")
    unpin(estate, oldest)

    apply(estate, BINNED, "ladder")
    estate.stack.let_pass(timedelta(days=1))
    apply(estate, BINNED, "ladder")
    estate.stack.let_pass(timedelta(days=8))
    assert restore(estate, oldest)["state"] == "restored", "in the grace period it can only be restored"
    unpin(estate, oldest)

    apply(estate, BINNED, "ladder")
    estate.stack.let_pass(timedelta(days=1))
    apply(estate, BINNED, "ladder")
    estate.stack.let_pass(timedelta(days=13))
    gone = restore(estate, oldest)
    assert (gone["state"], gone["message"]) == (
        "refused",
        "it is neither in the gallery nor in its bin: it is gone",
    )
    lines = lineage(estate, oldest)
    assert lines["exists"] is False
    (made,) = [line for line in lines["lines"] if line["what"] == "made"]
    assert (made["details"]["fingerprint"], made["place"]) == ("f-1.0.0", "evidence")
    whats = [line["what"] for line in lines["lines"]]
    assert "retention: soft-delete: done" in whats
    assert "retention: restore: done" in whats


def unpin(estate: Estate, version_id: str) -> None:
    """Takes the tag away by which a restored version is kept."""
    tags = {name: value for name, value in estate.arm(version_id)["tags"].items() if name != "gallerist:keep"}
    call_arm(estate.stack, "PATCH", version_id, {"tags": tags}).raise_for_status()
    estate.eventually(lambda: estate.arm(version_id)["properties"]["provisioningState"] == "Succeeded")


def test_without_soft_delete_a_version_is_excluded_for_its_grace_and_then_deleted(estate: Estate) -> None:
    oldest = f"{PLAIN}/images/grace/versions/1.0.0"
    assert taken(apply(estate, PLAIN, "grace")) == {"1.0.0": "exclude"}
    assert estate.arm(oldest)["properties"]["publishingProfile"]["excludeFromLatest"] is True
    estate.stack.let_pass(timedelta(days=2))
    assert taken(apply(estate, PLAIN, "grace")) == {}
    estate.stack.let_pass(timedelta(days=1))
    estate.stack.control("POST", "locks", {"locks": [{"scope": PLAIN}]})
    (locked,) = apply(estate, PLAIN, "grace")["steps"]
    assert (locked["outcome"], "a lock forbids it" in locked["reason"]) == ("left", True)
    estate.stack.control("POST", "locks", {"locks": []})
    assert taken(apply(estate, PLAIN, "grace")) == {"1.0.0": "delete"}
    assert call_arm(estate.stack, "GET", oldest).status_code == 404
    assert sorted(estate.versions("grace", PLAIN)) == ["1.0.1", "1.0.2"]


def test_a_notice_is_delivered_once_its_receiver_is_back_and_holds_nothing_up(
    estate: Estate, receiver: Receiver
) -> None:
    """To a topic with the app's token, to a webhook without."""
    receiver.status = 503
    assert taken(apply(estate, PLAIN, "told")) == {"1.0.0": "exclude"}, (
        "the run ends though nobody hears of it"
    )
    estate.stack.let_pass(timedelta(minutes=10))
    tries = len(receiver.got)
    assert tries >= 4
    receiver.status = 200
    estate.stack.let_pass(timedelta(hours=2))
    delivered = receiver.got[tries:]
    assert sorted(path for path, *_ in delivered) == ["/hook", "/topic"]
    bodies = {path: (authorization, body) for path, authorization, body in delivered}
    authorization, (event,) = bodies["/topic"]
    assert event == bodies["/hook"][1]
    assert (authorization.startswith("Bearer "), bodies["/hook"][0]) == (True, "None")
    assert (event["type"], event["data"]["step"], event["data"]["owner"]) == (
        "gallerist.retention.step",
        "exclude",
        "team web",
    )


def test_a_notice_is_given_up_after_a_day_with_one_line_in_the_log(
    estate: Estate, receiver: Receiver
) -> None:
    receiver.status = 500
    apply(estate, PLAIN, "lost")
    estate.stack.let_pass(timedelta(hours=26))
    tries = len(receiver.got)
    estate.stack.let_pass(timedelta(hours=26))
    assert len(receiver.got) == tries
    lines = [line for line in estate.stack.log("host").splitlines() if "is given up after" in line]
    assert len(lines) == 1
    assert "/lost/versions/1.0.0" in lines[0]


def test_a_worker_that_dies_over_a_notice_delivers_it_all_the_same(
    estate: Estate, receiver: Receiver
) -> None:
    """At least once: the receiver knows a second one by its id."""
    receiver.status, receiver.got = 200, []
    fault = {"kind": "worker-dies", "during": "activity", "function": "deliver_notice", "after_effects": True}
    faults = f"{estate.stack.host['url']}/_host/faults"
    estate.http.post(faults, json={**fault, "times": 2}).raise_for_status()
    apply(estate, PLAIN, "shaken")
    estate.stack.let_pass(timedelta(minutes=30))
    estate.http.delete(faults).raise_for_status()
    assert {path for path, *_ in receiver.got} == {"/hook", "/topic"}
    ids = {body["id"] for path, _, body in receiver.got if path == "/hook"}
    assert len(ids) == 1
    assert len(receiver.got) > 2


def test_a_user_that_appears_after_the_exclusion_keeps_the_version(estate: Estate) -> None:
    oldest = f"{PLAIN}/images/wanted/versions/1.0.0"
    assert taken(apply(estate, PLAIN, "wanted")) == {"1.0.0": "exclude"}
    estate.stack.let_pass(timedelta(days=3))
    reference = {"imageReference": {"id": oldest}}
    body = {
        "location": "eastus2",
        "sku": {"name": "Standard_D2s_v3", "capacity": 1},
        "properties": {"virtualMachineProfile": {"storageProfile": reference}},
    }
    user = f"{COMPUTE}/virtualMachineScaleSets/late"
    call_arm(estate.stack, "PUT", user, body).raise_for_status()
    assert taken(apply(estate, PLAIN, "wanted")) == {}
    assert call_arm(estate.stack, "GET", oldest).status_code == 200


def test_the_lineage_outlives_the_source_and_the_task_hub(estate: Estate) -> None:
    image = estate.write(an_image("forgotten"))
    estate.start(image)
    migration = estate.ended(image)
    assert migration["state"] == "completed"
    version_id = migration["targets"][0]["version_id"]
    known = lineage(estate, version_id)

    delete_image(estate.stack, image)
    purge = f"{estate.stack.host['url']}/runtime/webhooks/durabletask/instances/{migration['id']}"
    estate.http.delete(purge).raise_for_status()

    kept = lineage(estate, version_id)
    assert (kept["exists"], kept["source"], kept["missing"]) == (True, image, [])
    assert kept["lines"] == known["lines"]
    assert {line["place"] for line in kept["lines"]} == {"tags", "gallery", "evidence"}
    (made,) = [line for line in kept["lines"] if line["what"] == "made"]
    assert (made["details"]["fingerprint"], made["by"]) == (migration["fingerprint"], "http")


def test_a_freeze_of_the_policy_stops_deletions_and_nothing_else(estate: Estate) -> None:
    folder = estate.stack.folder
    before = (folder / "policy.yaml").read_text(encoding="utf-8")
    (folder / "policy.yaml").write_text(f"freeze: true\n{before}", encoding="utf-8")
    estate.stack.kill_host()
    estate.stack.start_host()
    assert taken(apply(estate, PLAIN, "frozen")) == {"1.0.1": "exclude"}
    (left,) = [step for step in apply(estate, PLAIN, "frozen")["steps"] if step["outcome"] == "left"]
    assert "the policy has 'freeze: true'" in left["reason"]
    assert call_arm(estate.stack, "GET", f"{PLAIN}/images/frozen/versions/1.0.0").status_code == 200
