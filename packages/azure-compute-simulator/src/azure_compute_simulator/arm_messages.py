"""The request and the response of one ARM call, without the web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.registry import ResourceTypes
from azure_compute_simulator.models.resources import Json, Principal


@dataclass(frozen=True)
class ArmRequest:
    """An authenticated request. `values` are the variable parts of the path, `origin` is scheme, host and port."""

    azure: Azure
    types: ResourceTypes
    method: str
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    principal: Principal
    origin: str

    @property
    def api_version(self) -> str:
        """The api-version of the query, empty if missing."""
        return self.query.get("api-version", "")

    @property
    def names(self) -> tuple[str, ...]:
        """The resource names in the path, outermost first."""
        return tuple(value for key, value in sorted(self.values.items()) if key.startswith("name"))


@dataclass(frozen=True)
class ArmResponse:
    """Status, body and headers. A body of None is empty; a string is sent unchanged; anything else is sent as JSON.

    `by_gateway`: ARM itself responds, in compact JSON (recorded). `request_id` is the id of the operation that starts.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    by_gateway: bool = False
    request_id: str | None = None
