"""An endpoint for events."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Receiver:
    """Passes the handshake of both schemas, unless `refuse` is set, and keeps all notifications.

    It answers notifications with the statuses in `answers`, and with 200 after the last of them.
    """

    def __init__(self, answers: tuple[int, ...] = (), *, refuse: bool = False) -> None:
        self.answers = list(answers)
        self.refuse = refuse
        self.notifications: list[Any] = []
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.post(self, body)

            def do_OPTIONS(self) -> None:
                origin = (
                    {}
                    if receiver.refuse
                    else {"WebHook-Allowed-Origin": self.headers["WebHook-Request-Origin"]}
                )
                receiver.answer(self, 200, headers=origin)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, count: int) -> list[Any]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.notifications) >= count, timeout=20), (
                self.notifications
            )
            return self.notifications[:count]

    def post(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        if handler.headers.get("aeg-event-type") == "SubscriptionValidation":
            code = "wrong" if self.refuse else body[0]["data"]["validationCode"]
            self.answer(handler, 200, {"validationResponse": code})
            return
        with self._arrived:
            self.notifications.append(body)
            status = self.answers.pop(0) if self.answers else 200
            self._arrived.notify_all()
        self.answer(handler, status)

    @staticmethod
    def answer(
        handler: BaseHTTPRequestHandler, status: int, body: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        data = json.dumps(body).encode() if body else b""
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
