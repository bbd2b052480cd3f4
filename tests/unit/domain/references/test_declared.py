"""Declared consumers block up to their last day, and for ever if nobody can read them."""

from datetime import date

import pytest

from domain.policy.consumers import consumer_text, parse_consumers
from domain.policy.tags import TagOverrides, read_override_tags
from domain.references.declared import declared_consumers, tag_texts

TODAY = date(2026, 5, 1)


def test_a_tag_declares_several_consumers() -> None:
    parsed = parse_consumers(" CycleCloud templates UNTIL 2026-12-31;other until 2027-01-01 ; ")
    assert [(one.name, one.until) for one in parsed] == [
        ("CycleCloud templates", date(2026, 12, 31)),
        ("other", date(2027, 1, 1)),
    ]
    assert [parse_consumers(consumer_text(one)) for one in parsed] == [[one] for one in parsed]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no consumer"),
        ("team", "'team' is not 'name until 2026-12-31'"),
        ("until 2026-12-31", "is not 'name until"),
        ("team until 2026-02-30", "there is no 2026-02-30"),
        (";".join(["a until 2026-12-31"] * 101), "names 101 consumers"),
    ],
)
def test_a_tag_that_cannot_be_read_is_a_fault_and_blocks(text: str, message: str) -> None:
    (fault,) = read_override_tags({"Gallerist:Consumers": text}).faults
    assert fault.startswith("tag Gallerist:Consumers: ")
    assert message in fault
    (consumer,) = declared_consumers(tag_texts({"Gallerist:Consumers": text}), TODAY)
    assert consumer.blocks
    assert message in consumer.why


def test_a_tag_that_can_be_read_is_no_fault_and_decides_nothing_else() -> None:
    overrides = read_override_tags({"gallerist:consumers": "team until 2026-12-31"})
    assert overrides == TagOverrides()


@pytest.mark.parametrize(("until", "blocks"), [("2026-05-01", True), ("2026-04-30", False)])
def test_a_declared_consumer_blocks_up_to_its_last_day(until: str, blocks: bool) -> None:
    (consumer,) = declared_consumers([f"team until {until}"], TODAY)
    assert (consumer.id, consumer.found_by, consumer.blocks) == ("team", "declared", blocks)
    assert until in consumer.why


def test_the_same_declaration_in_policy_and_tag_is_one_consumer() -> None:
    texts = ["team until 2026-12-31", *tag_texts({"gallerist:consumers": "team until 2026-12-31"})]
    assert len(declared_consumers(texts, TODAY)) == 1
