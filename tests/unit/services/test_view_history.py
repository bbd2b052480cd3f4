"""The history of a definition, from the gallery, the evidence and the task hub."""

from datetime import timedelta

import pytest

from domain.errors import ArmError
from domain.promotion.messages import PromotionRequest, promotion_id
from domain.promotion.records import end_evidence
from domain.promotion.states import PromotionState
from domain.promotion.status import PromotionStatus
from domain.records.evidence import text_of
from domain.resources.galleries import ImageVersion
from domain.resources.ids import ImageVersionId
from domain.retention.ladder import SoftDeletedVersion
from services.refusals import NotFoundError
from services.view_history import MOST_VERSIONS, History, view_history
from tests.unit.builders import NOW, definition, gallery, hand_made_version, image_id, in_regions, version
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, FakeRetention, working_with

DEFINITION = definition().id


def serving(number: str, **changes: object) -> ImageVersion:
    return version(number, **{"replication": in_regions(westeurope="Completed"), **changes})


class Records(FakeEvidence):
    """Evidence with records of promotions."""

    async def ended(
        self, number: str, state: PromotionState, days: int, touched: ImageVersionId | None = None
    ) -> None:
        wanted = DEFINITION.version(number)
        status = PromotionStatus(
            version_id=wanted,
            started_by="ada",
            state=state,
            promoted={"westeurope": NOW},
            latest={"westeurope": number},
        )
        evidence = end_evidence(status, touched or wanted, f"start-{days}", NOW + timedelta(days=days))
        await self.put(evidence.name, text_of(evidence))


async def history(
    *versions: ImageVersion, evidence: FakeEvidence | None = None, hub: FakeDurableClient | None = None
) -> History:
    compute = FakeCompute(galleries=[gallery()], definitions=[definition()], versions=list(versions))
    with working_with(compute, evidence=evidence):
        return await view_history(hub or FakeDurableClient(), DEFINITION)


async def test_versions_come_by_their_numbers_with_their_origin() -> None:
    found = await history(
        serving("1.9.0"), serving("1.10.0", exclude_from_latest=True), hand_made_version("1.0.0")
    )
    assert [line.version for line in found.versions] == ["1.10.0", "1.9.0", "1.0.0"]
    newest, _, by_hand = found.versions
    assert (newest.source, newest.by, newest.rule) == (str(image_id()), "test", "a rule")
    assert newest.excluded_in == ["westeurope"]
    assert (by_hand.by, by_hand.rule, by_hand.migration) == (None, None, None)
    assert [one.version for one in found.latest] == ["1.9.0"]


async def test_promotions_say_what_was_latest_and_come_once_each() -> None:
    records = Records()
    await records.ended("1.0.0", PromotionState.PROMOTED, 1)
    await records.ended("1.0.1", PromotionState.PROMOTED, 2)
    # an election writes a record for each version that it touched
    await records.ended("1.0.1", PromotionState.PROMOTED, 2, DEFINITION.version("1.0.0"))
    await records.ended("1.0.1", PromotionState.ROLLED_BACK, 3)
    found = await history(serving("1.0.0"), serving("1.0.1"), evidence=records)
    assert [(one.what, one.version, one.state, one.by) for one in found.promotions] == [
        ("rollback", "1.0.1", "rolled-back", "ada"),
        ("promotion", "1.0.1", "promoted", "ada"),
        ("promotion", "1.0.0", "promoted", "ada"),
    ]
    assert found.promotions[2].latest == {"westeurope": "1.0.0"}
    assert found.promotions[2].promoted == {"westeurope": NOW}
    assert found.missing == []


async def test_a_promotion_that_runs_is_shown_from_the_task_hub() -> None:
    hub = FakeDurableClient()
    asked = PromotionRequest(version_id=DEFINITION.version("1.0.0"), started_by="ada")
    hub.add(promotion_id(DEFINITION), "Running", asked.model_dump(mode="json"), name="promote_version")
    (line,) = (await history(serving("1.0.0"), hub=hub)).promotions
    assert (line.running, line.by, line.version) == (True, "ada", "1.0.0")


async def test_what_cannot_be_read_is_said() -> None:
    class Broken(Records):
        async def names(self, folder: str) -> list[str]:
            raise ArmError(403, "AuthorizationFailed", "no")

    assert "no" in (await history(serving("1.0.0"), evidence=Broken())).missing[0]
    records = Records()
    await records.ended("1.0.0", PromotionState.PROMOTED, 1)
    records.texts = dict.fromkeys(records.texts, "{}")
    found = await history(serving("1.0.0"), evidence=records)
    assert "it is not one that this release can read" in found.missing[0]
    many = [serving(f"1.0.{number}") for number in range(MOST_VERSIONS + 1)]
    assert (await history(*many)).missing == [
        f"the promotions of all but the {MOST_VERSIONS} highest versions"
    ]


async def test_versions_in_the_bin_are_listed() -> None:
    home = gallery()
    home.soft_delete = True
    compute = FakeCompute(galleries=[home], definitions=[definition()], versions=[serving("1.0.1")])
    retention, gone = FakeRetention(compute), DEFINITION.version("1.0.0")
    retention.bin[gone] = (
        serving("1.0.0"),
        SoftDeletedVersion(id=gone, location="westeurope", deleted_at=NOW),
    )
    with working_with(compute, retention=retention):
        found = await view_history(FakeDurableClient(), DEFINITION)
        retention.error = ArmError(403, "AuthorizationFailed", "no")
        unread = await view_history(FakeDurableClient(), DEFINITION)
    assert [(line.version, line.state, line.deleted_at) for line in found.versions] == [
        ("1.0.1", "Succeeded", None),
        ("1.0.0", "SoftDeleted", NOW),
    ]
    assert "what is in the gallery's bin" in unread.missing[0]


async def test_a_definition_that_does_not_exist_has_no_history() -> None:
    with working_with(FakeCompute()), pytest.raises(NotFoundError, match="does not exist"):
        await view_history(FakeDurableClient(), DEFINITION)
