"""How instants are written in task hub and history: one fixed-width UTC text, so that text order is time order."""

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """Formats an aware datetime as `2026-01-31T23:59:59.000000Z`."""
    # not `strftime`, which writes the year 1 as one digit
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def to_seconds_text(moment: datetime) -> str:
    """Formats an aware datetime without its fraction, as the durable HTTP API shows times."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def from_text(text: str) -> datetime:
    """Parses an ISO-8601 instant. One without an offset is UTC.

    Raises:
        ValueError: the text is not an ISO-8601 date or time, or lies outside of the years 1 to 9999 in UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error
