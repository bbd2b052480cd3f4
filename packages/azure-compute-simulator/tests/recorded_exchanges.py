"""Recorded exchanges with the real ARM: where they are, how to read them, and how to replay them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from azure_compute_simulator import SimulatorServer

# the recordings are not part of the package: they are beside the repository, or nowhere
RECORDINGS = (Path(__file__).parent / "../../../../shared/recordings").resolve()
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(),
    reason="the recordings, ../shared/recordings from the root of the repository, are missing",
)
_OPERATION = re.compile(r"/(?:capsO|o)perations/([0-9a-f-]{36})")
# the recorded dates are in the past, and the service refuses an end of life in the past
_PAST_YEAR = re.compile(r'(?<=Date": ")20\d\d')


@dataclass(frozen=True)
class Exchange:
    """One recorded request and the response of the real service."""

    index: int
    method: str
    url: str
    request: str | None
    status: int
    headers: dict[str, Any]
    response: Any

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def operation(self) -> str | None:
        """The id of the operation that the request polls, if it does."""
        match = _OPERATION.search(self.url)
        return match[1] if match else None

    @property
    def started_operation(self) -> str | None:
        """The id of the operation that the response started, if it did."""
        match = _OPERATION.search(self.headers.get("azure-asyncoperation", ""))
        return match[1] if match else None


@dataclass
class Replayed:
    """A recorded exchange and the simulator's response to the same request."""

    recorded: Exchange
    response: httpx.Response


@dataclass
class Replay:
    """Sends the recorded requests in their order. Each operation takes as many polls as recorded."""

    simulator: SimulatorServer
    exchanges: list[Exchange]
    urls: dict[str, dict[str, str]] = field(default_factory=dict)

    def run(self) -> Iterator[Replayed]:
        token = self.simulator.identity.sign("https://management.azure.com")
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
            for exchange in self.exchanges:
                self._pace(exchange)
                response = client.request(exchange.method, self._url(exchange), **_content(exchange))
                if exchange.started_operation:
                    self.urls[exchange.started_operation] = dict(response.headers)
                yield Replayed(exchange, response)

    def _pace(self, exchange: Exchange) -> None:
        if exchange.started_operation:
            polls = sum(
                1
                for other in self.exchanges
                if other.operation == exchange.started_operation and "InProgress" in str(other.response)
            )
            self.simulator.set_pace(f"polls:{polls + 1}", exchange.path)

    def _url(self, exchange: Exchange) -> str:
        if exchange.operation:
            header = "location" if "monitor=true" in exchange.url else "azure-asyncoperation"
            return self.urls[exchange.operation][header]
        query = urlsplit(exchange.url).query
        return f"{self.simulator.arm}{exchange.path}?{query}"


def read_recording(name: str) -> list[Exchange]:
    """Returns the exchanges of a recording, sorted by the date of the response: the files are not in order."""
    lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    exchanges = [_exchange(json.loads(line)) for line in lines]
    return sorted(exchanges, key=lambda exchange: parsedate_to_datetime(exchange.headers["date"]))


def paths(document: Any, prefix: str = "") -> set[str]:
    """Returns the paths of all fields of a JSON document. The items of a list share one path."""
    if isinstance(document, dict):
        return {prefix} | {
            path for name, item in document.items() for path in paths(item, f"{prefix}.{name}")
        }
    if isinstance(document, list):
        return {prefix} | {path for item in document for path in paths(item, f"{prefix}[]")}
    return {prefix}


def values(document: Any, prefix: str = "") -> dict[str, Any]:
    """Returns the leaves of a JSON document by path. The items of a list have their index in it."""
    if isinstance(document, dict):
        return {p: v for name, item in document.items() for p, v in values(item, f"{prefix}.{name}").items()}
    if isinstance(document, list):
        return {p: v for i, item in enumerate(document) for p, v in values(item, f"{prefix}[{i}]").items()}
    return {prefix: document}


def _exchange(line: dict[str, Any]) -> Exchange:
    return Exchange(
        index=line["i"],
        method=line["method"],
        url=line["url"],
        request=line["request"] or None,
        status=line["status"],
        headers={name.lower(): value for name, value in line["response_headers"].items()},
        response=json.loads(line["response"]) if line["response"] else None,
    )


def _content(exchange: Exchange) -> dict[str, Any]:
    if exchange.request is None:
        return {}
    return {
        "content": _PAST_YEAR.sub("2099", exchange.request),
        "headers": {"Content-Type": "application/json"},
    }


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
