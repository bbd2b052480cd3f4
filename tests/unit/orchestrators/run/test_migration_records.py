"""The end of a migration is recorded and announced, and neither can fail it."""

import logging
from typing import Any

import pytest

from domain import names
from domain.migration.messages import ImageRequest, MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import End, TargetStatus
from domain.records.evidence import Stored
from domain.records.notices import NoticeTargets
from domain.resources.images import ManagedImage
from orchestrators.run import activity_calls
from orchestrators.run.migration_records import announce_end, record_versions
from orchestrators.run.migration_run import MigrationRun
from tests.unit.builders import NOW, definition_id, image, image_id, in_regions
from tests.unit.orchestrators.stepping import Call, FakeContext, failed, run, value

TOLD = NoticeTargets(webhook="https://hooks.example.com/x")
LOOK = activity_calls.Call(names.GET_MANAGED_IMAGE, ImageRequest(image=image_id()), ManagedImage)
STORED = value(Stored(name="n", digest="d"))


def ended(replies: Any, targets: NoticeTargets = TOLD) -> FakeContext:
    request = MigrationRequest(image=image_id(), started_by="anna")
    context = FakeContext(request.model_dump(mode="json"))
    migration = MigrationRun(context, request)
    version_id = definition_id().version("1.0.0")
    regions = in_regions(westeurope="Completed", northeurope="Replicating")
    migration.status.targets = [
        TargetStatus(definition=definition_id(), version_id=version_id, outcome="created", regions=regions)
    ]
    for state in (MigrationState.PREPARING, MigrationState.PUBLISHING, MigrationState.REPLICATING):
        migration.move(state)

    def orchestrator(_: FakeContext) -> Any:
        looked = yield from record_versions(migration, NOW, [], beside=LOOK)
        assert looked.value == image()
        yield from announce_end(migration, End(MigrationState.PARTIAL, "one region"), NOW, targets)

    run(orchestrator, context, {"get_managed_image": lambda _: value(image()), **replies})
    return context


def test_each_version_is_recorded_and_each_region_announced() -> None:
    context = ended({"record_evidence": lambda _: STORED, "announce": lambda _: value(None)})
    (evidence,) = context.named("record_evidence")
    assert (evidence.input["kind"], evidence.input["by"]) == ("migration", "anna")
    region, end = (call.input for call in context.named("announce"))
    assert (region["type"], region["data"]) == ("region.replicated", {"region": "westeurope"})
    assert (end["type"], end["data"]["state"], end["data"]["reason"]) == (
        "migration.ended",
        "partial",
        "one region",
    )


def test_without_targets_nobody_is_told() -> None:
    context = ended({"record_evidence": lambda _: STORED}, NoticeTargets())
    assert context.named("announce") == []


def test_a_store_or_an_outbox_that_refuses_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_: Call) -> Any:
        return failed("EvidenceChanged")

    with caplog.at_level(logging.WARNING):
        ended({"record_evidence": refuse, "announce": refuse})
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING, logging.WARNING]
