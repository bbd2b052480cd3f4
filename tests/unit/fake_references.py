"""Fakes of what a scan reads: lists of ARM by their paths, and Resource Graph."""

from collections.abc import Sequence
from typing import Any

from adapters.azure.arm import Page
from adapters.azure.resource_graph import GraphRows
from domain.errors import ArmError


class FakeConsumers:
    """ARM's lists and resources by path, without the query; a list that is not here is empty.

    `errors` are raised for paths, `unregistered` are providers, and `patches` what was written.
    """

    def __init__(self, lists: dict[str, list[Any]] | None = None, subscriptions: Sequence[str] = ()) -> None:
        self.lists = {path.lower(): items for path, items in (lists or {}).items()}
        self.documents: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, ArmError] = {}
        self.subscriptions = list(subscriptions)
        self.unregistered: set[str] = set()
        self.patches: list[tuple[str, Any]] = []
        self.paths: list[str] = []

    async def page(self, subscription: str, url: str) -> Page:
        path = url.partition("?")[0].lower()
        self.paths.append(path)
        if path in self.errors:
            raise self.errors[path]
        # a list of pages, if its items are lists
        items = self.lists.get(path.partition("#")[0], [])
        if items and isinstance(items[0], list):
            number = int(path.partition("#")[2] or 0)
            following = (
                {"nextLink": f"{path.partition('#')[0]}#{number + 1}"} if number + 1 < len(items) else {}
            )
            return Page({"value": items[number], **following})
        return Page({"value": items})

    async def document(self, subscription: str, resource_id: str, api_version: str) -> dict[str, Any] | None:
        if resource_id.lower() in self.errors:
            raise self.errors[resource_id.lower()]
        return self.documents.get(resource_id.lower())

    async def visible_subscriptions(self) -> list[str]:
        return self.subscriptions

    async def provides(self, subscription: str, resource_type: str) -> bool:
        return resource_type.partition("/")[0] not in self.unregistered

    async def patch(self, subscription: str, resource_id: str, api_version: str, body: Any) -> None:
        self.patches.append((resource_id, body))


class FakeGraph:
    """Resource Graph with these rows by table, and counts by subscription."""

    def __init__(
        self, rows: dict[str, list[dict[str, Any]]] | None = None, counts: dict[str, int] | None = None
    ) -> None:
        self.rows = rows or {}
        self.shown = counts or {}
        self.complete = True
        self.error: ArmError | None = None

    async def naming(self, table: str, needles: Sequence[str]) -> GraphRows:
        if self.error:
            raise self.error
        return GraphRows(self.rows.get(table, []), self.complete)

    async def counts(self) -> dict[str, int]:
        if self.error:
            raise self.error
        return self.shown
