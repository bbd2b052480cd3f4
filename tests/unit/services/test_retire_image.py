"""The DELETE is sent only if everything is still as the last look found it, by Azure's own clock."""

from datetime import timedelta

import pytest

from domain.errors import ArmError
from domain.records.evidence import text_of
from domain.records.freeze import Freeze
from domain.resources.ids import ImageVersionId
from domain.results import Failure
from domain.retirement.certificate import certificate_of, deletion_of, stored
from domain.retirement.messages import Decision
from domain.retirement.readings import Look
from domain.retirement.requests import CompleteRequest, DeleteAnswer, DeleteRequest, ReadRequest
from domain.retirement.retirement import Retirement
from domain.retirement.states import RetirementState
from services.read_retirement import read
from services.retire_image import complete, delete
from services.retirements import start_retirement
from tests.unit.builders import NOW, SUBSCRIPTION, image, policy
from tests.unit.domain.retirement.retirements import (
    IMAGE,
    TARGET,
    a_decision,
    a_look,
    a_retirement,
    a_version,
)
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, working_with
from tests.unit.retiring_fakes import FakeRetiring

POLICY = policy(retire_source={"when": "after-approval", "soak_days": 2}, verify={"mode": "off"})


class Azure:
    """Everything that the services read: the image is as it was migrated, and its deletion was approved."""

    def __init__(self) -> None:
        self.client = FakeDurableClient()
        self.compute = FakeCompute(images=[IMAGE])
        self.retiring = FakeRetiring()
        self.retiring.images[IMAGE.id] = IMAGE
        self.retiring.versions[TARGET.version_id] = a_version()
        self.retiring.blocked.add(TARGET.version_id)
        self.evidence = FakeEvidence()
        self.decide(a_decision())
        begun = a_retirement(
            soak_since=NOW - timedelta(days=3), noticed_at=NOW - timedelta(days=2), asked_at=NOW, round=1
        )
        certificate = certificate_of(begun, a_look(), NOW)
        self.evidence.texts[certificate.name] = text_of(certificate)
        self.retirement: Retirement = begun.changed(certificate=stored(certificate), certified_at=NOW)

    def decide(self, decision: Decision) -> None:
        self.evidence.texts[decision.name] = text_of(decision)

    async def deleted(self, look: Look | None = None) -> DeleteAnswer:
        read_request = ReadRequest.of(self.retirement, [SUBSCRIPTION], NOW)
        request = DeleteRequest(retirement=self.retirement, look=look or a_look(), read=read_request)
        with working_with(self.compute, POLICY, evidence=self.evidence, retiring=self.retiring):
            return await delete(self.client, request)  # type: ignore[arg-type] # a fake


async def test_the_delete_is_sent_if_nothing_moved() -> None:
    azure = Azure()
    assert await azure.deleted() == DeleteAnswer()
    assert azure.retiring.writes == ["delete web-20260115"]


async def test_a_call_that_waited_for_a_worker_sends_nothing() -> None:
    azure = Azure()
    azure.retiring.read_at = NOW + timedelta(minutes=11)
    assert "old by Azure's clock" in str((await azure.deleted()).moved)
    assert azure.retiring.writes == []


async def test_an_image_that_is_gone_gets_no_delete() -> None:
    azure = Azure()
    azure.retiring.images.clear()
    assert await azure.deleted() == DeleteAnswer()
    assert azure.retiring.writes == []


async def test_another_image_gets_no_delete() -> None:
    azure = Azure()
    other = image(os_type="Windows")
    azure.retiring.images[IMAGE.id] = other
    azure.compute.images[IMAGE.id] = other
    assert (await azure.deleted()).moved == "the image was re-created"
    assert azure.retiring.writes == []


async def test_a_freeze_a_rejection_or_a_lost_certificate_at_the_last_moment_sends_nothing() -> None:
    azure = Azure()
    azure.client.entity_states["freeze"] = Freeze(frozen=True, by="ana", reason="incident").model_dump(
        mode="json"
    )
    assert "ana stopped all deletions" in str((await azure.deleted()).moved)
    azure = Azure()
    azure.evidence.texts = {
        name: text for name, text in azure.evidence.texts.items() if "approve" not in name
    }
    assert "nobody has approved" in str((await azure.deleted()).moved)
    azure = Azure()
    azure.evidence.texts = {name: text for name, text in azure.evidence.texts.items() if "decisions" in name}
    assert (await azure.deleted()).moved == "its certificate is not stored"


async def test_a_decision_that_cannot_be_read_may_be_a_rejection() -> None:
    azure = Azure()
    azure.evidence.texts[f"decisions/{azure.retirement.id}/zz.json"] = '{"kind": "something new"}'
    assert "cannot be read by this release" in str((await azure.deleted()).moved)


async def test_a_refusal_is_told_from_an_answer_that_did_not_come() -> None:
    azure = Azure()
    azure.retiring.errors["begin_delete"] = ArmError(409, "ScopeLocked", "locked")
    answer = await azure.deleted()
    assert isinstance(answer.failure, Failure)
    assert (answer.failure.code, answer.unanswered) == ("ScopeLocked", False)
    azure.retiring.errors["begin_delete"] = ArmError(0, "ServiceRequestError", "the connection broke")
    assert await azure.deleted() == DeleteAnswer(unanswered=True)


async def test_a_version_that_was_begun_after_the_scan_keeps_the_image() -> None:
    azure = Azure()
    begun = ImageVersionId.parse(str(TARGET.version_id).replace("golden", "others"))
    azure.retiring.unfinished = [begun]
    assert f"{begun} is being built from it" in str((await azure.deleted()).moved)
    assert azure.retiring.writes == []


async def test_a_look_leaves_versions_that_are_being_made_to_its_scan() -> None:
    azure = Azure()
    azure.retiring.unfinished = [ImageVersionId.parse(str(TARGET.version_id).replace("golden", "others"))]
    request = ReadRequest.of(azure.retirement, [SUBSCRIPTION], NOW)
    with working_with(azure.compute, POLICY, evidence=azure.evidence, retiring=azure.retiring):
        reading = await read(azure.client, request)  # type: ignore[arg-type] # a fake
    assert reading.building.values == []


@pytest.mark.parametrize(
    "call",
    ["describe_image", "get_version", "list_locks", "list_group_images", "list_unfinished_versions"],
)
async def test_what_cannot_be_read_is_unmet_and_what_may_pass_is_tried_again(call: str) -> None:
    azure = Azure()
    azure.retiring.errors[call] = ArmError(403, "AuthorizationFailed", "no role")
    assert "no role" in str((await azure.deleted()).moved)
    azure.retiring.errors[call] = ArmError(503, "ServiceUnavailable", "busy")
    with pytest.raises(ArmError):
        await azure.deleted()
    assert azure.retiring.writes == []


async def test_older_images_of_the_family_are_found() -> None:
    family = policy(name_pattern="(?P<family>.+)-\\d+", definition={"name": "{family}"})
    older, newer = image("web-1", created_at=NOW - timedelta(days=99)), image("web-3", created_at=NOW)
    other = image("db-1", created_at=NOW - timedelta(days=99))
    undated = image("web-2", created_at=None)
    azure = Azure()
    for one in (older, newer, other, undated):
        azure.retiring.images[one.id] = azure.compute.images[one.id] = one
    with working_with(azure.compute, family, evidence=azure.evidence, retiring=azure.retiring):
        reading = await read(azure.client, ReadRequest.of(azure.retirement, [SUBSCRIPTION], NOW))  # type: ignore[arg-type] # a fake
    assert reading.older.values == [str(older.id), str(undated.id)]


async def test_a_certificate_is_completed_once() -> None:
    azure = Azure()
    certificate = azure.retirement.certificate
    assert certificate is not None
    with working_with(azure.compute, POLICY, evidence=azure.evidence, retiring=azure.retiring):
        for later in (NOW, NOW + timedelta(hours=1)):
            deletion = deletion_of(azure.retirement, certificate, "reading", later)
            await complete(CompleteRequest(deletion=deletion, replaced_by=[TARGET.version_id]))
    assert len([name for name in azure.evidence.texts if name.endswith("-deletion.json")]) == 1
    assert len([name for name in azure.evidence.texts if name.startswith("lineage/")]) == 2


async def test_what_a_person_ended_is_not_begun_again_by_itself() -> None:
    azure = Azure()
    kept = azure.retirement.moved(RetirementState.KEPT)
    dumped = kept.model_dump(mode="json")
    azure.client.add(kept.id, "Completed", dumped, name="retire_image", output=dumped)
    with working_with(azure.compute, POLICY):
        again = await start_retirement(azure.client, a_retirement())  # type: ignore[arg-type] # a fake
        by_hand = await start_retirement(azure.client, a_retirement(by_hand=True))  # type: ignore[arg-type] # a fake
    assert (again.fresh, by_hand.fresh) == (False, True)
