"""Replays recorded ARM exchanges against the simulator; what is compared, and with which result, is in the test."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from azure_compute_simulator.server import SimulatorServer

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings"
_OPERATION = re.compile(r"/(?:capsO|o)perations/([0-9a-f-]{36})")
# a recording's dates lie in the past, where the service refuses an end of life
_PAST_YEAR = re.compile(r'(?<=Date": ")20\d\d')


@dataclass(frozen=True)
class Exchange:
    """One recorded request and what the real service answered."""

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
        """The operation that the URL asks about."""
        match = _OPERATION.search(self.url)
        return match[1] if match else None

    @property
    def started_operation(self) -> str | None:
        """The operation that the answer started."""
        match = _OPERATION.search(self.headers.get("azure-asyncoperation", ""))
        return match[1] if match else None


@dataclass
class Replayed:
    """A recorded exchange beside the simulator's answer."""

    recorded: Exchange
    answer: httpx.Response


@dataclass
class Replay:
    """Sends the exchanges in the order in which they happened, each operation lasting as many polls as recorded."""

    simulator: SimulatorServer
    exchanges: list[Exchange]
    urls: dict[str, dict[str, str]] = field(default_factory=dict)

    def run(self) -> Iterator[Replayed]:
        token = self.simulator.identity.sign("https://management.azure.com")
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
            for exchange in self.exchanges:
                self._pace(exchange)
                answer = client.request(exchange.method, self._url(exchange), **_content(exchange))
                if exchange.started_operation:
                    self.urls[exchange.started_operation] = dict(answer.headers)
                yield Replayed(exchange, answer)

    def _pace(self, exchange: Exchange) -> None:
        if exchange.started_operation:
            looks = sum(
                1
                for other in self.exchanges
                if other.operation == exchange.started_operation and "InProgress" in str(other.response)
            )
            self.simulator.set_transitions(override={"id": exchange.path, "pace": f"polls:{looks + 1}"})

    def _url(self, exchange: Exchange) -> str:
        if exchange.operation:
            header = "location" if "monitor=true" in exchange.url else "azure-asyncoperation"
            return self.urls[exchange.operation][header]
        query = urlsplit(exchange.url).query
        return f"{self.simulator.arm}{exchange.path}?{query}"


def read_recording(name: str) -> list[Exchange]:
    """The exchanges of a recording by the time of their answer: session files are not in order."""
    lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    exchanges = [_exchange(json.loads(line)) for line in lines]
    return sorted(exchanges, key=lambda exchange: parsedate_to_datetime(exchange.headers["date"]))


def paths(document: Any, prefix: str = "") -> set[str]:
    """The set of JSON fields of a document; list items share one path."""
    if isinstance(document, dict):
        return {prefix} | {
            path for name, item in document.items() for path in paths(item, f"{prefix}.{name}")
        }
    if isinstance(document, list):
        return {prefix} | {path for item in document for path in paths(item, f"{prefix}[]")}
    return {prefix}


def values(document: Any, prefix: str = "") -> dict[str, Any]:
    """The leaves of a document by path, list items by index."""
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
    """The query of a URL."""
    return dict(parse_qsl(urlsplit(url).query))
