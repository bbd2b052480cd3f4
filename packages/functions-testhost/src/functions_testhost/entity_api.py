"""The part of the durable HTTP API that shows and signals entities."""

import uuid
from typing import Any
from urllib.parse import quote

from aiohttp import web

from functions_testhost.engine import Engine
from functions_testhost.entities import EntityId, signal
from functions_testhost.history_view import parsed
from functions_testhost.instances import EntityRequest
from functions_testhost.management_urls import RPC, WEBHOOK
from functions_testhost.reading import CONTINUATION, page_size, query_flag, read_text, token_text
from functions_testhost.tables import Entity
from functions_testhost.task_hub import TaskHub
from functions_testhost.timestamps import to_seconds_text


class EntityApi:
    """Handlers of the API."""

    def __init__(self, hub: TaskHub, engine: Engine) -> None:
        self._hub = hub
        self._engine = engine

    def routes(self) -> list[web.RouteDef]:
        """Lists the routes twice: for operators (with a key) and for the SDK's client."""
        return [route for base in (WEBHOOK, RPC) for route in self._routes(f"{base}/entities")]

    def _routes(self, base: str) -> list[web.RouteDef]:
        return [
            web.get(base, self.list_entities),
            web.get(f"{base}/", self.list_entities),
            web.get(f"{base}/{{name}}", self.list_entities),
            web.get(f"{base}/{{name}}/{{key}}", self.get_entity),
            web.post(f"{base}/{{name}}/{{key}}", self.signal_entity),
            web.delete(f"{base}/{{name}}/{{key}}", self.delete_entity),
        ]

    async def get_entity(self, request: web.Request) -> web.Response:
        """Shows an entity's state: 200, or 404 when it does not exist."""
        entity = self._hub.entity(str(_entity_id(request)))
        return web.Response(status=404) if entity is None else _entity_response(entity)

    async def signal_entity(self, request: web.Request) -> web.Response:
        """Sends an operation to an entity and does not wait for it: 202."""
        return self._signal(request, request.query.get("op", ""), await read_text(request) or None)

    async def delete_entity(self, request: web.Request) -> web.Response:
        """Sends the operation `delete` to an entity: 202."""
        return self._signal(request, "delete", None)

    def _signal(self, request: web.Request, operation: str, input_text: str | None) -> web.Response:
        message = signal(operation, input_text, str(uuid.uuid4()))
        self._hub.enqueue_operation(EntityRequest(str(_entity_id(request)), message))
        self._engine.wake()
        return web.Response(status=202)

    async def list_entities(self, request: web.Request) -> web.Response:
        """Lists one page of entities, all or those of a name; with their state if `fetchState` is true."""
        name = request.match_info.get("name")
        prefix = f"@{name.lower()}@" if name else "@"
        after = token_text(request.headers.get(CONTINUATION, ""))
        limit = page_size(request.query)
        found = self._hub.entities(prefix, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        show_state = query_flag(request.query, "fetchState")
        token = quote(page[-1].entity_id, safe="") if more else ""
        return web.json_response(
            [_entity(entity, show_state=show_state) for entity in page], headers={CONTINUATION: token}
        )


def _entity_id(request: web.Request) -> EntityId:
    key = request.match_info["key"]
    return EntityId(request.match_info["name"].lower(), "" if key == "$" else key)


def _entity_response(entity: Entity) -> web.Response:
    return web.Response(text=entity.state, content_type="application/json")


def _entity(entity: Entity, *, show_state: bool) -> dict[str, Any]:
    entity_id = EntityId.parse(entity.entity_id)
    state = {"state": parsed(entity.state)} if show_state else {}
    return {
        "entityId": {"name": entity_id.name, "key": entity_id.key},
        "lastOperationTime": to_seconds_text(entity.updated),
        **state,
    }
