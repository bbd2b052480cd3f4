"""The table service of Azure Storage over HTTP: it creates a table, keeps entities, and lists them in pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

NAME = "GalleristOperations"


@dataclass
class TableService:
    """One table. `refusals` are answers instead of the next ones: a status and a code."""

    exists: bool = False
    entities: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    page_size: int = 1000
    requests: list[web.Request] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        assert request.headers["x-ms-version"] >= "2020-12-06"
        if self.refusals:
            return _refused(*self.refusals.pop(0))
        path = request.path.removeprefix("/")
        if path == "Tables":
            return await self._create(request)
        if not self.exists:
            return _refused(404, "TableNotFound")
        if path == f"{NAME}()":
            return self._list(request)
        key = path.removeprefix(f"{NAME}(PartitionKey='operation',RowKey='").removesuffix("')")
        assert "'" not in key
        return await self._entity(key, request)

    async def _create(self, request: web.Request) -> web.Response:
        assert (request.method, await request.json()) == ("POST", {"TableName": NAME})
        if self.exists:
            return _refused(409, "TableAlreadyExists")
        self.exists = True
        return web.Response(status=201)

    async def _entity(self, key: str, request: web.Request) -> web.Response:
        if request.method == "PUT":
            self.entities[key] = (datetime.now(UTC), (await request.json())["url"])
            return web.Response(status=204)
        if key not in self.entities:
            return _refused(404, "ResourceNotFound")
        if request.method == "DELETE":
            # a delete without it is refused (documented)
            assert request.headers["If-Match"] == "*"
            del self.entities[key]
            return web.Response(status=204)
        return web.json_response({"url": self.entities[key][1]})

    def _list(self, request: web.Request) -> web.Response:
        moment = request.query["$filter"].removeprefix("Timestamp lt datetime'").removesuffix("'")
        before = datetime.fromisoformat(moment)
        first = request.query.get("NextRowKey", "")
        keys = sorted(key for key, (at, _) in self.entities.items() if key >= first)
        page, rest = keys[: self.page_size], keys[self.page_size :]
        old = [{"RowKey": key} for key in page if self.entities[key][0] < before]
        following = {"NextPartitionKey": "operation", "NextRowKey": rest[0]} if rest else {}
        return web.json_response(
            {"value": old}, headers={f"x-ms-continuation-{name}": value for name, value in following.items()}
        )


def _refused(status: int, code: str) -> web.Response:
    return web.json_response(
        {"odata.error": {"code": code}}, status=status, headers={"x-ms-error-code": code}
    )


@asynccontextmanager
async def table_service() -> AsyncIterator[TableService]:
    """Serves the tables on this machine."""
    service = TableService()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    service.url = f"http://{host}:{port}"
    yield service
    await runner.cleanup()
