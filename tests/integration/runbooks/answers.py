"""An API with prepared answers, and the table of what both runbooks do with each of them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

IMAGE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/one"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Reply:
    """One answer; `{api}` stands for the address of the API. With `broken`, the connection ends before an answer."""

    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    broken: bool = False
    # waits until the caller has gone
    silent: bool = False


class Case(NamedTuple):
    """The answers to the requests of a job, in their order (the last is repeated), and what the job then does.

    A sentence that the platform words (`no answer: …`) is compared up to its colon.
    """

    arguments: list[str]
    replies: list[Reply]
    # what is asked for, without the address of the API
    requests: list[str]
    output: list[str]
    failure: list[str]
    slept: list[int]


def problem(status: int, detail: str, **headers: str) -> Reply:
    """An error as the API answers it."""
    return Reply(status, {"detail": detail}, {k.replace("_", "-"): v for k, v in headers.items()}, PROBLEM)


def state(name: str, **members: str) -> Reply:
    """A migration in a state."""
    return Reply(200, {"state": name, **members}, {"Retry-After": "10"})


def listed(*names: str, **members: Any) -> Reply:
    """A list of images."""
    images = [{"id": IMAGE.replace("one", name), "name": name} for name in names]
    return Reply(200, {"images": images, "unreadable": [], "unread": None, **members})


def end(state: Reply, output: str, *failure: str, migrated: int = 0) -> Case:
    """One image whose migration is started, and ends with the first look at it."""
    lines = [f"{IMAGE}: started", f"{IMAGE}: {output}", f"{migrated} of 1 managed images are migrated"]
    failed = ["not migrated:", *failure] if failure else []
    return Case([IMAGE], [STARTED, state], [START, LOOK], lines, failed, [])


def refused(replies: list[Reply], reason: str, slept: list[int] | None = None) -> Case:
    """One image that cannot be started."""
    pauses = slept or []
    failure = ["not migrated:", f"{IMAGE}: {reason}"]
    requests = [START] * (len(pauses) + 1)
    return Case([IMAGE], replies, requests, ["0 of 1 managed images are migrated"], failure, pauses)


def not_listed(replies: list[Reply], reason: str, slept: list[int] | None = None) -> Case:
    """A subscription whose images cannot be listed."""
    pauses = slept or []
    failure = [f"the images of a/b c cannot be listed: {reason}"]
    return Case(
        ["a/b c"], replies, ["GET /images?subscription=a%2Fb%20c"] * (len(pauses) + 1), [], failure, pauses
    )


ADDRESS = {"Location": "{api}/migrations/1", "Retry-After": "10"}
STARTED = Reply(202, {"id": "1"}, ADDRESS)
RUNNING = Reply(409, {"detail": "is already running", "id": "1"}, ADDRESS, PROBLEM)
BROKEN = Reply(0, broken=True)
START = "POST /migrations " + json.dumps({"image": IMAGE})
LOOK = "GET /migrations/1"
LIST = "GET /images?subscription=s"
DONE = state("completed")
ONE = [f"{IMAGE}: started", f"{IMAGE}: completed", "1 of 1 managed images are migrated"]
UNREAD = {"parts": 1, "reason": "Azure is slow", "retry_after_seconds": 4}
PART = Reply(200, listed("one").body | {"unread": UNREAD}, {"Retry-After": "4"})
GAP = {"id": "/subscriptions/s", "reason": "no access", "fix": "assign the role"}
PATTERN = "use letters, digits, '.', '_', '-', and the wildcards * and ?"
AGAIN = "still running; run this runbook again to go on waiting"
NOT_IN_TIME = "not started in time; run this runbook again"

CASES = {
    "it completes": end(DONE, "completed", migrated=1),
    "it is skipped": end(state("skipped", reason="it is excluded"), "skipped", migrated=1),
    "it fails": end(
        state("failed", reason="no quota", fix="ask for more"),
        "failed",
        f"{IMAGE}: failed: no quota: ask for more",
    ),
    "it is cancelled without a reason": end(state("cancelled"), "cancelled", f"{IMAGE}: cancelled"),
    "its history is gone": end(
        problem(404, "no such migration"),
        "HTTP 404: no such migration",
        f"{IMAGE}: HTTP 404: no such migration",
    ),
    "it is refused while it runs": end(
        Reply(431), "HTTP 431: no reason given", f"{IMAGE}: HTTP 431: no reason given"
    ),
    "it runs for a while": Case(
        [IMAGE], [STARTED, state("replicating"), DONE], [START, LOOK, LOOK], ONE, [], [10]
    ),
    "it runs already": Case(
        [IMAGE], [RUNNING, DONE], [START, LOOK], [f"{IMAGE}: already running", *ONE[1:]], [], []
    ),
    "no answer says how long to wait": Case(
        [IMAGE], [STARTED, Reply(200, {"state": "waiting"}), DONE], [START, LOOK, LOOK], ONE, [], [30]
    ),
    "a pause in a form that is no number": Case(
        [IMAGE],
        [STARTED, Reply(503, "", {"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}), DONE],
        [START, LOOK, LOOK],
        ONE,
        [],
        [30],
    ),
    "a pause of nothing": Case(
        [IMAGE], [STARTED, Reply(503, "", {"Retry-After": "0"}), DONE], [START, LOOK, LOOK], ONE, [], [1]
    ),
    "errors that pass while it runs": Case(
        [IMAGE],
        [
            STARTED,
            problem(429, "slow down", Retry_After="7"),
            BROKEN,
            Reply(502, "<html>"),
            Reply(200, "<p>"),
            DONE,
        ],
        [START, *[LOOK] * 5],
        ONE,
        [],
        [7, 30, 30, 30],
    ),
    "it never ends": Case(
        [IMAGE],
        [STARTED, Reply(200, {"state": "replicating"}, {"Retry-After": "4000"})],
        [START, LOOK, LOOK, LOOK],
        [f"{IMAGE}: started", "0 of 1 managed images are migrated"],
        ["not migrated:", f"{IMAGE}: {AGAIN}"],
        # two and a half hours
        [4000, 4000, 1000],
    ),
    "an image that does not exist": refused(
        [problem(404, "the image “one” does not exist")], "HTTP 404: the image “one” does not exist"
    ),
    "a problem without a reason": refused([Reply(400, {}, {}, PROBLEM)], "HTTP 400: no reason given"),
    "a page of a gateway": refused(
        [Reply(403, "<html>\n  <b>Site disabled</b></html>", {}, "text/html")],
        "HTTP 403: <html> <b>Site disabled</b></html>",
    ),
    "a long page": refused([Reply(401, "x" * 300, {}, "text/plain")], "HTTP 401: " + "x" * 200),
    "a list where a problem belongs": refused([Reply(400, ["a", "b"])], 'HTTP 400: ["a", "b"]'),
    "a redirect to a page where people sign in": refused(
        [Reply(302, "", {"Location": "{api}/login"})], "HTTP 302: no reason given"
    ),
    "a start without the address of the migration": refused([Reply(202, {})], "HTTP 202: no reason given"),
    "a conflict with something else": refused([problem(409, "frozen")], "HTTP 409: frozen"),
    "an error of the app that stays": refused([problem(500, "error 1")], "HTTP 500: error 1", [30] * 9),
    "a start that is throttled": Case(
        [IMAGE],
        [problem(429, "slow", Retry_After="3"), problem(503, "busy", Retry_After="20"), STARTED, DONE],
        [START, START, START, LOOK],
        ONE,
        [],
        [3, 20],
    ),
    "a start without an answer": Case(
        [IMAGE],
        [BROKEN, RUNNING, DONE],
        [START, START, LOOK],
        [f"{IMAGE}: already running", *ONE[1:]],
        [],
        [30],
    ),
    "an answer that takes too long": Case(
        [IMAGE],
        [Reply(0, silent=True), RUNNING, DONE],
        [START, START, LOOK],
        [f"{IMAGE}: already running", *ONE[1:]],
        [],
        [30],
    ),
    "never an answer to a start": refused([BROKEN], "no answer:", [30] * 9),
    "throttled until the time is over": Case(
        ["s"],
        [listed("one", "two"), problem(503, "busy", Retry_After="8000")],
        [LIST, START, START, START],
        ["0 of 2 managed images are migrated"],
        ["not migrated:", f"{IMAGE}: HTTP 503: busy", f"{IMAGE.replace('one', 'two')}: {NOT_IN_TIME}"],
        [8000, 1000],
    ),
    "names in another case": Case(
        ["s", "ON?"],
        [listed("One", "none", "on"), STARTED, DONE],
        [LIST, START.replace("one", "One"), LOOK],
        [line.replace("one", "One") for line in ONE[:2]] + ONE[2:],
        [],
        [],
    ),
    "a dot in a pattern": Case(
        ["s", "a.b*"],
        [listed("axb", "a.b", "za.b"), STARTED, DONE],
        [LIST, START.replace("one", "a.b"), LOOK],
        [line.replace("/one", "/a.b") for line in ONE[:2]] + ONE[2:],
        [],
        [],
    ),
    "a pattern that no name matches": Case(
        ["s", "[ot]*"], [], [], [], [f"the pattern [ot]* matches no image: {PATTERN}"], []
    ),
    "no images": Case(["s"], [listed()], [LIST], ["0 of 0 managed images are migrated"], [], []),
    "a list in two parts": Case(
        ["s"], [PART, listed("one"), STARTED, DONE], [LIST, LIST, START, LOOK], ONE, [], [4]
    ),
    "a list that is never whole": Case(
        ["s"],
        [Reply(200, PART.body, {"Retry-After": "5000"})],
        [LIST, LIST, LIST],
        [],
        ["the images of s cannot all be read: Azure is slow"],
        [5000, 4000],
    ),
    "a list with a gap": Case(
        ["s"],
        [listed("one", unreadable=[GAP]), STARTED, DONE],
        [LIST, START, LOOK],
        ONE,
        ["not migrated:", "/subscriptions/s: cannot be read: no access: assign the role"],
        [],
    ),
    "a list that is throttled": Case(
        ["s"],
        [problem(503, "busy", Retry_After="9"), listed("one"), STARTED, DONE],
        [LIST, LIST, START, LOOK],
        ONE,
        [],
        [9],
    ),
    "a list that is refused": not_listed([problem(403, "no")], "HTTP 403: no"),
    "a page where a list belongs": not_listed([Reply(200, "<html>", {}, "text/html")], "HTTP 200: <html>"),
    "never an answer to a list": not_listed([BROKEN], "no answer:", [30] * 9),
}


def comparable(lines: list[str]) -> list[str]:
    """Returns lines without what each platform words in its own way."""
    return [line.split("no answer:")[0] + "no answer:" if "no answer:" in line else line for line in lines]


class Server:
    """The API of every case, each under a path of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: dict[str, list[str]] = {}
        # the two headers that authenticate, of every request
        self.credentials: set[tuple[str | None, str | None]] = set()

    def api(self, name: str) -> str:
        """The address of the API of a case."""
        return f"{self.url}/{list(CASES).index(name)}/api"

    def take(self, path: str, request: str) -> tuple[str, Reply]:
        """Notes a request; returns the address of its API, and its answer."""
        name = list(CASES)[int(path.split("/")[1])]
        asked = self.requests.setdefault(name, [])
        asked.append(request)
        replies = CASES[name].replies
        return self.api(name), replies[min(len(asked), len(replies)) - 1]


@contextmanager
def serve() -> Iterator[Server]:
    """Answers what the cases prepare, on a free port, until the block ends."""
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.split("/api", 1)[1]
            server.credentials.add((self.headers["x-functions-key"], self.headers["Authorization"]))
            # PowerShell indents what it sends
            sent = f" {json.dumps(json.loads(body))}" if body else ""
            api, reply = server.take(self.path, f"{self.command} {path}{sent}")
            if reply.silent:
                closing.wait()
            if not reply.broken and not reply.silent:
                self._send(api, reply)
            self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def _send(self, api: str, reply: Reply) -> None:
            text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body, ensure_ascii=False)
            data = text.encode()
            self.send_response(reply.status)
            headers = {"Content-Type": reply.media_type, "Content-Length": str(len(data)), **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value.replace("{api}", api))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        server = Server(f"http://127.0.0.1:{listener.server_port}")
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        yield server
        closing.set()
        listener.shutdown()
        thread.join()


def check(name: str, result: dict[str, list[Any]], server: Server) -> None:
    """Compares what the job of a case did with the table."""
    case = CASES[name]
    did = (result["output"], comparable(result["failure"]), result["slept"])
    assert did == (case.output, case.failure, case.slept)
    assert server.requests.get(name, []) == case.requests
