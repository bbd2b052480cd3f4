"""Makes hostile requests to the durable API, the Event Grid webhook, the control plane and the HTTP layer, from a seed.

A request is bytes for a socket, so that it can be what no client library would send.
"""

import contextlib
import json
import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DURABLE = "/runtime/webhooks/durabletask"
RPC = "/durabletask"
EVENT_GRID = "/runtime/webhooks/EventGrid"
LONGEST_WAIT_SECONDS = 20

TEXTS = [
    *(
        "",
        "a",
        "%00",
        "%FF",
        "%ED%A0%80",
        "%2F",
        "%2e%2e",
        "+",
        "%2B",
        "*",
        "@counter@k",
        "$",
        "i0",
        "i1",
        "echo",
    ),
    *("a" * 512, "a" * 513, "%F0%9F%92%A9", "%0d%0aX:%20y", "'%22--", "%", "%zz", "\u00e9", "w"),
]
NUMBERS = [
    "-1",
    "0",
    "1",
    "x",
    "1.5",
    "1e3",
    "1" + "0" * 20,
    "9" * 5000,
    "%D9%A3",
    "2147483647",
    "2147483648",
    "nan",
    "inf",
]
TIMES = [
    *(
        "0001-01-01T00:00:00%2B14:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01",
        "2026-02-30",
        "now",
        "",
        "%FF",
    ),
    *("2026-01-01T00:00:00Z", "2026-W01-1", "9999-12-31T23:59:59.9999999Z"),
]
BODIES = [
    *(
        b"",
        b"null",
        b"{}",
        b"[]",
        b'"a"',
        b"1",
        b"{",
        b"[",
        b'{"a":',
        b"nope",
        b"'a'",
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
    ),
    *(
        b"[" * 100_000,
        b"[" * 500 + b"]" * 500,
        b'{"a":' * 20_000,
        b'{"a":' * 64 + b"1" + b"}" * 64,
        b"1" * 5000,
    ),
    *(
        b"1e400",
        b"-1e400",
        b"NaN",
        b'"\xff\xfe"',
        b"\x00",
        b'{"a":1,"a":2}',
        b'"' + b"a" * 300_000 + b'"',
        b"\xff\xfe[\x00",
    ),
    *(
        b'{"op":1}',
        b'{"advance_seconds":1e308}',
        b'{"advance_seconds":NaN}',
        b'{"mode":[]}',
        b'{"list_segments":[true]}',
    ),
    *(
        b'{"kind":[],"during":{}}',
        b'{"action":{}}',
        b'{"start_seconds":1e309}',
        b'[{"data":{"validationCode":[]}}]',
    ),
    *(
        b'[{"id":"\\ud800","data":null}]',
        b'{"id":"e","topic":"t","subject":"s","data":{},"eventTime":"2026-01-01T00:00:00Z"}',
    ),
    *(b"[7]", b"[[]]", b'{"specversion":"1.0"}', b'[{"data":"{"}]', b'{"data":{"validationCode":"c"}}'),
]
CHARSETS = [
    "",
    "; charset=utf-8",
    "; charset=bogus",
    "; charset=base64",
    "; charset=utf-16",
    "; charset=",
    '; charset="',
]
TYPES = ["application/json", "text/plain", "a/b", "", "application/json, text/plain"]
HOSTS = [
    b"127.0.0.1",
    b"x:99999",
    b"\xff",
    b"",
    b"a b",
    b"[::1",
    b"a:b:c",
    b"x/y",
    b"@",
    b"x:-1",
    b"x" * 3000,
]
KEYS = [b"\xff\xe9", b"\xed\xa0\x80", b"a" * 4000, b"", b"%00"]
TOKENS = [b"\xff\xed\xa0\x80", b"9" * 5000 + b":a", b"1:%ED%A0%80", b"-1:a", b":", b"2:%FF", b"0:i0", b"@a"]
ENCODINGS = [b"gzip", b"br", b"bogus", b"deflate, gzip", b"identity"]
OPERATIONS = [
    "terminate",
    "suspend",
    "resume",
    "rewind",
    "restart",
    "raiseEvent/E",
    "raiseEvent/%00",
    "nothing",
    "",
]
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD", "TRACE", "BOGUS"]
CONTROLS = ["clock", "faults", "switches", "worker", "status", "health", "cpu", "history", "nothing"]
FUNCTIONS = [
    "hello/a",
    "hello/%FF",
    "request",
    "cookies",
    "hello",
    "start/echo/%00",
    "nowhere",
    "request?a=1&a=%FF&b=",
]


@dataclass(frozen=True)
class Request:
    """One request; `path` is as it is sent, and `body` is what it should be answered for."""

    method: str
    path: str
    headers: tuple[bytes, ...]
    body: bytes

    def to_bytes(self) -> bytes:
        """Returns what is sent; the connection ends with the answer."""
        head = [f"{self.method} {self.path} HTTP/1.1".encode(), *self.headers, b"Connection: close"]
        return b"\r\n".join(head) + b"\r\n\r\n" + self.body

    def __str__(self) -> str:
        return f"{self.method} {self.path[:200]} {self.headers} {self.body[:100]!r} ({len(self.body)} bytes)"


def requests(seed: int, count: int) -> Iterator[Request]:
    """Yields requests; the same ones for the same seed."""
    choose = random.Random(seed)
    for _ in range(count):
        method, path = choose.choice(_PATHS)(choose)
        if choose.random() < 0.1:
            method = choose.choice(METHODS)
        body = choose.choice(BODIES) if method not in ("GET", "HEAD") or choose.random() < 0.1 else b""
        yield Request(method, path, tuple(_headers(choose, body)), body)


def _headers(choose: random.Random, body: bytes) -> Iterator[bytes]:
    yield b"Host: " + (choose.choice(HOSTS) if choose.random() < 0.15 else b"127.0.0.1")
    yield b"Content-Length: %d" % len(body)
    yield f"Content-Type: {choose.choice(TYPES[:2])}{choose.choice(CHARSETS)}".encode()
    for name, values, share in (
        (b"Content-Type", [one.encode() for one in TYPES], 0.05),
        (b"x-functions-key", KEYS, 0.1),
        (b"x-ms-continuation-token", TOKENS, 0.2),
        (b"Content-Encoding", ENCODINGS, 0.1),
        (b"aeg-event-type", [b"Notification", b"SubscriptionValidation", b"Unsubscribe", b"\xff"], 0.9),
        (b"WebHook-Request-Origin", [b"eventgrid.azure.net", b"\xff", b"a" * 1000], 0.1),
        (b"Cookie", [b"a=\xff; b", b"=;=;="], 0.05),
        (b"Expect", [b"100-continue", b"bogus"], 0.02),
    ):
        if choose.random() < share:
            yield name + b": " + choose.choice(values)


def _instances(choose: random.Random) -> tuple[str, str]:
    base, text = choose.choice([DURABLE, RPC]), choose.choice(TEXTS)
    query = "&".join(
        f"{name}={choose.choice(values)}"
        for name, values in (
            ("top", NUMBERS),
            ("createdTimeFrom", TIMES),
            ("createdTimeTo", TIMES),
            ("instanceIdPrefix", TEXTS),
            ("runtimeStatus", ["Running,Failed", "x", ",", "%FF"]),
            ("showHistory", ["true", "x"]),
            ("showHistoryOutput", ["true"]),
            ("reason", TEXTS),
            ("code", TEXTS),
        )
        if choose.random() < 0.4
    )
    path = choose.choice(["instances", "instances/", f"instances/{text}"])
    return choose.choice(["GET", "DELETE"]), f"{base}/{path}?{query}"


def _starts(choose: random.Random) -> tuple[str, str]:
    name, instance_id = choose.choice(["echo", "waiting", "nobody", *TEXTS]), choose.choice(TEXTS)
    # `timeout` is short: whoever asks for more waits
    query = choose.choice(
        ["", "?version=%00", "?timeout=0.05&pollingInterval=0", "?timeout=nan&pollingInterval=inf"]
    )
    return "POST", f"{choose.choice([DURABLE, RPC])}/orchestrators/{name}/{instance_id}{query}"


def _operations(choose: random.Random) -> tuple[str, str]:
    query = choose.choice(["", f"?reason={choose.choice(TEXTS)}", "?restartWithNewInstanceId=false"])
    return "POST", f"{DURABLE}/instances/{choose.choice(TEXTS)}/{choose.choice(OPERATIONS)}{query}"


def _entities(choose: random.Random) -> tuple[str, str]:
    name, key = choose.choice(["counter", *TEXTS]), choose.choice(TEXTS)
    path = choose.choice(["entities", f"entities/{name}", f"entities/{name}/{key}"])
    query = f"op={choose.choice(TEXTS)}&top={choose.choice(NUMBERS)}&fetchState=true"
    return choose.choice(["GET", "POST", "DELETE"]), f"{DURABLE}/{path}?{query}"


def _events(choose: random.Random) -> tuple[str, str]:
    return choose.choice(
        ["POST", "POST", "OPTIONS", "GET"]
    ), f"{EVENT_GRID}?functionName={choose.choice(['on_event', *TEXTS])}"


def _controls(choose: random.Random) -> tuple[str, str]:
    # a valid body would move the clock or kill the worker, and change the answers to all later requests
    return choose.choice(["GET", "POST"]), f"/_host/{choose.choice(CONTROLS)}"


def _functions(choose: random.Random) -> tuple[str, str]:
    return choose.choice(["GET", "POST"]), f"/api/{choose.choice(FUNCTIONS)}"


def _anything(choose: random.Random) -> tuple[str, str]:
    return choose.choice(METHODS), "/" + "/".join(choose.choice(TEXTS) for _ in range(choose.randrange(4)))


_PATHS: tuple[Callable[[random.Random], tuple[str, str]], ...] = (
    _instances,
    _starts,
    _operations,
    _entities,
    _events,
    _controls,
    _functions,
    _anything,
)


def send(address: tuple[str, int], request: Request) -> tuple[int, bytes]:
    """Sends a request. Returns the status and the body of the answer; 0 when the host ends the connection without one.

    Raises:
        TimeoutError: there is no answer in time.
    """
    with socket.create_connection(address, timeout=LONGEST_WAIT_SECONDS) as connection:
        # it may answer before it has read everything
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request.to_bytes())
        return _parse(_received(connection))


def _received(connection: socket.socket) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def _parse(answer: bytes) -> tuple[int, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        return _parse(body)
    return (int(head.split(b" ")[1]) if head else 0), body


def is_foreseen(request: Request, body: bytes) -> bool:
    """Whether a 500 is what the real host answers, too (COVERAGE.md)."""
    if request.path.startswith(EVENT_GRID):
        # the function or the worker's library cannot read the event: the text is theirs
        return b"Notification" in b"".join(request.headers) and bool(body)
    if request.path.startswith("/api/start/"):
        # the function puts the id into a header, where it cannot be sent
        return not body
    try:
        refusal = json.loads(body)
    except ValueError:
        return False
    return isinstance(refusal, dict) and refusal.get("ExceptionType") in (
        "Newtonsoft.Json.JsonSerializationException",
        "Newtonsoft.Json.JsonWriterException",
        "DurableTask.AzureStorage.Storage.DurableTaskStorageException",
        "System.InvalidOperationException",
    )
