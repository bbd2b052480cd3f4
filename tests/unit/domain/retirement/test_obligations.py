"""Each obligation over one look: what is met, what is not, and why."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from domain.fitting import MOST_CHARACTERS
from domain.policy.second_half import DeclaredConsumer
from domain.records.notices import NoticeTargets
from domain.references.scan import Unread
from domain.retirement.custom_status import custom_status
from domain.retirement.messages import Attempt
from domain.retirement.obligations import OBLIGATIONS
from domain.retirement.obligations.rule import Facts, check_all
from domain.retirement.protection import protections
from domain.retirement.readings import ImageReading, Locks, Look, Texts
from domain.retirement.retirement import Obligation, Retirement
from tests.unit.builders import NOW, image, in_regions
from tests.unit.domain.retirement.retirements import (
    IMAGE,
    TERMS,
    a_consumer,
    a_decision,
    a_look,
    a_retirement,
    a_scan,
    a_version,
    a_version_reading,
)

SOAKED = a_retirement(
    soak_since=NOW - timedelta(days=3), noticed_at=NOW - timedelta(days=2), round=1, terms=TERMS
)
UNKNOWN = a_consumer(id="/subscriptions/s/pool", kind="Batch pool", relation="unknown", text="{}")
APPROVED = [a_decision()]


def unmet(look: Look, retirement: Retirement = SOAKED) -> dict[str, Obligation]:
    found = check_all(OBLIGATIONS, Facts(retirement, look, NOW))
    return {one.name: one for one in found if not one.met}


def test_everything_is_met() -> None:
    assert unmet(a_look(decisions=APPROVED)) == {}


def with_version(**changes: Any) -> dict[str, Any]:
    return {"versions": [a_version_reading(version=a_version(**changes))]}


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"versions": []}, "replicated", "it was not read"),
    ({"versions": [a_version_reading(version=None)]}, "replicated", "it does not exist"),
    ({"versions": [a_version_reading(unread="403")]}, "replicated", "could not be read"),
    ({"versions": [a_version_reading(in_bin=True)]}, "replicated", "soft-deleted"),
    (with_version(provisioning_state="Failed"), "replicated", "provisioning state is Failed"),
    (with_version(provisioning_state="Updating"), "replicated", "provisioning state is Updating"),
    (with_version(replication=None), "replicated", "not completed in westeurope"),
    (with_version(replication=in_regions(westeurope="Failed")), "replicated", "not completed in westeurope"),
    (with_version(replication_mode="Shallow"), "replicated", "no whole copy"),
    (with_version(tags={"gallerist-proof": "passed r"}), "replicated", "does not name this image's content"),
    (with_version(tags={**a_version().tags, "gallerist-proof": "failed r"}), "proved", "no machine"),
    (with_version(end_of_life=None), "protected", "may be deleted before"),
    (with_version(end_of_life=NOW), "protected", "may be deleted before"),
    ({"versions": [a_version_reading(deletion_blocked=False)]}, "protected", "may be deleted before"),
    ({"scan": a_scan(NOW, a_consumer())}, "unreferenced", "virtualMachineScaleSets"),
    ({"scan": a_scan(NOW, UNKNOWN)}, "unreferenced", "Batch pool"),
    ({"scan": a_scan(NOW, subscriptions=[])}, "unreferenced", "no subscription was scanned"),
    (
        {"scan": a_scan(NOW, unread=[Unread(subscription="s", kind="pools", reason="403")])},
        "unreferenced",
        "pools in s could not be read",
    ),
    ({"building": Texts(values=["/v"])}, "unreferenced", "/v is being built"),
    ({"building": Texts(unread="403")}, "unreferenced", "403"),
    (
        {"terms": TERMS.model_copy(update={"consumers": [DeclaredConsumer(name="hpc", until=NOW.date())]})},
        "unreferenced",
        "declared consumer 'hpc'",
    ),
    ({"locks": Locks(unread="403")}, "unlocked", "could not be read"),
    ({"image": ImageReading(read_at=NOW, unread="403")}, "unchanged", "could not be read"),
    ({"image": ImageReading(read_at=NOW)}, "unchanged", "does not exist any more"),
    (
        {"image": ImageReading(read_at=NOW, image=image(os_type="Windows"))},
        "unchanged",
        "re-created",
    ),
    ({"image": ImageReading(read_at=NOW, image=image(created_at=NOW))}, "unchanged", "re-created"),
    ({"image": ImageReading(read_at=NOW, image=image(created_at=None))}, "unchanged", "does not list when"),
    (
        {"image": ImageReading(read_at=NOW, image=image(provisioning_state="Failed"))},
        "unchanged",
        "provisioning state is Failed",
    ),
    ({"terms": TERMS.model_copy(update={"when": "never"})}, "approved", "no longer retires"),
    ({"terms": TERMS.model_copy(update={"faults": ["tag x"]})}, "approved", "tag x"),
    ({"decisions": []}, "approved", "nobody has approved"),
    ({"decisions": [a_decision(round=0)]}, "approved", "nobody has approved"),
    ({"decisions": [a_decision(run="another")]}, "approved", "nobody has approved"),
    (
        {"terms": TERMS.model_copy(update={"when": "after-soak", "notify": NoticeTargets()})},
        "approved",
        "neither notify.topic nor",
    ),
    ({"frozen": "frozen"}, "permitted", "frozen"),
    ({"older": Texts(values=["/older"])}, "permitted", "/older of the family goes first"),
    ({"older": Texts(unread="403")}, "permitted", "403"),
    (
        {"attempts": [Attempt(retirement=str(n), at=NOW - timedelta(hours=n + 1)) for n in range(5)]},
        "permitted",
        "5 images were deleted within 24 hours",
    ),
]


@pytest.mark.parametrize(("changes", "name", "reason"), CASES, ids=[f"{c[1]}: {c[2]}" for c in CASES])
def test_what_is_unmet_says_why_and_who_can_lift_it(changes: dict[str, Any], name: str, reason: str) -> None:
    found = unmet(a_look(**{"decisions": APPROVED, **changes}))
    assert reason in found[name].reason
    assert found[name].lifted_by or found[name].ends


def test_a_look_of_eleven_minutes_ago_shows_nothing() -> None:
    assert len(unmet(a_look(NOW - timedelta(minutes=11), decisions=APPROVED))) == len(OBLIGATIONS)


def test_a_machine_that_lives_on_its_disks_does_not_block() -> None:
    lives_on = a_consumer(relation="made-from", blocks=False)
    assert unmet(a_look(scan=a_scan(NOW, lives_on), decisions=APPROVED)) == {}


def test_a_version_that_failed_blocks_and_says_what_it_lacks() -> None:
    """It is a kind that Gallerist understands, so the reason must not send people to acknowledge it."""
    why = "it has failed, and needs the image if somebody repairs it"
    failed = a_consumer(relation="made-from", blocks=True, why=why)
    reason = unmet(a_look(scan=a_scan(NOW, failed), decisions=APPROVED))["unreferenced"].reason
    assert f"is made from it: {why}" in reason
    assert "unknown use" not in reason


def test_an_acknowledged_consumer_blocks_again_once_it_changes() -> None:
    accepted = a_decision("acknowledge", consumer=UNKNOWN.id.upper(), digest=UNKNOWN.digest)
    decisions = [*APPROVED, accepted]
    assert unmet(a_look(scan=a_scan(NOW, UNKNOWN), decisions=decisions)) == {}
    changed = UNKNOWN.model_copy(update={"text": '{"changed": true}'})
    found = unmet(a_look(scan=a_scan(NOW, changed), decisions=decisions))
    assert f"({changed.digest})" in found["unreferenced"].reason


def test_only_an_unknown_consumer_can_be_acknowledged() -> None:
    consumer = a_consumer()
    accepted = a_decision("acknowledge", consumer=consumer.id, digest=consumer.digest)
    assert "unreferenced" in unmet(a_look(scan=a_scan(NOW, consumer), decisions=[*APPROVED, accepted]))


def test_a_declared_consumer_blocks_until_its_day_is_over() -> None:
    past = DeclaredConsumer(name="hpc", until=NOW.date() - timedelta(days=1))
    terms = TERMS.model_copy(update={"consumers": [past]})
    assert unmet(a_look(terms=terms, decisions=APPROVED)) == {}
    assert date.max > NOW.date()


def test_the_cap_counts_other_images_of_the_last_day_only() -> None:
    own = [Attempt(retirement=SOAKED.id, at=NOW - timedelta(hours=n)) for n in range(9)]
    old = [Attempt(retirement=str(n), at=NOW - timedelta(hours=25)) for n in range(9)]
    assert unmet(a_look(attempts=own + old, decisions=APPROVED)) == {}


def test_a_certificate_of_a_day_ago_counts_because_its_delete_came_later() -> None:
    """Seen by the torture: the third DELETE within 24 hours, five seconds before the first one was a day old."""
    a_day = [Attempt(retirement=str(n), at=NOW - timedelta(hours=24, minutes=9)) for n in range(5)]
    assert "permitted" in unmet(a_look(attempts=a_day, decisions=APPROVED))


def test_an_end_of_life_that_nobody_asked_for_is_not_written() -> None:
    """Retention would act on it: without the policy's days the lock is a tag of ours."""
    open_version = with_version(end_of_life=None)
    (tagged,) = protections(Facts(SOAKED, a_look(**open_version), NOW))
    assert (tagged.end_of_life, tagged.tag_until is not None) == (None, True)
    terms = TERMS.model_copy(update={"end_of_life_days": 30})
    (dated,) = protections(Facts(SOAKED, a_look(**open_version, terms=terms), NOW))
    assert (dated.end_of_life, dated.tag_until) == (NOW + timedelta(days=30), None)


def test_a_later_end_of_life_is_kept() -> None:
    later = NOW + timedelta(days=900)
    changes = {"versions": [a_version_reading(version=a_version(end_of_life=later), deletion_blocked=False)]}
    (written,) = protections(Facts(SOAKED, a_look(**changes), NOW))
    assert written.end_of_life == later


def test_a_status_with_much_to_say_fits() -> None:
    long = [
        Obligation(number=n, name=str(n), met=False, reason="x" * 4000, lifted_by="y") for n in range(1, 10)
    ]
    fleet = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(500)]
    shown = custom_status(SOAKED.changed(obligations=long, scanned=fleet, guarded_in=fleet))
    assert len(json.dumps(shown)) <= MOST_CHARACTERS
    assert Retirement.model_validate(shown).image == IMAGE.id
