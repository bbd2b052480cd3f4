"""The HTTP server of a simulator: one port of 127.0.0.1 for ARM, managed-identity tokens and the control plane."""

import json
import socket
import threading
from collections.abc import Iterable
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from azure_compute_simulator import control, metadata, topics
from azure_compute_simulator.certificates import Certificates
from azure_compute_simulator.clock import Clock
from azure_compute_simulator.faults import IdentityFault
from azure_compute_simulator.gateway import ConnectionCutError, HttpRequest
from azure_compute_simulator.identity import LIFETIME_SECONDS, Credential, IdentityRequestError
from azure_compute_simulator.seed import Seed
from azure_compute_simulator.simulator import Simulator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
TOKEN_PATH = "/msi/token"  # noqa: S105 - a path
# how often operations with a pace in seconds advance while no request comes
_HEARTBEAT_SECONDS = 0.02
_BACKLOG = 128
# inferred: which texts the identity endpoint of App Service has is not documented
_IDENTITY_FAULTS = {
    "throttled": (429, "Too many requests for tokens."),
    "failing": (500, "An unexpected error occurred while the token was acquired."),
    "unavailable": (503, "The identity service is not available."),
}


class _RequestHandler(WSGIRequestHandler):
    """Writes no access log. Werkzeug closes each connection after its response, which ARM does not."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        """Returns the Server header (recorded)."""
        return "Microsoft-HTTPAPI/2.0"

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begins a response without the real time: ARM's responses have the simulated one."""
        self.send_response_only(code, message)
        self.send_header("Server", self.version_string())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's signature
        """Does nothing: the gateway logs requests."""


class SimulatorServer(Simulator):
    """A simulator that serves HTTP, or with `tls` HTTPS, while its `with` block runs.

    `seed` is a mapping or the path of a YAML or JSON file; without it there is one empty subscription. `transitions` is
    the pace of long-running operations. `clock` is a clock, or how many times as fast as the real one it runs.
    `port` 0 takes a free port.
    Raises SeedError for an unusable seed, ValueError for an unusable pace, OSError for a port that cannot be opened.

    Clients need `arm`, the base URL, and either `credential` or `identity_endpoint` and `identity_header`. With `tls`
    they must trust `ca_file`. `control` is the URL of the control plane; this object's methods do the same in Python.
    """

    def __init__(
        self,
        seed: Seed | None = None,
        transitions: str = "immediate",
        clock: Clock | float = 1,
        port: int = 0,
        *,
        tls: bool = False,
    ) -> None:
        super().__init__(seed, transitions, clock)
        self._certificates = Certificates() if tls else None
        try:
            self._server = self._listen(port)
        except OSError:
            self._release()
            raise
        self.ca_file = str(self._certificates.ca_file) if self._certificates else None
        self.arm = f"{'https' if tls else 'http'}://{HOST}:{self._server.port}"
        self.identity_endpoint = self.arm + TOKEN_PATH
        self.identity_header = self.identity.header
        self.control = self.arm + control.PREFIX
        self.identity.extra_audiences.add(self.arm)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        ]
        if not self.clock.standing:
            self._threads.append(threading.Thread(target=self._settle_regularly, daemon=True))

    @property
    def credential(self) -> Credential:
        """A credential for Microsoft's clients: that of the system-assigned managed identity."""
        return Credential(self.identity)

    def start(self) -> None:
        """Starts serving, and creates the seed's event subscriptions. Raises SeedError."""
        for thread in self._threads:
            thread.start()
        try:
            self.subscribe_seeded()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops serving and delivering, and closes the port."""
        self._stopping.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        self._release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _listen(self, port: int) -> BaseWSGIServer:
        # werkzeug would end the process if it could not open the port itself
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            listener.listen(_BACKLOG)
            return make_server(
                HOST,
                port,
                self._application,
                threaded=True,
                request_handler=_RequestHandler,
                ssl_context=self._certificates.context if self._certificates else None,
                fd=listener.fileno(),
            )

    def _release(self) -> None:
        if self._certificates:
            self._certificates.remove()
        self.close()

    def _settle_regularly(self) -> None:
        while not self._stopping.wait(_HEARTBEAT_SECONDS):
            with self.azure.lock:
                self.azure.settle_if_due()

    def _application(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.get_data()  # otherwise an unread body would be parsed as the next request
        try:
            response = self._respond(request)
        except ConnectionCutError as cut:
            if cut.hangs:
                self._wait_for_removal_of_faults()
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError("cut by a fault") from None
        return response(environ, start_response)

    def _wait_for_removal_of_faults(self) -> None:
        generation = self.azure.faults.generation
        while self.azure.faults.generation is generation and not self._stopping.wait(_HEARTBEAT_SECONDS):
            pass

    def _respond(self, request: Request) -> Response:
        if request.path.startswith(control.PREFIX):
            return _json(*control.handle(self, request.method, request.path, request.get_data()))
        if request.path == TOKEN_PATH:
            return self._token(request)
        if request.path.startswith(f"{topics.PREFIX}/"):
            return self._topic(request)
        if request.path == metadata.PATH:
            return _json(200, metadata.cloud_metadata(_origin(request)))
        answer = self.gateway.handle(
            HttpRequest(
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

    def _topic(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status=405)
        status, body = self.topics.publish(
            request.path, request.args.to_dict(), dict(request.headers), request.get_data()
        )
        return Response(status=status) if body is None else _json(status, body)

    def _token(self, request: Request) -> Response:
        with self.azure.lock:
            fault = self.azure.faults.take_identity_fault(self.clock.now())
        if fault and fault.identity in ("drop", "hang"):
            raise ConnectionCutError(hangs=fault.identity == "hang")
        if fault and fault.identity in _IDENTITY_FAULTS:
            return _faulty_token_response(fault)
        lifetime = 0 if fault else LIFETIME_SECONDS
        try:
            body = self.identity.token_response(
                request.args.to_dict(), request.headers.get("X-IDENTITY-HEADER"), lifetime
            )
        except IdentityRequestError as error:
            return _json(error.status, {"statusCode": error.status, "message": error.message})
        return _json(200, body)


def _faulty_token_response(fault: IdentityFault) -> Response:
    status, message = _IDENTITY_FAULTS[fault.identity]
    response = _json(status, {"statusCode": status, "message": message})
    if fault.retry_after is not None:
        response.headers["Retry-After"] = f"{fault.retry_after:g}"
    return response


def _origin(request: Request) -> str:
    """Returns scheme, host and port as the client wrote them."""
    return request.host_url.rstrip("/")


def _json(status: int, body: Any) -> Response:
    return Response(json.dumps(body, default=str), status, content_type="application/json")
