"""Declared consumers as text, in the tag `gallerist:consumers`: `name until 2026-12-31; another until 2027-03-01`."""

import re
from datetime import date

from domain.policy.second_half import MOST_CONSUMERS, DeclaredConsumer

_ENTRY = re.compile(r"(?P<name>.*\S)\s+until\s+(?P<until>\d{4}-\d\d-\d\d)", re.IGNORECASE)


def parse_consumers(text: str) -> list[DeclaredConsumer]:
    """Reads declared consumers.

    Raises:
        ValueError: an entry has no name, no date, or a date that does not exist.
    """
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    if not entries:
        raise ValueError("names no consumer: write 'name until 2026-12-31'")
    if len(entries) > MOST_CONSUMERS:
        raise ValueError(f"names {len(entries)} consumers; at most {MOST_CONSUMERS} are read")
    return [_parse_consumer(entry) for entry in entries]


def _parse_consumer(entry: str) -> DeclaredConsumer:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise ValueError(f"'{entry}' is not 'name until 2026-12-31'")
    try:
        until = date.fromisoformat(found["until"])
    except ValueError:
        raise ValueError(f"'{entry}': there is no {found['until']}") from None
    return DeclaredConsumer(name=found["name"][:200], until=until)


def consumer_text(consumer: DeclaredConsumer) -> str:
    """A consumer as the tag has it."""
    return f"{consumer.name} until {consumer.until.isoformat()}"
