"""A container of Azure Storage over HTTP: it creates blobs, returns them, and lists them in segments."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from aiohttp import web


@dataclass
class BlobService:
    """One container. `refusals` are answers instead of the next ones: a status and a code."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    # what a policy or a lease protects, and the code by which the service says so
    protected: dict[str, str] = field(default_factory=dict)
    exists: bool = True
    refusals: list[tuple[int, str]] = field(default_factory=list)
    # a blob that appears just before the next write: another worker was faster
    rival: bytes | None = None
    page_size: int = 5000
    requests: list[web.Request] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        if self.refusals:
            return _refused(*self.refusals.pop(0))
        if not self.exists:
            return _refused(404, "ContainerNotFound")
        name = request.match_info["name"]
        if request.method == "PUT":
            return await self._put(name, request)
        if request.query.get("comp") == "list":
            return self._list(request.query["prefix"], request.query.get("marker", ""))
        if name not in self.blobs:
            return _refused(404, "BlobNotFound")
        return web.Response(body=self.blobs[name])

    async def _put(self, name: str, request: web.Request) -> web.Response:
        content = await request.read()
        assert request.headers["x-ms-blob-type"] == "BlockBlob"
        assert request.headers["If-None-Match"] == "*"
        if self.rival is not None:
            self.blobs[name], self.rival = self.rival, None
        if name in self.blobs:
            code = self.protected.get(name, "BlobAlreadyExists")
            return _refused(412 if code == "LeaseIdMissing" else 409, code)
        self.blobs[name] = content
        return web.Response(status=201)

    def _list(self, prefix: str, marker: str) -> web.Response:
        names = sorted(name for name in self.blobs if name.startswith(prefix) and name >= marker)
        page, rest = names[: self.page_size], names[self.page_size :]
        rows = "".join(f"<Blob><Name>{escape(name)}</Name></Blob>" for name in page)
        following = f"<NextMarker>{escape(rest[0])}</NextMarker>" if rest else "<NextMarker />"
        text = f"<EnumerationResults><Blobs>{rows}</Blobs>{following}</EnumerationResults>"
        # the service begins its lists with a byte order mark (seen)
        return web.Response(body=b"\xef\xbb\xbf" + text.encode(), content_type="application/xml")


def _refused(status: int, code: str) -> web.Response:
    return web.Response(
        status=status,
        body=f"<Error><Code>{code}</Code></Error>".encode(),
        headers={"x-ms-error-code": code} if code else {},
    )


@asynccontextmanager
async def blob_service() -> AsyncIterator[BlobService]:
    """Serves a container on this machine."""
    service = BlobService()
    app = web.Application()
    app.router.add_route("*", "/records{name:/?.*}", _without_slash(service))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    service.url = f"http://{host}:{port}/records"
    yield service
    await runner.cleanup()


def _without_slash(service: BlobService):  # noqa: ANN202 # aiohttp's own type of handlers
    async def handle(request: web.Request) -> web.Response:
        request.match_info["name"] = request.match_info["name"].removeprefix("/")
        return await service.answer(request)

    return handle
