"""What retention keeps, and why; nothing that anything keeps is ever stepped."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.resources.galleries import ImageVersion, PublishedRegion
from domain.retention.decide import Judged, References, Situation, decide
from domain.retention.ladder import EXCLUDED_TAG, KEEP_TAG, Rules, Rung
from tests.unit.builders import NOW, hand_made_version, in_regions, version

RULES = Rules(rule="web", keep_last=2, keep_days=30, grace_days=10, dry_run=False)
OLD = NOW - timedelta(days=100)


def old(number: str, **changes: Any) -> ImageVersion:
    """An own version of long ago that retention may step: excluded from latest, complete in its region."""
    fields: dict[str, Any] = {
        "published_at": OLD,
        "exclude_from_latest": True,
        "replication": in_regions(westeurope="Completed"),
        **changes,
    }
    made = version(number, **fields)
    made.tags = {**made.tags, **changes.get("more_tags", {})}
    return made


def tagged(number: str, **tags: str) -> ImageVersion:
    made = old(number)
    made.tags = {
        **made.tags,
        **{name.replace("__", ":").replace("_", "-"): value for name, value in tags.items()},
    }
    return made


def judge(*versions: ImageVersion, **situation: Any) -> dict[str, Judged]:
    found = Situation(**{"rules": RULES, "now": NOW, "references": References(), **situation})
    return {one.version.name: one for one in decide(versions, found)}


def stepped(*versions: ImageVersion, **situation: Any) -> set[str]:
    return {name for name, one in judge(*versions, **situation).items() if one.step}


FIVE = [old(f"1.0.{patch}") for patch in range(5)]


def test_the_last_good_versions_are_kept() -> None:
    judged = judge(*FIVE)
    assert {name for name, one in judged.items() if one.step == "exclude"} == {"1.0.0", "1.0.1", "1.0.2"}
    assert judged["1.0.4"].kept == "it is one of the last 2 good versions"


def test_a_number_is_no_text() -> None:
    assert stepped(old("1.9.0"), old("1.10.0"), old("1.2.0")) == {"1.2.0"}


@pytest.mark.parametrize(
    ("number_0", "why"),
    [
        (old("1.0.0", provisioning_state="Failed"), "it is Failed"),
        (old("1.0.0", provisioning_state="Updating"), "it is Updating"),
        (old("1.0.0", provisioning_state="Unknown"), "it is Unknown"),
        (old("1.0.0", published_at=None), "its date is unknown"),
        (old("1.0.0", published_at=NOW - timedelta(days=29)), "younger than 30 days"),
        (old("1.0.0", published_at=NOW + timedelta(days=9)), "younger than 30 days"),
        (old("1.0.0", replication=None), "its replication was not read"),
        (old("1.0.0", replication=[]), "not known to be replicated"),
        (old("1.0.0", replication=in_regions(westeurope="Replicating")), "not known to be replicated"),
        (old("1.0.0", replication=in_regions(northeurope="Completed")), "not known to be replicated"),
        (old("1.0.0", replication=in_regions(westeurope="Purple")), "not known to be replicated"),
        (old("1.0.0", replication_mode="Shallow"), "its replication mode is Shallow"),
        (old("1.0.0", end_of_life=NOW + timedelta(days=1)), "its end of life is on"),
        (tagged("1.0.0", gallerist__keep=""), f"it has the tag {KEEP_TAG}"),
        (tagged("1.0.0", Gallerist__Keep="release"), f"it has the tag {KEEP_TAG}"),
        (tagged("1.0.0", gallerist_proof="failed eastus2 2026-01-01"), "its proof says 'failed"),
        (tagged("1.0.0", gallerist_proof="purple"), "its proof says 'purple'"),
        (
            tagged("1.0.0", gallerist_lock="2026-03-01T00:00:00+00:00"),
            "the retirement of its source protects",
        ),
        (tagged("1.0.0", gallerist_lock="soon"), "its tag gallerist-lock cannot be read"),
        (
            hand_made_version("1.0.0", published_at=OLD, replication=in_regions(westeurope="Completed")),
            "did not make",
        ),
    ],
)
def test_what_keeps_a_version(number_0: ImageVersion, why: str) -> None:
    judged = judge(number_0, *FIVE[1:])["1.0.0"]
    assert judged.step is None
    assert why in judged.kept


@pytest.mark.parametrize(
    "number_0",
    [
        old("1.0.0", end_of_life=NOW - timedelta(days=1)),
        tagged("1.0.0", gallerist_proof="passed westeurope 2026-01-01"),
        tagged("1.0.0", gallerist_lock="2026-01-01T00:00:00+00:00"),
    ],
)
def test_what_keeps_none(number_0: ImageVersion) -> None:
    assert stepped(number_0, *FIVE[1:]) == {"1.0.0", "1.0.1", "1.0.2"}


def test_an_end_of_life_that_has_passed_starts_nothing() -> None:
    """Azure's newer API sets one by itself, so it is nobody's will: what is kept otherwise stays."""
    past = old("1.0.4", end_of_life=NOW - timedelta(days=1))
    assert judge(*FIVE[:4], past)["1.0.4"].step is None
    assert stepped(past, rules=Rules(rule="web", keep_last=1, keep_days=0)) == set()


@pytest.mark.parametrize(
    "rules",
    [Rules(), Rules(keep_last=1), Rules(keep_days=0), Rules(keep_last=None, keep_days=None, dry_run=False)],
)
def test_without_both_numbers_nothing_is_touched(rules: Rules) -> None:
    assert stepped(*FIVE, rules=rules) == set()


def test_failed_versions_do_not_count_as_good_ones() -> None:
    failed = old("1.0.4", provisioning_state="Failed")
    assert stepped(*FIVE[:4], failed) == {"1.0.0", "1.0.1"}


def test_pinned_used_and_foreign_versions_do_not_count_either() -> None:
    foreign = hand_made_version("1.0.4", published_at=OLD, replication=in_regions(westeurope="Completed"))
    foreign.exclude_from_latest = True
    pinned = tagged("1.0.3", gallerist__keep="yes")
    used = References(consumers={FIVE[2].id.key: ["pool"]})
    assert stepped(*FIVE[:3], pinned, foreign, references=used) == set()


def test_latest_and_the_one_before_are_kept_in_each_region() -> None:
    """A region's own flag wins over the version's, in both directions."""
    regions = [
        PublishedRegion(name="westeurope"),
        PublishedRegion(name="northeurope", exclude_from_latest=True),
    ]
    only_west = [PublishedRegion(name="westeurope")]
    both = in_regions(westeurope="Completed", northeurope="Completed")
    versions = [
        old(
            "1.0.0",
            exclude_from_latest=True,
            target_regions=[PublishedRegion(name="northeurope", exclude_from_latest=False)],
            replication=in_regions(northeurope="Completed"),
        ),
        old("1.0.1", exclude_from_latest=False, target_regions=only_west),
        old("1.0.2", exclude_from_latest=False, target_regions=regions, replication=both),
        old("1.0.3", exclude_from_latest=False, target_regions=only_west),
        *[old(f"2.0.{patch}") for patch in range(3)],
    ]
    judged = judge(*versions)
    assert judged["1.0.3"].kept == "latest resolves to it in westeurope"
    assert judged["1.0.2"].kept == "it is the last known good before latest in westeurope"
    assert judged["1.0.0"].kept == "latest resolves to it in northeurope"
    assert {name for name, one in judged.items() if one.step} == {"1.0.1", "2.0.0"}


def test_a_version_that_may_be_latest_does_not_stand_in_for_one_that_is() -> None:
    versions = [
        old("1.0.0", exclude_from_latest=False),
        old("1.0.1", exclude_from_latest=False),
        old("1.0.2", exclude_from_latest=False, replication=None),
        *[old(f"2.0.{patch}") for patch in range(3)],
    ]
    assert stepped(*versions) == {"2.0.0"}


def test_a_used_version_and_the_one_before_it_are_kept() -> None:
    used = References(consumers={FIVE[1].id.key: ["scale set web", "pool"]})
    judged = judge(*FIVE, references=used)
    assert judged["1.0.1"].kept == "scale set web and 1 more use it"
    assert judged["1.0.0"].kept == "it is the one before 1.0.1, which scale set web uses"
    assert judged["1.0.2"].step == "exclude"


def test_unknown_users_keep_everything() -> None:
    unknown = References(unread=["scale sets in 1234: 403"])
    judged = judge(*FIVE, references=unknown)
    assert not [one for one in judged.values() if one.step]
    assert judged["1.0.0"].kept == "who uses it is not known: scale sets in 1234: 403"


def test_the_tag_of_a_definition_keeps_all_of_it() -> None:
    assert stepped(*FIVE, kept_definition=True) == set()


def on_rung(days: float, number: str = "1.0.0", **changes: Any) -> ImageVersion:
    return old(number, more_tags={EXCLUDED_TAG: (NOW - timedelta(days=days)).isoformat()}, **changes)


@pytest.mark.parametrize(
    ("days", "soft_delete", "step"),
    [
        (0.5, True, None),
        (1, True, "soft-delete"),
        (9, False, None),
        (10, False, "delete"),
        (-1, False, None),
        (-1, True, None),
    ],
)
def test_the_ladder(days: float, soft_delete: bool, step: str | None) -> None:
    judged = judge(on_rung(days), *FIVE[1:], soft_delete=soft_delete)["1.0.0"]
    assert (judged.rung, judged.step) == (Rung.EXCLUDED, step)


@pytest.mark.parametrize(
    "number_0",
    [
        on_rung(
            99,
            exclude_from_latest=False,
            target_regions=[PublishedRegion(name="westeurope", exclude_from_latest=True)],
        ),
        on_rung(
            99,
            target_regions=[PublishedRegion(name="westeurope", exclude_from_latest=False)],
            replication=in_regions(westeurope="Completed"),
        ),
        old("1.0.0", more_tags={EXCLUDED_TAG: "yesterday"}),
        old("1.0.0", more_tags={EXCLUDED_TAG: "2025-01-01T00:00:00"}),
    ],
    ids=["the version's flag is missing", "a region is not excluded", "no date", "no offset"],
)
def test_what_is_not_excluded_everywhere_since_a_known_moment_is_excluded_first(
    number_0: ImageVersion,
) -> None:
    newest = [old(f"3.0.{patch}", exclude_from_latest=False) for patch in range(2)]
    assert judge(number_0, *FIVE[1:], *newest)["1.0.0"].step == "exclude"


def test_a_policy_of_few_replicas_deletes_nothing() -> None:
    rules = RULES.model_copy(update={"old_replicas": 1})
    many = old("1.0.0", target_regions=[PublishedRegion(name="westeurope", replicas=3)])
    judged = judge(many, on_rung(99, "1.0.1"), *FIVE[2:], rules=rules)
    assert judged["1.0.0"].step == "lower-replicas"
    assert judged["1.0.1"].step is None


def test_a_grace_of_nothing_is_a_day() -> None:
    rules = RULES.model_copy(update={"grace_days": 0})
    assert judge(on_rung(0.9), *FIVE[1:], rules=rules)["1.0.0"].step is None
    assert judge(on_rung(1), *FIVE[1:], rules=rules)["1.0.0"].step == "delete"


STATES = st.sampled_from(["Succeeded"] * 4 + ["Failed", "Updating"])


@st.composite
def some_version(draw: st.DrawFn, number: str) -> ImageVersion:
    made = old(
        number,
        provisioning_state=draw(STATES),
        exclude_from_latest=draw(st.booleans()),
        published_at=draw(st.sampled_from([OLD, OLD, NOW - timedelta(days=2), None])),
        replication=draw(
            st.sampled_from(
                [in_regions(westeurope="Completed")] * 3 + [None, in_regions(westeurope="Failed")]
            )
        ),
        target_regions=[
            PublishedRegion(
                name="westeurope", exclude_from_latest=draw(st.sampled_from([None, None, True, False]))
            )
        ],
    )
    if draw(st.booleans()):
        moment = NOW - timedelta(days=draw(st.integers(0, 40)))
        made.tags = {**made.tags, EXCLUDED_TAG: moment.isoformat()}
    if draw(st.integers(0, 5)) == 0:
        made.tags = {**made.tags, KEEP_TAG: "x"}
    if draw(st.integers(0, 7)) == 0:
        made.tags = {}
    return made


VERSIONS = st.integers(0, 8).flatmap(
    lambda count: st.tuples(*(some_version(f"1.0.{patch}") for patch in range(count)))
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[ImageVersion], Situation]:
    versions = list(draw(VERSIONS))
    used = [one for one in versions if draw(st.integers(0, 4)) == 0]
    rules = Rules(
        rule="web", keep_last=draw(st.integers(1, 4)), keep_days=draw(st.integers(0, 40)), grace_days=5
    )
    references = References(consumers={one.id.key: ["pool"] for one in used})
    return versions, Situation(rules, NOW, soft_delete=draw(st.booleans()), references=references)


@given(situations())
def test_nothing_kept_is_ever_stepped(case: tuple[list[ImageVersion], Situation]) -> None:
    versions, situation = case
    judged = decide(versions, situation)
    by_id = {one.id: one for one in versions}
    stepped = [by_id[one.version] for one in judged if one.step]
    assert len(judged) == len(versions)
    for one in stepped:
        assert one.tags
        assert KEEP_TAG not in one.tags
        assert one.provisioning_state == "Succeeded"
        assert one.published_at == OLD or situation.rules.keep_days <= 2
        assert [region.state for region in one.replication or []] == ["Completed"]
        assert not situation.references.of(one.id)
    serving = [
        one
        for one in sorted(versions, key=lambda one: one.id.name, reverse=True)
        if one.replication and one.replication[0].state == "Completed" and not _excluded(one)
    ]
    assert not {one.id for one in serving[:2]} & {one.id for one in stepped}
    good = [one for one in versions if _is_good(one, situation)]
    assert len([one for one in good if one not in stepped]) >= min(situation.rules.keep_last, len(good))


@given(situations(), st.data())
def test_more_that_keeps_lets_nothing_more_go(
    case: tuple[list[ImageVersion], Situation], data: st.DataObject
) -> None:
    """A user, a pin, a larger number, or less knowledge never adds a step."""
    versions, situation = case
    before = {one.version: one.step for one in decide(versions, situation) if one.step}
    if not versions:
        return
    chosen = data.draw(st.sampled_from(versions))
    kind = data.draw(st.sampled_from(["used", "pinned", "last", "days", "unread", "undated", "foreign"]))
    rules, references = situation.rules, situation.references
    other = chosen.model_copy()
    match kind:
        case "used":
            references = References(consumers={**references.consumers, chosen.id.key: ["pool"]})
        case "pinned":
            other.tags = {**chosen.tags, KEEP_TAG: "x"}
        case "last":
            rules = rules.model_copy(update={"keep_last": rules.keep_last + 1})
        case "days":
            rules = rules.model_copy(update={"keep_days": rules.keep_days + 10})
        case "unread":
            other.replication = None
        case "undated":
            other.published_at = None
        case _:
            other.tags = {}
    after = decide(
        [other if one is chosen else one for one in versions],
        situation._replace(rules=rules, references=references),
    )
    for one in after:
        assert one.step is None or one.version in before


def _excluded(one: ImageVersion) -> bool:
    own = one.target_regions[0].exclude_from_latest
    return one.exclude_from_latest if own is None else own


def _is_good(one: ImageVersion, situation: Situation) -> bool:
    complete = bool(one.replication) and one.replication[0].state == "Completed"
    own = bool(one.tags) and KEEP_TAG not in one.tags
    return own and complete and one.provisioning_state == "Succeeded" and one.published_at is not None
