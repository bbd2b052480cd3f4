"""Keeps evidence where the purge of the task hub cannot reach: in a container of Azure Storage, locally in a folder."""

import asyncio
import os
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote, unquote, urlencode

from azure.core.credentials_async import AsyncTokenCredential

from adapters.blobs import Blobs, storage_error
from adapters.settings import Settings
from domain.errors import ArmError

# a record has some kilobytes; who stores one waits on a durable timer if this is not enough
READ_TIMEOUT_SECONDS = 20
ENDING = ".json"
# the answers by which the service says that there is a blob of this name: it exists; an immutability policy of the
# container protects it; somebody holds a lease on it (documented: "Put Blob", "Blob service error codes")
_TAKEN = (
    "BlobAlreadyExists",
    "BlobImmutableDueToPolicy",
    "ConditionNotMet",
    "LeaseIdMissing",
    "LeaseAlreadyPresent",
    "UnauthorizedBlobOverwrite",
)
Result = TypeVar("Result")


class EvidenceChangedError(ArmError):
    """Another text is stored under this name: evidence is written once."""

    def __init__(self, name: str) -> None:
        super().__init__(
            HTTPStatus.CONFLICT,
            "EvidenceChanged",
            f"the evidence '{name}' is stored with another text; evidence is never changed",
        )


class EvidenceStore(Protocol):
    """Texts under names with slashes, each written once."""

    async def put(self, name: str, text: str) -> None:
        """Stores a text; the same text again changes nothing.

        Raises:
            EvidenceChangedError: another text has this name.
            ArmError: the store refuses the text or does not answer.
        """

    async def get(self, name: str) -> str | None:
        """Returns the text; None if there is none of this name. Raises ArmError."""

    async def names(self, folder: str) -> list[str]:
        """Returns the names that begin with `folder`, sorted. Raises ArmError."""


class BlobEvidence:
    """Evidence in the blobs of a container, which is written with the app's identity.

    A blob is created and never written again, so an immutability policy on the container and leases do not get in the
    way: what they protect is what was there before.
    """

    def __init__(self, container: str, credential: AsyncTokenCredential) -> None:
        self._container = container
        self._blobs = Blobs(credential, READ_TIMEOUT_SECONDS)

    async def put(self, name: str, text: str) -> None:
        headers = {
            "x-ms-blob-type": "BlockBlob",
            "If-None-Match": "*",
            "Content-Type": "application/json; charset=utf-8",
        }
        response = await self._blobs.send("PUT", self._url(name), headers, text.encode())
        if response.status_code == HTTPStatus.CREATED:
            return
        error = storage_error(response, f"the evidence '{name}' cannot be stored in {self._container}")
        if error.code not in _TAKEN:
            raise error
        stored = await self.get(name)
        if stored is None:
            # such as a blob that was deleted meanwhile
            raise error
        if stored != text:
            raise EvidenceChangedError(name)

    async def get(self, name: str) -> str | None:
        response = await self._blobs.send("GET", self._url(name))
        if response.status_code == HTTPStatus.OK:
            try:
                return response.content.decode()
            except UnicodeDecodeError:
                raise EvidenceChangedError(name) from None
        error = storage_error(response, f"the evidence '{name}' cannot be read from {self._container}")
        # a missing container is an error: in it nothing could have been kept
        if error.status == HTTPStatus.NOT_FOUND and error.code in ("BlobNotFound", "HTTP404"):
            return None
        raise error

    async def names(self, folder: str) -> list[str]:
        found: list[str] = []
        marker = ""
        while True:
            query = {"restype": "container", "comp": "list", "prefix": folder}
            if marker:
                query["marker"] = marker
            response = await self._blobs.send("GET", f"{self._container}?{urlencode(query, quote_via=quote)}")
            if response.status_code != HTTPStatus.OK:
                raise storage_error(response, f"the evidence in {self._container} cannot be listed")
            page, marker = _parse_list(response.content)
            found += page
            if not marker:
                return sorted(name for name in found if name.startswith(folder) and name.endswith(ENDING))

    async def close(self) -> None:
        """Closes the connections. The app never does: it keeps them while the process lives."""
        await self._blobs.close()

    def _url(self, name: str) -> str:
        return f"{self._container}/{quote(name)}"


def _parse_list(content: bytes) -> tuple[list[str], str]:
    """Reads a segment of a list: the names, and where the next segment begins; no marker ends the list."""
    try:
        # expat refuses what grows without end, and the answer is the storage service's own
        root = ET.fromstring(content)  # noqa: S314
    except ET.ParseError as error:
        raise ArmError(
            HTTPStatus.OK, "ServiceUnavailable", f"Azure Storage's list is no XML: {error}"
        ) from error
    named = [element for element in root.iterfind("Blobs/Blob/Name") if element.text]
    names = [
        unquote(str(element.text)) if element.get("Encoded") == "true" else str(element.text)
        for element in named
    ]
    return names, root.findtext("NextMarker") or ""


class FolderEvidence:
    """Evidence in files under a folder; for an app that runs locally."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, text: str) -> None:
        await self._in_thread(self._put, name, text)

    async def get(self, name: str) -> str | None:
        return await self._in_thread(self._get, name)

    async def names(self, folder: str) -> list[str]:
        return await self._in_thread(self._names, folder)

    async def _in_thread(self, work: Callable[..., Result], *arguments: str) -> Result:
        try:
            return await asyncio.to_thread(work, *arguments)
        except OSError as error:
            reason = f"{self._folder}: {error.strerror or error}"
            raise ArmError(0, "EvidenceFolderUnusable", reason) from error

    def _put(self, name: str, text: str) -> None:
        stored = self._get(name)
        if stored is None:
            self._create(self._path(name), text)
            stored = self._get(name)
        if stored != text:
            raise EvidenceChangedError(name)

    def _create(self, path: Path, text: str) -> None:
        """Creates the file: a name appears with its whole text or not at all, and never over another."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name[:100]}.{uuid.uuid4().hex}.part")
        try:
            part.write_bytes(text.encode())
            with suppress(FileExistsError):
                os.link(part, path)
        finally:
            part.unlink(missing_ok=True)

    def _get(self, name: str) -> str | None:
        with suppress(FileNotFoundError):
            try:
                return self._path(name).read_bytes().decode()
            except UnicodeDecodeError:
                raise EvidenceChangedError(name) from None
        return None

    def _names(self, folder: str) -> list[str]:
        found = (path.relative_to(self._folder).as_posix() for path in self._folder.rglob(f"*{ENDING}"))
        return sorted(name for name in found if name.startswith(folder))

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise ArmError(0, "EvidenceFolderUnusable", f"{name!r} is no name for evidence")
        return self._folder.joinpath(*parts)


def evidence_store(settings: Settings, credential: AsyncTokenCredential) -> EvidenceStore:
    """Returns the store that the settings choose."""
    if settings.evidence_container is not None:
        return BlobEvidence(settings.evidence_container, credential)
    return FolderEvidence(settings.evidence_folder)
