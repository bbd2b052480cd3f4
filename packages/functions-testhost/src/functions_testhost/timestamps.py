"""How instants are written in task hub and history: one fixed-width UTC text, so that text order is time order."""

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """Formats an aware datetime as `2026-01-31T23:59:59.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_seconds_text(moment: datetime) -> str:
    """Formats an aware datetime without its fraction, as the durable HTTP API shows times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """Parses an ISO-8601 instant. One without an offset is UTC.

    Raises:
        ValueError: the text is not an ISO-8601 date or time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
