"""Builds retirements, looks and what they contain, each with the changes that a test needs."""

from datetime import datetime, timedelta
from typing import Any

from domain.proofs.machine import PROOF_TAG
from domain.records.notices import NoticeTargets
from domain.references.scan import Consumer, Scan
from domain.resources.galleries import ImageVersion
from domain.retirement.messages import Decision, RetiredTarget
from domain.retirement.readings import (
    ImageReading,
    Look,
    Reading,
    Terms,
    VersionReading,
)
from domain.retirement.retirement import Retirement
from tests.unit.builders import CREATED, NOW, SUBSCRIPTION, image, in_regions, version

PUBLISHED = CREATED + timedelta(hours=1)
END_OF_LIFE = NOW + timedelta(days=3650)
IMAGE = image()
TARGET = RetiredTarget(version_id=version().id, regions=["westeurope"])


def a_retirement(**changes: Any) -> Retirement:
    """A retirement at its beginning, of `image()` and `version()`."""
    fields = {
        "image": IMAGE.id,
        "fingerprint": IMAGE.fingerprint,
        "created_at": IMAGE.created_at,
        "targets": [TARGET],
        "migration": "migration-1",
        "started_by": "test",
    }
    return Retirement(**{**fields, **changes})


RETIREMENT = a_retirement()
TERMS = Terms(
    rule="a rule",
    when="after-approval",
    soak_days=2,
    approval_days=30,
    most_per_day=5,
    notice_days=2,
    proof_wanted=True,
    notify=NoticeTargets(topic="https://topic"),
)


def a_version(**changes: Any) -> ImageVersion:
    """The version that replaces the image: everywhere, proved, with an end of life far away."""
    found = version(
        published_at=PUBLISHED, end_of_life=END_OF_LIFE, replication=in_regions(westeurope="Completed")
    )
    found.tags[PROOF_TAG] = "passed westeurope 2026-01-15"
    return found.model_copy(update=changes)


def a_version_reading(**changes: Any) -> VersionReading:
    fields = {"version_id": version().id, "version": a_version(), "deletion_blocked": True}
    return VersionReading(**{**fields, **changes})


def a_scan(now: datetime = NOW, *consumers: Consumer, **changes: Any) -> Scan:
    fields = {"begun_at": now, "ended_at": now, "subscriptions": [SUBSCRIPTION], "consumers": list(consumers)}
    return Scan(**{**fields, **changes})


def a_consumer(**changes: Any) -> Consumer:
    fields = {
        "id": "/subscriptions/s/scaleset",
        "kind": "virtualMachineScaleSets",
        "names": str(IMAGE.id),
        "form": "managed image",
        "relation": "uses",
        "blocks": True,
        "found_by": "provider",
    }
    return Consumer(**{**fields, **changes})


def a_reading(now: datetime = NOW, **changes: Any) -> Reading:
    """What is read where everything is met but the soak and the approval."""
    fields = {
        "image": ImageReading(read_at=now, image=IMAGE, document={"id": str(IMAGE.id)}),
        "versions": [a_version_reading()],
        "terms": TERMS,
    }
    return Reading(**{**fields, **changes})


def a_look(now: datetime = NOW, **changes: Any) -> Look:
    """A look at `now`; `scan`, or the fields of its reading."""
    scan = changes.pop("scan", a_scan(now))
    return Look(begun_at=now, ended_at=now, scan=scan, reading=a_reading(now, **changes))


def a_decision(kind: str = "approve", **changes: Any) -> Decision:
    fields = {
        "kind": kind,
        "retirement": RETIREMENT.id,
        "run": RETIREMENT.start_id,
        "by": "ana@example.org",
        "at": NOW,
        "reason": "the fleet is on the version",
        "round": 1,
    }
    return Decision(**{**fields, **changes})
