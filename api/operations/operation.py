"""What an operation of the HTTP API is."""

import re
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel

from api import requests

Method = Literal["GET", "POST"]
BAD, MISSING, CONFLICT = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
# calls that read from Azure can meet an error of Azure, and those that need the policy an unusable one
AZURE = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True)
class Operation:
    """One operation: the function that answers it, what it takes, and what it answers."""

    name: str
    """The name of the function, and the operation's id."""
    method: Method
    path: str
    """Relative to the base of the API, as in `migrations/{id}`."""
    title: str
    text: str
    answer: type[BaseModel] | None
    """None for an answer that no model describes: the OpenAPI document."""
    status: HTTPStatus = HTTPStatus.OK
    headers: tuple[str, ...] = ()
    """The headers of a successful answer."""
    body: type[BaseModel] | None = None
    query: type[requests.Query] | None = None
    problems: tuple[HTTPStatus, ...] = ()
    key: bool = True
    """Whether the caller needs a key, or a token instead where Microsoft Entra is in front of the app."""

    @cached_property
    def all_problems(self) -> list[HTTPStatus]:
        """The statuses of its problems, and of those that every operation can have."""
        of_body = (BAD, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        of_every = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
        of_callers = (HTTPStatus.UNAUTHORIZED,) if self.key else ()
        # a page of another site must not have anything done
        of_changes = (HTTPStatus.FORBIDDEN,) if self.method == "POST" else ()
        of_bodies = of_body if self.body else ()
        return sorted({*self.problems, *of_every, *of_callers, *of_changes, *of_bodies})

    @cached_property
    def path_parameters(self) -> list[str]:
        """The names in braces."""
        return re.findall(r"{(\w+)}", self.path)

    @cached_property
    def _suffix(self) -> re.Pattern[str]:
        path = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return re.compile(rf"(?P<base>.*)/{path}/?", re.IGNORECASE)

    def base_of(self, address: str) -> str | None:
        """The base of the API, if the address is one of this operation."""
        found = self._suffix.fullmatch(address)
        return found["base"] if found else None


POLL = ("Retry-After",)
ACCEPTED = ("Location", "Retry-After")
