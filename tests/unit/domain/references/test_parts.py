"""Parts become one scan, in which nothing that blocks and nothing that is unread gets lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.policy.rules import Policy
from domain.references.expected import (
    GoneSubscription,
    back_record,
    declared_gone,
    policy_subscriptions,
    remembered,
    seen_record,
)
from domain.references.parts import (
    GRAPH,
    LARGEST_SCAN,
    MOST_BLOCKING,
    MOST_SHOWN,
    MOST_UNREAD,
    Cursor,
    PartScan,
    ScanPlan,
    parts_of,
    scan_of,
    united,
)
from domain.references.scan import Consumer, Unread

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def consumer(number: int | str = 0, **fields: Any) -> Consumer:
    defaults: dict[str, Any] = {
        "id": f"/subscriptions/{A}/x/{number}",
        "kind": "scale set",
        "names": "image",
        "form": "managed image",
        "relation": "uses",
        "blocks": True,
        "found_by": "provider",
    }
    return Consumer(**defaults | fields)


def test_a_scan_has_a_part_for_each_subscription_and_one_for_resource_graph() -> None:
    plan = ScanPlan(subjects=[], subscriptions=[A, B])
    assert [part.part for part in parts_of(plan)] == [GRAPH, A, B]


def test_a_subscription_with_a_gap_was_not_read_and_the_scan_is_not_complete() -> None:
    gap = Unread(subscription=B, kind="Batch pool", reason="403")
    parts = [(GRAPH, PartScan()), (A, PartScan(consumers=[consumer()])), (B, PartScan(unread=[gap]))]
    scan = scan_of(ScanPlan(subjects=[], subscriptions=[A, B]), parts, NOW, NOW)
    assert (scan.subscriptions, scan.complete, scan.unread) == ([A], False, [gap])
    assert scan.blocking == [consumer()]


def test_a_consumer_that_two_found_is_one_and_blocks_if_either_says_so() -> None:
    mild = consumer(blocks=False, text="provider")
    (one,) = united([consumer(blocks=False, found_by="graph"), mild])
    assert one == mild
    (one,) = united([mild, consumer(blocks=True, found_by="graph", id=mild.id.upper())])
    assert (one.blocks, one.found_by) == (True, "graph")


def test_too_many_consumers_are_counted_and_those_that_block_are_unread() -> None:
    many = [consumer(number) for number in range(MOST_BLOCKING + 1)]
    part = PartScan(consumers=[*many, *(consumer(n, blocks=False) for n in range(MOST_SHOWN + 3))]).limited(A)
    assert (len(part.consumers), part.more) == (MOST_BLOCKING + MOST_SHOWN, 3)
    assert [one.kind for one in part.unread] == ["more consumers"]


def test_a_part_that_is_given_up_names_where_it_was() -> None:
    part = PartScan(consumers=[consumer()], next=Cursor(kind="Microsoft.Batch/batchAccounts/pools"))
    given_up = part.given_up(A, "it took too long")
    assert (given_up.next, given_up.consumers) == (None, [consumer()])
    assert given_up.unread == [
        Unread(subscription=A, kind="Microsoft.Batch/batchAccounts/pools", reason="it took too long")
    ]


def test_the_policy_names_subscriptions_in_galleries_and_rules() -> None:
    gallery = f"/subscriptions/{A.upper()}/resourceGroups/g/providers/Microsoft.Compute/galleries/golden"
    rules = [{"name": "one", "match": {"subscriptions": [B, "3333*"]}, "action": "ignore"}]
    policy = Policy.model_validate({"defaults": {"galleries": [gallery]}, "rules": rules})
    assert policy_subscriptions(policy) == {A, B}


def test_a_subscription_is_remembered_until_somebody_declares_it_gone() -> None:
    names = [seen_record(A), seen_record(B), f"references/subscriptions/{B}/gone.json", "references/odd"]
    assert (remembered(names), declared_gone(names)) == ({A}, {B})


def test_the_newest_word_about_a_subscription_counts() -> None:
    names = [seen_record(A), f"references/subscriptions/{A}/gone.json", back_record(A, NOW)]
    assert remembered(names) == {A}
    again = GoneSubscription(
        subscription=A.upper(), by="anna", reason="cancelled", at=NOW + timedelta(days=1)
    )
    assert remembered([*names, again.name]) == set()
    assert declared_gone([again.name, *names]) == {A}
    assert remembered([*names, again.name, back_record(A, NOW + timedelta(days=2))]) == {A}


def test_a_scan_of_a_large_estate_fits_into_one_message_and_forbids_a_deletion() -> None:
    """Fifty subscriptions with more consumers each than a history shows. It is handed over whole."""
    names = [f"{number:08}-1111-4111-8111-111111111111" for number in range(50)]
    long = "x" * 1_000
    parts = [
        (
            name,
            PartScan(
                consumers=[consumer(f"{name}-{one}", text=long, blocks=one < 100) for one in range(150)],
                unread=[Unread(subscription=name, kind=f"kind {one}", reason=long) for one in range(10)],
            ),
        )
        for name in names
    ]
    scan = scan_of(ScanPlan(subjects=[], subscriptions=names), parts, NOW, NOW)
    assert len(json.dumps(scan.model_dump_json())) < 2 * LARGEST_SCAN
    assert len(scan.blocking) == len(scan.consumers) > 100
    assert scan.more == 50 * 50
    reasons = [one.reason for one in scan.unread if one.subscription == GRAPH]
    assert reasons == [
        f"500 kinds of resources could not be read; only {MOST_UNREAD} are shown",
        f"5000 consumers block; only {len(scan.consumers)} are shown",
    ]
    assert (scan.subscriptions, scan.complete) == ([], False)


def test_what_does_not_block_is_left_out_of_a_large_scan_and_counted() -> None:
    found = [consumer(number, text="x" * 1_000, blocks=number < 10) for number in range(1_000)]
    scan = scan_of(ScanPlan(subjects=[], subscriptions=[A]), [(A, PartScan(consumers=found))], NOW, NOW)
    assert (len(scan.blocking), scan.complete) == (10, True)
    assert len(scan.consumers) + scan.more == 1_000
    assert scan.more > 0
