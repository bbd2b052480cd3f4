"""Whether a ring is baked."""

from datetime import datetime, timedelta

import pytest

from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.followers import Follower, Gap, OsUpgrade, count_taken, named, newest_upgrade
from domain.promotion.latest import RegionLatest
from domain.promotion.report import PromotionReport
from domain.promotion.verdict import Bake, Verdict, judge
from tests.unit.builders import NOW
from tests.unit.domain.promotion.estates import version_id

V2 = version_id("2.0.0")
WRITTEN = FlagChange(version=V2, own=True, regions={"eastus2": False, "westeurope": True})
FLAGS = VersionFlags(version=V2, own=True, regions={"eastus2": False, "westeurope": True})
HOUR = timedelta(hours=1)


def bake(**changes: object) -> Bake:
    fields = {
        "version_id": V2,
        "ring": ["eastus2"],
        "since": {"eastus2": NOW},
        "until": NOW + HOUR,
        "written": [WRITTEN],
    }
    return Bake.model_validate({**fields, **changes})


def report(*followers: Follower, **changes: object) -> PromotionReport:
    fields = {
        "latest": [RegionLatest(region="eastus2", version="2.0.0")],
        "flags": [FLAGS],
        "followers": list(followers),
    }
    return PromotionReport.model_validate({**fields, **changes})


def follower(taken: int = 0, instances: int = 3, name: str = "set", **changes: object) -> Follower:
    fields = {"id": f"/x/{name}", "region": "eastus2", "instances": instances, "taken": taken}
    return Follower.model_validate({**fields, **changes})


def upgrade(code: str, begun_at: datetime = NOW + HOUR, target: str = str(V2)) -> OsUpgrade:
    return OsUpgrade(target=target, begun_at=begun_at, code=code)


def judged(found: PromotionReport, at: timedelta, what: Bake | None = None) -> Verdict:
    return judge(found, what or bake(), NOW + at)


def test_a_ring_whose_followers_took_the_version_is_baked_after_its_time() -> None:
    assert judged(report(follower(3)), timedelta(minutes=59)).outcome == "wait"
    assert judged(report(follower(3)), HOUR).outcome == "baked"


def test_time_alone_bakes_no_ring() -> None:
    waiting = judged(report(follower(1)), 23 * HOUR)
    assert (waiting.outcome, waiting.reason) == (
        "wait",
        "set have not begun; Azure triggers a roll-out within three hours",
    )
    late = judged(report(follower(1)), 25 * HOUR)
    assert late.outcome == "baked"
    assert "did not take 2.0.0 within 1 days (1 of 3 instances have it)" in late.statements[0]


def test_a_follower_with_a_window_has_a_week() -> None:
    windowed = follower(window="every 1Week Sunday")
    assert "maintenance windows only (every 1Week Sunday)" in judged(report(windowed), 7 * 24 * HOUR).reason
    assert judged(report(windowed), 8 * 24 * HOUR).statements


def test_a_window_that_opens_later_is_waited_for_and_a_day_more_but_not_for_ever() -> None:
    later = follower(window="every 2Weeks", opens=NOW + timedelta(days=12))
    assert judged(report(later), timedelta(days=12, hours=23)).outcome == "wait"
    late = judged(report(later), timedelta(days=13))
    assert "within 13 days" in late.statements[0]
    assert "look at its health and upgrade policy, and at its window (every 2Weeks)" in late.statements[0]
    never = follower(window="from 2099 on", opens=NOW + timedelta(days=4000))
    assert judged(report(never), timedelta(days=34)).outcome == "wait"
    assert judged(report(never), timedelta(days=35)).outcome == "baked"


def test_an_upgrade_that_runs_is_waited_for() -> None:
    found = judged(report(follower(1, upgrade=upgrade("RollingForward"))), 48 * HOUR)
    assert (found.outcome, found.reason) == ("wait", "upgrades run on set")


@pytest.mark.parametrize("code", ["Faulted", "Cancelled"])
def test_an_upgrade_that_went_wrong_stops_the_promotion_even_before_the_bake_is_over(code: str) -> None:
    found = judged(report(follower(1, upgrade=upgrade(code))), timedelta(minutes=5))
    assert (found.outcome, found.code) == ("stop", "UpgradeFailed")
    assert f"set in eastus2: {code}" in found.reason
    assert "Roll the promotion back" in found.fix


def test_a_version_that_is_gone_stops_the_promotion() -> None:
    assert judged(report(flags=[]), HOUR).code == "VersionGone"


def test_a_flag_that_somebody_else_changed_pauses_the_promotion() -> None:
    theirs = VersionFlags(version=V2, own=True, regions={"eastus2": True, "westeurope": True})
    found = judged(report(flags=[theirs], latest=[RegionLatest(region="eastus2", version="1.0.0")]), HOUR)
    assert found.outcome == "pause"
    assert "2.0.0 has excludeFromLatest True in eastus2, not False" in found.reason
    assert "latest in eastus2 is 1.0.0, not 2.0.0" in found.reason


def test_what_cannot_be_read_is_not_baked() -> None:
    gap = Gap(where="subscription s", reason="AuthorizationFailed")
    assert judged(report(gaps=[gap]), 1000 * HOUR).outcome == "wait"
    unknown = RegionLatest(region="eastus2", certain=False)
    assert judged(report(latest=[unknown]), 1000 * HOUR).outcome == "wait"


def test_an_election_waits_for_its_time_only() -> None:
    what = bake(follows=False)
    assert judged(report(follower(0)), HOUR, what).outcome == "baked"
    assert judged(report(follower(0)), timedelta(), what).outcome == "wait"


def test_a_scale_set_without_instances_is_stated() -> None:
    assert judged(report(follower(0, 0)), HOUR).statements == [
        "scale sets without instances have nothing to upgrade: set"
    ]


def test_only_an_upgrade_to_this_version_begun_after_the_write_is_evidence() -> None:
    earlier = upgrade("Faulted", NOW - HOUR)
    other = upgrade("Faulted", target=str(version_id("1.0.0")))
    nameless = OsUpgrade(code="Faulted", begun_at=NOW + HOUR)
    undated = OsUpgrade(code="Faulted", target=str(V2))
    assert newest_upgrade([earlier, other, nameless, undated], V2, NOW) is None
    own, later = upgrade("Faulted"), upgrade("Completed", NOW + 2 * HOUR, str(V2).upper())
    assert newest_upgrade([own, earlier, later], V2, NOW) == later
    assert newest_upgrade([own], V2, NOW) == own


def test_instances_of_this_version_or_a_higher_one_count() -> None:
    assert count_taken(["2.0.0", "10.0.0", "1.9.9", None, "odd"], V2) == 2


def test_many_names_are_shortened() -> None:
    assert named([f"/x/s{number}" for number in range(7)]) == "s0, s1, s2, s3, s4 and 2 more"
