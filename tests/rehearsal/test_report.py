"""The report of a rehearsal as text, its money, and the difference between two."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.policy_file import parse_policy
from domain.planning.prices import parse_prices
from rehearsal.difference import difference
from rehearsal.difference import lines as difference_lines
from rehearsal.policies import for_rehearsal
from rehearsal.prices import Money, Storage, money
from rehearsal.report import (
    ArmCalls,
    Deletion,
    LeftAlone,
    Rehearsal,
    RehearsedImage,
    RehearsedPromotion,
    RehearsedRetirement,
)
from rehearsal.text import lines

NOW = datetime(2026, 1, 5, tzinfo=UTC)
GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/Microsoft.Compute"


def image(name: str, state: str = "completed", **fields: Any) -> RehearsedImage:
    known = {
        "rule": "all",
        "reason": None,
        "fix": None,
        "versions": [f"{GROUP}/galleries/golden/images/{name}/versions/1.0.0"]
        if state == "completed"
        else [],
        "regions": ["eastus2"] if state == "completed" else [],
        "warnings": [],
        "began_at_minute": 0.0,
        "ended_at_minute": 7.2,
    }
    return RehearsedImage(image=f"{GROUP}/images/{name}", state=state, **{**known, **fields})


def rehearsal(*migrations: RehearsedImage, **fields: Any) -> Rehearsal:
    known: dict[str, Any] = {
        "policy": "policy.yaml",
        "snapshot_taken": NOW,
        "seed": 1,
        "pace": "drawn:1:0.03",
        "faults": False,
        "images": len(migrations),
        "counts": {"completed": len(migrations)},
        "left_alone": {},
        "migrations": list(migrations),
        "ignored": [],
        "hours": 0.5,
        "arm_calls": ArmCalls(total=100, throttled=0, failed=0, by_kind={}, throttled_by_kind={}),
        "storage": Storage(
            replicas={"Standard_LRS": 60}, sent_to_other_regions=30, freed_by_deletions=0, unknown=[]
        ),
        "money": None,
        "days": 1.0,
        "promotions": [],
        "retirements": [],
        "deletions": [],
        "approvals": 0,
        "assumptions": ["Azure does not fail"],
        "not_rehearsed": [],
    }
    return Rehearsal(**{**known, **fields})


def test_a_report_says_what_is_made_blocked_promoted_retired_and_deleted() -> None:
    blocked = [image(name, "blocked", reason="a disk is too large", fix="shrink it") for name in ("a", "b")]
    report = rehearsal(
        image("web"),
        *blocked,
        counts={"blocked": 2, "completed": 1},
        ignored=[LeftAlone(image=f"{GROUP}/images/scratch", category="ignored", rule="no scratch", why=None)],
        arm_calls=ArmCalls(total=9, throttled=2, failed=1, by_kind={}, throttled_by_kind={"GET images": 2}),
        promotions=[
            RehearsedPromotion(
                version=f"{GROUP}/galleries/golden/images/web/versions/1.0.0",
                state="promoted",
                promoted={"eastus2": NOW},
                pending=[],
                reason=None,
            )
        ],
        retirements=[
            RehearsedRetirement(
                image=f"{GROUP}/images/web",
                state="retired",
                soak_ends=None,
                approval_wanted_at=NOW,
                unmet=[],
                ended=NOW + timedelta(days=1),
            )
        ],
        deletions=[Deletion(id=f"{GROUP}/images/web", kind="managed image", at=NOW + timedelta(days=1))],
    )
    text = "\n".join(lines(report))
    for line in (
        "migrations    2 blocked, 1 completed",
        "duration      30 minutes of Azure's time until the last migration ended",
        "ARM calls     9, of which 1 failed",
        "throttling    2 answers of 429 (2 x GET images)",
        "storage       60 GB of new replicas at most (60 GB Standard_LRS); 30 GB sent to other regions",
        "  web -> golden/web/1.0.0 in eastus2 after 7 min",
        "  2 x blocked: a disk is too large\n      images: a, b\n      fix: shrink it",
        "  scratch: no scratch",
        "  golden/web/1.0.0  promoted: eastus2 2026-01-05 00:00",
        "  web  retired, 2026-01-06 00:00, approval wanted 2026-01-05 00:00",
        "  2026-01-06 00:00  managed image web",
    ):
        assert line in text


def test_a_long_list_is_cut_and_says_so() -> None:
    text = "\n".join(lines(rehearsal(*(image(f"web-{number}") for number in range(30)))))
    assert "… and 5 more; `-o json` lists all" in text


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([], None),
        (["Standard_LRS=0.05", "transfer=0.02"], (3.0, 0.6, 0.0, [])),
        (["standard_lrs=0.05"], (3.0, None, 0.0, ["transfer"])),
        (["transfer=0.02"], (None, 0.6, 0.0, ["Standard_LRS"])),
    ],
)
def test_money_is_told_by_named_prices_only(prices: list[str], expected: Any) -> None:
    storage = Storage(
        replicas={"Standard_LRS": 60, "Standard_ZRS": 0},
        sent_to_other_regions=30,
        freed_by_deletions=0,
        unknown=[],
    )
    names = ("monthly_for_replicas", "once_for_transfer", "monthly_saved_by_deletions", "missing_prices")
    found = money(storage, parse_prices(prices))
    assert found == (Money(**dict(zip(names, expected, strict=True))) if expected else None)


def test_the_difference_is_in_images_figures_and_what_follows() -> None:
    first = rehearsal(image("web"), image("db"), policy="one.yaml")
    second = rehearsal(
        image("web", regions=["eastus2", "westus2"]),
        image("db", rule="renamed"),
        policy="two.yaml",
        hours=2.0,
        deletions=[Deletion(id=f"{GROUP}/images/db", kind="managed image", at=NOW)],
    )
    found = difference(first, second)
    assert [one.image.rpartition("/")[2] for one in found.images] == ["web"]
    assert [(one.name, one.first, one.second) for one in found.figures] == [("hours", 0.5, 2.0)]
    assert found.only_second == ["managed image db deleted on 2026-01-05"]
    text = "\n".join(difference_lines(found))
    assert text.startswith("- one.yaml\n+ two.yaml\n")
    assert "hours  0.5 -> 2" in text
    assert (
        "  - completed golden/web/1.0.0 in eastus2\n  + completed golden/web/1.0.0 in eastus2, westus2"
        in text
    )
    assert "  + managed image db deleted on 2026-01-05" in text


def test_policies_that_do_the_same_have_no_difference() -> None:
    found = difference(rehearsal(image("web")), rehearsal(image("web", rule="renamed"), policy="two.yaml"))
    assert found.is_none
    assert "Both policies do the same." in list(difference_lines(found))


def test_an_image_that_only_one_policy_migrates_is_a_difference() -> None:
    ignored = LeftAlone(image=f"{GROUP}/images/web", category="ignored", rule="none", why="rule: none")
    found = difference(rehearsal(image("web")), rehearsal(ignored=[ignored]))
    (change,) = found.images
    assert (change.first.state, change.second.state) == ("completed", "ignored")


def test_a_rehearsed_policy_sends_no_notices() -> None:
    """The rehearsal runs the real app, which would send them to real hosts."""
    text = f"""\
defaults:
  galleries: [{GROUP}/galleries/golden]
  version: date
  notify: {{topic: "https://topic.example/api/events", notice_days: 4}}
rules:
  - name: "off"
    notify: {{webhook: "https://hooks.example/x", owner: jane}}
    retire_source: {{when: after-approval, consumers: [{{name: old, until: 2027-01-01}}]}}
"""
    rehearsed = for_rehearsal(text, "p")
    policy = parse_policy(rehearsed.text, "p")
    expected = parse_policy(text, "p")
    assert "example" not in rehearsed.text
    assert policy.defaults.notify.topic is None
    assert policy.rules[0].notify.webhook is None
    expected.defaults.notify.topic = expected.rules[0].notify.webhook = None
    assert policy == expected
    assert len(rehearsed.changes) == 1
    assert for_rehearsal(rehearsed.text, "p") == (rehearsed.text, [])
