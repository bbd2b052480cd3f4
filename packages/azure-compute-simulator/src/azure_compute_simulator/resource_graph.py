"""Azure Resource Graph: a table from the texts of known queries to functions, over a view that may lag or be partial.

There is no query engine. A query with another text is refused, as the service refuses one that it cannot parse.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from azure_compute_simulator.access import check_access
from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.errors import (
    AuthorizationFailedError,
    InvalidQueryError,
    InvalidSkipTokenError,
    ResourceGraphRateLimitingError,
)
from azure_compute_simulator.models.resources import Json, Resource
from azure_compute_simulator.scale_set_instances import INSTANCES, instance_documents

# documented: where resources are that the table `resources` does not have
_TABLES = {
    "computeresources": {INSTANCES.lower()},
    "batchresources": {"microsoft.batch/batchaccounts/pools"},
    "desktopvirtualizationresources": {"microsoft.desktopvirtualization/hostpools/sessionhostconfigurations"},
}
_ELSEWHERE = set[str]().union(*_TABLES.values())
# documented: a thousand rows on a page
_LARGEST_PAGE = 1000
_NEWEST_API_VERSION = "9999-12-31"
_TERM = r"tostring\(properties\) contains '(?:[^'\\]|\\.)*'"
_NAMING = re.compile(
    rf"(?P<table>\w+) \| where (?P<terms>{_TERM}(?: or {_TERM})*) "
    r"\| project id, type, subscriptionId, location, properties \| order by id asc"
)
_NEEDLE = re.compile(r"contains '((?:[^'\\]|\\.)*)'")
_COUNTING = "resources | summarize rows = count() by subscriptionId | order by subscriptionId asc"


def query(request: ArmRequest) -> ArmResponse:
    """POST of a query. Rows that the caller may not read are missing (documented); so are those that switches hide."""
    headers = _take_quota(request)
    text = " ".join(str(request.body.get("query", "")).split())
    rows = list(_rows_of(text)(request, _view(request)))
    options = request.body.get("options")
    options = options if isinstance(options, dict) else {}
    start = _start(options.get("$skipToken"))
    switches = request.azure.switches
    size = min(int(options.get("$top") or _LARGEST_PAGE), switches.page_size or _LARGEST_PAGE, _LARGEST_PAGE)
    page = rows[start : start + size]
    body: Json = {"totalRecords": len(rows), "count": len(page), "data": page, "facets": []}
    body["resultTruncated"] = "false"
    limit = switches.resource_graph_truncates_after
    if limit is not None and len(page) > limit:
        # documented: truncated without a token where the rows cannot be paged
        return ArmResponse(
            200, body | {"data": page[:limit], "count": limit, "resultTruncated": "true"}, headers
        )
    if start + size < len(rows):
        body |= {"resultTruncated": "true", "$skipToken": f"ew{start + size}"}
    return ArmResponse(200, body, headers)


def _take_quota(request: ArmRequest) -> dict[str, str]:
    if not request.azure.switches.throttling:
        return {}
    left = request.azure.throttling.take_from_resource_graph(request.principal.object_id)
    headers = {"x-ms-user-quota-remaining": str(max(left, 0)), "x-ms-user-quota-resets-after": "00:00:05"}
    if left < 0:
        raise ResourceGraphRateLimitingError(headers)
    return headers


def _view(request: ArmRequest) -> Iterator[Json]:
    """Yields the rows that this caller is shown, in the order of their ids.

    Raises AuthorizationFailedError if the caller may read nothing at all (documented).
    """
    azure, switches = request.azure, request.azure.switches
    if switches.resource_graph_empty:
        return
    hidden = {name.lower() for name in switches.resource_graph_hidden}
    at = azure.clock.now() - timedelta(seconds=switches.resource_graph_lag_seconds)
    former = [
        resource for resource, deleted in azure.deleted.values() if resource.existed(at) and at < deleted
    ]
    found = [resource for resource in azure.resources.values() if resource.existed(at)]
    shown = {resource.id.key: resource for resource in (*former, *found)}
    readable = [resource for resource in shown.values() if _may_read(request, resource)]
    if shown and not readable:
        scope = "/subscriptions"
        check_access(azure.roles, request.principal, "Microsoft.ResourceGraph/resources/read", scope)
    rows = [row for resource in readable for row in _documents(request, resource)]
    for row in sorted(rows, key=lambda row: row["id"].lower()):
        if row["subscriptionId"].lower() not in hidden:
            yield row


def _may_read(request: ArmRequest, resource: Resource) -> bool:
    try:
        check_access(request.azure.roles, request.principal, f"{resource.id.type}/read", str(resource.id))
    except AuthorizationFailedError:
        return False
    return True


def _documents(request: ArmRequest, resource: Resource) -> Iterator[Json]:
    """Yields the row of a resource, and those of a scale set's machines."""
    document = request.types.get(resource.id.type).render(resource, _NEWEST_API_VERSION)
    for shown in (document, *instance_documents(resource)):
        yield {
            "id": shown["id"],
            # documented: types are in lower case
            "type": shown["type"].lower(),
            "subscriptionId": resource.id.subscription,
            "location": resource.location,
            "properties": shown["properties"],
        }


def _naming(request: ArmRequest, rows: Iterator[Json], table: str, needles: list[str]) -> Iterator[Json]:  # noqa: ARG001 - the table's signature
    for row in rows:
        in_table = row["type"] in _TABLES[table] if table in _TABLES else row["type"] not in _ELSEWHERE
        text = json.dumps(row["properties"]).lower()
        if in_table and any(needle in text for needle in needles):
            yield row


def _counting(request: ArmRequest, rows: Iterator[Json]) -> Iterator[Json]:  # noqa: ARG001 - the table's signature
    counts: dict[str, int] = {}
    for row in rows:
        if row["type"] not in _ELSEWHERE:
            counts[row["subscriptionId"]] = counts.get(row["subscriptionId"], 0) + 1
    for subscription in sorted(counts):
        yield {"subscriptionId": subscription, "rows": counts[subscription]}


def _rows_of(text: str) -> Callable[[ArmRequest, Iterator[Json]], Iterator[Json]]:
    """Returns the function that answers a query. Raises InvalidQueryError."""
    if text == _COUNTING:
        return _counting
    naming = _NAMING.fullmatch(text)
    if naming is None or naming["table"] not in {"resources", *_TABLES}:
        raise InvalidQueryError
    needles = [re.sub(r"\\(.)", r"\1", needle).lower() for needle in _NEEDLE.findall(naming["terms"])]
    table = naming["table"]
    return lambda request, rows: _naming(request, rows, table, needles)


def _start(token: object) -> int:
    if token is None:
        return 0
    if not isinstance(token, str) or not re.fullmatch(r"ew\d+", token):
        raise InvalidSkipTokenError
    return int(token[2:])
