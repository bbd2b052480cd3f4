"""Reading, planning, writing and watching `latest` over fakes."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ArmError, NotYetError
from domain.promotion.flags import FlagChange, VersionFlags
from domain.promotion.followers import Machine, OsUpgrade, ScaleSet
from domain.promotion.messages import PromotionRequest, promotion_id
from domain.promotion.records import Before, before_evidence
from domain.promotion.report import ExclusionsRequest, LookRequest
from domain.promotion.status import PromotionStatus
from domain.promotion.windows import MaintenanceWindow
from domain.records.evidence import text_of
from domain.resources.galleries import ImageVersion
from services.adoption import read_adoption
from services.promotions import look, parse_before, plan, read_exclusions, set_exclusions
from services.refusals import ConflictError, NotFoundError
from services.start_promotion import checked_plan, give_order, roll_back, start_promotion
from services.view_promotions import find_promotion
from services.watch_latest import watch_latest
from tests.unit.builders import GALLERY, NOW, PROVIDER, SUBSCRIPTION, definition, gallery
from tests.unit.domain.promotion.estates import DEFINITION, a_version, version_id
from tests.unit.fakes import (
    FakeCompute,
    FakeDurableClient,
    FakeEvidence,
    FakeFollowers,
    working_with,
)

V1, V2 = version_id("1.0.0"), version_id("2.0.0")
SET = ScaleSet(
    id=f"{PROVIDER}/virtualMachineScaleSets/s", region="eastus2", reference=str(DEFINITION), automatic=True
)
DENIED = ArmError(403, "AuthorizationFailed", "no right to perform action 'x/read'")


def azure(*versions: ImageVersion) -> FakeCompute:
    found = versions or (a_version("1.0.0"), a_version("2.0.0", excluded=True))
    return FakeCompute(versions=list(found), definitions=[definition("web")], galleries=[gallery(GALLERY)])


def followers(*runs: str | None) -> FakeFollowers:
    fake = FakeFollowers([SET])
    fake.runs[SET.id] = list(runs)
    return fake


def request(**changes: Any) -> PromotionRequest:
    fields = {"version_id": V2, "started_by": "ann", "start_id": "start-1"}
    return PromotionRequest(**{**fields, **changes})


async def test_a_plan_says_who_would_upgrade() -> None:
    fake = followers("1.0.0", "2.0.0", None)
    fake.windows[SET.id] = MaintenanceWindow(every="Week Sunday", start="2026-01-04 01:00", zone="UTC")
    with working_with(azure(), followers=fake):
        planned = await plan(request())
    (one,) = planned.rings[0].followers
    assert (one.instances, one.upgrading, one.runs, one.window) == (
        3,
        2,
        ["1.0.0", "2.0.0", "unknown"],
        "every Week Sunday from 2026-01-04 01:00 UTC for some hours",
    )


async def test_a_look_says_when_the_window_of_a_follower_opens_first() -> None:
    fake = followers("1.0.0")
    fake.windows[SET.id] = MaintenanceWindow(
        every="Day", start="2026-01-01 09:00", zone="Tokyo Standard Time"
    )
    with working_with(azure(), followers=fake):
        (one,) = (await look(LookRequest(version_id=V2, touched=[V2], since={SET.region: NOW}))).followers
    assert one.opens == NOW.replace(hour=0) + timedelta(days=1)
    assert f"open from {one.opens:%Y-%m-%d} 00:00 UTC" in (one.window or "")


async def test_a_plan_waits_while_azure_works_on_the_version() -> None:
    with working_with(azure(a_version("2.0.0", provisioning_state="Updating"))), pytest.raises(NotYetError):
        await plan(request())


@pytest.mark.parametrize("part", [SUBSCRIPTION, SET.id])
async def test_followers_that_cannot_be_read_forbid_the_promotion(part: str) -> None:
    fake = followers("1.0.0")
    fake.errors[part] = DENIED
    with working_with(azure(), followers=fake):
        planned = await plan(request())
        assert planned.obstacle is not None
        assert planned.obstacle.code == "FollowersUnreadable"
        with pytest.raises(ConflictError, match=r"infra/roles/promote\.json"):
            await checked_plan(request())


async def test_what_may_be_readable_later_is_not_a_gap() -> None:
    fake = followers("1.0.0")
    fake.errors[SUBSCRIPTION] = ArmError(429, "TooManyRequests", "slow down")
    with working_with(azure(), followers=fake), pytest.raises(ArmError):
        await plan(request())


async def test_another_try_of_the_same_start_keeps_the_record_of_the_first() -> None:
    """The first try may have written already: what is there now is not what was before."""
    flags = VersionFlags(version=V2, own=True, regions={"eastus2": None})
    before = Before(version_id=V2, before=[flags])
    evidence = before_evidence(before, "start-1", NOW)
    store = FakeEvidence()
    await store.put(evidence.name, text_of(evidence))
    with working_with(azure(), evidence=store):
        again, other = await plan(request()), await plan(request(start_id="start-2"))
    assert (again.recorded, again.before) == (True, [flags])
    assert other.recorded is False
    assert parse_before("no JSON") is None


async def test_flags_are_written_once_and_read_back() -> None:
    change = FlagChange(version=V2, own=True, regions={"eastus2": False})
    with working_with(azure()) as compute:
        first = await set_exclusions(ExclusionsRequest(change=change))
        assert (first.written, first.refused) == (True, None)
        with pytest.raises(NotYetError):
            await read_exclusions(ExclusionsRequest(change=change))
        read = await read_exclusions(ExclusionsRequest(change=change, operation_url=first.operation_url))
        again = await set_exclusions(ExclusionsRequest(change=change))
    assert read.flags is not None
    assert change.differences(read.flags) == []
    assert again.written is False
    assert compute.writes == ["flags 2.0.0"]
    assert compute.forgotten_operations == [str(change.version)], "the operation has ended"


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (a_version("2.0.0", excluded=True, tags={"gallerist-proof": "failed"}), "ProofFailed"),
        (a_version("2.0.0", excluded=True, states={"eastus2": "Replicating"}), "NotReplicated"),
        (a_version("3.0.0"), "VersionGone"),
    ],
)
async def test_a_write_is_refused_as_a_plan_would_be_unless_it_restores(
    version: ImageVersion, code: str
) -> None:
    change = FlagChange(version=V2, regions={"eastus2": False})
    with working_with(azure(version)) as compute:
        report = await set_exclusions(ExclusionsRequest(change=change))
        assert report.refused is not None
        assert report.refused.code == code
        assert compute.writes == []
        restored = await set_exclusions(ExclusionsRequest(change=change, restores=True))
        assert (restored.refused is None) == (code != "VersionGone")


async def test_a_look_reads_latest_flags_followers_and_what_runs() -> None:
    fake = followers("2.0.0", "1.0.0")
    begun = NOW + timedelta(hours=1)
    fake.attempts[SET.id] = [OsUpgrade(target=str(V2), begun_at=begun, code="RollingForward")]
    fake._machines = [
        Machine(id=f"{PROVIDER}/virtualMachines/m", region="eastus2", reference=str(V2)),
        Machine(id=f"{PROVIDER}/virtualMachines/n", region="eastus2", reference=str(V1)),
        Machine(id=f"{PROVIDER}/virtualMachines/o", region="eastus2", reference="/marketplace"),
    ]
    asked = LookRequest(version_id=V2, touched=[V2], since={"eastus2": NOW}, counts_running=True)
    with working_with(azure(), followers=fake):
        report = await look(asked)
    assert [one.version for one in report.latest] == ["1.0.0"] * 3
    assert [one.version for one in report.flags] == [V2]
    (one,) = report.followers
    assert (one.instances, one.taken) == (2, 1)
    assert one.upgrade is not None
    assert report.running == 2


async def test_the_adoption_names_models_and_what_runs() -> None:
    fake = followers("1.0.0", "0.9.0")
    pinned = Machine(id=f"{PROVIDER}/virtualMachines/m", region="eastus2", reference=str(V2))
    fake._machines = [pinned, pinned.model_copy(update={"id": "/x", "scale_set": SET.id})]
    with working_with(azure(), followers=fake):
        found = await read_adoption(DEFINITION)
        with pytest.raises(NotFoundError):
            await read_adoption(GALLERY.definition("other"))
    machine, scale_set = found.consumers
    assert (machine.model, machine.runs, machine.behind) == ("2.0.0", {"2.0.0": 1}, 1)
    assert (scale_set.model, scale_set.runs, scale_set.behind) == ("latest", {"1.0.0": 1, "0.9.0": 1}, 1)
    assert scale_set.follows is True


def ended(client: FakeDurableClient, state: str = "promoted", **changes: Any) -> str:
    """Adds a promotion that has ended to the task hub; returns its id."""
    fields = {
        "version_id": V2,
        "started_by": "ann",
        "state": state,
        "latest": {"eastus2": "2.0.0"},
        "before": [VersionFlags(version=V2, own=True, regions={})],
        "written": [FlagChange(version=V2)],
    }
    status = PromotionStatus.model_validate({**fields, **changes})
    instance_id = promotion_id(DEFINITION)
    client.add(
        instance_id,
        "Completed",
        request().model_dump(mode="json"),
        output=status.model_dump(mode="json"),
        name="promote_version",
    )
    return instance_id


async def test_a_start_supersedes_what_runs_and_the_same_one_changes_nothing() -> None:
    client = FakeDurableClient()
    with working_with(azure()):
        first = await start_promotion(client, request())
        same = await start_promotion(client, request())
        newer = await start_promotion(client, request(bake_hours=3))
    assert (first.fresh, same.fresh) == (True, False)
    assert (newer.fresh, newer.supersedes) == (True, True)
    assert client.raised == [(first.id, "supersede")]


async def test_an_order_needs_a_state_that_allows_it() -> None:
    client = FakeDurableClient()
    with working_with(azure()):
        with pytest.raises(NotFoundError):
            await give_order(client, promotion_id(DEFINITION), "pause", "ann")
        instance_id = (await start_promotion(client, request())).id
        with pytest.raises(ConflictError, match="not paused"):
            await give_order(client, instance_id, "resume", "ann")
        await give_order(client, instance_id, "pause", "ann")
        ended(client)
        with pytest.raises(ConflictError, match="has ended: it is promoted"):
            await give_order(client, instance_id, "abort", "ann")
    assert client.raised == [(instance_id, "pause")]


async def test_a_rollback_starts_from_the_output_or_from_the_evidence() -> None:
    client = FakeDurableClient()
    flags = VersionFlags(version=V2, own=True, regions={"eastus2": None})
    evidence = before_evidence(Before(version_id=V2, before=[flags]), "start-1", NOW)
    store = FakeEvidence()
    with working_with(azure(), evidence=store):
        instance_id = ended(client)
        await roll_back(client, instance_id, "ann")
        client.instances.clear()
        with pytest.raises(NotFoundError, match="no evidence"):
            await roll_back(client, instance_id, "ann")
        await store.put(evidence.name, text_of(evidence))
        await roll_back(client, instance_id, "ann")
    (_, _, first), (_, _, second) = client.started
    assert (first["action"], first["status"]["state"]) == ("rollback", "planned")
    assert second["status"]["before"][0]["regions"] == {"eastus2": None}


@pytest.mark.parametrize("changes", [{"state": "rolled-back"}, {"written": [], "state": "failed"}])
async def test_what_wrote_nothing_or_is_rolled_back_cannot_be_rolled_back(changes: dict[str, Any]) -> None:
    client = FakeDurableClient()
    with working_with(azure()), pytest.raises(ConflictError, match="nothing to roll back"):
        await roll_back(client, ended(client, **changes), "ann")


async def test_a_promotion_that_the_host_ended_is_interrupted_until_it_is_given_up() -> None:
    client = FakeDurableClient()
    instance_id = promotion_id(DEFINITION)
    client.add(instance_id, "Failed", request().model_dump(mode="json"), output="python exited")
    record = await find_promotion(client, instance_id)
    assert record is not None
    assert (record.status.state, record.running) == ("interrupted", True)
    assert await find_promotion(client, "migration-1") is None


async def test_latest_that_changes_after_a_promotion_is_an_alarm_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = FakeDurableClient()
    ended(client)
    with working_with(azure()), caplog.at_level(logging.WARNING):
        assert await watch_latest(client) == 1
        assert await watch_latest(client) == 0
    assert "region=eastus2 from=2.0.0 to=1.0.0" in caplog.text
    broken = azure()
    broken.error = ArmError(403, "AuthorizationFailed", "no")
    with working_with(broken), caplog.at_level(logging.WARNING):
        assert await watch_latest(client) == 0
    assert "cannot be watched" in caplog.text
