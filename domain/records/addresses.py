"""Addresses outside Azure Resource Manager to which the app sends something: which ones are allowed."""

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

LOCAL_HOSTS = ("127.0.0.1", "localhost")
# documented: the endpoints of Event Grid in each cloud
EVENT_GRID_DOMAINS = ("eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.cn")


def is_protected(url: str) -> bool:
    """Whether nobody on the way can read or change what is sent there: over https, or to this machine."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)


def webhook_refusal(url: str, allowed: Collection[str]) -> str | None:
    """Why nothing is sent to a webhook; None if it is allowed.

    The policy names the webhook and the app's settings name the hosts, so that whoever writes policies cannot make the
    app send requests to machines of the network that only the app reaches.
    """
    parts = _split(url)
    if parts is None or not is_protected(url):
        return "the webhook's address is not an https URL"
    if parts.username is not None or parts.password is not None:
        return "the webhook's address has a user name or a password in it"
    if host_of(parts) not in allowed:
        return f"the setting GALLERIST_WEBHOOK_HOSTS does not name the webhook's host '{host_of(parts)}'"
    return None


def topic_refusal(url: str, allowed: Collection[str]) -> str | None:
    """Why nothing is sent to a topic; None if it is allowed: the app's token must reach nobody but Event Grid."""
    parts = _split(url)
    if parts is None or not is_protected(url):
        return "the topic's address is not an https URL"
    if parts.username is not None or parts.password is not None:
        return "the topic's address has a user name or a password in it"
    is_event_grid = any((parts.hostname or "").endswith(f".{domain}") for domain in EVENT_GRID_DOMAINS)
    if is_event_grid or host_of(parts) in allowed:
        return None
    return (
        f"the topic's host '{host_of(parts)}' is not one of Event Grid, and the setting GALLERIST_WEBHOOK_HOSTS does "
        "not name it"
    )


def host_of(parts: SplitResult) -> str:
    """The host as the setting names it: in lower case, with its port unless it is that of https."""
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    try:
        port = parts.port
    except ValueError:
        # no allowed host has such a port
        return f"{host}:?"
    return host if port in (None, 443) else f"{host}:{port}"


def parse_host(text: str) -> str:
    """Reads a host of the setting, as in `hooks.example.com` or `hooks.example.com:8443`.

    Raises:
        ValueError: it is not exactly one host.
    """
    parts = _split(f"//{text}")
    exact = parts is not None and parts.hostname and parts.netloc.lower() == text.lower()
    if not exact or parts is None or parts.path or any(char in text for char in "*?@/\\ #%"):
        raise ValueError(f"'{text}' is not a host, as in hooks.example.com or hooks.example.com:8443")
    host = host_of(parts)
    if host.endswith("?"):
        raise ValueError(f"'{text}' has a port that does not exist")
    return host


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
