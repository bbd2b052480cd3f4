"""The HTTP server around a simulator: one port of this machine for ARM, tokens and the control plane."""

import json
import socket
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from azure_compute_simulator import control, metadata
from azure_compute_simulator.certificates import Certificates
from azure_compute_simulator.gateway import ConnectionCutError, RawRequest
from azure_compute_simulator.identity import IdentityRequestError
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.service import Simulator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
TOKEN_PATH = "/msi/token"  # noqa: S105 - a path
# how often operations that are paced by time are looked after when no request comes
_HEARTBEAT_SECONDS = 0.02


class _Handler(WSGIRequestHandler):
    """Keeps connections open as ARM does, and writes no access log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        """The Server header (recorded)."""
        return "Microsoft-HTTPAPI/2.0"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's signature
        """Requests are remembered by the gateway instead."""


class SimulatorServer(Simulator):
    """A simulator that is reachable over HTTP while the `with` block runs.

    `arm`, `identity_endpoint`, `identity_header` and `control` are what clients need, and with `tls` the path of the
    authority's certificate, `ca_file`; all other methods are the control plane's, without HTTP.
    """

    def __init__(
        self,
        seed: Json | None = None,
        transitions: str = "immediate",
        time_scale: float = 1,
        port: int = 0,
        *,
        tls: bool = False,
    ) -> None:
        super().__init__(seed, transitions, time_scale)
        self._certificates = Certificates() if tls else None
        self._server = make_server(
            HOST,
            port,
            self._application,
            threaded=True,
            request_handler=_Handler,
            ssl_context=self._certificates.context if self._certificates else None,
        )
        self.ca_file = str(self._certificates.ca_file) if self._certificates else None
        self.arm = f"{'https' if tls else 'http'}://{HOST}:{self._server.port}"
        self.identity_endpoint = self.arm + TOKEN_PATH
        self.identity_header = self.identity.header
        self.control = self.arm + control.PREFIX
        self.identity.extra_audiences.add(self.arm)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
            threading.Thread(target=self._beat, daemon=True),
        ]

    def start(self) -> None:
        """Serve from threads; the port answers from now on. Makes the seed's event subscriptions."""
        for thread in self._threads:
            thread.start()
        self.subscribe_seeded()

    def stop(self) -> None:
        """Stop serving and delivering, and close the port."""
        self._stopping.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        if self._certificates:
            self._certificates.remove()
        self.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _beat(self) -> None:
        while not self._stopping.wait(_HEARTBEAT_SECONDS):
            with self.azure.lock:
                self.azure.settle_if_due()

    def _application(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.get_data()  # a body that is left unread would be taken for the next request
        try:
            response = self._respond(request)
        except ConnectionCutError:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("cut by a fault") from None
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path.startswith(control.PREFIX):
            return _json(*control.handle(self, request.method, request.path, request.get_data()))
        if request.path == TOKEN_PATH:
            return self._token(request)
        if request.path == metadata.PATH:
            return _json(200, metadata.cloud_metadata(_origin(request)))
        answer = self.gateway.handle(
            RawRequest(
                method=request.method,
                path=request.path,
                query_string=request.query_string.decode(),
                query=request.args.to_dict(),
                headers=dict(request.headers),
                data=request.get_data(),
                origin=_origin(request),
            )
        )
        response = Response(answer.data, answer.status, answer.headers)
        if "Content-Type" not in answer.headers:
            del response.headers["Content-Type"]  # the framework's default
        return response

    def _token(self, request: Request) -> Response:
        try:
            body = self.identity.token_response(
                request.args.to_dict(), request.headers.get("X-IDENTITY-HEADER")
            )
        except IdentityRequestError as error:
            return _json(error.status, {"statusCode": error.status, "message": error.message})
        return _json(200, body)


def _origin(request: Request) -> str:
    """Scheme, host and port as the client wrote them."""
    return request.host_url.rstrip("/")


def _json(status: int, body: Any) -> Response:
    return Response(json.dumps(body, default=str), status, content_type="application/json")
