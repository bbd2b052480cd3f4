"""Consumers that somebody declared, in the policy or a tag, because Azure does not show them."""

from collections.abc import Iterable, Mapping
from datetime import date

from domain.policy.consumers import consumer_text, parse_consumers
from domain.policy.tags import PREFIX
from domain.references.scan import Consumer

CONSUMERS_TAG = f"{PREFIX}consumers"


def tag_texts(tags: Mapping[str, str]) -> list[str]:
    """The declared consumers in an image's tags, one text each. A tag that cannot be read is one text."""
    texts: list[str] = []
    for name, text in tags.items():
        if name.lower() != CONSUMERS_TAG:
            continue
        try:
            texts += [consumer_text(consumer) for consumer in parse_consumers(text)]
        except ValueError:
            texts.append(text)
    return texts


def declared_consumers(texts: Iterable[str], today: date) -> list[Consumer]:
    """The consumers that these texts declare. One blocks up to its last day, and for ever if it cannot be read."""
    found: list[Consumer] = []
    for text in dict.fromkeys(texts):
        try:
            declared = parse_consumers(text)
        except ValueError as error:
            found.append(_consumer(text, text, blocks=True, why=f"it cannot be read: {error}"))
            continue
        for one in declared:
            in_force = today <= one.until
            why = f"declared until {one.until}" if in_force else f"the declaration ended on {one.until}"
            found.append(_consumer(one.name, consumer_text(one), blocks=in_force, why=why))
    return found


def _consumer(name: str, text: str, *, blocks: bool, why: str) -> Consumer:
    return Consumer(
        id=name,
        kind="declared consumer",
        names="",
        form="declared",
        part="declaration",
        relation="uses",
        blocks=blocks,
        remedy="ask its owner" if blocks else "nothing",
        found_by="declared",
        text=text,
        why=why,
    )
