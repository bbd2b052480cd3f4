"""Time zones of maintenance configurations: the names of Windows (documented), and the rules of each."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

# documented (Unicode CLDR, windowsZones.xml): the zone of each name for the territory 001
_ZONES = {
    "utc": "UTC",
    "pacific standard time": "America/Los_Angeles",
    "mountain standard time": "America/Denver",
    "central standard time": "America/Chicago",
    "eastern standard time": "America/New_York",
    "gmt standard time": "Europe/London",
    "w. europe standard time": "Europe/Berlin",
    "romance standard time": "Europe/Paris",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "e. europe standard time": "Europe/Chisinau",
    "fle standard time": "Europe/Kiev",
    "india standard time": "Asia/Calcutta",
    "china standard time": "Asia/Shanghai",
    "tokyo standard time": "Asia/Tokyo",
    "korea standard time": "Asia/Seoul",
    "singapore standard time": "Asia/Singapore",
    "aus eastern standard time": "Australia/Sydney",
    "cen. australia standard time": "Australia/Adelaide",
    "e. south america standard time": "America/Sao_Paulo",
}


def zone(name: str) -> ZoneInfo:
    """Returns the zone of a Windows name. Raises ValueError for one that is not simulated."""
    known = _ZONES.get(name.strip().lower())
    if known is None:
        raise ValueError(f"The time zone '{name}' is not simulated.")
    return ZoneInfo(known)


def to_utc(local: datetime, where: ZoneInfo) -> datetime:
    """Returns the moment of a wall clock's time.

    Inferred: a time that the clock skips in spring is as long after midnight as on other days, and of a time that
    comes twice in autumn it is the first.
    """
    return local.replace(tzinfo=where, fold=0).astimezone(UTC)


def to_local(moment: datetime, where: ZoneInfo) -> datetime:
    """Returns what a wall clock shows at a moment."""
    return moment.astimezone(where).replace(tzinfo=None)
