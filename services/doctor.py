"""Looks whether everything that a deployment needs is there. Only reads; a part that fails hides no other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from adapters.task_hub import TaskHub
from domain.arm_errors import diagnose
from domain.errors import ArmError, PolicyError, TaskHubError
from domain.fleet.batches import SWEEP_BATCH_ID
from domain.fleet.doctor import (
    SUBSCRIPTION_ACTIONS,
    find_events,
    find_sweep,
    is_subscription_topic,
    of_check,
    policy_galleries,
    proof_places,
)
from domain.fleet.findings import Finding, failed, passed, unknown, unreadable, warned
from domain.planning.checks.gallery import check_permissions, missing_gallery
from domain.policy.rules import Policy
from domain.redaction import blob_address
from domain.resources.ids import GalleryId, ResourceId, SubscriptionScope
from domain.resources.permissions import GALLERY_ACTIONS
from services.container import services
from services.freeze import frozen_because
from services.why_version import attempt

# an answer must come within 20 seconds
DOCTOR_SECONDS = 14
# the places of one kind that are looked at
MOST_PLACES = 40
EVENT_GRID_API = "2022-06-15"
_TOPICS = "Microsoft.EventGrid/systemTopics"

Part = Callable[[], Awaitable[list[Finding]]]


async def examine(client: df.DurableOrchestrationClient) -> list[Finding]:
    """Returns what was found, in the order in which it should be mended."""
    token = await _token()
    policy, about_policy = await _policy()
    first = [token, *about_policy, *_settings()]
    parts: list[tuple[str, Part]] = [
        ("task hub", lambda: _task_hub(client)),
        ("evidence", _evidence),
    ]
    if token.verdict == "passed":
        parts += [*_azure_parts(policy), ("Resource Graph", _graph)]
    return [*first, *(await _all(parts))]


async def _all(parts: list[tuple[str, Part]]) -> list[Finding]:
    """The findings of all parts; a part that takes too long, or that Azure throttles, is unknown."""
    tasks = [asyncio.ensure_future(_one(name, part)) for name, part in parts]
    _, late = await asyncio.wait(tasks, timeout=DOCTOR_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    findings: list[Finding] = []
    for (name, _), task in zip(parts, tasks, strict=True):
        if task in late:
            findings.append(unknown(name, f"no answer within {DOCTOR_SECONDS} seconds", "ask again"))
        else:
            findings += task.result()
    return findings


async def _one(name: str, part: Part) -> list[Finding]:
    try:
        return await part()
    except ArmError as error:
        return [unreadable(name, name, error)]


async def _token() -> Finding:
    name, settings = "identity", services().settings
    try:
        await services().compute.check_token()
    except ArmError as error:
        diagnosis = diagnose(error)
        return failed(name, f"it gets no token for Azure: {error}", diagnosis.fix, diagnosis.cause)
    return passed(name, f"it gets tokens for {settings.arm_scope}, which are used at {settings.arm_endpoint}")


async def _policy() -> tuple[Policy | None, list[Finding]]:
    policies, settings = services().policies, services().settings
    where = blob_address(settings.policy_blob) if settings.policy_blob else settings.policy_file.name
    try:
        policy = await policies.current()
    except PolicyError as error:
        fix = "correct it; POST /api/policy/check tries a policy before it is put in force"
        return None, [failed("policy", f"nothing can be migrated: {error}", fix)]
    if policies.problem:
        fix = "correct the newest policy; the older one stays in force until then"
        return policy, [warned("policy", f"an older one is in force: {policies.problem}", fix)]
    return policy, [passed("policy", f"rules: {len(policy.rules)}; read from {where}")]


def _settings() -> Iterator[Finding]:
    settings = services().settings
    if settings.callers_sign_in:
        yield passed("sign-in", "callers sign in with Microsoft Entra, and need no function key")
    elif settings.platform_authenticates:
        yield warned(
            "sign-in",
            "callers sign in at the platform, and need a function key besides: the deployment does not know of it",
            "deploy with entraClientId (docs/deploying.md, Who may call), which sets GALLERIST_AUTHENTICATION",
        )
    elif settings.entra_deployed:
        yield warned(
            "sign-in",
            "callers need a function key, which names nobody: the app's authentication is off, although it was "
            "deployed with Microsoft Entra",
            "turn it on again: azd provision (docs/deploying.md, Who may call)",
        )
    elif settings.keys_may_approve:
        yield warned(
            "sign-in",
            "whoever has a function key may approve deletions and promote",
            "turn on the app's authentication, and GALLERIST_ALLOW_KEYS_TO_APPROVE off (docs/security.md)",
        )
    else:
        yield warned(
            "sign-in",
            "callers have a function key only, and so nobody can approve, promote or restore",
            "turn on the app's authentication (docs/security.md)",
        )


def _azure_parts(policy: Policy | None) -> list[tuple[str, Part]]:
    """One part for each subscription and each place that the policy names."""
    sources = list(services().settings.subscriptions)
    galleries = policy_galleries(policy, sources) if policy else []
    places = proof_places(policy, galleries) if policy else {}
    homes = dict.fromkeys([*sources, *(gallery.subscription.lower() for gallery in galleries)])
    parts: list[tuple[str, Part]] = [
        *((f"subscription {name}", _call(_source, name)) for name in sources[:MOST_PLACES]),
        *((f"gallery {gallery.name}", _call(_gallery, gallery)) for gallery in galleries[:MOST_PLACES]),
        *((f"proofs in {place.name}", _call(_proofs, place, needed)) for place, needed in places.items()),
        *((f"events in {name}", _call(_events, name)) for name in list(homes)[:MOST_PLACES]),
    ]
    left_out = max(len(sources), len(galleries), len(homes)) - MOST_PLACES
    if left_out > 0:
        parts.append(("the rest", _call(_left_out, left_out)))
    return parts


def _call(part: Callable[..., Awaitable[list[Finding]]], *values: Any) -> Part:
    return lambda: part(*values)


async def _left_out(places: int) -> list[Finding]:
    return [unknown("the rest", f"{places} more places were not looked at", "run doctor with fewer of them")]


async def _source(subscription: str) -> list[Finding]:
    """Whether the images of a source subscription can be listed, and with which rights."""
    name = f"images of {subscription}"
    look = services().looks.begin()
    seen = (await look.images([subscription]))[subscription]
    scope = SubscriptionScope.of(subscription)
    found, _ = await attempt(services().compute.list_permissions(scope))
    rights = of_check(check_permissions(scope, found, SUBSCRIPTION_ACTIONS))
    if seen.extent == "unreadable":
        error = look.error or ArmError(0, "NoAnswer", "no answer")
        return [failed(name, f"cannot be listed: {error}", rights.fix or diagnose(error).fix), rights]
    if seen.extent == "unread":
        return [unknown(name, "were not read in time", "ask again"), rights]
    if rights.verdict == "failed":
        # roles at single groups do not show at the subscription
        rights.verdict = "warned"
    return [passed(name, f"managed images: {len(seen.values)}"), rights]


async def _gallery(gallery: GalleryId) -> list[Finding]:
    """Whether a target gallery is there, and can be written to."""
    compute = services().compute
    found, error = await attempt(compute.get_gallery(gallery))
    permissions, _ = await attempt(compute.list_permissions(gallery))
    rights = of_check(check_permissions(gallery, permissions, GALLERY_ACTIONS))
    name = f"gallery {gallery.name}"
    if error is not None:
        return [unreadable(name, str(gallery), error), rights]
    if found is None:
        missing = missing_gallery(gallery)
        return [failed(name, missing.detail, missing.fix or ""), rights]
    return [passed(name, f"{gallery} in {found.location}, shared: {found.sharing}"), rights]


async def _proofs(place: ResourceId, needed: tuple[str, ...]) -> list[Finding]:
    found, _ = await attempt(services().compute.list_permissions(place))
    return [of_check(check_permissions(place, found, needed))]


async def _events(subscription: str) -> list[Finding]:
    """Whether Azure's events reach the app. The identity needs rights to see that which it needs for nothing else."""
    path = f"/subscriptions/{subscription}/providers/{_TOPICS}?api-version={EVENT_GRID_API}"
    topics, error = await attempt(_list(subscription, path))
    found: list[Any] = []
    for topic in topics or []:
        if is_subscription_topic(topic, subscription):
            below, error = await attempt(
                _list(subscription, f"{topic['id']}/eventSubscriptions?api-version={EVENT_GRID_API}")
            )
            found += below or []
    if error is not None:
        fix = (
            f"to have it looked at, give the identity {_TOPICS}/read and {_TOPICS}/eventSubscriptions/read there; "
            "migrations do not need them"
        )
        return [unknown(f"events in {subscription}", f"the event subscriptions cannot be read: {error}", fix)]
    return list(find_events(subscription, found))


async def _list(subscription: str, path: str) -> list[dict[str, Any]]:
    url: str | None = path
    found: list[dict[str, Any]] = []
    while url:
        page = await services().consumers.page(subscription, url)
        found += [one for one in page.items if isinstance(one, dict)]
        url = page.next
    return found


async def _graph() -> list[Finding]:
    """Resource Graph adds what the providers' lists do not show; without it, references are less complete."""
    name = "Resource Graph"
    counts, error = await attempt(services().graph.counts())
    if error is not None or counts is None:
        detail = f"it does not answer, so references are less complete: {error}"
        return [warned(name, detail, "look whether the network lets the app reach it")]
    return [passed(name, f"subscriptions that it shows: {len(counts)}")]


async def _evidence() -> list[Finding]:
    """Whether what is kept for ever can be read. Whether it can be written shows only when something is."""
    name, settings = "evidence", services().settings
    try:
        await services().evidence.names("doctor/")
    except ArmError as error:
        diagnosis = diagnose(error)
        fix = "create the container, and give the identity Storage Blob Data Contributor there (docs/settings.md)"
        return [failed(name, f"the store cannot be read: {error}", fix, diagnosis.cause)]
    if settings.evidence_container is None:
        fix = "set GALLERIST_EVIDENCE_CONTAINER: a folder of a deployed app does not outlive it"
        return [warned(name, "it is kept in a folder of this machine", fix)]
    return [passed(name, f"{settings.evidence_container} can be read; nothing was written to try it")]


async def _task_hub(client: df.DurableOrchestrationClient) -> list[Finding]:
    hub, swept = TaskHub(client), len(services().settings.subscriptions)
    try:
        sweep = await hub.get(SWEEP_BATCH_ID)
        frozen = await frozen_because(client)
    except TaskHubError as error:
        return [failed("task hub", str(error), "look at the app's storage, its network and its log")]
    except PolicyError:
        # it has a finding of its own
        frozen = None
    last = sweep.updated if sweep else None
    findings = [
        passed("task hub", "it answers"),
        find_sweep(last, datetime.now(UTC), running=bool(sweep and sweep.running), swept=swept),
    ]
    if frozen:
        findings.append(warned("freeze", frozen, "allow deletions again with POST /api/freeze"))
    return findings
