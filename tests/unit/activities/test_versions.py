"""Activities about definitions and versions: a repeated call writes once."""

from typing import Any

import pytest

from domain.errors import ArmError
from domain.migration.publishing import DefinitionVersions, Publication
from domain.migration.replication import ReplicationReport
from domain.migration.results import ActivityResult
from domain.resources.galleries import ImageDefinition, TargetRegion
from domain.resources.provenance import GROUP_TAG
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


async def test_a_refused_write_is_a_failure_with_its_cause() -> None:
    compute = FakeCompute()
    compute.error = ArmError(403, "LinkedAuthorizationFailed", "no")
    result = await begun(compute)
    assert result.failure is not None
    assert "not read the source" in result.failure.cause


async def reported(compute: FakeCompute, operation_url: str | None = OPERATION) -> ReplicationReport:
    request = {
        "version_id": str(definition_id().version("1.0.0")),
        "operation_url": operation_url,
        "regions": ["westeurope", "eastus2"],
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


@pytest.mark.parametrize("state", ["Creating", "Failed"])
async def test_the_operation_says_why_a_version_failed(state: str) -> None:
    """Recorded: a late refusal is in the operation only, in an answer of status 200."""
    compute = FakeCompute(versions=[version(provisioning_state=state)])
    compute.operation_error = ArmError(200, "Conflict", "a different OS type ['Windows']")
    report = await reported(compute)
    assert report.failure is not None
    assert (report.failure.code, report.provisioning_state) == ("Conflict", state)


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
