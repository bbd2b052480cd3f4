"""The address of a long-running operation, as the task hub may know it: without the signature that ARM puts into it."""

from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BeforeValidator

# recorded: `p`, which some families have, is a GUID; the others are a time, a certificate, a signature and a hash
_PUBLIC = ("p", "api-version")


def unsigned(url: str) -> str:
    """The address alone: which operation it is and which API version answers; nothing else of the query."""
    parts = urlsplit(url)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name in _PUBLIC])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _unsigned(value: object) -> object:
    return unsigned(value) if isinstance(value, str) else value


# what 0.1.0 kept in the task hub loses its signature when it is read
OperationUrl = Annotated[str, BeforeValidator(_unsigned)]
