"""The lineage outlives the source, the task hub, and the version itself."""

from typing import Any

import pytest

from domain.errors import ArmError
from domain.migration.records import migration_ended, migration_evidence, regions_replicated
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus, TargetStatus
from domain.records.evidence import Evidence, text_of
from domain.records.notices import NoticeTargets
from domain.resources.provenance import migration_id
from services.refusals import NotFoundError
from services.view_lineage import view_lineage
from tests.unit.builders import NOW, definition_id, image, image_id, in_regions, version
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, working_with

VERSION = definition_id().version("1.0.0")


def migration() -> MigrationStatus:
    target = TargetStatus(
        definition=definition_id(),
        version_id=VERSION,
        outcome="created",
        regions=in_regions(westeurope="Completed"),
    )
    return MigrationStatus(
        image=image_id(),
        started_by="anna",
        rule="web",
        fingerprint="f1",
        targets=[target],
        state=MigrationState.COMPLETED,
    )


def stored(*records: Evidence) -> FakeEvidence:
    evidence = FakeEvidence()
    evidence.texts = {record.name: text_of(record) for record in records}
    return evidence


def record(kind: str, subject: str = str(VERSION), **details: Any) -> Evidence:
    document = {"subject": subject, "kind": kind, "at": NOW, "by": "anna", "key": kind, "details": details}
    return Evidence.model_validate(document)


async def lineage(
    compute: FakeCompute, evidence: FakeEvidence, client: FakeDurableClient | None = None
) -> Any:
    with working_with(compute, evidence=evidence):
        return await view_lineage(client or FakeDurableClient(), VERSION)


async def test_each_line_says_where_it_comes_from() -> None:
    (made,) = migration_evidence(migration(), "migration-1", NOW, NOW)
    evidence = stored(
        made,
        record("proof", region="westeurope"),
        record("promotion", ring=1),
        record("retention", step="exclude", state="done"),
        record("certificate", str(image_id()), obligations=9),
        record("proof", str(image_id()), region="of the image"),
    )
    found = await lineage(FakeCompute(versions=[version()]), evidence)
    assert (found.exists, found.source, found.missing) == (True, str(image_id()), [])
    places = {line.what: line.place for line in found.lines}
    assert places == {
        "made": "tags",
        "published": "gallery",
        "migration": "evidence",
        "proof": "evidence",
        "promotion": "evidence",
        "retention: exclude: done": "evidence",
        "certificate": "evidence",
    }
    proofs = [line for line in found.lines if line.what == "proof"]
    assert [line.details["region"] for line in proofs] == ["westeurope"]
    assert all(line.digest for line in found.lines if line.place == "evidence")


async def test_what_only_the_task_hub_knows_is_the_last_resort() -> None:
    client = FakeDurableClient()
    client.add(
        migration_id(image_id()),
        "Completed",
        {"image": str(image_id()), "started_by": "anna"},
        output=migration().model_dump(mode="json"),
    )
    found = await lineage(FakeCompute(versions=[version()]), FakeEvidence(), client)
    (line,) = [line for line in found.lines if line.what == "migration"]
    assert (line.place, line.details["fingerprint"], line.details["state"]) == ("task hub", "f1", "planned")


async def test_tags_are_enough_once_the_task_hub_and_the_source_are_gone() -> None:
    found = await lineage(FakeCompute(versions=[version()]), FakeEvidence())
    assert {line.what for line in found.lines} == {"made", "published"}
    (made,) = [line for line in found.lines if line.what == "made"]
    assert made.details["fingerprint"] == image().fingerprint


async def test_evidence_is_enough_once_the_version_is_gone() -> None:
    intended = record("retention", step="delete", state="intended", version=version().model_dump(mode="json"))
    found = await lineage(FakeCompute(), stored(intended))
    assert (found.exists, found.source) == (False, str(image_id()))
    (made,) = [line for line in found.lines if line.what == "made"]
    assert made.place == "evidence"


async def test_what_cannot_be_read_is_said() -> None:
    evidence = stored(record("proof"))
    odd = record("promotion").name
    evidence.texts[odd] = "{}"
    compute = FakeCompute()
    compute.error = ArmError(503, "ServerBusy", "busy")
    found = await lineage(compute, evidence)
    assert found.exists is None
    assert [line.what for line in found.lines] == ["proof"]
    assert len(found.missing) == 2


async def test_of_an_unknown_version_nothing_is_known() -> None:
    with pytest.raises(NotFoundError, match="nothing is known"):
        await lineage(FakeCompute(), FakeEvidence())


def test_a_migration_is_recorded_and_announced_once_for_each_run() -> None:
    (first,), (second,) = (migration_evidence(migration(), "migration-1", NOW, NOW) for _ in range(2))
    assert (first.name, text_of(first)) == (second.name, text_of(second))
    targets = NoticeTargets(webhook="https://hooks.example.com/x")
    ended = migration_ended(migration(), "migration-1", NOW, NOW, targets)
    assert ended.data["versions"] == [str(VERSION)]
    (notice,) = regions_replicated(None, migration().targets[0], "run", NOW, targets)
    assert (notice.type, notice.data) == ("region.replicated", {"region": "westeurope"})
    assert list(regions_replicated(migration().targets[0], migration().targets[0], "run", NOW, targets)) == []
