"""One proof, stepped: sizes, the machine, looks until something is known, and always the end of the machine."""

from typing import Any

import pytest

from domain.proofs.proof import (
    CAPACITY_PATIENCE,
    MOST_LOST,
    ProofRequest,
    ProofStart,
    ProofStatus,
)
from domain.proofs.refusals import RefusalKind
from domain.proofs.sizes import ProofSizes
from domain.proofs.verdict import MachineLook
from domain.records.evidence import Evidence, Stored
from orchestrators.run.activity_calls import MOST_WAITS
from services.prove_version import Gone
from tests.unit.app import code
from tests.unit.builders import NOW
from tests.unit.domain.proofs.test_proof import SIZES, request
from tests.unit.orchestrators.stepping import (
    FakeContext,
    Reply,
    Script,
    a_failure,
    failed,
    lost,
    retry_later,
    run,
    value,
)

verify_version = code("verify_version")
STORED = value(Stored(name="n", digest="d"))
BEGUN = value(ProofStart(begun=True))


def look(state: str = "Succeeded", code: str = "", *, ready: bool = False) -> Reply:
    return value(
        MachineLook(
            id=request().machine,
            provisioning_state=state,
            code=code,
            message=f"{code} happened",
            agent_ready=ready,
            agent_version="2.12" if ready else None,
        )
    )


def refused(kind: RefusalKind) -> Reply:
    return value(ProofStart(refusal=kind, failure=a_failure("SkuNotAvailable")))


def script(*looks: Reply, begin: list[Reply] | None = None, delete: list[Reply] | None = None) -> Script:
    return {
        "choose_proof_sizes": [value(ProofSizes(names=SIZES))],
        "begin_proof_machine": begin or [BEGUN],
        "get_proof_machine": list(looks),
        "delete_proof_machine": delete or [value(Gone())],
        "record_evidence": [STORED],
    }


def stepped(replies: Script, asked: ProofRequest | None = None) -> tuple[FakeContext, ProofStatus | None]:
    """The context after one execution, and the proof's status if it ended."""
    sent = asked or request(sizes=None)
    context = FakeContext(sent.model_dump(mode="json"), instance_id="verify_version-1")
    output = run(verify_version, context, replies)
    return context, None if context.continued_with else ProofStatus.model_validate(output)


def names_of(context: FakeContext) -> list[str]:
    return [call.name for call in context.calls if call.name != "timer"]


def test_a_machine_that_is_ready_is_a_proof() -> None:
    context, status = stepped(script(look("Creating"), look(), look(ready=True)))
    assert status is not None
    assert (status.verdict, status.size, status.agent_version) == ("proved", "Standard_A", "2.12")
    assert (status.failure, status.warnings) == (None, [])
    assert names_of(context) == [
        "choose_proof_sizes",
        "begin_proof_machine",
        "get_proof_machine",
        "get_proof_machine",
        "get_proof_machine",
        "delete_proof_machine",
        "record_evidence",
    ]
    assert context.statuses[-1]["proof"]["machine"] == request().machine.name


def test_the_evidence_has_what_was_seen() -> None:
    context, _ = stepped(script(look(ready=True)))
    evidence = Evidence.model_validate(context.named("record_evidence")[0].input)
    assert (evidence.kind, evidence.subject) == ("proof", str(request().version_id))
    assert evidence.details["proof"]["verdict"] == "proved"
    assert evidence.details["last_seen"]["agent_version"] == "2.12"


def test_at_the_deadline_the_image_has_failed() -> None:
    """It looks a bounded number of times, and the machine goes all the same."""
    context, status = stepped(script(*[look() for _ in range(100)]))
    assert status is not None
    assert status.failure is not None
    assert (status.verdict, status.failure.code) == ("failed", "AgentNotReady")
    assert len(context.named("get_proof_machine")) == 40
    assert (context.current_utc_datetime - NOW).total_seconds() == 40 * 60
    assert len(context.named("delete_proof_machine")) == 1


def test_a_timeout_of_the_service_is_waited_out() -> None:
    late = [look("Failed", "OSProvisioningTimedOut") for _ in range(3)]
    assert_verdict(script(*late, look(ready=True)), "proved", None)
    all_late = [look("Failed", "OSProvisioningTimedOut") for _ in range(40)]
    assert_verdict(script(*all_late), "failed", "OSProvisioningTimedOut")


def assert_verdict(replies: Script, verdict: str, code: str | None) -> None:
    _, status = stepped(replies)
    assert status is not None
    assert (status.verdict, status.failure and status.failure.code) == (verdict, code)


@pytest.mark.parametrize(
    ("seen", "verdict", "code"),
    [
        (look("Failed", "OSProvisioningClientError"), "failed", "OSProvisioningClientError"),
        (look("Failed", "VMExtensionProvisioningError"), "unproved", "VMExtensionProvisioningError"),
        (failed("AuthorizationFailed"), "unproved", "AuthorizationFailed"),
    ],
)
def test_a_failure_ends_the_proof_and_says_whose_it_is(seen: Reply, verdict: str, code: str) -> None:
    assert_verdict(script(seen), verdict, code)


def test_a_look_without_an_answer_is_repeated() -> None:
    """A worker that dies, and a service that throttles, say nothing about the machine."""
    assert_verdict(script(lost(), retry_later(5), look(ready=True)), "proved", None)


def test_what_could_not_be_read_until_the_deadline_is_not_the_images_fault() -> None:
    assert_verdict(script(*[retry_later() for _ in range(40)]), "unproved", "Busy")


@pytest.mark.parametrize("kind", ["capacity", "quota", "size"])
def test_a_refusal_is_followed_by_the_next_size(kind: RefusalKind) -> None:
    """What the refused request left is taken away first; the next execution begins with what is known."""
    context, status = stepped(script(begin=[refused(kind)]))
    assert status is None
    following = ProofRequest.model_validate(context.continued_with)
    assert (following.size, following.attempts.sizes) == ("Standard_B", SIZES)
    assert names_of(context)[-1] == "delete_proof_machine"


def test_an_allocation_that_fails_is_a_refusal_too() -> None:
    context, _ = stepped(script(look("Creating"), look("Failed", "AllocationFailed")))
    assert ProofRequest.model_validate(context.continued_with).size == "Standard_B"
    assert names_of(context)[-1] == "delete_proof_machine"


def test_after_the_last_size_it_waits_and_shows_why() -> None:
    context, _ = stepped(script(begin=[refused("capacity")]), request(index=1))
    following = ProofRequest.model_validate(context.continued_with)
    assert (following.size, following.attempts.rounds) == ("Standard_A", 1)
    assert context.waits[-1] == 900
    assert (
        "SkuNotAvailable"
        in [one["waiting_for"] for one in context.statuses if one["waiting_for"]][-1]["reason"]
    )


def test_in_the_end_the_want_of_capacity_is_stated() -> None:
    asked = request(index=1, refused_since=NOW - CAPACITY_PATIENCE)
    _, status = stepped(script(begin=[refused("capacity")]), asked)
    assert status is not None
    assert status.failure is not None
    assert (status.verdict, status.failure.code) == ("unproved", "NoCapacityForProof")


def test_without_a_size_there_is_no_machine() -> None:
    replies = script() | {"choose_proof_sizes": [value(ProofSizes(reason="none fits"))]}
    context, status = stepped(replies)
    assert status is not None
    assert status.failure is not None
    assert (status.verdict, status.failure.code, status.failure.message) == (
        "unproved",
        "NoSizeForProof",
        "none fits",
    )
    assert names_of(context) == ["choose_proof_sizes", "record_evidence"]


def test_a_machine_that_somebody_deleted_is_made_again() -> None:
    context, status = stepped(script(value(None)))
    assert status is None
    assert ProofRequest.model_validate(context.continued_with).attempts.lost == 1
    _, status = stepped(script(value(None)), request(lost=MOST_LOST))
    assert status is not None
    assert status.failure is not None
    assert (status.verdict, status.failure.code) == ("unproved", "ProofMachineLost")


def test_a_machine_that_was_left_long_ago_goes_before_a_new_one_comes() -> None:
    stale = value(ProofStart(stale=True))
    replies = script(look(ready=True), begin=[stale, BEGUN], delete=[value(Gone()), value(Gone())])
    context, status = stepped(replies)
    assert status is not None
    assert status.verdict == "proved"
    assert names_of(context)[1:4] == ["begin_proof_machine", "delete_proof_machine", "begin_proof_machine"]


def test_a_machine_that_cannot_be_begun_for_long_is_cleaned_up_too() -> None:
    replies = script(begin=[retry_later() for _ in range(MOST_WAITS + 1)])
    context, status = stepped(replies)
    assert status is not None
    assert status.verdict == "unproved"
    assert names_of(context)[-2:] == ["delete_proof_machine", "record_evidence"]


def test_what_cannot_be_deleted_is_a_warning_and_no_other_verdict() -> None:
    _, status = stepped(script(look(ready=True), delete=[failed("ScopeLocked")]))
    assert status is not None
    assert status.verdict == "proved"
    assert "could not be deleted yet, and is deleted when it has expired" in status.warnings[0]


def test_evidence_that_cannot_be_stored_is_a_warning() -> None:
    _, status = stepped(script(look(ready=True)) | {"record_evidence": [failed("ScopeLocked")]})
    assert status is not None
    assert (status.verdict, "evidence" in status.warnings[0]) == ("proved", True)


def test_an_execution_has_a_bounded_history() -> None:
    """About six events for each call; a few hundred are bearable."""
    calls: list[Any] = stepped(script(*[look() for _ in range(100)]))[0].calls
    assert len(calls) < 100
