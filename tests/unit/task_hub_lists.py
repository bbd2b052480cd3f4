"""The extension's endpoint for lists of instances, as a small server that all fake clients of a test run share."""

import json
import threading
from collections.abc import Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

# a test that never lets a hub answer must not keep its threads
LONGEST_SILENCE_SECONDS = 2
TOKEN = "x-ms-continuation-token"  # the name of a header


class Hub(Protocol):
    """What a fake client lists. `segments` are the lengths of the answers, in turn; empty for as many as asked for.

    Without `sorts_and_selects` it lists in another order, and instances of every prefix: nothing is documented of the
    Durable Task Scheduler's lists.
    """

    instances: dict[str, dict[str, Any]]
    queries: list[dict[str, str]]
    segments: Sequence[int]
    sorts_and_selects: bool
    answers_lists: threading.Event


class ListServer:
    """Serves `/N/instances/` for the N-th hub that was added."""

    def __init__(self) -> None:
        self._hubs: list[Hub] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                rows, token = server.answer(self.path, self.headers.get(TOKEN, ""))
                body = json.dumps(rows).encode()
                self.send_response(200)
                self.send_header(TOKEN, token)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class's name
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, hub: Hub) -> str:
        """Returns the address under which the hub's lists are served."""
        self._hubs.append(hub)
        return f"http://127.0.0.1:{self._server.server_port}/{len(self._hubs) - 1}/"

    def answer(self, path: str, token: str) -> tuple[list[dict[str, Any]], str]:
        """One segment, and the token of the next one: `place:answers so far`."""
        parts = urlsplit(path)
        hub = self._hubs[int(parts.path.split("/")[1])]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        hub.queries.append(query)
        hub.answers_lists.wait(LONGEST_SILENCE_SECONDS)
        place, answers = map(int, token.split(":")) if token else (0, 0)
        found = [
            row
            for name, row in (
                sorted(hub.instances.items()) if hub.sorts_and_selects else hub.instances.items()
            )
            if (name.startswith(query.get("instanceIdPrefix", "")) or not hub.sorts_and_selects)
            and row["runtimeStatus"] in (query.get("runtimeStatus") or row["runtimeStatus"])
        ]
        size = hub.segments[answers % len(hub.segments)] if hub.segments else int(query.get("top", "100"))
        following = place + size
        return found[place:following], f"{following}:{answers + 1}" if following < len(found) else ""


@cache
def list_server() -> ListServer:
    """The server of this test run; it ends with the process."""
    return ListServer()
