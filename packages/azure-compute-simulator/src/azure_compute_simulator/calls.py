"""One request and one answer as the ARM responses see them, without the web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.resources import Json, Principal


@dataclass(frozen=True)
class Call:
    """An authenticated ARM request. `origin` is scheme, host and port as the client wrote them."""

    azure: Azure
    method: str
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    principal: Principal
    origin: str

    @property
    def api_version(self) -> str:
        """The api-version of the query."""
        return self.query.get("api-version", "")

    @property
    def names(self) -> tuple[str, ...]:
        """The resource names in the path, outermost first."""
        return tuple(value for key, value in sorted(self.values.items()) if key.startswith("name"))


@dataclass(frozen=True)
class Answer:
    """Status, body (JSON, None: empty, a string: as it is) and headers.

    `by_gateway`: ARM itself answers, in compact JSON (recorded). `request_id` is that of the operation it starts.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    by_gateway: bool = False
    request_id: str | None = None
