"""Plans, steps and the way back over a gallery in memory."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.evidence_store import EvidenceStore
from adapters.settings import SUBSCRIPTIONS, Settings
from domain.errors import ArmError
from domain.records.freeze import Freeze
from domain.resources.galleries import Gallery, ImageVersion, TargetRegion
from domain.retention.decide import References
from domain.retention.ladder import EXCLUDED_TAG, KEEP_TAG
from domain.retention.restore import RestoreRequest
from domain.retention.run import (
    PlanRequest,
    RetentionPlan,
    RetentionRequest,
    RetentionRun,
    RetentionState,
    Step,
    StepRequest,
    promotion_beside,
    retention_id,
)
from services.plan_retention import plan_retention
from services.refusals import ConflictError, NotFoundError
from services.restore_version import restore
from services.retention import cancel_run, find_run, start_daily, start_retention
from services.retention_steps import confirm_step, take_step
from tests.unit.builders import (
    GALLERY,
    NOW,
    SUBSCRIPTION,
    definition,
    definition_id,
    in_regions,
    policy,
    version,
)
from tests.unit.fakes import FakeCompute, FakeDurableClient, FakeEvidence, FakeRetention, working_with

RULES = {"keep_last": 2, "keep_days": 30, "grace_days": 3, "dry_run": False}
OLD = NOW - timedelta(days=100)
DEFINITION = definition_id()


def old(number: str, **changes: Any) -> ImageVersion:
    made = version(
        number,
        published_at=OLD,
        exclude_from_latest=True,
        replication=in_regions(westeurope="Completed"),
        target_regions=[TargetRegion(name="westeurope", replicas=changes.pop("replicas", 1))],
        **changes,
    )
    made.tags = {**made.tags, "gallerist-rule": "defaults"}
    return made


def excluded(number: str, days: float = 10) -> ImageVersion:
    made = old(number)
    made.tags = {**made.tags, EXCLUDED_TAG: (NOW - timedelta(days=days)).isoformat()}
    return made


class Azure:
    """A gallery with one definition, and what retention does with it."""

    def __init__(self, *versions: ImageVersion, soft_delete: bool = False, **retention: Any) -> None:
        gallery = Gallery(id=GALLERY, location="northeurope", soft_delete=soft_delete)
        made = definition()
        made.tags = {
            "gallerist-rule": retention.pop("rule", "defaults"),
            "gallerist-migration": "m",
            "owner": "web",
        }
        # each test changes its own
        own = [one.model_copy(deep=True) for one in versions]
        self.compute = FakeCompute([], [gallery], [made], own)
        self.retention = FakeRetention(self.compute)
        self.evidence = FakeEvidence()
        self.client = FakeDurableClient()
        self.policy = policy(
            retention={**RULES, **retention}, notify={"webhook": "https://hooks.example.com/x"}
        )

    def working(self, evidence: EvidenceStore | None = None) -> Any:
        settings = Settings.from_environment({SUBSCRIPTIONS: SUBSCRIPTION})
        return working_with(
            self.compute, self.policy, settings, evidence=evidence or self.evidence, retention=self.retention
        )

    async def plan(self, references: References | None = None) -> RetentionPlan:
        with self.working():
            found = await plan_retention(PlanRequest(definition=DEFINITION, now=NOW, references=references))
        assert found is not None
        return found

    def request(self, number: str, step: Step, **changes: Any) -> StepRequest:
        fields = {
            "definition": DEFINITION,
            "version": DEFINITION.version(number),
            "step": step,
            "run": "run-1",
            "by": "anna",
            "begun_at": NOW,
            "now": NOW,
            **changes,
        }
        return StepRequest(**fields)

    async def take(self, number: str, step: Step, **changes: Any) -> str:
        with self.working():
            answer = await take_step(self.client, self.request(number, step, **changes))
        return "begun" if answer.begun else answer.left

    async def confirm(self, number: str, step: Step, **changes: Any) -> bool:
        with self.working():
            return (await confirm_step(self.request(number, step, **changes))).done

    async def restore(self, number: str) -> str:
        with self.working():
            answer = await restore(RestoreRequest(version=DEFINITION.version(number), by="anna", at=NOW))
        return answer.state

    def version(self, number: str) -> ImageVersion:
        return self.compute.versions[DEFINITION.version(number)]


FOUR = [old(f"1.0.{patch}") for patch in range(4)]


async def test_a_plan_names_steps_reasons_and_whose_users_decide() -> None:
    plan = await Azure(*FOUR).plan()
    assert [(one.version.name, one.step) for one in plan.steps] == [
        ("1.0.0", "exclude"),
        ("1.0.1", "exclude"),
    ]
    assert (plan.versions, plan.kept, plan.reason) == (4, 2, "")
    assert {one.name for one in plan.to_scan} == {"1.0.0", "1.0.1", "1.0.2", "1.0.3"}
    assert (plan.notify.webhook, plan.notify.owner) == ("https://hooks.example.com/x", "web")


async def test_deletions_come_before_exclusions_and_the_proposals_are_capped() -> None:
    versions = [old(f"1.0.{patch}") for patch in range(20)]
    plan = await Azure(
        excluded("1.1.0"), *versions, *[old(f"2.0.{n}") for n in range(2)], most_per_run=1
    ).plan()
    assert plan.steps[0].step == "delete"
    assert len(plan.steps) == 7


@pytest.mark.parametrize(
    ("rule", "reason"),
    [("renamed", "the policy has no rule 'renamed' any more"), ("tag gallerist:action", "")],
)
async def test_a_rule_that_is_gone_decides_nothing(rule: str, reason: str) -> None:
    plan = await Azure(*FOUR, rule=rule).plan()
    assert plan.reason == reason
    assert bool(plan.steps) == (reason == "")


async def test_without_keep_last_and_keep_days_nothing_is_planned() -> None:
    azure = Azure(*FOUR)
    azure.policy = policy(retention={"keep_last": 2})
    plan = await azure.plan()
    assert "does not give both" in plan.reason
    assert plan.steps == []


async def test_an_exclusion_is_written_once_and_recorded_before() -> None:
    azure = Azure(*FOUR)
    assert await azure.take("1.0.0", "exclude") == "begun"
    assert await azure.take("1.0.0", "exclude", now=NOW + timedelta(hours=1)) == "begun"
    assert azure.retention.writes == ["flags 1.0.0"]
    assert azure.version("1.0.0").tags[EXCLUDED_TAG] == NOW.isoformat()
    assert len(azure.evidence.texts) == 1
    assert await azure.confirm("1.0.0", "exclude")


async def test_a_deletion_is_sent_once() -> None:
    azure = Azure(excluded("1.0.0"), *FOUR[1:])
    assert not await azure.confirm("1.0.0", "delete")
    assert await azure.take("1.0.0", "delete") == "begun"
    assert await azure.take("1.0.0", "delete") == "begun"
    assert azure.retention.writes == ["delete 1.0.0"]
    assert await azure.confirm("1.0.0", "delete")


async def test_a_version_that_somebody_else_deleted_is_left() -> None:
    azure = Azure(*FOUR[1:])
    assert await azure.take("1.0.0", "delete") == "it does not exist any more"


async def test_replicas_are_lowered() -> None:
    azure = Azure(old("1.0.0", replicas=3), *FOUR[1:], old_replicas=1)
    assert await azure.take("1.0.0", "lower-replicas", old_replicas=1) == "begun"
    assert azure.version("1.0.0").target_regions[0].replicas == 1
    assert await azure.confirm("1.0.0", "lower-replicas", old_replicas=1)


@pytest.mark.parametrize(
    "obstacle", ["freeze", "policy", "lock", "user", "unread", "pin", "latest", "state", "promotion"]
)
async def test_what_appears_just_before_a_deletion_prevents_it(obstacle: str) -> None:
    azure = Azure(excluded("1.0.0"), *FOUR[1:])
    references = References()
    match obstacle:
        case "freeze":
            frozen = Freeze(frozen=True, by="anna", reason="audit").model_dump(mode="json")
            azure.client.entity_states["freeze"] = frozen
        case "policy":
            azure.policy = azure.policy.model_copy(update={"freeze": True})
        case "promotion":
            azure.client.add(promotion_beside(DEFINITION), "Running", {})
        case "lock":
            azure.retention.locks = [f"{GALLERY}/providers/Microsoft.Authorization/locks/keep"]
        case "user":
            references = References(consumers={DEFINITION.version("1.0.0").key: ["pool"]})
        case "unread":
            references = References(unread=["scale sets in 1: 403"])
        case "pin":
            azure.version("1.0.0").tags[KEEP_TAG] = "x"
        case "latest":
            azure.version("1.0.0").target_regions[0].exclude_from_latest = False
        case _:
            azure.version("1.0.0").provisioning_state = "Updating"
    left = await azure.take("1.0.0", "delete", references=references)
    assert left not in ("", "begun")
    assert azure.retention.writes == []
    assert azure.evidence.texts == {}


async def test_what_cannot_be_recorded_is_not_deleted() -> None:
    class Broken(FakeEvidence):
        async def put(self, name: str, text: str) -> None:
            raise ArmError(503, "ServerBusy", "busy")

    azure = Azure(excluded("1.0.0"), *FOUR[1:])
    with azure.working(Broken()), pytest.raises(ArmError):
        await take_step(azure.client, azure.request("1.0.0", "delete"))
    assert azure.retention.writes == []


async def test_the_way_back_from_an_exclusion_is_what_was_before() -> None:
    shown = old("1.0.0")
    shown.exclude_from_latest = False
    shown.target_regions[0].exclude_from_latest = True
    azure = Azure(shown, *FOUR[1:])
    assert await azure.take("1.0.0", "exclude") == "begun"
    assert azure.version("1.0.0").exclude_from_latest is True
    assert [await azure.restore("1.0.0"), await azure.restore("1.0.0")] == ["working", "done"]
    back = azure.version("1.0.0")
    assert (back.exclude_from_latest, back.target_regions[0].exclude_from_latest) == (False, True)
    assert EXCLUDED_TAG not in back.tags
    assert back.tags[KEEP_TAG] == "restored by anna on 2026-02-01"
    assert {one.version.name for one in (await azure.plan()).steps} == {"1.0.1"}


async def test_the_way_back_from_the_bin() -> None:
    azure = Azure(excluded("1.0.0"), *FOUR[1:], soft_delete=True)
    assert await azure.take("1.0.0", "soft-delete") == "begun"
    assert await azure.confirm("1.0.0", "soft-delete")
    assert [await azure.restore("1.0.0") for _ in range(3)] == ["working", "working", "done"]
    assert azure.version("1.0.0").tags[KEEP_TAG]


async def test_there_is_no_way_back_from_gone_and_none_for_what_others_made() -> None:
    azure = Azure(*FOUR[1:])
    assert await azure.restore("1.0.0") == "refused"
    azure.version("1.0.1").tags = {}
    assert await azure.restore("1.0.1") == "refused"
    assert azure.retention.writes == []


async def test_a_definition_has_one_run_at_a_time() -> None:
    azure = Azure(*FOUR)
    with azure.working():
        instance_id = await start_retention(azure.client, DEFINITION, "anna", dry_run=False)
        with pytest.raises(ConflictError, match="is running"):
            await start_retention(azure.client, DEFINITION, "anna", dry_run=False)
        with pytest.raises(NotFoundError):
            await start_retention(azure.client, definition_id("other"), "anna", dry_run=False)
        await cancel_run(azure.client, instance_id)
        assert azure.client.raised == [(instance_id, "cancel-retention")]
        with pytest.raises(NotFoundError):
            await cancel_run(azure.client, "retention-unknown")
        assert await find_run(azure.client, "migration-1") is None


async def test_a_run_that_has_ended_is_not_cancelled() -> None:
    azure = Azure(*FOUR)
    done = RetentionRun(definition=DEFINITION, started_by="anna").ended(RetentionState.DONE)
    azure.client.add(retention_id(DEFINITION), "Completed", {}, output=done.model_dump(mode="json"))
    with azure.working(), pytest.raises(ConflictError, match="done"):
        await cancel_run(azure.client, retention_id(DEFINITION))


async def test_the_timer_starts_a_run_where_the_policy_has_a_retention() -> None:
    azure = Azure(*FOUR)
    with azure.working():
        assert await start_daily(azure.client) == 1
        assert await start_daily(azure.client) == 0, "the first one runs"
    (started,) = azure.client.started
    request = RetentionRequest.model_validate(started[2])
    assert (started[1], request.started_by, request.dry_run) == (retention_id(DEFINITION), "timer", False)
    azure.policy = policy()
    azure.client = FakeDurableClient()
    with azure.working():
        assert await start_daily(azure.client) == 0
