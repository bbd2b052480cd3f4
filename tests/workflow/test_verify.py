"""A version is proved by a machine that starts from it, and nothing of the machine stays."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.stack import Stack
from tests.workflow.estate import PACE, Estate, an_image
from tests.workflow.proofs import left, policy, proofs, seed

HOUR = timedelta(hours=1)
LONGEST = 11 * HOUR


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    folder: Path = tmp_path_factory.mktemp("stack")
    # JSON is YAML
    stack = Stack(
        folder,
        seed(),
        json.dumps(policy()),
        PACE,
        one_clock=True,
        proof_sweep_schedule="0 47 * * * *",
    )
    with stack, Estate(stack) as estate:
        yield estate


@pytest.fixture
def estate(running: Estate) -> Iterator[Estate]:
    """The app; the faults of a test end with it, and no test leaves a machine."""
    yield running
    running.stack.control("DELETE", "faults")
    assert left(running) == []


PLAN = {"PlanInfo": "gen1", "PlanProduct": "rocky", "PlanPublisher": "resf"}
# the images that migrate side by side: what they are, and what becomes of their machines
IMAGES: dict[str, dict[str, Any]] = {
    "two": {},
    "home-silent": {},
    "home-bought": {"data_disks_gb": (64, 32), "os_type": "Windows", "tags": PLAN},
    "plain-ready": {},
    "sized-capacity": {},
    "halfway": {},
    "nowhere-to": {},
    "elsewhere-too": {},
}
# those of the slow tests
MORE_IMAGES: dict[str, dict[str, Any]] = {
    "patient-unprepared": {},
    "patient-dead": {},
    "patient-late": {},
    "plain-dead": {},
    "home-unbought": {},
    "nvme-both": {"generation": "V2"},
    "sized-quota": {},
}
FAULTS: list[dict[str, Any]] = [
    {"machine": "agent-never-ready", "image": "/home-silent/"},
    {"machine": "client-error", "image": "/patient-unprepared/"},
    {"machine": "timed-out", "image": "/patient-dead/"},
    {"machine": "timed-out-then-ready", "image": "/patient-late/"},
    {"machine": "reports-ready", "image": "/plain-ready/"},
    {"machine": "no-agent", "image": "/plain-dead/"},
    {"machine": "not-purchasable", "image": "/home-unbought/"},
    {"machine": "sku-not-available", "image": "/sized-capacity/", "size": "Standard_D2s_v5"},
    {"machine": "allocation-failed", "image": "/sized-capacity/", "size": "Standard_D2as_v5"},
    {"machine": "quota", "image": "/sized-quota/", "times": 1000, "leaves": True},
    {"kind": "failed", "region": "westus2", "version": "/halfway/", "times": 100},
]


@pytest.fixture(scope="module")
def ends(running: Estate) -> dict[str, dict[str, Any]]:
    """How the migration of each image ended."""
    return migrated(running, IMAGES)


@pytest.fixture(scope="module")
def more_ends(running: Estate) -> dict[str, dict[str, Any]]:
    """The same for the images of the slow tests."""
    return migrated(running, MORE_IMAGES)


def migrated(running: Estate, images: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Migrates images side by side; returns how each ended. Nothing is left of their machines."""
    for fault in FAULTS:
        running.stack.control("POST", "faults", fault)
    ids = {name: running.write(an_image(name, **image)) for name, image in images.items()}
    for image_id in ids.values():
        running.start(image_id)
    # longer than any of them waits for capacity
    running.stack.let_pass(LONGEST)
    found = {name: running.ended(image_id) for name, image_id in ids.items()}
    running.stack.control("DELETE", "faults")
    assert left(running) == []
    return found


def of(ends: dict[str, dict[str, Any]], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A migration, and its only proof."""
    (proof,) = proofs(ends[name]).values()
    return ends[name], proof


def requested(estate: Estate, name: str) -> list[tuple[dict[str, Any], int]]:
    """The machines that were asked for from an image's version: each body, and the status of its answer."""
    return [
        (json.loads(entry["body"]), entry["status"])
        for entry in estate.writes("/virtualMachines/")
        if f"/{name}/" in entry["body"]
    ]


def mark(estate: Estate, name: str) -> list[str]:
    (version,) = estate.versions(name).values()
    return str(version["tags"].get("gallerist-proof")).split()


def excluded(estate: Estate, name: str) -> bool:
    (version,) = estate.versions(name).values()
    return bool(version["properties"]["publishingProfile"]["excludeFromLatest"])


def test_proved_in_two_regions(estate: Estate, ends: dict[str, dict[str, Any]]) -> None:
    found = proofs(ends["two"])
    assert ends["two"]["state"] == "completed"
    assert {key: proof["verdict"] for key, proof in found.items()} == {
        ("eastus2", "scsi"): "proved",
        ("westus2", "scsi"): "proved",
    }
    assert {proof["size"] for proof in found.values()} == {"Standard_A1_v2"}
    assert {proof["agent_version"] for proof in found.values()} == {"2.12.0.2"}
    assert mark(estate, "two") == ["passed", "eastus2,westus2", found["eastus2", "scsi"]["ended_at"][:10]]
    assert excluded(estate, "two")


def test_what_is_proved_is_not_proved_again(estate: Estate, ends: dict[str, dict[str, Any]]) -> None:
    """Each event of the image starts a migration; the version's tag says that its proof was made."""
    image_id = an_image("two")["id"]
    estate.start(image_id)
    again = estate.ended(image_id)
    assert (again["state"], again["targets"][0]["outcome"]) == ("completed", "adopted")
    assert {proof["verdict"] for proof in proofs(again).values()} == {"proved"}
    assert [status for _, status in requested(estate, "two")] == [201, 201]


def test_capacity_is_looked_for_size_after_size_and_then_waited_for(
    estate: Estate, ends: dict[str, dict[str, Any]]
) -> None:
    migration, proof = of(ends, "sized-capacity")
    assert (migration["state"], proof["verdict"]) == ("completed", "proved")
    tried = [
        (body["properties"]["hardwareProfile"]["vmSize"], status)
        for body, status in requested(estate, "sized-capacity")
    ]
    assert tried == [("Standard_D2s_v5", 409), ("Standard_D2as_v5", 201), ("Standard_D2s_v5", 201)]
    began, ended = (datetime.fromisoformat(proof[name]) for name in ("started_at", "ended_at"))
    assert ended - began > timedelta(minutes=15)


@pytest.mark.slow
def test_a_quota_that_stays_used_up_is_stated_and_not_the_images_fault(
    estate: Estate, more_ends: dict[str, dict[str, Any]]
) -> None:
    """Each refusal left a network interface behind, and none is left."""
    migration, proof = of(more_ends, "sized-quota")
    assert (migration["state"], migration["failure"]["code"]) == ("unverified", "NoQuotaForProof")
    assert "Ask for more quota" in migration["fix"]
    assert "eastus2 had no quota for a machine of Standard_D2s_v5, Standard_D2as_v5" in migration["reason"]
    assert proof["verdict"] == "unproved"
    assert mark(estate, "sized-quota")[:2] == ["unproved", "eastus2"]


def test_an_image_that_does_not_start_stays_excluded_and_marked(
    estate: Estate, ends: dict[str, dict[str, Any]]
) -> None:
    """The service gives a guest 40 minutes: where the policy gives fewer, its answer is not waited for."""
    does_not_start(estate, ends, "home-silent", "AgentNotReady")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("patient-unprepared", "OSProvisioningClientError"),
        ("patient-dead", "OSProvisioningTimedOut"),
        ("plain-dead", "MachineNotReady"),
    ],
)
def test_each_reason_why_an_image_does_not_start(
    estate: Estate, more_ends: dict[str, dict[str, Any]], name: str, code: str
) -> None:
    does_not_start(estate, more_ends, name, code)


def does_not_start(estate: Estate, ends: dict[str, dict[str, Any]], name: str, code: str) -> None:
    migration, proof = of(ends, name)
    assert (migration["state"], proof["verdict"]) == ("unverified", "failed")
    assert (migration["failure"]["code"], proof["failure"]["code"]) == (code, code)
    assert migration["failure"]["cause"]
    assert migration["fix"]
    assert mark(estate, name)[:2] == ["failed", "eastus2"]
    assert mark(estate, name)[-1] == code
    assert excluded(estate, name)


@pytest.mark.slow
def test_a_machine_that_comes_up_late_is_proved(more_ends: dict[str, dict[str, Any]]) -> None:
    migration, proof = of(more_ends, "patient-late")
    assert (migration["state"], proof["verdict"]) == ("completed", "proved")


def test_an_image_without_an_agent_gets_none_and_is_proved(
    estate: Estate, ends: dict[str, dict[str, Any]]
) -> None:
    migration, proof = of(ends, "plain-ready")
    assert (migration["state"], proof["verdict"]) == ("completed", "proved")
    (body, _) = requested(estate, "plain-ready")[0]
    assert body["properties"]["osProfile"]["linuxConfiguration"]["provisionVMAgent"] is False


def test_data_disks_and_the_purchase_plan_go_into_the_machine(
    estate: Estate, ends: dict[str, dict[str, Any]]
) -> None:
    migration, proof = of(ends, "home-bought")
    assert (migration["state"], proof["size"]) == ("completed", "Standard_B2s")
    ((body, status),) = requested(estate, "home-bought")
    assert (body["plan"]["product"], status) == ("rocky", 201)
    assert "adminPassword" in body["properties"]["osProfile"]
    disks = body["properties"]["storageProfile"]["dataDisks"]
    assert [(disk["lun"], disk["createOption"], disk["deleteOption"]) for disk in disks] == [
        (0, "FromImage", "Delete"),
        (1, "FromImage", "Delete"),
    ]


@pytest.mark.slow
def test_a_definition_with_nvme_is_proved_with_both_controllers(
    more_ends: dict[str, dict[str, Any]],
) -> None:
    found = proofs(more_ends["nvme-both"])
    assert {key: proof["verdict"] for key, proof in found.items()} == {
        ("eastus2", "scsi"): "proved",
        ("eastus2", "nvme"): "proved",
        ("westus2", "scsi"): "proved",
    }
    assert found["eastus2", "nvme"]["size"] == "Standard_D2ads_v6"


@pytest.mark.slow
def test_what_the_marketplace_refuses_is_not_the_images_fault(more_ends: dict[str, dict[str, Any]]) -> None:
    migration, proof = of(more_ends, "home-unbought")
    assert migration["failure"]["code"] == "MarketplacePurchaseEligibilityFailed"
    assert (migration["state"], proof["verdict"]) == ("unverified", "unproved")
    assert "Accept the offer's terms" in migration["fix"]


def test_a_partial_target_is_proved_where_it_is_and_stays_partial(ends: dict[str, dict[str, Any]]) -> None:
    migration, proof = of(ends, "halfway")
    assert (migration["state"], proof["region"], proof["verdict"]) == ("partial", "eastus2", "proved")


@pytest.mark.parametrize(
    ("name", "words", "fix"),
    [
        ("nowhere-to", "verify.subnets has no subnet for uksouth", "verify.subnets"),
        ("elsewhere-too", "is not in the subscription of every gallery", "use a rule for each"),
    ],
)
def test_a_proof_that_cannot_be_made_blocks_the_plan(
    ends: dict[str, dict[str, Any]], name: str, words: str, fix: str
) -> None:
    assert ends[name]["state"] == "blocked"
    assert words in ends[name]["reason"]
    assert fix in ends[name]["fix"]


def test_the_evidence_of_each_proof_is_kept(estate: Estate, ends: dict[str, dict[str, Any]]) -> None:
    evidence = [
        json.loads(path.read_text(encoding="utf-8")) for path in estate.stack.folder.rglob("*-proof-*.json")
    ]
    (found,) = (one for one in evidence if "/home-silent/" in one["subject"])
    assert found["details"]["proof"]["failure"]["code"] == "AgentNotReady"
    assert found["details"]["last_seen"]["provisioning_state"] == "Succeeded"


def migrate(estate: Estate, name: str) -> dict[str, Any]:
    written = estate.write(an_image(name))
    estate.start(written)
    return estate.ended(written)


def test_the_secret_is_in_the_request_and_nowhere_else(
    estate: Estate, ends: dict[str, dict[str, Any]]
) -> None:
    """Neither the log, nor the task hub, nor the evidence has it."""
    profiles = [
        json.loads(entry["body"])["properties"]["osProfile"] for entry in estate.writes("/virtualMachines/")
    ]
    secrets = [
        profile["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"].split()[1]
        if "linuxConfiguration" in profile
        else profile["adminPassword"]
        for profile in profiles
    ]
    assert len(set(secrets)) == len(secrets)
    folder = estate.stack.folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert "taskhub.sqlite" in {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], path


def test_a_lost_answer_makes_no_second_machine(estate: Estate) -> None:
    estate.stack.control(
        "POST", "faults", {"kind": "lost-answer", "method": "PUT", "path": "/virtualMachines/"}
    )
    assert migrate(estate, "home-lost")["state"] == "completed"
    assert len(requested(estate, "home-lost")) == 1


def test_what_a_terminated_migration_leaves_is_swept_when_it_has_expired(estate: Estate) -> None:
    """The migration and its proof are stopped by force while the machine starts."""
    written = estate.write(an_image("home-stopped"))
    estate.start(written)
    estate.eventually(lambda: left(estate))
    began = estate.stack.now()
    own = migration_id(ImageId.parse(written))
    migration = estate.migration(written)
    assert migration is not None
    assert migration["state"] == "verifying"
    hub = estate.stack.host["url"] + "/runtime/webhooks/durabletask/instances"
    for listed in estate.http.get(hub).json():
        of_the_migration = listed["instanceId"].startswith(("verify_version", own))
        if listed["runtimeStatus"] == "Running" and of_the_migration:
            estate.http.post(f"{hub}/{listed['instanceId']}/terminate").raise_for_status()
    estate.stack.let_pass(HOUR)
    assert len(left(estate)) == 3
    # timers of the app count as nothing that is due
    for _ in range(8):
        estate.stack.let_pass(HOUR)
        if not left(estate):
            break
    assert estate.stack.now() - began > 2 * HOUR
    assert "deletes what was left of proofs" in estate.stack.log("host")
