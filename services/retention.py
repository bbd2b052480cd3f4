"""Starts, finds and cancels runs of retention and restorations, and starts the daily runs."""

import logging

import azure.durable_functions as df

from adapters.task_hub import Instance, TaskHub, created_at
from domain import names
from domain.host_failures import failure_sentence
from domain.policy.rules import Policy
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.results import Failure
from domain.retention.ladder import Rules
from domain.retention.restore import RESTORE_ID_PREFIX, RestoreRequest, RestoreStatus, restore_id
from domain.retention.run import (
    CANCEL_EVENT,
    ENDS,
    RETENTION_ID_PREFIX,
    RetentionRequest,
    RetentionRun,
    RetentionState,
    retention_id,
)
from services.container import services
from services.instances import find_instance
from services.plan_retention import rules_of
from services.refusals import ConflictError, NotFoundError

logger = logging.getLogger(__name__)
TIMER = "timer"


async def start_retention(
    client: df.DurableOrchestrationClient, definition: ImageDefinitionId, started_by: str, *, dry_run: bool
) -> str:
    """Starts a run over a definition; returns its id.

    Raises:
        NotFoundError: there is no such definition.
        ConflictError: a run over it has not ended.
    """
    if await services().compute.get_image_definition(definition) is None:
        raise NotFoundError(f"there is no image definition {definition}")
    instance_id = retention_id(definition)
    request = RetentionRequest(definition=definition, started_by=started_by, dry_run=dry_run)
    if not await TaskHub(client).start(names.APPLY_RETENTION, instance_id, request):
        raise ConflictError(f"the retention of {definition} is running", instance_id)
    return instance_id


async def start_daily(client: df.DurableOrchestrationClient) -> int:
    """Starts a run over each definition that the policy has a retention for; returns how many."""
    policy = await services().policies.current()
    if not _has_retention(policy):
        return 0
    look = services().looks.begin()
    seen = await look.definitions(_subscriptions(policy))
    started = 0
    for one in seen.values():
        for definition in one.values:
            chosen = rules_of(policy, definition, [])
            # one that Gallerist did not make may hold its versions: their rule is known when they are read
            if chosen.rules.active or chosen.choices is None:
                request = RetentionRequest(definition=definition.id, started_by=TIMER)
                instance_id = retention_id(definition.id)
                started += await TaskHub(client).start(names.APPLY_RETENTION, instance_id, request)
    if look.error is not None:
        logger.warning("retention: some definitions could not be listed: %s", look.error)
    return started


async def find_run(client: df.DurableOrchestrationClient, instance_id: str) -> RetentionRun | None:
    """The run of this id; None if there is none.

    Raises:
        ConflictError: the task hub holds something else under this id.
    """
    if not instance_id.startswith(RETENTION_ID_PREFIX):
        return None
    return await find_instance(TaskHub(client), instance_id, "a run of retention", _run)


async def cancel_run(client: df.DurableOrchestrationClient, instance_id: str) -> None:
    """Ends a run before its next version. The step that is under way is finished.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: it has ended.
    """
    run = await find_run(client, instance_id)
    if run is None:
        raise NotFoundError(f"there is no run of retention '{instance_id}'")
    if run.state in ENDS or run.state is RetentionState.INTERRUPTED:
        raise ConflictError(f"the run of retention is {run.state}", instance_id)
    await TaskHub(client).raise_event(instance_id, CANCEL_EVENT)


async def start_restore(client: df.DurableOrchestrationClient, version: ImageVersionId, by: str) -> str:
    """Starts to bring a version back; returns the id.

    Raises:
        ConflictError: it is being brought back already.
    """
    instance_id = restore_id(version)
    if not await TaskHub(client).start(
        names.RESTORE_VERSION, instance_id, RestoreRequest(version=version, by=by)
    ):
        raise ConflictError(f"{version} is being restored", instance_id)
    return instance_id


async def find_restore(client: df.DurableOrchestrationClient, instance_id: str) -> RestoreStatus | None:
    """The restoration of this id; None if there is none. Raises ConflictError as `find_run` does."""
    if not instance_id.startswith(RESTORE_ID_PREFIX):
        return None
    return await find_instance(TaskHub(client), instance_id, "a restoration", _restore)


def _has_retention(policy: Policy) -> bool:
    rules = [None, *(rule.name for rule in policy.rules)]
    return any(Rules.of("", policy.choices_of(rule).retention).active for rule in rules)


def _subscriptions(policy: Policy) -> list[str]:
    """Those of the settings, and those of the galleries that the policy names by their ids."""
    named = [gallery for rule in (policy.defaults, *policy.rules) for gallery in rule.galleries or []]
    parts = [gallery.split("/") for gallery in named if "{" not in gallery]
    found = [part[2] for part in parts if len(part) > 2]  # noqa: PLR2004 # the segment of the subscription
    return list(dict.fromkeys(name.lower() for name in (*services().settings.subscriptions, *found)))


def _run(instance: Instance, goes_on: bool) -> RetentionRun:
    stored = instance.output if instance.runtime_status == "Completed" else instance.input
    run = RetentionRun.model_validate(stored)
    run.started_at = created_at(run, instance)
    if instance.runtime_status == "Failed":
        state = RetentionState.INTERRUPTED if goes_on else RetentionState.FAILED
        failure = Failure(code="OrchestratorFailed", message=failure_sentence(instance.output))
        return run.ended(state, failure)
    if instance.runtime_status == "Terminated":
        return run.ended(RetentionState.CANCELLED)
    return run


def _restore(instance: Instance, goes_on: bool) -> RestoreStatus:
    stored = instance.output if instance.runtime_status == "Completed" else instance.custom_status
    status = RestoreStatus.model_validate(stored or instance.input)
    if instance.runtime_status in ("Failed", "Terminated") and not goes_on:
        status.state = "failed"
        status.failure = Failure(code="OrchestratorFailed", message=failure_sentence(instance.output))
    return status
