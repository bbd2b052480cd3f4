"""A version that is brought back: looks until Azure has done it, and every other end."""

from typing import Any

import pytest

from domain.records.evidence import Evidence, Stored
from domain.retention.restore import RestoreAnswer, RestoreStatus
from orchestrators.restore_version import MOST_LOOKS, SECONDS_BEFORE_LOOK
from tests.unit.app import code
from tests.unit.builders import NOW, definition_id
from tests.unit.orchestrators.stepping import FakeContext, Script, failed, run, value

VERSION = definition_id().version("1.0.0")
WORKING = value(RestoreAnswer(state="working", message="Azure restores it", rung="soft-deleted"))
DONE = value(RestoreAnswer(state="done", message="it can be used"))


def restored(replies: Script) -> tuple[RestoreStatus, FakeContext]:
    request = {"version": str(VERSION), "by": "ann", "at": NOW.isoformat()}
    context = FakeContext(request, instance_id="restore-1")
    return RestoreStatus.model_validate(run(code("restore_version"), context, replies)), context


def test_it_looks_until_azure_has_restored_the_version_and_records_it() -> None:
    stored = value(Stored(name="record.json", digest="0"))
    status, context = restored({"restore": [WORKING, WORKING, DONE], "record_evidence": [stored]})
    assert (status.state, status.found_on, status.message) == ("restored", "soft-deleted", "it can be used")
    assert context.waits == [SECONDS_BEFORE_LOOK] * 2
    (call,) = context.named("record_evidence")
    evidence = Evidence.model_validate(call.input)
    assert (evidence.subject, evidence.kind, evidence.by) == (str(VERSION), "retention", "ann")
    assert context.statuses[1]["waiting_for"]["reason"] == "Azure restores it"
    assert context.statuses[-1]["state"] == "restored"


@pytest.mark.parametrize(
    ("replies", "state"),
    [
        ([value(RestoreAnswer(state="refused", message="it is gone"))], "refused"),
        ([failed("AuthorizationFailed")], "failed"),
        ([WORKING] * MOST_LOOKS, "failed"),
    ],
    ids=["no way back", "refused by Azure", "never done"],
)
def test_a_version_that_does_not_come_back_says_why(replies: list[Any], state: str) -> None:
    status, _ = restored({"restore": replies})
    assert status.state == state
    assert status.message or status.failure
