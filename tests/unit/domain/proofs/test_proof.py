"""What follows an attempt at a proof, and the mark in the version's tags."""

from datetime import timedelta
from typing import Any

import pytest

from domain.proofs.mark import mark_of, passed_regions
from domain.proofs.proof import (
    CAPACITY_PATIENCE,
    EXPIRES_AFTER_DEADLINE,
    MOST_LOST,
    MOST_WAITS_FOR_REPLICA,
    Attempts,
    ProofRequest,
    ProofStatus,
    after_lost,
    next_attempt,
)
from domain.proofs.refusals import RefusalKind
from domain.resources.ids import SubnetId
from domain.resources.provenance import LONGEST_TAG_VALUE
from domain.results import Failure
from tests.unit.builders import GROUP, NOW, definition_id
from tests.unit.domain.proofs.test_sizes import needs

SUBNET = SubnetId.parse(f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/proofs")
REFUSED = Failure(code="SkuNotAvailable", message="not available", cause="c", fix="f")
SIZES = ["Standard_A", "Standard_B"]


def request(**attempts: Any) -> ProofRequest:
    return ProofRequest(
        version_id=definition_id().version("1.0.0"),
        region="eastus2",
        controller="scsi",
        resource_group="proofs",
        subnet=SUBNET,
        needs=needs(),
        agent=True,
        deadline_minutes=40,
        migration="migration-1",
        attempts=Attempts(**{"sizes": SIZES, **attempts}),
        status=ProofStatus(region="eastus2"),
    )


def test_the_next_size_comes_at_once() -> None:
    following = next_attempt(request(), "capacity", REFUSED, NOW)
    assert (following.attempts.index, following.wait_seconds, following.failure) == (1, 0, None)
    assert following.attempts.refused_since == NOW


def test_after_every_size_was_refused_it_waits_longer_and_longer() -> None:
    waits = []
    attempts = Attempts(sizes=SIZES, index=1, refused_since=NOW)
    for _ in range(4):
        following = next_attempt(request(**attempts.model_dump()), "capacity", REFUSED, NOW)
        waits.append(following.wait_seconds)
        attempts = following.attempts.model_copy(update={"index": 1})
    assert waits == [900, 1800, 3600, 3600]


@pytest.mark.parametrize(("kind", "code"), [("capacity", "NoCapacityForProof"), ("quota", "NoQuotaForProof")])
def test_in_the_end_the_want_is_stated(kind: RefusalKind, code: str) -> None:
    last = request(index=1, refused_since=NOW - CAPACITY_PATIENCE)
    failure = next_attempt(last, kind, REFUSED, NOW).failure
    assert failure is not None
    assert failure.code == code
    assert "Standard_A, Standard_B; the last refusal was SkuNotAvailable: not available" in failure.message
    assert "nothing about the image" in failure.cause


def test_sizes_that_do_not_fit_are_not_waited_for() -> None:
    failure = next_attempt(request(index=1), "size", REFUSED, NOW).failure
    assert failure is not None
    assert failure.code == "NoSizeForProof"
    assert next_attempt(request(index=1, refused_since=NOW), "size", REFUSED, NOW).wait_seconds == 900


def test_a_replica_that_is_not_known_yet_is_waited_for_a_few_times() -> None:
    """The same size is tried again: the region does not know the version yet."""
    following = next_attempt(request(), "later", REFUSED, NOW)
    assert (following.attempts.index, following.wait_seconds, following.failure) == (0, 300, None)
    last = request(waits_for_replica=MOST_WAITS_FOR_REPLICA)
    assert next_attempt(last, "later", REFUSED, NOW).failure == REFUSED


def test_what_surrounds_the_proof_ends_it() -> None:
    assert next_attempt(request(), "surroundings", REFUSED, NOW).failure == REFUSED


def test_a_lost_machine_is_made_again_a_few_times() -> None:
    assert after_lost(request(), REFUSED).failure is None
    assert after_lost(request(lost=MOST_LOST), REFUSED).failure == REFUSED


def test_the_machine_expires_well_after_its_deadline() -> None:
    spec = request().machine_spec(NOW)
    assert spec.expires_at == NOW + timedelta(minutes=40) + EXPIRES_AFTER_DEADLINE
    assert spec.tags["gallerist-proof"] == "migration-1"
    assert str(spec.id).startswith(
        f"{GROUP.rpartition('/')[0]}/proofs/providers/Microsoft.Compute/virtualMachines/"
    )


def test_a_request_survives_the_durable_boundary() -> None:
    sent = request(refused_since=NOW).began(NOW)
    assert ProofRequest.model_validate(sent.model_dump(mode="json")) == sent


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 30), (40, 60), (1440, 2160)])
def test_the_number_of_looks_is_bounded(minutes: float, seconds: float) -> None:
    asked = request()
    asked.deadline_minutes = minutes
    assert asked.seconds_between_looks == seconds


def status(region: str, verdict: str, code: str = "") -> ProofStatus:
    failure = Failure(code=code, message="m") if code else None
    return ProofStatus(region=region, verdict=verdict, failure=failure)


@pytest.mark.parametrize(
    ("proofs", "mark"),
    [
        ([status("eastus2", "proved"), status("westus2", "proved")], "passed eastus2,westus2 2026-02-01"),
        ([status("eastus2", "proved"), status("eastus2", "proved")], "passed eastus2 2026-02-01"),
        (
            [status("eastus2", "proved"), status("westus2", "failed", "AgentNotReady")],
            "failed westus2 2026-02-01 AgentNotReady",
        ),
        (
            [status("eastus2", "unproved", "NoQuotaForProof"), status("westus2", "failed", "X")],
            "failed westus2 2026-02-01 X",
        ),
        ([status("eastus2", "unproved", "NoQuotaForProof")], "unproved eastus2 2026-02-01 NoQuotaForProof"),
        ([status("eastus2", "running")], "unproved eastus2 2026-02-01"),
        ([], "unproved - 2026-02-01"),
    ],
)
def test_the_mark_says_the_worst(proofs: list[ProofStatus], mark: str) -> None:
    assert mark_of(proofs, NOW) == mark


def test_the_mark_fits_into_a_tag() -> None:
    many = [status(f"region{number}longname", "proved") for number in range(60)]
    mark = mark_of(many, NOW)
    assert len(mark) <= LONGEST_TAG_VALUE
    assert "+" in mark
    assert "region0longname" in passed_regions(mark)
    assert not [
        name for name in passed_regions(mark) if "+" not in name and name not in {p.region for p in many}
    ]


@pytest.mark.parametrize(
    ("value", "regions"),
    [
        ("passed eastus2,westus2 2026-02-01", {"eastus2", "westus2"}),
        ("failed eastus2 2026-02-01 X", set()),
        ("passed", set()),
        ("approved by me", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_only_a_readable_mark_proves(value: str | None, regions: set[str]) -> None:
    assert passed_regions(value) == regions
