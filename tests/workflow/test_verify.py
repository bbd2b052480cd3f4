"""A version is proved by a machine that starts from it, and nothing of the machine stays."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.stack import Stack
from tests.workflow.estate import GALLERY, PACE, Estate, an_image
from tests.workflow.proofs import created, left, policy, proofs, seed

HOUR = timedelta(hours=1)


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


def machines(estate: Estate, kind: str, **fields: Any) -> None:
    """Decides what becomes of the next machines."""
    estate.stack.control("POST", "faults", {"machine": kind, **fields})


def migrate(estate: Estate, name: str, **image: Any) -> dict[str, Any]:
    written = estate.write(an_image(name, **image))
    estate.start(written)
    return estate.ended(written)


def mark(estate: Estate, name: str) -> str | None:
    (version,) = estate.versions(name).values()
    tag: str | None = version["tags"].get("gallerist-proof")
    return tag


def only_proof(migration: dict[str, Any]) -> dict[str, Any]:
    (proof,) = proofs(migration).values()
    return proof


def test_proved_in_two_regions(estate: Estate) -> None:
    """And once: what is proved is not proved again by another run, for the version's tag says so."""
    before = len(created(estate))
    migration = migrate(estate, "two")
    assert migration["state"] == "completed"
    found = proofs(migration)
    assert {key: proof["verdict"] for key, proof in found.items()} == {
        ("eastus2", "scsi"): "proved",
        ("westus2", "scsi"): "proved",
    }
    assert {proof["size"] for proof in found.values()} == {"Standard_A1_v2"}
    assert {proof["agent_version"] for proof in found.values()} == {"2.12.0.2"}
    (version,) = estate.versions("two").values()
    assert version["properties"]["publishingProfile"]["excludeFromLatest"] is True
    assert mark(estate, "two") == f"passed eastus2,westus2 {found['eastus2', 'scsi']['ended_at'][:10]}"
    again = migrate(estate, "two")
    assert (again["state"], again["targets"][0]["outcome"]) == ("completed", "adopted")
    assert [status for _, status in created(estate)[before:]] == [201, 201]


def test_the_secret_is_in_the_request_and_nowhere_else(estate: Estate) -> None:
    """Neither the log, nor the task hub, nor the evidence has it."""
    migrate(estate, "home-secret")
    bodies = [json.loads(entry["body"]) for entry in estate.writes("/virtualMachines/")]
    secrets = [
        body["properties"]["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"]
        for body in bodies
    ]
    assert len(set(secrets)) == len(secrets)
    folder = estate.stack.folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert "taskhub.sqlite" in {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert [secret for secret in secrets if secret.split()[1].encode() in content] == [], path


def test_capacity_is_looked_for_size_after_size_and_then_waited_for(estate: Estate) -> None:
    before = len(created(estate))
    machines(estate, "sku-not-available", size="Standard_D2s_v5")
    machines(estate, "allocation-failed", size="Standard_D2as_v5")
    migration = migrate(estate, "sized-capacity")
    assert migration["state"] == "completed"
    proof = only_proof(migration)
    assert (proof["verdict"], proof["size"]) == ("proved", "Standard_D2s_v5")
    tried = created(estate)[before:]
    assert [(name.rpartition("-d2")[2], status) for name, status in tried] == [
        ("s-v5", 409),
        ("as-v5", 201),
        ("s-v5", 201),
    ]


def test_a_quota_that_stays_used_up_is_stated_and_not_the_images_fault(estate: Estate) -> None:
    """What a refusal leaves behind goes, too."""
    machines(estate, "quota", times=1000, leaves=True)
    migration = migrate(estate, "sized-quota")
    assert (migration["state"], migration["failure"]["code"]) == ("unverified", "NoQuotaForProof")
    assert "Ask for more quota" in migration["fix"]
    assert "eastus2 had no quota for a machine of Standard_D2s_v5, Standard_D2as_v5" in migration["reason"]
    assert only_proof(migration)["verdict"] == "unproved"
    assert (mark(estate, "sized-quota") or "").startswith("unproved eastus2 ")


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("home-silent", "agent-never-ready", "AgentNotReady"),
        ("home-unprepared", "client-error", "OSProvisioningClientError"),
        ("patient-dead", "timed-out", "OSProvisioningTimedOut"),
        ("home-slow", "timed-out", "MachineNotReady"),
        ("plain-dead", "no-agent", "MachineNotReady"),
    ],
)
def test_an_image_that_does_not_start_stays_excluded_and_marked(
    estate: Estate, name: str, kind: str, code: str
) -> None:
    """The service gives a guest 40 minutes: a shorter patience ends before its answer."""
    machines(estate, kind, location="eastus2")
    migration = migrate(estate, name)
    proof = only_proof(migration)
    assert (migration["state"], proof["verdict"]) == ("unverified", "failed")
    assert code in (migration["failure"]["code"], "MachineNotReady")
    assert migration["failure"]["cause"]
    (version,) = estate.versions(name).values()
    assert version["properties"]["publishingProfile"]["excludeFromLatest"] is True
    assert (mark(estate, name) or "").split()[:2] == ["failed", "eastus2"]
    assert (mark(estate, name) or "").endswith(migration["failure"]["code"])


def test_a_machine_that_timed_out_can_still_be_proved(estate: Estate) -> None:
    machines(estate, "timed-out-then-ready", location="eastus2")
    assert migrate(estate, "patient-late")["state"] == "completed"


def test_an_image_without_an_agent_reports_by_itself(estate: Estate) -> None:
    machines(estate, "reports-ready", location="eastus2")
    migration = migrate(estate, "plain-ready")
    assert (migration["state"], only_proof(migration)["agent_version"]) == ("completed", None)
    profile = json.loads(estate.writes("/virtualMachines/")[-1]["body"])["properties"]["osProfile"]
    assert profile["linuxConfiguration"]["provisionVMAgent"] is False


def test_data_disks_and_the_purchase_plan_go_into_the_machine(estate: Estate) -> None:
    tags = {"PlanInfo": "gen1", "PlanProduct": "rocky", "PlanPublisher": "resf"}
    bought = an_image("home-bought", data_disks_gb=(64, 32), os_type="Windows", tags=tags)
    written = estate.write(bought)
    estate.start(written)
    migration = estate.ended(written)
    assert migration["state"] == "completed"
    body = json.loads(estate.writes("/virtualMachines/")[-1]["body"])
    assert body["plan"] == {"name": "gen1", "product": "rocky", "publisher": "resf"}
    disks = body["properties"]["storageProfile"]["dataDisks"]
    assert [(disk["lun"], disk["createOption"], disk["deleteOption"]) for disk in disks] == [
        (0, "FromImage", "Delete"),
        (1, "FromImage", "Delete"),
    ]
    assert only_proof(migration)["size"] == "Standard_B2s"


def test_a_definition_with_nvme_is_proved_with_both_controllers(estate: Estate) -> None:
    migration = migrate(estate, "nvme-both", generation="V2")
    found = proofs(migration)
    assert {key: proof["verdict"] for key, proof in found.items()} == {
        ("eastus2", "scsi"): "proved",
        ("eastus2", "nvme"): "proved",
        ("westus2", "scsi"): "proved",
    }
    assert found["eastus2", "nvme"]["size"] == "Standard_D2ads_v6"


def test_what_the_marketplace_refuses_is_not_the_images_fault(estate: Estate) -> None:
    machines(estate, "not-purchasable", location="eastus2")
    migration = migrate(estate, "home-unbought")
    assert migration["failure"]["code"] == "MarketplacePurchaseEligibilityFailed"
    assert (migration["state"], only_proof(migration)["verdict"]) == ("unverified", "unproved")
    assert "Accept the offer's terms" in migration["fix"]


def test_a_lost_answer_makes_no_second_machine(estate: Estate) -> None:
    before = len(created(estate))
    estate.stack.control(
        "POST", "faults", {"kind": "lost-answer", "method": "PUT", "path": "/virtualMachines/"}
    )
    migration = migrate(estate, "home-lost")
    assert migration["state"] == "completed"
    assert len(created(estate)[before:]) == 1


def test_a_partial_target_is_proved_where_it_is_and_stays_partial(estate: Estate) -> None:
    fault = {"kind": "failed", "region": "westus2", "version": "/halfway/", "times": 100}
    estate.stack.control("POST", "faults", fault)
    migration = migrate(estate, "halfway")
    assert migration["state"] == "partial"
    assert {key: proof["verdict"] for key, proof in proofs(migration).items()} == {
        ("eastus2", "scsi"): "proved"
    }


@pytest.mark.parametrize(
    ("name", "words", "fix"),
    [
        ("nowhere-to", "verify.subnets has no subnet for uksouth", "verify.subnets"),
        ("elsewhere-too", "is not in the subscription of every gallery", "use a rule for each"),
    ],
)
def test_a_proof_that_cannot_be_made_blocks_the_plan(estate: Estate, name: str, words: str, fix: str) -> None:
    migration = migrate(estate, name)
    assert migration["state"] == "blocked"
    assert words in migration["reason"]
    assert fix in migration["fix"]


def test_what_a_terminated_migration_leaves_is_swept_when_it_has_expired(estate: Estate) -> None:
    """The migration and its proof are stopped by force while the machine starts."""
    written = estate.write(an_image("home-stopped"))
    estate.start(written)
    machine = estate.eventually(
        lambda: next((name for name in left(estate) if name.startswith("gallerist-proof-")), None)
    )
    instances = [written and migration_id(ImageId.parse(written))]
    migration = estate.migration(written)
    assert migration is not None
    assert migration["state"] == "verifying"
    hub = estate.stack.host["url"] + "/runtime/webhooks/durabletask/instances"
    for listed in estate.http.get(hub).json():
        if listed["runtimeStatus"] == "Running" and (
            listed["instanceId"].startswith("verify_version") or listed["instanceId"] in instances
        ):
            estate.http.post(f"{hub}/{listed['instanceId']}/terminate").raise_for_status()
    estate.stack.let_pass(HOUR)
    assert [name for name in left(estate) if name == machine.partition("-nic")[0].partition("-os")[0]]
    estate.stack.let_pass(4 * HOUR)
    assert left(estate) == []
    assert "deletes what was left of proofs" in estate.stack.log("host")
