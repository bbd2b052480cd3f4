"""Asks Azure Resource Graph, through the same pipeline as every call to ARM. The view is eventually consistent."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from adapters.azure.arm import Arm
from adapters.azure.consumers import NO_SUBSCRIPTION
from adapters.azure.errors import parse_error, parse_object
from domain.errors import ArmError

PATH = "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
# documented: the most rows on a page
PAGE = 1000
# documented: where resources are that the table `resources` does not have
TABLES = ("resources", "computeresources", "batchresources", "desktopvirtualizationresources")
COUNTING = "resources | summarize rows = count() by subscriptionId | order by subscriptionId asc"
_RESETS_AFTER = re.compile(r"(\d+):(\d+):(\d+)")


class GraphRows(NamedTuple):
    """The rows of a query, and whether they are all that the service counted."""

    rows: list[dict[str, Any]]
    complete: bool


class AzureGraph(Protocol):
    """Resource Graph. Every call raises `ArmError` if it refuses or does not answer."""

    async def naming(self, table: str, needles: Sequence[str]) -> GraphRows: ...
    async def counts(self) -> dict[str, int]: ...


class ResourceGraph:
    """The real `AzureGraph`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    async def naming(self, table: str, needles: Sequence[str]) -> GraphRows:
        """Returns the resources of a table whose properties contain one of these texts, in any case."""
        return await self._rows(naming_query(table, needles))

    async def counts(self) -> dict[str, int]:
        """Returns how many resources the identity is shown in each subscription, by its id in lower case."""
        rows = (await self._rows(COUNTING)).rows
        return {str(row.get("subscriptionId")).lower(): int(row.get("rows") or 0) for row in rows}

    async def _rows(self, query: str) -> GraphRows:
        rows: list[dict[str, Any]] = []
        token: str | None = None
        while True:
            options = {"resultFormat": "objectArray", "$top": PAGE} | ({"$skipToken": token} if token else {})
            page = await self._page({"query": query, "options": options})
            data = page.get("data")
            if not isinstance(data, list):
                raise ArmError(0, "NoList", "Resource Graph answered without rows")
            rows += [row for row in data if isinstance(row, dict)]
            token = page.get("$skipToken") if isinstance(page.get("$skipToken"), str) else None
            if not token:
                # documented: truncated without a token is a loss that nothing else shows
                truncated = str(page.get("resultTruncated")).lower() == "true"
                total = page.get("totalRecords")
                return GraphRows(rows, not truncated and (not isinstance(total, int) or len(rows) >= total))
            if not data:
                raise ArmError(0, "NoList", "Resource Graph answered with an empty page and a token")

    async def _page(self, body: Any) -> dict[str, Any]:
        response = await self._arm.send(NO_SUBSCRIPTION, "POST", PATH, body)
        answer = parse_object(response)
        if response.status_code != HTTPStatus.OK:
            error = parse_error(response.status_code, answer, response.headers)
            seconds = error.retry_after_seconds or _resets_after(response.headers)
            raise ArmError(error.status, error.code, error.message, seconds)
        return answer


def naming_query(table: str, needles: Sequence[str]) -> str:
    """The query for resources that contain one of these texts. `contains` ignores case (documented)."""
    terms = " or ".join(f"tostring(properties) contains '{_escaped(needle)}'" for needle in needles)
    return (
        f"{table} | where {terms} | project id, type, subscriptionId, location, properties | order by id asc"
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _resets_after(headers: Mapping[str, str]) -> int | None:
    """The seconds until the quota is filled again (documented: "Guidance for throttled requests")."""
    header = next(
        (value for name, value in headers.items() if name.lower() == "x-ms-user-quota-resets-after"), ""
    )
    found = _RESETS_AFTER.match(header)
    if found is None:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups())
    return max(1, hours * 3600 + minutes * 60 + seconds)
