"""What a promotion would do, what forbids it, and whether a migration hands its version over."""

from typing import Any

import pytest

from domain.fleet.batches import BATCH_ID_PREFIX, SWEEP_BATCH_ID
from domain.policy.sections import Choices
from domain.promotion.followers import Gap
from domain.promotion.hand_over import EndedMigration, why_not_by_itself
from domain.promotion.messages import Ordered, PromotionRequest, promotion_id
from domain.promotion.plan import PlannedFollower, plan_promotion
from domain.records.evidence import lineage_folder
from domain.resources.galleries import ImageVersion
from tests.unit.domain.promotion.estates import DEFINITION, REGIONS, a_version, version_id

EXCLUDED = a_version("2.0.0", excluded=True)
BEFORE = a_version("1.0.0")


def request(number: str = "2.0.0", **changes: Any) -> PromotionRequest:
    return PromotionRequest(version_id=version_id(number), started_by="ann", **changes)


def obstacle(versions: list[ImageVersion], asked: PromotionRequest | None = None, **more: Any) -> str | None:
    planned = plan_promotion(asked or request(), versions, **more)
    return planned.obstacle.code if planned.obstacle else None


def test_a_plan_names_rings_followers_and_what_the_regions_fall_back_on() -> None:
    here = PlannedFollower(id="/x/s", region="eastus2", instances=3, upgrading=2)
    only_here = a_version("1.0.0", {"eastus2": None})
    planned = plan_promotion(request(rings=[["eastus2", "mars"]]), [EXCLUDED, only_here], [here])
    assert [ring.regions for ring in planned.rings] == [["eastus2"], ["northeurope", "westeurope"]]
    assert planned.rings[0].followers == [here]
    assert planned.no_fallback == ["northeurope", "westeurope"]
    assert "the version is not replicated to mars: left out" in planned.warnings
    assert planned.obstacle is None
    assert [one.version.name for one in planned.before] == ["2.0.0"]


@pytest.mark.parametrize(
    ("versions", "code"),
    [
        ([BEFORE], "VersionGone"),
        ([a_version("2.0.0", tags={"gallerist-proof": "failed: eastus2"})], "ProofFailed"),
        ([a_version("2.0.0", excluded=True, states={"westeurope": "Replicating"})], "NotReplicated"),
        ([a_version("2.0.0", excluded=True, replication=[])], "NotReplicated"),
        ([EXCLUDED, a_version("3.0.0")], "NotTheHighest"),
        ([EXCLUDED, a_version("3.0.0", excluded=True)], None),
        ([EXCLUDED, a_version("3.0.0", replication=None)], "LatestUnknown"),
        ([a_version("2.0.0", excluded=True, tags={"gallerist-proof": "passed"})], None),
    ],
)
def test_a_version_is_refused_for_a_reason(versions: list[ImageVersion], code: str | None) -> None:
    assert obstacle(versions) == code


def test_unknown_followers_forbid_a_promotion_and_no_election() -> None:
    gaps = [Gap(where="subscription s", reason="AuthorizationFailed")]
    assert obstacle([EXCLUDED, BEFORE], gaps=gaps) == "FollowersUnreadable"
    elected = request("1.0.0", action="elect")
    assert obstacle([a_version("2.0.0"), BEFORE], elected, gaps=gaps) is None


def test_an_election_is_for_older_versions_and_records_those_above() -> None:
    assert obstacle([EXCLUDED, BEFORE], request(action="elect")) == "NotOlder"
    planned = plan_promotion(
        request("1.0.0", action="elect", regions=["eastus2"]), [a_version("2.0.0"), BEFORE]
    )
    assert [ring.regions for ring in planned.rings] == [["eastus2"]]
    assert {one.version.name for one in planned.before} == {"1.0.0", "2.0.0"}


def test_a_name_that_is_no_number_is_refused() -> None:
    assert obstacle([a_version("newest")], request("newest")) == "NoNumber"


def ended(**changes: Any) -> EndedMigration:
    fields = {"everywhere": True, "proved": None, "excluded": True, "started_by": "ann"}
    return EndedMigration(**{**fields, **changes})


def choices(when: str | None) -> Choices:
    return Choices.model_validate({"promote": {"when": when}} if when else {})


@pytest.mark.parametrize(
    ("when", "what", "promoted"),
    [
        (None, ended(), False),
        ("never", ended(), False),
        ("after-replication", ended(), True),
        ("after-replication", ended(proved=False), False),
        ("after-replication", ended(everywhere=False), False),
        ("after-replication", ended(excluded=False), False),
        ("after-verification", ended(), False),
        ("after-verification", ended(proved=True), True),
        ("after-replication", ended(started_by=f"ann, {BATCH_ID_PREFIX}0123"), False),
        ("after-replication", ended(started_by=f"sweep, {SWEEP_BATCH_ID}"), False),
    ],
)
def test_a_migration_hands_its_version_over_only_if_the_policy_says_so_and_never_from_a_batch(
    when: str | None, what: EndedMigration, *, promoted: bool
) -> None:
    assert (why_not_by_itself(choices(when), what) is None) is promoted


def test_an_order_may_arrive_as_text_or_be_unreadable() -> None:
    assert Ordered.parse('{"id": "1", "by": "ann"}').by == "ann"
    assert Ordered.parse({"id": "1", "by": "ann"}).id == "1"
    for odd in (True, "not JSON", None, ["x"]):
        assert Ordered.parse(odd).by == "somebody"


def test_by_a_promotions_id_its_evidence_is_found() -> None:
    assert lineage_folder(str(DEFINITION)).split("/")[1] == promotion_id(DEFINITION).split("-", 1)[1]


def test_a_request_is_like_another_whoever_asks() -> None:
    assert request().is_like(PromotionRequest(version_id=version_id("2.0.0"), started_by="bob"))
    assert not request().is_like(request(rings=[list(REGIONS)]))
