"""Evidence is written once, whoever writes it, in a container and in a folder."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from adapters.evidence_store import (
    BlobEvidence,
    EvidenceChangedError,
    EvidenceStore,
    FolderEvidence,
    evidence_store,
)
from adapters.settings import Settings
from domain.arm_errors import diagnose
from domain.errors import ArmError
from tests.unit.adapters.blob_service import BlobService, blob_service

NAME = "lineage/0123/20260115T083000Z-retention-abc.json"
TEXT = '{"subject": "ä"}\n'


class FakeCredential:
    """Gives one token, or none."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.error: Exception | None = None

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        if self.error is not None:
            raise self.error
        self.scopes += scopes
        return AccessToken("token-1", 0)


@pytest.fixture
async def service() -> AsyncIterator[BlobService]:
    async with blob_service() as service:
        yield service


@pytest.fixture
def credential() -> FakeCredential:
    return FakeCredential()


@pytest.fixture
async def blobs(service: BlobService, credential: FakeCredential) -> AsyncIterator[BlobEvidence]:
    store = BlobEvidence(service.url, credential)
    yield store
    await store.close()


@pytest.fixture(params=["blobs", "folder"])
async def store(request: pytest.FixtureRequest, blobs: BlobEvidence, tmp_path: Path) -> EvidenceStore:
    """Both forms: they keep the same promises."""
    return blobs if request.param == "blobs" else FolderEvidence(tmp_path / "evidence")


async def test_what_is_stored_is_read_and_listed(store: EvidenceStore) -> None:
    await store.put(NAME, TEXT)
    await store.put("lineage/4567/other.json", "{}")
    assert await store.get(NAME) == TEXT
    assert await store.names("lineage/0123/") == [NAME]
    assert await store.names("nothing/") == []
    assert await store.get("lineage/0123/missing.json") is None


async def test_the_same_text_again_changes_nothing(store: EvidenceStore) -> None:
    await store.put(NAME, TEXT)
    await store.put(NAME, TEXT)
    assert await store.get(NAME) == TEXT


async def test_another_text_is_refused(store: EvidenceStore) -> None:
    """As an error that an activity returns as a failure, which no retry helps."""
    await store.put(NAME, TEXT)
    with pytest.raises(EvidenceChangedError, match="never changed") as raised:
        await store.put(NAME, "{}")
    assert diagnose(raised.value).retry == "never"
    assert await store.get(NAME) == TEXT


async def test_of_many_writers_one_is_first(store: EvidenceStore) -> None:
    texts = [f'{{"writer": {number}}}' for number in range(20)]
    outcomes = await asyncio.gather(*(store.put(NAME, text) for text in texts), return_exceptions=True)
    stored = await store.get(NAME)
    winners = [text for text, outcome in zip(texts, outcomes, strict=True) if outcome is None]
    assert winners == [stored]
    assert all(isinstance(one, EvidenceChangedError) for one in outcomes if one is not None)
    assert await store.names("lineage/") == [NAME]


@pytest.mark.parametrize("name", ["a b/c%20d.json", "ü/ä&<>.json", "x/q?y#z.json", f"long/{'n' * 200}.json"])
async def test_odd_names_are_names(store: EvidenceStore, name: str) -> None:
    await store.put(name, TEXT)
    assert await store.get(name) == TEXT
    assert await store.names(name[:2]) == [name]


async def test_a_blob_is_created_with_the_apps_token_and_never_over_another(
    service: BlobService, blobs: BlobEvidence, credential: FakeCredential
) -> None:
    await blobs.put(NAME, TEXT)
    (request,) = service.requests
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["x-ms-version"] >= "2017-11-09"
    assert credential.scopes == ["https://storage.azure.com/.default"]
    assert service.blobs == {NAME: TEXT.encode()}


@pytest.mark.parametrize("code", ["BlobImmutableDueToPolicy", "LeaseIdMissing", "BlobAlreadyExists"])
async def test_what_is_protected_is_compared(service: BlobService, blobs: BlobEvidence, code: str) -> None:
    """An immutability policy on the container, or a lease, refuses every second write."""
    service.protected[NAME] = code
    await blobs.put(NAME, TEXT)
    await blobs.put(NAME, TEXT)
    with pytest.raises(EvidenceChangedError):
        await blobs.put(NAME, "{}")


async def test_a_rival_with_the_same_text_is_no_rival(service: BlobService, blobs: BlobEvidence) -> None:
    service.rival = TEXT.encode()
    await blobs.put(NAME, TEXT)
    service.rival = b"\xff"
    with pytest.raises(EvidenceChangedError):
        await blobs.put("lineage/1.json", TEXT)


async def test_a_lease_without_a_blob_is_waited_for(service: BlobService, blobs: BlobEvidence) -> None:
    service.refusals = [(412, "LeaseIdMissing")]
    with pytest.raises(ArmError) as raised:
        await blobs.put(NAME, TEXT)
    assert diagnose(raised.value).retry == "wait"
    await blobs.put(NAME, TEXT)


async def test_long_lists_are_read_to_their_end(service: BlobService, blobs: BlobEvidence) -> None:
    service.page_size = 2
    names = [f"lineage/{number}/r.json" for number in range(7)]
    for name in names:
        await blobs.put(name, TEXT)
    service.blobs["lineage/folder"] = b""
    assert await blobs.names("lineage/") == names


async def test_a_missing_container_is_an_error_with_a_fix(service: BlobService, blobs: BlobEvidence) -> None:
    service.exists = False
    for work in (blobs.put(NAME, TEXT), blobs.get(NAME), blobs.names("lineage/")):
        with pytest.raises(ArmError, match="ContainerNotFound") as raised:
            await work
        diagnosis = diagnose(raised.value)
        assert (diagnosis.retry, "Create the container" in diagnosis.fix) == ("wait", True)


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (403, "AuthorizationPermissionMismatch", "wait"),
        (403, "AuthorizationFailure", "wait"),
        (503, "ServerBusy", "wait"),
        (500, "", "wait"),
        (429, "", "throttled"),
        (409, "BlobArchived", "wait"),
    ],
)
async def test_refusals_are_errors_that_are_waited_for(
    service: BlobService, blobs: BlobEvidence, status: int, code: str, retry: str
) -> None:
    for work in (blobs.put(NAME, TEXT), blobs.get(NAME), blobs.names("lineage/")):
        service.refusals = [(status, code)]
        with pytest.raises(ArmError) as raised:
            await work
        assert (raised.value.status, diagnose(raised.value).retry) == (status, retry)


async def test_without_a_token_or_an_answer_there_is_an_error(
    blobs: BlobEvidence, credential: FakeCredential
) -> None:
    credential.error = ClientAuthenticationError("no identity here")
    with pytest.raises(ArmError, match="no identity here"):
        await blobs.put(NAME, TEXT)
    nobody = BlobEvidence("http://127.0.0.1:1/records", FakeCredential())
    with pytest.raises(ArmError) as raised:
        await nobody.put(NAME, TEXT)
    assert diagnose(raised.value).retry == "wait"
    await nobody.close()


async def test_a_changed_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    store = FolderEvidence(tmp_path)
    await store.put(NAME, TEXT)
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(EvidenceChangedError):
        await store.get(NAME)


@pytest.mark.parametrize("name", ["../out.json", "/etc/out.json", "a//b.json", "a/./b.json", "a\0.json", ""])
async def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArmError, match="no name for evidence"):
        await FolderEvidence(tmp_path / "evidence").put(name, TEXT)
    assert not (tmp_path / "out.json").exists()


async def test_an_unusable_folder_is_an_error_that_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("a file", encoding="utf-8")
    store = FolderEvidence(tmp_path / "evidence")
    with pytest.raises(ArmError, match="EvidenceFolderUnusable") as raised:
        await store.put(NAME, TEXT)
    assert diagnose(raised.value).retry == "wait"


def test_the_settings_choose_the_store() -> None:
    container = "https://a.blob.core.windows.net/evidence/"
    credential = FakeCredential()
    blobs = Settings.from_environment({"GALLERIST_EVIDENCE_CONTAINER": container})
    assert blobs.evidence_container == container.rstrip("/")
    assert isinstance(evidence_store(Settings.from_environment({}), credential), FolderEvidence)
