"""What a deployment has and lacks: each part is looked at by itself, and nothing is written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.settings import Settings
from domain.errors import ArmError, TaskHubError
from domain.fleet.batches import SWEEP_BATCH_ID
from domain.fleet.doctor import EVENTS_FUNCTION, find_sweep
from domain.fleet.findings import Finding, worst
from domain.policy.rules import Policy
from domain.resources.permissions import Permission
from services.doctor import examine
from tests.unit.app import functions
from tests.unit.builders import GALLERY, NOW, SUBSCRIPTION, gallery, image, policy
from tests.unit.fake_references import FakeConsumers, FakeGraph
from tests.unit.fakes import (
    SETTINGS,
    FakeCompute,
    FakeDurableClient,
    FakeEvidence,
    FakePolicies,
    working_with,
)

TOPICS = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.eventgrid/systemtopics"
TOPIC = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.EventGrid/systemTopics/t"
FORBIDDEN = ArmError(403, "AuthorizationFailed", "no")
GOOD = replace(
    SETTINGS,
    platform_authenticates=True,
    entra_deployed=True,
    evidence_container="https://a.blob.core.windows.net/e",
)


def sending(*operations: str, function: str = EVENTS_FUNCTION, **changes: Any) -> dict[str, Any]:
    """An event subscription that takes these operations."""
    filters = {
        "includedEventTypes": ["Microsoft.Resources.ResourceWriteSuccess"],
        "advancedFilters": [
            {"key": "data.operationName", "operatorType": "StringIn", "values": list(operations)}
        ],
    }
    destination = {"properties": {"resourceId": f"/subscriptions/x/sites/app/functions/{function}"}}
    properties = {
        "provisioningState": "Succeeded",
        "filter": filters,
        "destination": destination,
        **changes,
    }
    return {"name": "gallerist", "properties": properties}


IMAGES = sending("Microsoft.Compute/images/write", "Microsoft.Resources/tags/write")
VERSIONS = sending("Microsoft.Compute/galleries/images/versions/write")


def subscribed(*found: dict[str, Any]) -> FakeConsumers:
    """A subscription with its system topic and these event subscriptions."""
    source = {"topicType": "Microsoft.Resources.Subscriptions", "source": f"/subscriptions/{SUBSCRIPTION}"}
    topics = [{"id": TOPIC, "properties": source}, {"id": "/other", "properties": {}}]
    return FakeConsumers({TOPICS: topics, f"{TOPIC}/eventSubscriptions": list(found)})


async def findings(
    compute: FakeCompute | None = None,
    hub: FakeDurableClient | None = None,
    settings: Settings = GOOD,
    under: Policy | None = None,
    **adapters: Any,
) -> dict[str, Finding]:
    azure = compute or FakeCompute(images=[image()], galleries=[gallery()])
    if hub is None:
        hub = FakeDurableClient()
        hub.add(SWEEP_BATCH_ID, "Completed", lastUpdatedTime=datetime.now(UTC).isoformat())
    fields = {
        "consumers": subscribed(IMAGES, VERSIONS),
        "graph": FakeGraph(counts={SUBSCRIPTION: 3}),
        **adapters,
    }
    with working_with(azure, under or policy(), settings, **fields):
        found = await examine(hub)
    assert azure.writes == []
    assert all(one.fix for one in found if one.verdict in ("failed", "warned")), found
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


def verdict(found: dict[str, Finding], name: str) -> str:
    return found[name].verdict


async def test_a_complete_deployment_passes() -> None:
    found = await findings()
    assert worst(found.values()) == "passed", found
    assert list(found) == [
        "identity",
        "policy",
        "sign-in",
        "task hub",
        "sweep",
        "evidence",
        f"images of {SUBSCRIPTION}",
        f"permissions on subscription {SUBSCRIPTION}",
        "gallery golden",
        "permissions on gallery golden",
        f"events of images in {SUBSCRIPTION}",
        f"events of tags of images in {SUBSCRIPTION}",
        f"events of image versions in {SUBSCRIPTION}",
        "Resource Graph",
    ]


async def test_without_a_token_nothing_of_azure_is_asked() -> None:
    class Anonymous(FakeCompute):
        async def check_token(self) -> None:
            raise ArmError(0, "IdentityUnavailable", "no identity")

    found = await findings(Anonymous())
    assert (verdict(found, "identity"), found["identity"].cause is not None) == ("failed", True)
    assert f"images of {SUBSCRIPTION}" not in found
    assert "task hub" in found


async def test_a_policy_with_errors_is_named_and_the_rest_is_looked_at() -> None:
    none = await findings(policies=FakePolicies(None))
    assert (verdict(none, "policy"), "gallery golden" in none) == ("failed", False)
    assert verdict(none, f"images of {SUBSCRIPTION}") == "passed"
    older = await findings(policies=FakePolicies(policy()))
    assert (verdict(older, "policy"), "gallery golden" in older) == ("warned", True)


@pytest.mark.parametrize("keys_may_approve", [True, False])
async def test_a_key_names_nobody(keys_may_approve: bool) -> None:
    settings = replace(
        GOOD, platform_authenticates=False, entra_deployed=False, keys_may_approve=keys_may_approve
    )
    assert verdict(await findings(settings=settings), "sign-in") == "warned"


@pytest.mark.parametrize(
    ("platform", "deployed", "expected", "says"),
    [
        (True, True, "passed", "need no function key"),
        (True, False, "warned", "a function key besides"),
        (False, True, "warned", "the app's authentication is off"),
    ],
)
async def test_it_says_whether_callers_sign_in_or_need_a_key(
    platform: bool, deployed: bool, expected: str, says: str
) -> None:
    settings = replace(GOOD, platform_authenticates=platform, entra_deployed=deployed)
    found = (await findings(settings=settings))["sign-in"]
    assert (found.verdict, says in found.detail) == (expected, True)


async def test_missing_rights_are_named_with_where_they_are_needed() -> None:
    azure = FakeCompute(images=[image()], galleries=[gallery()])
    azure.permissions = [Permission(actions=["*/read"])]
    found = await findings(azure)
    lacking = found["permissions on gallery golden"]
    assert lacking.verdict == "failed"
    for action in ("galleries/images/write", "galleries/images/versions/write"):
        assert f"Microsoft.Compute/{action}" in lacking.detail
    assert str(GALLERY) in lacking.detail
    assert verdict(found, f"permissions on subscription {SUBSCRIPTION}") == "passed"


async def test_rights_at_single_groups_do_not_show_at_the_subscription() -> None:
    azure = FakeCompute(images=[image()], galleries=[gallery()])
    azure.permissions = []
    assert verdict(await findings(azure), f"permissions on subscription {SUBSCRIPTION}") == "warned"


async def test_images_that_cannot_be_listed_and_galleries_that_are_not_there_fail() -> None:
    azure = FakeCompute()
    azure.errors[f"/subscriptions/{SUBSCRIPTION}"] = FORBIDDEN
    found = await findings(azure)
    assert verdict(found, f"images of {SUBSCRIPTION}") == "failed"
    assert verdict(found, "gallery golden") == "failed"


async def test_images_that_are_not_read_in_time_are_unknown() -> None:
    azure = FakeCompute(galleries=[gallery()])
    azure.errors[f"/subscriptions/{SUBSCRIPTION}"] = ArmError(429, "TooManyRequests", "slow down")
    assert verdict(await findings(azure), f"images of {SUBSCRIPTION}") == "unknown"


async def test_the_signature_of_the_policys_blob_is_not_shown() -> None:
    signed = replace(GOOD, policy_blob="https://a.blob.core.windows.net/c/policy.yaml?sv=1&sig=marked")
    found = str(await findings(settings=signed))
    assert "https://a.blob.core.windows.net/c/policy.yaml" in found
    assert "marked" not in found


async def test_places_of_proofs_are_looked_at_where_the_policy_wants_them() -> None:
    subnet = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    verify = {"mode": "boot", "resource_group": "proofs", "subnets": {"westeurope": subnet}}
    found = await findings(under=policy(verify=verify))
    assert verdict(found, "permissions on resource group proofs") == "passed"
    assert verdict(found, "permissions on subnet s") == "passed"


EVENTS: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "none": ([], "warned", "no event subscription sends Microsoft.Compute/images/write"),
    "another function": (
        [sending("Microsoft.Compute/images/write", function="other")],
        "warned",
        "no event subscription",
    ),
    "other operations": ([VERSIONS], "warned", "no event subscription"),
    "failures only": (
        [sending("", filter={"includedEventTypes": ["Microsoft.Resources.ResourceWriteFailure"]})],
        "warned",
        "no event subscription",
    ),
    "awaiting": (
        [sending("Microsoft.Compute/images/write", provisioningState="AwaitingManualAction")],
        "warned",
        "gallerist is AwaitingManualAction",
    ),
    "without filters": ([sending("", filter={})], "passed", "gallerist sends them"),
    "a webhook": (
        [
            sending(
                "",
                filter={},
                destination={
                    "properties": {"endpointBaseUrl": "https://a/runtime?functionName=Image_Events"}
                },
            )
        ],
        "passed",
        "gallerist sends them",
    ),
    "nonsense": (
        [{"properties": None}, {"properties": {"filter": [], "destination": 3}}],
        "warned",
        "no event",
    ),
}


@pytest.mark.parametrize("case", EVENTS)
async def test_events_must_reach_the_function(case: str) -> None:
    found, expected, text = EVENTS[case]
    finding = (await findings(consumers=subscribed(*found)))[f"events of images in {SUBSCRIPTION}"]
    assert finding.verdict == expected
    assert text in finding.detail


def filtered(*filters: tuple[str, str, str]) -> dict[str, Any]:
    advanced = [{"operatorType": kind, "key": key, "values": [value]} for kind, key, value in filters]
    return sending(filter={"advancedFilters": advanced})


OF_IMAGES = ("StringContains", "subject", "/providers/Microsoft.Compute/images/")


@pytest.mark.parametrize(
    ("found", "passes"),
    [
        (sending("Microsoft.Compute/images/write"), {"images"}),
        (sending("Microsoft.Resources/tags/write"), {"tags of images"}),
        (filtered(OF_IMAGES), {"images", "tags of images"}),
        (
            filtered(("StringContains", "subject", "/galleries/")),
            {"images", "tags of images", "image versions"},
        ),
        (
            filtered(("StringContains", "subject", "/providers/Microsoft.Compute/galleries/")),
            {"image versions"},
        ),
        (filtered(("StringContains", "data.operationName", "images")), {"images", "image versions"}),
        (
            filtered(("StringNotIn", "data.operationName", "microsoft.resources/tags/write")),
            {"images", "image versions"},
        ),
        (
            filtered(("StringBeginsWith", "subject", "/subscriptions/x"), OF_IMAGES),
            {"images", "tags of images"},
        ),
    ],
)
async def test_the_filters_of_an_event_subscription_are_judged(
    found: dict[str, Any], passes: set[str]
) -> None:
    """The portal and `az tag` write tags with an operation of their own, which an older deployment filters out."""
    kinds = ("images", "tags of images", "image versions")
    seen = await findings(consumers=subscribed(found))
    verdicts = {kind: verdict(seen, f"events of {kind} in {SUBSCRIPTION}") for kind in kinds}
    assert verdicts == {kind: "passed" if kind in passes else "warned" for kind in kinds}


def test_the_function_of_events_is_one_of_the_apps() -> None:
    assert EVENTS_FUNCTION in functions()


async def test_events_that_cannot_be_seen_are_unknown() -> None:
    closed = FakeConsumers()
    closed.errors[TOPICS] = FORBIDDEN
    finding = (await findings(consumers=closed))[f"events in {SUBSCRIPTION}"]
    assert finding.verdict == "unknown"
    assert "Microsoft.EventGrid/systemTopics/read" in (finding.fix or "")
    closed.errors = {TOPICS: ArmError(429, "TooManyRequests", "slow down")}
    throttled = await findings(consumers=closed)
    assert verdict(throttled, f"events in {SUBSCRIPTION}") == "unknown"


async def test_resource_graph_that_refuses_is_a_warning() -> None:
    class Closed(FakeGraph):
        async def counts(self) -> dict[str, int]:
            raise FORBIDDEN

    assert verdict(await findings(graph=Closed()), "Resource Graph") == "warned"


async def test_evidence_must_be_readable_and_outlive_the_app() -> None:
    class Closed(FakeEvidence):
        async def names(self, folder: str) -> list[str]:
            raise FORBIDDEN

    assert verdict(await findings(evidence=Closed()), "evidence") == "failed"
    assert verdict(await findings(settings=replace(GOOD, evidence_container=None)), "evidence") == "warned"


async def test_a_task_hub_that_does_not_answer_hides_nothing_else() -> None:
    class Down(FakeDurableClient):
        async def get_status(self, instance_id: str) -> Any:
            raise TaskHubError("the task hub does not answer")

    found = await findings(hub=Down())
    assert (verdict(found, "task hub"), "sweep" in found) == ("failed", False)
    assert verdict(found, "gallery golden") == "passed"


async def test_a_freeze_is_shown() -> None:
    frozen = policy()
    frozen.freeze = True
    assert verdict(await findings(under=frozen), "freeze") == "warned"


@pytest.mark.parametrize(
    ("last", "swept", "expected"),
    [
        (NOW - timedelta(minutes=50), 1, "passed"),
        (NOW - timedelta(hours=30), 1, "warned"),
        (None, 1, "unknown"),
        (NOW, 0, "warned"),
    ],
)
def test_the_age_of_the_sweep_is_judged(last: datetime | None, swept: int, expected: str) -> None:
    assert find_sweep(last, NOW, running=False, swept=swept).verdict == expected
