"""Takes one step of retention, and looks whether it is done. Before each write everything is read and judged again."""

from typing import Any

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain.records.evidence import Evidence, text_of
from domain.resources.galleries import ImageVersion
from domain.retention.ladder import (
    DELETIONS,
    EXCLUDED_TAG,
    Flags,
    excluded_at,
    is_excluded_everywhere,
    rung_of,
)
from domain.retention.run import (
    Confirmation,
    PlanRequest,
    RetentionPlan,
    StepAnswer,
    StepRequest,
    promotion_beside,
)
from services.container import services
from services.freeze import frozen_because
from services.plan_retention import plan_retention

INTENDED = "intended"


async def take_step(client: df.DurableOrchestrationClient, request: StepRequest) -> StepAnswer:
    """Begins the step if a plan that is made now still has it and nothing forbids it.

    A repeated call finds the step begun and begins nothing. What the step changes is stored as evidence before it is
    sent. `references` must be newer than everything that the caller decided on.

    Raises:
        ArmError: something cannot be read, or Azure refuses the write.
    """
    version = await services().compute.get_image_version(request.version)
    if version is None or version.provisioning_state == "Deleting":
        begun = request.step in DELETIONS and await _is_intended(request)
        return StepAnswer(begun=begun, left="" if begun else "it does not exist any more")
    if await _is_intended(request) and _shows(version, request):
        return StepAnswer(begun=True)
    left = await _why_left(client, request)
    if left:
        return StepAnswer(begun=False, left=left)
    query = PlanRequest(definition=request.definition, now=request.now, references=request.references)
    plan = await plan_retention(query)
    if plan is None or not any((one.version, one.step) == (version.id, request.step) for one in plan.steps):
        return StepAnswer(begun=False, left=_why_not_planned(plan, request))
    await _record_intent(request, version, plan)
    await _begin(request, version)
    return StepAnswer(begun=True)


async def confirm_step(request: StepRequest) -> Confirmation:
    """Looks whether the step is done. Writes nothing."""
    version = await services().compute.get_image_version(request.version)
    if request.step in DELETIONS:
        if version is not None:
            failed = "Azure did not delete it" if version.provisioning_state == "Failed" else ""
            return Confirmation(failed=failed)
        if request.step == "delete":
            return Confirmation(done=True)
        rows = await services().retention.list_bin(request.definition)
        row = next((one for one in rows if one.id == request.version), None)
        details = row.model_dump(mode="json") if row else {"bin": "it is not in the gallery's bin"}
        return Confirmation(done=True, details=details)
    if version is None:
        return Confirmation(failed="it does not exist any more")
    if version.provisioning_state == "Failed":
        return Confirmation(failed="Azure could not carry the change out: the version is Failed")
    done = version.provisioning_state == "Succeeded" and _shows(version, request)
    return Confirmation(done=done)


def _shows(version: ImageVersion, request: StepRequest) -> bool:
    """Whether a version that still exists shows that the step was written."""
    if request.step == "exclude":
        return is_excluded_everywhere(version) and excluded_at(version) == request.begun_at
    most = request.old_replicas
    lowered = most is not None and all(region.replicas <= most for region in version.target_regions)
    return request.step == "lower-replicas" and lowered


async def _why_left(client: df.DurableOrchestrationClient, request: StepRequest) -> str:
    """What forbids the step whatever the plan says: unread users, a promotion, a freeze, a lock."""
    if request.references.unread:
        return f"who uses it is not known: {request.references.unread[0]}"
    promotion = await TaskHub(client).get(promotion_beside(request.definition))
    if promotion is not None and promotion.running:
        return "a promotion of its definition is under way"
    if request.step not in DELETIONS:
        return ""
    frozen = await frozen_because(client)
    if frozen:
        return f"nothing is deleted at the moment: {frozen}"
    locks = await services().retention.list_locks(request.version)
    return f"a lock forbids it: {locks[0]}" if locks else ""


def _why_not_planned(plan: RetentionPlan | None, request: StepRequest) -> str:
    if plan is None:
        return "its definition does not exist any more"
    judged = next((one for one in plan.shown if one.version == request.version), None)
    return (
        (judged.kept if judged else "")
        or plan.reason
        or "the plan made just before the step does not have it"
    )


async def _begin(request: StepRequest, version: ImageVersion) -> None:
    retention = services().retention
    if request.step == "exclude":
        tags: dict[str, str | None] = {EXCLUDED_TAG: request.begun_at.isoformat()}
        regions = dict.fromkeys(Flags.of(version).regions, True)
        await retention.begin_flags(version.id, Flags(version=True, regions=regions), tags)
    elif request.step == "lower-replicas":
        await retention.begin_fewer_replicas(version.id, request.old_replicas or 1)
    else:
        await retention.begin_delete(version.id)


def intent(request: StepRequest, details: dict[str, Any] | None = None) -> Evidence:
    """The record of a step before it is sent."""
    key = f"{request.run}/{request.step}/{INTENDED}"
    return Evidence(
        subject=str(request.version),
        kind="retention",
        at=request.begun_at,
        by=request.by,
        key=key,
        details=details or {},
    )


async def _is_intended(request: StepRequest) -> bool:
    return await services().evidence.get(intent(request).name) is not None


async def _record_intent(request: StepRequest, version: ImageVersion, plan: RetentionPlan) -> None:
    """Stores what the version was, and by which reading it was let go.

    Once: a repeated call of the activity has another reading, and the first one is the record.
    """
    if await _is_intended(request):
        return
    details = {
        "step": request.step,
        "state": INTENDED,
        "rung": rung_of(version),
        "flags": Flags.of(version).model_dump(mode="json"),
        "rules": plan.rules.model_dump(mode="json"),
        "soft_delete": plan.soft_delete,
        "obligations": {
            "no reference": f"a complete scan that ended before {request.now.isoformat()} found none",
            "no lock": "none on it or above it" if request.step in DELETIONS else "not needed",
            "no freeze": "none" if request.step in DELETIONS else "not needed",
        },
        "version": version.model_dump(mode="json"),
    }
    evidence = intent(request, details)
    await services().evidence.put(evidence.name, text_of(evidence))
