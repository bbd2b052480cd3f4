"""The policy in a blob: read with a token, read again when it changes; the last valid one stays in force."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from adapters.policy_store import SECONDS_BETWEEN_CHECKS, BlobPolicy, check_at_start, policy_store
from adapters.settings import Settings
from domain.errors import PolicyError
from tests.unit.builders import GALLERY

GOOD = f"defaults:\n  galleries: [{GALLERY}]\n"
BETTER = GOOD + "rules:\n  - name: web\n"
WRONG = GOOD + "rulez: []\n"


class FakeCredential:
    """Gives one token, which expires before the next check, or none."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.error: Exception | None = None

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        if self.error is not None:
            raise self.error
        self.scopes += scopes
        return AccessToken("token-1", 0)


@dataclass
class BlobService:
    """One blob over HTTP, as the service responds: with an ETag, and with 304 for the ETag that the caller has."""

    body: bytes = GOOD.encode()
    status: int = 200
    requests: list[web.Request] = field(default_factory=list)
    url: str = ""
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def get(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        await self.answers.wait()
        if self.status != 200:
            return web.Response(status=self.status, headers={"x-ms-error-code": "BlobNotFound"})
        etag = f'"{hash(self.body):x}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return web.Response(body=self.body, headers={"ETag": etag})


@pytest.fixture
async def blob() -> AsyncIterator[BlobService]:
    service = BlobService()
    app = web.Application()
    app.router.add_get("/config/policy.yaml", service.get)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    service.url = f"http://{host}:{port}/config/policy.yaml"
    yield service
    await runner.cleanup()


class Reader:
    """A store with a clock that the test moves."""

    def __init__(self, service: BlobService) -> None:
        self.credential = FakeCredential()
        self.now = 1000.0
        self.store = BlobPolicy(service.url, self.credential, clock=lambda: self.now)

    async def rules(self) -> list[str]:
        return [rule.name for rule in (await self.store.current()).rules]

    async def rules_later(self) -> list[str]:
        self.now += SECONDS_BETWEEN_CHECKS
        return await self.rules()


@pytest.fixture
async def reader(blob: BlobService) -> AsyncIterator[Reader]:
    reader = Reader(blob)
    yield reader
    await reader.store.close()


async def test_the_blob_is_read_with_the_apps_token(blob: BlobService, reader: Reader) -> None:
    assert await reader.rules() == []
    (request,) = blob.requests
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["x-ms-version"] >= "2017-11-09"
    assert reader.credential.scopes == ["https://storage.azure.com/.default"]


async def test_the_blob_is_checked_once_a_minute_and_read_when_it_changed(
    blob: BlobService, reader: Reader
) -> None:
    await reader.rules()
    blob.body = BETTER.encode()
    reader.now += SECONDS_BETWEEN_CHECKS - 1
    assert await reader.rules() == []
    assert len(blob.requests) == 1
    reader.now += 1
    assert await reader.rules() == ["web"]
    assert await reader.rules_later() == ["web"]
    # the last check was conditional, and the blob had not changed
    assert "If-None-Match" in blob.requests[-1].headers


async def test_where_the_time_of_azure_stands_still_each_use_is_a_new_look(
    blob: BlobService, tmp_path: Path
) -> None:
    chosen = Settings.from_environment(
        {"GALLERIST_POLICY_BLOB": blob.url, "GALLERIST_TIME_STANDS": "true", "GALLERIST_SUBSCRIPTIONS": ""}
    )
    store = policy_store(chosen, FakeCredential())
    assert isinstance(store, BlobPolicy)
    assert (await store.current()).rules == []
    blob.body = BETTER.encode()
    assert [rule.name for rule in (await store.current()).rules] == ["web"]
    await store.close()


async def test_an_invalid_change_leaves_the_last_valid_policy_in_force(
    blob: BlobService, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    """The problem has its line, is logged once, and is gone when the blob is corrected."""
    await reader.rules()
    blob.body = WRONG.encode()
    with caplog.at_level(logging.ERROR):
        assert await reader.rules_later() == []
        assert await reader.rules_later() == []
    problem = "policy policy.yaml, line 3: rulez: unknown key"
    assert reader.store.problem == problem
    assert caplog.messages == [problem]
    blob.body = BETTER.encode()
    assert await reader.rules_later() == ["web"]
    assert reader.store.problem is None


@pytest.mark.parametrize(
    "body",
    [
        GOOD + "rules: [{name: !!timestamp soon}]\n",
        GOOD + "rules: " + "[" * 3000,
        GOOD + "rules: [{name: web, name_pattern: 'a{99999}'}]\n",
        "\0",
    ],
    ids=["AttributeError", "RecursionError", "no pattern", "no text"],
)
async def test_whatever_is_in_the_blob_the_last_valid_policy_stays_in_force(
    blob: BlobService, reader: Reader, body: str
) -> None:
    await reader.rules()
    blob.body = body.encode()
    assert await reader.rules_later() == []
    assert reader.store.problem is not None
    assert reader.store.problem.startswith("policy policy.yaml, line ")


async def test_an_error_that_nobody_foresaw_leaves_the_last_valid_policy_in_force(
    blob: BlobService, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    await reader.rules()
    reader.credential.error = ZeroDivisionError("by zero")
    assert await reader.rules_later() == []
    assert reader.store.problem == "policy policy.yaml: cannot be read: ZeroDivisionError: by zero"
    assert any(record.exc_info for record in caplog.records)
    reader.credential.error = None
    blob.body = BETTER.encode()
    assert await reader.rules_later() == ["web"]


async def test_a_check_that_is_cut_short_is_made_again(blob: BlobService, reader: Reader) -> None:
    """An HTTP answer has a time limit. Who asks next does not wait a minute for the policy."""
    blob.answers.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await reader.rules()
    blob.answers.set()
    assert await reader.rules() == []


@pytest.mark.parametrize("body", [GOOD, BETTER])
async def test_a_blob_that_is_unreadable_for_a_while_leaves_the_policy_in_force(
    blob: BlobService, reader: Reader, body: str
) -> None:
    """Also if it comes back unchanged, so that the service responds with 304."""
    await reader.rules()
    blob.status = 404
    assert await reader.rules_later() == []
    assert reader.store.problem == "policy policy.yaml: cannot be read: HTTP 404 BlobNotFound"
    blob.status, blob.body = 200, body.encode()
    assert await reader.rules_later() == (["web"] if body == BETTER else [])
    assert reader.store.problem is None


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (GOOD.encode(), 403, "cannot be read: HTTP 403"),
        (WRONG.encode(), 200, "line 3: rulez"),
        ("# grün".encode("latin-1"), 200, "not UTF-8"),
    ],
    ids=["refused", "invalid", "not text"],
)
async def test_without_a_valid_policy_there_is_an_error(
    blob: BlobService, reader: Reader, body: bytes, status: int, reason: str
) -> None:
    blob.body, blob.status = body, status
    with pytest.raises(PolicyError, match=reason):
        await reader.rules()
    with pytest.raises(PolicyError, match=reason):
        await reader.rules()
    assert len(blob.requests) == 1
    blob.body, blob.status = BETTER.encode(), 200
    assert await reader.rules_later() == ["web"]


async def test_an_identity_without_a_token_is_a_policy_error(reader: Reader) -> None:
    reader.credential.error = ClientAuthenticationError("no identity here")
    with pytest.raises(PolicyError, match=r"cannot be read: .*no identity here"):
        await reader.rules()


def settings(tmp_path: Path, **environment: str) -> Settings:
    return Settings.from_environment({"GALLERIST_POLICY_FILE": str(tmp_path / "policy.yaml"), **environment})


async def test_a_policy_file_is_read_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(BETTER, encoding="utf-8")
    store = policy_store(settings(tmp_path), FakeCredential())
    assert [rule.name for rule in (await store.current()).rules] == ["web"]
    assert store.problem is None


def test_an_invalid_policy_file_stops_the_app_at_its_start(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(WRONG, encoding="utf-8")
    with pytest.raises(PolicyError, match="line 3"):
        check_at_start(settings(tmp_path))


def test_a_blob_is_not_read_at_the_start(tmp_path: Path) -> None:
    check_at_start(
        settings(tmp_path, GALLERIST_POLICY_FILE="", GALLERIST_POLICY_BLOB="https://a.blob.example/c/p.yaml")
    )
