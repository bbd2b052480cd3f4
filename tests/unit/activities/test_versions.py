"""Activities about definitions and versions: a repeated call writes once."""

from typing import Any

import pytest

from domain.errors import ArmError
from domain.migration.publishing import DefinitionVersions, Publication
from domain.migration.replication import ExpectedVersion, RegionsRequest, RegionsUpdate, ReplicationReport
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import ImageDefinition, TargetRegion
from domain.resources.provenance import GROUP_TAG
from domain.results import ActivityResult
from tests.unit.app import code
from tests.unit.builders import (
    definition,
    definition_id,
    hand_made_version,
    image,
    in_regions,
    spec,
    version,
)
from tests.unit.fakes import OPERATION, FakeCompute, working_with

ensure_image_definition = code("ensure_image_definition")
list_image_versions = code("list_image_versions")
begin_image_version = code("begin_image_version")
get_replication_status = code("get_replication_status")
update_regions = code("update_regions")

HOME, AWAY = TargetRegion(name="westeurope"), TargetRegion(name="eastus2")


async def ensured(compute: FakeCompute) -> ActivityResult[ImageDefinition]:
    with working_with(compute):
        reply = await ensure_image_definition(definition().model_dump(mode="json"))
    return ActivityResult[ImageDefinition].model_validate(reply)


async def test_a_missing_definition_is_created_once_and_waited_for() -> None:
    compute = FakeCompute()
    first, second = await ensured(compute), await ensured(compute)
    assert first.retry_later is not None
    assert second.retry_later is not None
    assert second.retry_later.reason == "image definition web-20260115 is in provisioning state Creating"
    assert compute.writes == ["definition web-20260115"]
    compute.definitions[definition_id()].provisioning_state = "Succeeded"
    assert (await ensured(compute)).value == definition()
    assert compute.writes == ["definition web-20260115"]


async def test_a_definition_that_exists_is_never_written() -> None:
    """It is returned as the gallery has it: nothing in it can change."""
    existing = definition(publisher="Contoso")
    compute = FakeCompute(definitions=[existing])
    assert (await ensured(compute)).value == existing
    assert compute.writes == []


async def test_a_definition_that_another_group_got_first_is_not_used() -> None:
    """Two images of one name were planned at the same time, before either had its definition."""
    wanted = definition(tags={GROUP_TAG: "/subscriptions/s/resourceGroups/team-red"})
    theirs = definition(tags={GROUP_TAG: "/subscriptions/s/resourceGroups/team.blue"})
    with working_with(FakeCompute(definitions=[theirs])) as compute:
        reply = await ensure_image_definition(wanted.model_dump(mode="json"))
    failure = ActivityResult[ImageDefinition].model_validate(reply).failure
    assert failure is not None
    assert (failure.code, compute.writes) == ("DefinitionOfAnotherGroup", [])
    assert "team.blue" in failure.message
    assert "across_resource_groups" in (failure.fix or "")


@pytest.mark.parametrize("group", ["/SUBSCRIPTIONS/s/resourcegroups/team-red", None])
async def test_a_definition_of_the_own_group_or_of_nobody_is_used(group: str | None) -> None:
    wanted = definition(tags={GROUP_TAG: "/subscriptions/s/resourceGroups/team-red"})
    existing = definition(tags={GROUP_TAG: group} if group else {})
    with working_with(FakeCompute(definitions=[existing])):
        reply = await ensure_image_definition(wanted.model_dump(mode="json"))
    assert ActivityResult[ImageDefinition].model_validate(reply).value == existing


async def test_a_parent_that_azure_does_not_see_yet_is_waited_for() -> None:
    """Recorded: right after its creation a gallery may be missing to its children."""
    compute = FakeCompute()
    compute.error = ArmError(404, "ParentResourceNotFound", "Parent resource 'golden' not found.")
    result = await ensured(compute)
    assert (result.failure, result.retry_later is None) == (None, False)


async def listed(*versions: Any) -> DefinitionVersions:
    request = {"definition": str(definition_id()), "image": image().model_dump(mode="json")}
    with working_with(FakeCompute(versions=list(versions))):
        reply = await list_image_versions(request)
    value = ActivityResult[DefinitionVersions].model_validate(reply).value
    assert value is not None
    return value


async def test_the_number_that_holds_the_image_is_separated_from_the_others() -> None:
    shown = await listed(
        version("1.0.0", of=image("other")), version("1.0.1"), hand_made_version("2.0.0", source=None)
    )
    assert (shown.held, sorted(shown.taken)) == ("1.0.1", ["1.0.0", "2.0.0"])


async def test_a_number_that_is_being_deleted_is_taken() -> None:
    """Its number cannot be used before the deletion ends."""
    shown = await listed(version("1.0.0", provisioning_state="Deleting"))
    assert (shown.held, shown.taken) == (None, ["1.0.0"])


async def listed_with_bin(
    compute: FakeCompute, *, has_bin: bool = True
) -> ActivityResult[DefinitionVersions]:
    request = {
        "definition": str(definition_id()),
        "image": image().model_dump(mode="json"),
        "has_bin": has_bin,
    }
    with working_with(compute):
        reply = await list_image_versions(request)
    return ActivityResult[DefinitionVersions].model_validate(reply)


async def test_the_numbers_of_soft_deleted_versions_are_taken() -> None:
    """Recorded: a write to such a number brings the old version back."""
    compute = FakeCompute(versions=[version("1.0.1", of=image("other"))])
    compute.soft_deleted = ["1.0.0"]
    shown = (await listed_with_bin(compute)).value
    assert shown is not None
    assert sorted(shown.taken) == ["1.0.0", "1.0.1"]


async def test_a_gallery_without_soft_delete_has_no_bin_to_read() -> None:
    compute = FakeCompute()
    compute.bin_error = ArmError(500, "InternalServerError", "the bin was read")
    assert (await listed_with_bin(compute, has_bin=False)).value == DefinitionVersions()


@pytest.mark.parametrize(
    ("error", "goes_on"),
    [
        (ArmError(403, "AuthorizationFailed", "no"), True),
        (ArmError(404, "InvalidResourceType", "no"), True),
        (ArmError(503, "ServerTimeout", "later"), False),
    ],
)
async def test_a_bin_that_cannot_be_read_stops_nothing_but_one_that_is_busy_is_read_again(
    error: ArmError, *, goes_on: bool
) -> None:
    """The look after the write notices a version that came back."""
    compute = FakeCompute()
    compute.bin_error = error
    result = await listed_with_bin(compute)
    assert (result.value is not None, result.retry_later is not None) == (goes_on, not goes_on)


async def test_a_failed_version_with_the_content_is_shown_as_failed() -> None:
    shown = await listed(version("1.0.0", provisioning_state="Failed"))
    assert (shown.held, shown.held_failed, shown.held_source) == ("1.0.0", True, str(image().id))


async def test_an_empty_definition_has_no_numbers() -> None:
    assert await listed() == DefinitionVersions(held=None, taken=[])


async def begun(compute: FakeCompute, **changes: Any) -> ActivityResult[Publication]:
    with working_with(compute):
        reply = await begin_image_version(spec(**changes).model_dump(mode="json"))
    return ActivityResult[Publication].model_validate(reply)


async def outcome(compute: FakeCompute, **changes: Any) -> Publication:
    publication = (await begun(compute, **changes)).value
    assert publication is not None
    return publication


async def test_beginning_twice_writes_once() -> None:
    compute = FakeCompute()
    first, second = await outcome(compute), await outcome(compute)
    assert (first.outcome, first.operation_url) == ("created", OPERATION)
    assert (second.outcome, second.operation_url) == ("adopted", None)
    assert first.version_id == second.version_id == definition_id().version("1.0.0")
    assert compute.writes == ["version 1.0.0"]


async def test_a_version_of_another_source_is_not_written_over() -> None:
    compute = FakeCompute(versions=[version(of=image("other"))])
    assert (await outcome(compute)).outcome == "taken"
    assert compute.writes == []


async def test_missing_regions_are_added_and_nothing_else() -> None:
    compute = FakeCompute(versions=[version()])
    publication = await outcome(compute, regions=[HOME, AWAY])
    assert (publication.outcome, publication.operation_url) == ("updated", OPERATION)
    assert compute.writes == ["regions westeurope, eastus2"]


async def test_regions_are_not_added_while_azure_works_on_the_version() -> None:
    compute = FakeCompute(versions=[version(provisioning_state="Updating")])
    result = await begun(compute, regions=[HOME, AWAY])
    assert result.retry_later is not None
    assert compute.writes == []


async def test_a_failed_version_is_created_once_more() -> None:
    compute = FakeCompute(versions=[version(provisioning_state="Failed")])
    assert (await outcome(compute)).outcome == "created"
    assert compute.writes == ["version 1.0.0"]


class Unwritable(FakeCompute):
    """Azure that does not write a failed version again."""

    async def begin_image_version(self, spec: VersionSpec) -> str | None:
        raise ArmError(409, "Conflict", "is in a failed state; delete it before it is created again.")


async def test_a_failed_version_that_azure_does_not_write_again_is_unwritable() -> None:
    publication = await outcome(Unwritable(versions=[version(provisioning_state="Failed")]))
    assert publication.outcome == "unwritable"
    assert publication.failure is not None
    assert publication.failure.message.startswith("is in a failed state")


async def test_the_same_refusal_of_a_new_version_is_a_failure() -> None:
    assert (await begun(Unwritable())).failure is not None


async def test_a_write_says_what_the_version_must_show_from_now_on() -> None:
    created = await outcome(FakeCompute())
    assert created.expected == ExpectedVersion(
        source=str(image().id), fingerprint=image().fingerprint, exclude_from_latest=True
    )
    promoted = version(exclude_from_latest=False, tags={})
    updated = await outcome(FakeCompute(versions=[promoted]), regions=[HOME, AWAY])
    assert updated.expected == ExpectedVersion(source=str(image().id), exclude_from_latest=False)
    adopted = await outcome(FakeCompute(versions=[promoted]))
    assert adopted.expected == ExpectedVersion(source=str(image().id))


async def test_a_refused_write_is_a_failure_with_its_cause() -> None:
    compute = FakeCompute()
    compute.error = ArmError(403, "LinkedAuthorizationFailed", "no")
    result = await begun(compute)
    assert result.failure is not None
    assert "not read the source" in result.failure.cause


async def test_a_write_of_regions_says_what_the_version_showed_before_it() -> None:
    before = version(exclude_from_latest=False, target_regions=[HOME])
    request = RegionsRequest(version_id=before.id, put=[AWAY])
    expected = ExpectedVersion.like(before)
    with working_with(FakeCompute(versions=[before])):
        replies = [await update_regions(request.model_dump(mode="json")) for _ in range(2)]
    first, second = [ActivityResult[RegionsUpdate].model_validate(reply).value for reply in replies]
    assert first == RegionsUpdate(operation_url=OPERATION, expected=expected)
    assert second == RegionsUpdate()


async def test_a_version_is_compared_with_what_was_written() -> None:
    """The read of the replication is the read back: it costs no further call."""
    compute = FakeCompute(versions=[version(source=str(image("long-gone").id))])
    expected = ExpectedVersion(source=str(image().id)).model_dump(mode="json")
    report = await reported(compute, operation_url=None, expected=expected)
    assert report.differs
    assert report.failure is not None
    assert report.failure.code == "VersionDiffers"


async def reported(
    compute: FakeCompute, operation_url: str | None = OPERATION, **changes: Any
) -> ReplicationReport:
    request = {
        "version_id": str(definition_id().version("1.0.0")),
        "operation_url": operation_url,
        "regions": ["westeurope", "eastus2"],
        **changes,
    }
    with working_with(compute):
        reply = await get_replication_status(request)
    report = ActivityResult[ReplicationReport].model_validate(reply).value
    assert report is not None
    return report


async def test_a_report_has_every_wanted_region() -> None:
    report = await reported(FakeCompute(versions=[version(replication=in_regions(westeurope="Completed"))]))
    assert [(region.region, region.state) for region in report.regions] == [
        ("westeurope", "Completed"),
        ("eastus2", "Unknown"),
    ]
    assert (report.provisioning_state, report.completed) == ("Succeeded", False)


@pytest.mark.parametrize(("state", "asks"), [("Creating", True), ("Failed", False)])
async def test_the_operation_says_why_a_version_failed(state: str, asks: bool) -> None:
    """Recorded: a late refusal is in the operation only, in an answer of status 200."""
    compute = FakeCompute(versions=[version(provisioning_state=state)])
    compute.operation_error = ArmError(200, "Conflict", "a different OS type ['Windows']")
    report = await reported(compute, asks_operation=asks)
    assert report.failure is not None
    assert (report.failure.code, report.provisioning_state) == ("Conflict", state)


async def test_a_look_at_a_version_that_is_being_created_is_one_read() -> None:
    compute = FakeCompute(versions=[version(provisioning_state="Creating")])
    compute.operation_error = ArmError(200, "Conflict", "not asked")
    assert (await reported(compute)).failure is None


async def test_the_operation_says_why_a_version_is_missing() -> None:
    compute = FakeCompute()
    compute.operation_error = ArmError(200, "Conflict", "a different OS type ['Windows']")
    report = await reported(compute)
    assert report.failure is not None
    assert (report.provisioning_state, report.failure.code) == ("Missing", "Conflict")


async def test_the_operation_of_a_version_that_succeeded_is_not_read() -> None:
    """Its outcome is known, and its URL may be long gone."""
    compute = FakeCompute(versions=[version()])
    compute.operation_error = ArmError(200, "Conflict", "of another time")
    assert (await reported(compute)).failure is None


async def test_an_adopted_version_has_no_operation_to_read() -> None:
    compute = FakeCompute(versions=[version(provisioning_state="Creating")])
    compute.operation_error = ArmError(200, "Conflict", "of another request")
    assert (await reported(compute, operation_url=None)).failure is None


@pytest.mark.parametrize(
    ("replicated", "state", "forgotten"),
    [
        ({"westeurope": "Completed", "eastus2": "Completed"}, "Succeeded", 1),
        ({"westeurope": "Completed", "eastus2": "Replicating"}, "Succeeded", 0),
        ({"westeurope": "Completed", "eastus2": "Failed"}, "Failed", 0),
    ],
)
async def test_an_operation_is_forgotten_when_every_region_has_the_version(
    replicated: dict[str, Any], state: str, forgotten: int
) -> None:
    """Not where it failed: the answer with the reason may get lost, and the look is repeated."""
    compute = FakeCompute(versions=[version(provisioning_state=state, replication=in_regions(**replicated))])
    await reported(compute)
    assert compute.forgotten_operations == [str(definition_id().version("1.0.0"))] * forgotten
    await reported(compute, operation_url=None)
    assert len(compute.forgotten_operations) == forgotten
