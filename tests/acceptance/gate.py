"""A gate in front of the simulated Azure: a test closes it for some requests, and sees that one has arrived."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import httpx

# a test that never opens its gate must end in an error, not in a hang
LONGEST_HOLD_SECONDS = 300
ARRIVAL_SECONDS = 120
# the proxy writes its own; the body of the answer is sent as it was received
_HOP_HEADERS = {"connection", "transfer-encoding", "keep-alive"}


class Hold:
    """Requests of one kind that wait at the gate until it opens. Use it in a `with` block."""

    def __init__(self, gate: "Gate", method: str, path: str) -> None:
        self._gate = gate
        self._method = method
        self._path = re.compile(path, re.IGNORECASE)
        self._arrived = threading.Event()
        self._open = threading.Event()

    def __enter__(self) -> Self:
        self._gate.holds.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.open()

    def matches(self, method: str, path: str) -> bool:
        return method == self._method and self._path.search(path) is not None

    def wait_for_request(self) -> None:
        """Waits until a request stands at the gate: from then on the activity that sent it is in progress.

        Raises:
            TimeoutError: no such request came.
        """
        if not self._arrived.wait(ARRIVAL_SECONDS):
            raise TimeoutError(f"no {self._method} {self._path.pattern} within {ARRIVAL_SECONDS} s")

    def pass_through(self) -> None:
        self._arrived.set()
        self._open.wait(LONGEST_HOLD_SECONDS)

    def open(self) -> None:
        """Lets the waiting requests pass, and all later ones."""
        if self in self._gate.holds:
            self._gate.holds.remove(self)
        self._open.set()


class Gate:
    """A proxy on a free port. The app uses it as the address of Azure Resource Manager."""

    def __init__(self, target: str) -> None:
        self.holds: list[Hold] = []
        self.requests: list[str] = []
        """The methods and paths of the requests that have arrived."""
        self._target = target
        self._client = httpx.Client(timeout=None, trust_env=False)
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                # a killed worker leaves its requests without a reader
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def _forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = gate.forward(self.command, self.path, dict(self.headers), body)
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in {*_HOP_HEADERS, "content-length", "content-encoding"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _forward  # noqa: N815 # the base class's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class's name
                """The simulator has a log of its own."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="gate", daemon=True)
        self._thread.start()

    def hold(self, method: str, path: str) -> Hold:
        """Makes requests with this method wait whose path contains the regular expression."""
        return Hold(self, method, path)

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        """Sends the request on. The Host header stays, so that addresses in answers lead to the gate."""
        self.requests.append(f"{method} {path}")
        for hold in list(self.holds):
            if hold.matches(method, path):
                hold.pass_through()
        return self._client.request(method, f"{self._target}{path}", headers=headers, content=body)

    def close(self) -> None:
        for hold in list(self.holds):
            hold.open()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._client.close()
