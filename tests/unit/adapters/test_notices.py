"""Sends to a topic and to a webhook: which headers go along, and what each answer means."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from azure.core.exceptions import ClientAuthenticationError

from adapters.notices import HttpNotices
from tests.unit.adapters.test_evidence_store import FakeCredential

EVENT = {"specversion": "1.0", "id": "1", "type": "gallerist.migration.ended"}


@dataclass
class Receiver:
    """A receiver over HTTP that notes what it gets."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[web.Request, Any]] = field(default_factory=list)
    hangs: bool = False
    drips: bool = False
    url: str = ""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request, json.loads(await request.text())))
        if self.hangs:
            await self.released.wait()
        if self.drips:
            response = web.StreamResponse(status=self.status)
            await response.prepare(request)
            await response.write(b"endless")
            await self.released.wait()
            return response
        return web.Response(status=self.status, headers=self.headers, text="secret " * 1000)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.post)
    app.router.add_post("/elsewhere", receiver.post)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    receiver.url = f"http://{host}:{port}/hook"
    yield receiver
    receiver.released.set()
    await runner.cleanup()


@pytest.fixture
def credential() -> FakeCredential:
    return FakeCredential()


@pytest.fixture
async def sender(credential: FakeCredential) -> AsyncIterator[HttpNotices]:
    sender = HttpNotices(credential, total_seconds=0.3)
    yield sender
    await sender.close()


async def test_a_topic_gets_a_batch_and_the_apps_token(
    receiver: Receiver, sender: HttpNotices, credential: FakeCredential
) -> None:
    answer = await sender.to_topic(receiver.url, EVENT)
    ((request, body),) = receiver.seen
    assert answer.outcome == "delivered"
    assert body == [EVENT]
    assert request.headers["Content-Type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.query["api-version"] == "2018-01-01"
    assert credential.scopes == ["https://eventgrid.azure.net/.default"]


async def test_a_webhook_gets_one_event_and_no_token(
    receiver: Receiver, sender: HttpNotices, credential: FakeCredential
) -> None:
    answer = await sender.to_webhook(f"{receiver.url}?code=1", EVENT)
    ((request, body),) = receiver.seen
    assert answer.outcome == "delivered"
    assert body == EVENT
    assert request.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert "Authorization" not in request.headers
    assert dict(request.query) == {"code": "1"}
    assert credential.scopes == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "delivered"),
        (202, "delivered"),
        (204, "delivered"),
        (302, "refused"),
        (400, "refused"),
        (401, "later"),
        (403, "later"),
        (404, "later"),
        (408, "later"),
        (410, "refused"),
        (413, "refused"),
        (415, "refused"),
        (429, "later"),
        (500, "later"),
        (503, "later"),
    ],
)
async def test_each_answer_has_its_meaning(
    receiver: Receiver, sender: HttpNotices, status: int, outcome: str
) -> None:
    """The text of an answer is shown to nobody."""
    receiver.status, receiver.headers = status, {"Retry-After": "120"}
    answer = await sender.to_webhook(receiver.url, EVENT)
    assert answer.outcome == outcome
    assert "secret" not in answer.reason
    assert outcome == "delivered" or f"HTTP {status}" in answer.reason
    assert answer.retry_after_seconds == (120 if outcome == "later" else answer.retry_after_seconds)


async def test_no_redirect_is_followed(receiver: Receiver, sender: HttpNotices) -> None:
    """A receiver must not send the app on to an address that nobody allowed."""
    receiver.status, receiver.headers = 307, {"Location": receiver.url.replace("hook", "elsewhere")}
    answer = await sender.to_webhook(receiver.url, EVENT)
    assert answer.outcome == "refused"
    assert "redirect" in answer.reason
    assert len(receiver.seen) == 1


async def test_a_receiver_that_hangs_has_a_time_limit(receiver: Receiver, sender: HttpNotices) -> None:
    receiver.hangs = True
    answer = await sender.to_webhook(f"{receiver.url}?code=topsecret", EVENT)
    assert answer.outcome == "later"
    assert "topsecret" not in answer.reason


async def test_the_body_of_an_answer_is_not_waited_for(receiver: Receiver, sender: HttpNotices) -> None:
    receiver.drips = True
    assert (await sender.to_webhook(receiver.url, EVENT)).outcome == "delivered"


async def test_without_a_receiver_or_a_token_it_is_sent_later(
    receiver: Receiver, sender: HttpNotices, credential: FakeCredential
) -> None:
    assert (await sender.to_webhook("http://127.0.0.1:1/hook", EVENT)).outcome == "later"
    credential.error = ClientAuthenticationError("no identity here")
    assert (await sender.to_topic(receiver.url, EVENT)).outcome == "later"
    assert receiver.seen == []
