"""What a scan has to read, and one part of it: lists of providers, their refusals, and Resource Graph."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ArmError
from domain.policy.rules import Policy
from domain.references.expected import GoneSubscription, graph_record, record_text, seen_record
from domain.references.forms import Subject
from domain.references.kinds import STRONG_KINDS
from domain.references.parts import GRAPH, PartScan, PlanScan, ScanPart, ScanPlan
from services.gone_subscriptions import declare_gone
from services.reference_walk import Walk
from services.references import plan_scan, scan_part
from services.refusals import ConflictError, NotFoundError
from tests.unit.builders import GROUP, NOW, PROVIDER, SUBSCRIPTION, image, image_id, policy
from tests.unit.fake_references import FakeConsumers, FakeGraph
from tests.unit.fakes import FakeCompute, FakeEvidence, working_with

OTHER = "22222222-2222-4222-8222-222222222222"
IMAGE = str(image_id())
LISTS = f"/subscriptions/{SUBSCRIPTION}/providers"
SCALE_SETS = f"{LISTS}/microsoft.compute/virtualmachinescalesets"
DENIED = ArmError(403, "AuthorizationFailed", "no")
GONE = GoneSubscription(subscription=OTHER, by="anna", reason="cancelled", at=NOW - timedelta(days=1))


def scale_set(name: str = "web", image_id: str = IMAGE) -> dict[str, Any]:
    storage = {"imageReference": {"id": image_id}}
    return {
        "id": f"{PROVIDER}/virtualMachineScaleSets/{name}",
        "properties": {"virtualMachineProfile": {"storageProfile": storage}},
    }


def pool(name: str = "nightly") -> dict[str, Any]:
    configuration = {"virtualMachineConfiguration": {"imageReference": {"id": IMAGE}}}
    return {
        "id": f"{GROUP}/providers/Microsoft.Batch/batchAccounts/a/pools/{name}",
        "properties": {"deploymentConfiguration": configuration},
    }


def a_part(part: str = SUBSCRIPTION, **fields: Any) -> ScanPart:
    return ScanPart(part=part, subjects=[Subject(id=IMAGE)], **fields)


async def planned(
    azure: FakeConsumers, compute: FakeCompute | None = None, under: Policy | None = None, **fields: Any
) -> ScanPlan:
    evidence = fields.pop("evidence", FakeEvidence())
    request = PlanScan(ids=fields.pop("ids", [IMAGE]), now=NOW, **fields)
    with working_with(compute or FakeCompute(), under, evidence=evidence, consumers=azure):
        return await plan_scan(request)


async def scanned(azure: FakeConsumers, request: ScanPart | None = None) -> PartScan:
    with working_with(FakeCompute(), consumers=azure):
        return await scan_part(request or a_part())


# what has to be read


async def test_every_subscription_that_anybody_knows_is_expected() -> None:
    seen, asked, visible = (f"{digit * 8}-2222-4222-8222-222222222222" for digit in "345")
    evidence = FakeEvidence()
    await evidence.put(seen_record(seen), record_text(seen))
    plan = await planned(FakeConsumers(subscriptions=[visible]), expected=[asked.upper()], evidence=evidence)
    assert plan.subscriptions == sorted({SUBSCRIPTION, seen, asked, visible})
    assert seen_record(visible) in evidence.texts


async def test_a_subscription_that_somebody_declared_gone_is_expected_no_more() -> None:
    evidence = FakeEvidence()
    for name in (seen_record(OTHER), GONE.name):
        await evidence.put(name, record_text(OTHER))
    assert OTHER not in (await planned(FakeConsumers(), evidence=evidence)).subscriptions
    visible = await planned(FakeConsumers(subscriptions=[OTHER]), evidence=evidence)
    assert OTHER in visible.subscriptions
    # it was not gone, so it stays expected
    assert OTHER in (await planned(FakeConsumers(), evidence=evidence)).subscriptions


async def declared(
    azure: FakeConsumers, evidence: FakeEvidence, gone: GoneSubscription | None = None
) -> GoneSubscription:
    gone = gone or GONE
    with working_with(FakeCompute(), consumers=azure, evidence=evidence):
        await declare_gone(gone)
    return gone


async def test_a_persons_word_is_kept_with_name_reason_and_time() -> None:
    evidence = FakeEvidence()
    await evidence.put(seen_record(OTHER), record_text(OTHER))
    gone = await declared(FakeConsumers(), evidence)
    assert GoneSubscription.model_validate_json(evidence.texts[gone.name]) == GONE
    with pytest.raises(ConflictError, match="declared gone before"):
        await declared(FakeConsumers(), evidence)


async def test_a_subscription_that_is_there_named_or_unknown_is_not_declared_gone() -> None:
    evidence = FakeEvidence()
    with pytest.raises(NotFoundError, match="was never seen"):
        await declared(FakeConsumers(), evidence)
    await evidence.put(seen_record(OTHER), record_text(OTHER))
    with pytest.raises(ConflictError, match="it is not gone"):
        await declared(FakeConsumers(subscriptions=[OTHER]), evidence)
    own = GONE.model_copy(update={"subscription": SUBSCRIPTION})
    with pytest.raises(ConflictError, match="the policy or the settings name"):
        await declared(FakeConsumers(), evidence, own)
    assert list(evidence.texts) == [seen_record(OTHER)]


async def test_declared_consumers_come_from_the_request_the_policy_and_the_tag() -> None:
    tagged = image(tags={"gallerist:consumers": "tag until 2026-12-31"})
    declared = {"name": "policy", "until": "2026-01-31"}
    document = policy().model_dump(mode="json", exclude_none=True)
    document["defaults"]["retire_source"] = {"consumers": [declared]}
    plan = await planned(
        FakeConsumers(),
        FakeCompute(images=[tagged]),
        Policy.model_validate(document),
        consumers=["asked until 2026-12-31"],
    )
    assert {one.id: one.blocks for one in plan.consumers} == {"asked": True, "policy": False, "tag": True}


async def test_an_image_that_cannot_be_read_leaves_its_declared_consumers_unread() -> None:
    compute = FakeCompute()
    compute.error = DENIED
    plan = await planned(FakeConsumers(), compute)
    assert [one.kind for one in plan.unread] == ["declared consumers"]


@pytest.mark.parametrize(
    ("sharing", "names"),
    [
        ({}, []),
        ({"permissions": "Community", "communityGalleryInfo": {"publicNames": ["c-1"]}}, ["c-1"]),
        ({"permissions": "Community"}, None),
    ],
)
async def test_the_public_names_of_a_versions_gallery_are_read(sharing: Any, names: Any) -> None:
    azure = FakeConsumers()
    gallery = f"{PROVIDER}/galleries/golden"
    azure.documents[gallery.lower()] = {"properties": {"sharingProfile": sharing}}
    version = f"{gallery}/images/web/versions/1.0.0"
    assert (await planned(azure, ids=[version])).subjects[0].public_names == names
    azure.errors[gallery.lower()] = DENIED
    assert (await planned(azure, ids=[version])).subjects[0].public_names is None


# a subscription


async def test_every_strong_kind_is_read_at_its_provider() -> None:
    azure = FakeConsumers()
    assert await scanned(azure) == PartScan()
    roots = {f"{LISTS}/{kind.namespace}/{kind.levels[0]}".lower() for kind in STRONG_KINDS}
    assert set(azure.paths) == roots


async def test_resources_below_others_are_found() -> None:
    account = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/a"
    instance = {
        "id": f"{PROVIDER}/virtualMachineScaleSets/web/virtualMachines/0",
        "instanceId": "0",
        "properties": {"storageProfile": {"imageReference": {"id": IMAGE}}},
    }
    azure = FakeConsumers(
        {
            SCALE_SETS: [[scale_set("other", f"{IMAGE}-2")], [scale_set()]],
            f"{PROVIDER}/virtualMachineScaleSets/web/virtualMachines": [instance],
            f"{LISTS}/microsoft.batch/batchaccounts": [{"id": account}],
            f"{account}/pools": [pool()],
        }
    )
    found = (await scanned(azure)).consumers
    assert [(one.kind, one.part) for one in found] == [
        ("scale set", "model"),
        ("scale set instance", "instance 0"),
        ("Batch pool", "pool"),
    ]


async def test_a_kind_that_may_not_be_read_is_unread_and_the_others_are_read() -> None:
    azure = FakeConsumers({f"{PROVIDER}/x": []})
    azure.errors[SCALE_SETS] = DENIED
    part = await scanned(azure)
    assert [(one.subscription, one.kind) for one in part.unread] == [
        (SUBSCRIPTION, "scale set"),
        (SUBSCRIPTION, "scale set instance"),
    ]
    assert f"{LISTS}/microsoft.devtestlab/labs" in azure.paths


async def test_a_provider_that_is_not_registered_has_none() -> None:
    azure = FakeConsumers()
    batch = f"{LISTS}/microsoft.batch/batchaccounts"
    azure.errors[batch] = ArmError(409, "MissingSubscriptionRegistration", "not registered")
    assert [one.kind for one in (await scanned(azure)).unread] == ["Batch pool"]
    azure.unregistered.add("Microsoft.Batch")
    assert (await scanned(azure)).unread == []


async def test_a_subscription_that_does_not_exist_is_unread_as_a_whole() -> None:
    azure = FakeConsumers()
    azure.errors[f"{LISTS}/microsoft.compute/virtualmachines"] = ArmError(404, "SubscriptionNotFound", "no")
    assert [one.kind for one in (await scanned(azure)).unread] == ["everything"]


async def test_a_404_below_a_resource_proves_nothing_while_that_resource_is_there() -> None:
    azure = FakeConsumers({SCALE_SETS: [scale_set()]})
    parent = scale_set()["id"].lower()
    azure.errors[f"{parent}/virtualmachines"] = ArmError(404, "ResourceNotFound", "stale")
    azure.documents[parent] = scale_set()
    assert [one.kind for one in (await scanned(azure)).unread] == ["scale set instance"]
    del azure.documents[parent]
    assert (await scanned(azure)).unread == []


async def test_a_host_pool_without_a_configuration_has_none() -> None:
    host_pool = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/h"
    azure = FakeConsumers(
        {f"{LISTS}/microsoft.desktopvirtualization/hostpools": [{"id": host_pool, "properties": {}}]}
    )
    azure.errors[f"{host_pool}/sessionHostConfigurations".lower()] = ArmError(404, "NotFound", "none")
    azure.documents[host_pool.lower()] = {}
    assert (await scanned(azure)).unread == []
    # a page of a front door, and an api-version that is not known there, prove nothing
    for code in ("HTTP404", "InvalidResourceType"):
        azure.errors[f"{host_pool}/sessionHostConfigurations".lower()] = ArmError(404, code, "no")
        assert [one.kind for one in (await scanned(azure)).unread] == ["session host configuration"]


@pytest.mark.parametrize("record", [None, "text", {"id": "x"}, {"id": "x", "properties": None}])
async def test_a_record_that_cannot_be_looked_into_is_unread(record: Any) -> None:
    part = await scanned(FakeConsumers({SCALE_SETS: [record]}))
    assert "scale set" in [one.kind for one in part.unread]


async def test_a_throttled_part_says_where_to_go_on_and_loses_nothing() -> None:
    account = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/"
    azure = FakeConsumers(
        {
            SCALE_SETS: [scale_set()],
            f"{LISTS}/microsoft.batch/batchaccounts": [{"id": f"{account}a"}, {"id": f"{account}b"}],
            f"{account}b/pools": [pool()],
        }
    )
    azure.errors[f"{account}b/pools".lower()] = ArmError(429, "TooManyRequests", "slow", 17)
    first = await scanned(azure)
    assert first.retry_later is not None
    assert (first.retry_later.throttled, first.retry_later.retry_after_seconds) == (True, 17)
    assert [one.kind for one in first.consumers] == ["scale set"]
    azure.errors.clear()
    azure.paths.clear()
    rest = await scanned(azure, a_part(cursor=first.next))
    assert [one.kind for one in rest.consumers] == ["Batch pool"]
    assert rest.next is None
    # it goes on below the account at which it stopped
    assert azure.paths[0] == f"{account}b/pools".lower()
    assert f"{account}a/pools".lower() not in azure.paths


async def test_a_part_whose_time_is_over_goes_on_with_the_next_call() -> None:
    azure = FakeConsumers({SCALE_SETS: [scale_set()]})
    late = await Walk(azure, a_part(), seconds=0).run()
    assert (late.consumers, late.next is None, azure.paths) == ([], False, [])


async def test_the_parents_begin_again_if_the_one_read_last_is_gone() -> None:
    """Reading twice is harmless, and a resource that moved to another place must not be left out."""
    account = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/"
    accounts = f"{LISTS}/microsoft.batch/batchaccounts"
    azure = FakeConsumers({accounts: [{"id": f"{account}a"}, {"id": f"{account}b"}]})
    azure.errors[f"{account}b/pools".lower()] = ArmError(503, "ServerTimeout", "slow")
    first = await scanned(azure)
    azure.errors.clear()
    azure.lists = {accounts: [{"id": f"{account}c"}], f"{account}c/pools".lower(): [pool()]}
    rest = await scanned(azure, a_part(cursor=first.next))
    assert [one.kind for one in rest.consumers] == ["Batch pool"]


# Resource Graph


async def graph_part(graph: FakeGraph, evidence: FakeEvidence | None = None) -> PartScan:
    with working_with(FakeCompute(), evidence=evidence, consumers=FakeConsumers(), graph=graph):
        return await scan_part(a_part(GRAPH))


async def test_resource_graph_adds_consumers_of_any_type() -> None:
    rows = [{"id": "/x", "type": "contoso.widgets/widgets", "properties": {"a": IMAGE}}]
    (one,) = (await graph_part(FakeGraph({"resources": rows}))).consumers
    assert (one.found_by, one.relation, one.blocks) == ("graph", "unknown", True)


async def test_a_truncated_answer_is_unread() -> None:
    graph = FakeGraph()
    graph.complete = False
    part = await graph_part(graph)
    assert {one.subscription for one in part.unread} == {GRAPH}
    assert "truncated" in part.unread[0].reason


async def test_a_refused_query_is_unread_and_a_throttled_one_waits() -> None:
    graph = FakeGraph()
    graph.error = DENIED
    assert [one.kind for one in (await graph_part(graph)).unread] == ["every table"]
    graph.error = ArmError(429, "RateLimiting", "slow", 5)
    part = await graph_part(graph)
    assert part.next is not None
    assert part.retry_later is not None
    assert part.retry_later.retry_after_seconds == 5


async def test_nothing_where_something_was_before_is_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    evidence = FakeEvidence()
    await evidence.put(seen_record(OTHER), record_text(OTHER))
    assert (await graph_part(FakeGraph(counts={OTHER: 5}), evidence)).unread == []
    assert graph_record(OTHER) in evidence.texts
    with caplog.at_level(logging.WARNING):
        part = await graph_part(FakeGraph(counts={}), evidence)
    assert [(one.subscription, one.kind) for one in part.unread] == [(OTHER, GRAPH)]
    assert OTHER in caplog.text
    await evidence.put(GONE.name, record_text(OTHER))
    assert (await graph_part(FakeGraph(counts={}), evidence)).unread == []
