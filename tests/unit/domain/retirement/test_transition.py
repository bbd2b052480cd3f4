"""What follows from each event, beside what the model check covers."""

from datetime import timedelta

import pytest

from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.policy.rules import BUILT_IN
from domain.policy.second_half import RetireSource
from domain.policy.sections import Choices
from domain.records.evidence import Stored
from domain.results import Failure
from domain.retirement import effects, events
from domain.retirement.ending import MOST_UNGUARDS
from domain.retirement.hand_over import obstacle, retirement_after
from domain.retirement.readings import Texts
from domain.retirement.retirement import Ending
from domain.retirement.states import RetirementState
from domain.retirement.transition import next_step
from domain.retirement.waiting import AFTER_REFUSAL, SOON
from tests.unit.builders import NOW, SUBSCRIPTION, in_regions, version
from tests.unit.domain.retirement.retirements import (
    IMAGE,
    TERMS,
    a_decision,
    a_look,
    a_retirement,
    a_version_reading,
)

STRICT = TERMS.model_copy(update={"strict": True})
CERTIFICATE = Stored(name="certificates/retirement-1/x-certificate.json", digest="d")
READY = a_retirement(
    soak_since=NOW - timedelta(days=3),
    noticed_at=NOW - timedelta(days=2),
    asked_at=NOW,
    round=1,
    terms=TERMS,
)
REFUSED = Failure(code="ScopeLocked", message="locked")


def test_an_unprotected_version_is_protected_before_the_soak_ends() -> None:
    look = a_look(versions=[a_version_reading(deletion_blocked=False)])
    step = next_step(a_retirement(), events.Looked(look), NOW)
    assert isinstance(step.effect, effects.Protect)
    after = next_step(step.retirement, events.Protected(None), NOW)
    assert after.effect == effects.Rest(NOW + SOON)


def test_nobody_told_means_nothing_is_deleted() -> None:
    untold = READY.changed(noticed_at=None)
    step = next_step(untold, events.Looked(a_look(decisions=[a_decision()])), NOW)
    assert isinstance(step.effect, effects.Tell)
    failed = next_step(step.retirement, events.Told("retirement.notice", step.effect.look, REFUSED), NOW)
    assert (failed.retirement.state, failed.retirement.noticed_at) == (RetirementState.BLOCKED, None)


def test_a_notice_that_went_out_late_leaves_a_day() -> None:
    late = READY.changed(noticed_at=NOW - timedelta(hours=1))
    step = next_step(late, events.Looked(a_look(decisions=[a_decision()])), NOW)
    assert isinstance(step.effect, effects.Rest)
    assert step.retirement.certificate is None


def test_strict_guards_every_subscription_and_waits_until_that_applies() -> None:
    look = a_look(terms=STRICT, decisions=[a_decision()])
    step = next_step(READY, events.Looked(look), NOW)
    assert step.effect == effects.Guard([SUBSCRIPTION])
    guards = Texts(values=[SUBSCRIPTION.upper()])
    guarded = a_look(terms=STRICT, decisions=[a_decision()], guards=guards)
    waiting = next_step(step.retirement, events.Looked(guarded), NOW)
    assert waiting.effect == effects.Rest(NOW + timedelta(minutes=15))
    later = NOW + timedelta(minutes=15)
    ready = next_step(
        waiting.retirement,
        events.Looked(a_look(later, terms=STRICT, decisions=[a_decision()], guards=guards)),
        later,
    )
    assert isinstance(ready.effect, effects.Certify)


def test_guards_that_cannot_be_read_block() -> None:
    look = a_look(terms=STRICT, decisions=[a_decision()], guards=Texts(unread="403"))
    step = next_step(READY, events.Looked(look), NOW)
    assert (step.retirement.state, step.retirement.refusal is not None) == (RetirementState.BLOCKED, True)


def test_every_end_removes_the_guards_first() -> None:
    guarded = READY.changed(guard_placed=True)
    step = next_step(guarded, events.Looked(a_look(decisions=[a_decision("reject")])), NOW)
    assert isinstance(step.effect, effects.Unguard)
    again = next_step(step.retirement, events.Unguarded(REFUSED), NOW)
    assert again.effect == effects.Rest(NOW + AFTER_REFUSAL)
    assert isinstance(next_step(again.retirement, events.Woke(), NOW).effect, effects.Unguard)
    end = next_step(again.retirement, events.Unguarded(None), NOW)
    assert (end.effect, end.retirement.state) == (effects.End(), RetirementState.KEPT)


def test_guards_that_cannot_be_removed_are_named_at_the_end() -> None:
    ending = Ending(state=RetirementState.KEPT, reason="no")
    tired = READY.changed(guard_placed=True, ending=ending, unguard_tries=MOST_UNGUARDS)
    end = next_step(tired, events.Unguarded(REFUSED), NOW)
    assert end.retirement.reason == "no; remove its policy assignments by hand: locked"


def test_refusals_are_repeated_ever_later() -> None:
    retirement, pauses = (
        READY.changed(certificate=CERTIFICATE, certified_at=NOW).at(RetirementState.DELETING),
        [],
    )
    for _ in range(7):
        step = next_step(retirement, events.DeleteAnswered(failure=REFUSED), NOW)
        assert isinstance(step.effect, effects.Rest)
        assert step.retirement.certificate is None
        pauses.append((step.effect.until - NOW).total_seconds() / 3600)
        retirement = step.retirement
    assert pauses == [0.25, 0.5, 1, 2, 4, 6, 6]


def test_a_deletion_that_fails_in_azure_is_a_refusal() -> None:
    sent = READY.changed(certificate=CERTIFICATE, sent_at=NOW).at(RetirementState.DELETING)
    step = next_step(sent, events.ImageSeen("there", REFUSED), NOW)
    assert (step.retirement.state, step.retirement.sent_at) == (RetirementState.BLOCKED, None)
    waits = next_step(sent, events.ImageSeen("there"), NOW)
    assert (waits.retirement.state, waits.retirement.sent_at) == (RetirementState.DELETING, NOW)


def test_one_missing_answer_is_no_confirmation() -> None:
    sent = READY.changed(certificate=CERTIFICATE, sent_at=NOW).at(RetirementState.DELETING)
    first = next_step(sent, events.ImageSeen("gone"), NOW)
    assert isinstance(first.effect, effects.Rest)
    assert isinstance(next_step(first.retirement, events.ImageSeen("gone"), NOW).effect, effects.Complete)


def test_a_failed_look_changes_nothing_that_is_known() -> None:
    step = next_step(READY, events.LookFailed(REFUSED), NOW)
    assert (step.retirement.soak_since, step.retirement.state) == (READY.soak_since, RetirementState.BLOCKED)


def a_target(state: MigrationState) -> TargetStatus:
    regions = in_regions(westeurope="Completed")
    target = TargetStatus(definition=version().id.definition, version_id=version().id, regions=regions)
    for step in (MigrationState.PREPARING, MigrationState.PUBLISHING, MigrationState.REPLICATING, state):
        target = target.moved(step)
    return target


def a_status(*targets: MigrationState, state: MigrationState = MigrationState.COMPLETED) -> MigrationStatus:
    status = MigrationStatus(image=IMAGE.id, fingerprint=IMAGE.fingerprint, started_by="event")
    for step in (MigrationState.PREPARING, MigrationState.PUBLISHING, MigrationState.REPLICATING, state):
        status = status.moved(step)
    status.targets = [a_target(one) for one in targets]
    return status


AFTER_SOAK = Choices(retire_source=RetireSource(when="after-soak")).over(BUILT_IN)


def test_a_completed_migration_hands_its_image_over() -> None:
    request = retirement_after("migration-1", a_status(MigrationState.COMPLETED), IMAGE, AFTER_SOAK)
    assert request is not None
    assert (request.id.startswith("retirement-"), request.by_hand) == (True, False)
    assert [target.regions for target in request.targets] == [["westeurope"]]


@pytest.mark.parametrize(
    "status",
    [
        a_status(MigrationState.COMPLETED, state=MigrationState.PARTIAL),
        a_status(MigrationState.COMPLETED, MigrationState.PARTIAL),
        a_status(),
    ],
)
def test_no_other_migration_does(status: MigrationStatus) -> None:
    assert retirement_after("migration-1", status, IMAGE, AFTER_SOAK) is None
    assert obstacle(status)


def test_none_does_by_default_or_for_a_replaced_image() -> None:
    status = a_status(MigrationState.COMPLETED)
    assert retirement_after("migration-1", status, IMAGE, BUILT_IN) is None
    status.fingerprint = "another"
    assert retirement_after("migration-1", status, IMAGE, AFTER_SOAK) is None
