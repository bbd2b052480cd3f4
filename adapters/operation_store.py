"""Keeps the signed URLs of long-running operations out of the task hub, until the operation has ended.

Deployed, they are in a table of the app's storage: what is deleted from a table is gone, while a deleted blob stays for
days. Locally they are files that only their user can read.
"""

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.rest import AsyncHttpResponse

from adapters.blobs import Blobs, storage_error
from adapters.settings import Settings
from domain.errors import ArmError

TABLE = "GalleristOperations"
_PARTITION = "operation"
_JSON = {
    "Accept": "application/json;odata=nometadata",
    "Content-Type": "application/json",
    "DataServiceVersion": "3.0;NetFx",
}
Result = TypeVar("Result")


class OperationStore(Protocol):
    """The signed URL of the last operation on each resource, by the resource's id.

    Every call raises `ArmError` if the store does not work.
    """

    async def put(self, resource: str, url: str) -> None:
        """Keeps a URL, in place of an earlier one."""

    async def get(self, resource: str) -> str | None:
        """Returns the URL; None if it is not kept."""

    async def delete(self, resource: str) -> None:
        """Forgets the URL; one that is not kept is forgotten already."""

    async def delete_before(self, moment: datetime) -> int:
        """Forgets those that were kept before; returns how many."""


class TableOperations:
    """URLs in a table of Azure Storage, which the app makes at its first write."""

    def __init__(self, service: str, credential: AsyncTokenCredential) -> None:
        self._service = service
        self._storage = Blobs(credential)

    async def put(self, resource: str, url: str) -> None:
        content = json.dumps({"url": url}).encode()
        response = await self._send("PUT", self._entity(_key(resource)), content=content)
        if response.status_code == HTTPStatus.NOT_FOUND:
            await self._create_table()
            response = await self._send("PUT", self._entity(_key(resource)), content=content)
        self._check(response, HTTPStatus.NO_CONTENT)

    async def get(self, resource: str) -> str | None:
        response = await self._send("GET", self._entity(_key(resource)))
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        self._check(response, HTTPStatus.OK)
        url = _parse(response).get("url")
        return url if isinstance(url, str) else None

    async def delete(self, resource: str) -> None:
        await self._delete(_key(resource))

    async def delete_before(self, moment: datetime) -> int:
        query = {"$filter": f"Timestamp lt datetime'{moment:%Y-%m-%dT%H:%M:%SZ}'", "$select": "RowKey"}
        deleted = 0
        following: dict[str, str] = {}
        while True:
            wanted = urlencode(query | following, quote_via=quote)
            response = await self._send("GET", f"{TABLE}()?{wanted}")
            if response.status_code == HTTPStatus.NOT_FOUND:
                return deleted
            self._check(response, HTTPStatus.OK)
            for entity in _parse(response).get("value") or []:
                await self._delete(entity["RowKey"])
                deleted += 1
            # documented: a page may end the list only if it names no next one
            following = {
                name: response.headers[f"x-ms-continuation-{name}"]
                for name in ("NextPartitionKey", "NextRowKey")
                if response.headers.get(f"x-ms-continuation-{name}")
            }
            if not following:
                return deleted

    async def close(self) -> None:
        """Closes the connections. The app never does: it keeps them while the process lives."""
        await self._storage.close()

    async def _create_table(self) -> None:
        response = await self._send("POST", "Tables", content=json.dumps({"TableName": TABLE}).encode())
        self._check(response, HTTPStatus.CREATED, HTTPStatus.CONFLICT)

    async def _delete(self, key: str) -> None:
        response = await self._send("DELETE", self._entity(key), {"If-Match": "*"})
        self._check(response, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)

    async def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | None = None
    ) -> AsyncHttpResponse:
        return await self._storage.send(method, f"{self._service}/{path}", _JSON | (headers or {}), content)

    def _entity(self, key: str) -> str:
        return f"{TABLE}(PartitionKey='{_PARTITION}',RowKey='{key}')"

    def _check(self, response: AsyncHttpResponse, *wanted: HTTPStatus) -> None:
        if response.status_code not in wanted:
            raise storage_error(response, f"the table {TABLE} of {self._service}")


def _key(resource: str) -> str:
    # no key of a table has slashes
    return sha256(resource.lower().encode()).hexdigest()


def _parse(response: AsyncHttpResponse) -> dict[str, Any]:
    body = json.loads(response.content)
    return body if isinstance(body, dict) else {}


class FolderOperations:
    """URLs in files of a folder that only their user can read; for an app that runs locally."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, resource: str, url: str) -> None:
        await self._in_thread(self._put, resource, url)

    async def get(self, resource: str) -> str | None:
        return await self._in_thread(self._get, resource)

    async def delete(self, resource: str) -> None:
        await self._in_thread(self._delete, resource)

    async def delete_before(self, moment: datetime) -> int:
        return await self._in_thread(self._delete_before, moment.timestamp())

    async def _in_thread(self, work: Callable[..., Result], *arguments: Any) -> Result:
        try:
            return await asyncio.to_thread(work, *arguments)
        except OSError as error:
            reason = f"{self._folder}: {error.strerror or error}"
            raise ArmError(0, "OperationFolderUnusable", reason) from error

    def _put(self, resource: str, url: str) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(resource)
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(url)
        part.replace(path)

    def _get(self, resource: str) -> str | None:
        with suppress(FileNotFoundError):
            return self._path(resource).read_text(encoding="utf-8")
        return None

    def _delete(self, resource: str) -> None:
        self._path(resource).unlink(missing_ok=True)

    def _delete_before(self, moment: float) -> int:
        old = [path for path in self._folder.glob("*") if path.stat().st_mtime < moment]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, resource: str) -> Path:
        return self._folder / f"{_key(resource)}.url"


class MemoryOperations:
    """URLs in the memory of the process, where there is neither a table nor a folder: the next process knows none."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}

    async def put(self, resource: str, url: str) -> None:
        self._urls[_key(resource)] = url

    async def get(self, resource: str) -> str | None:
        return self._urls.get(_key(resource))

    async def delete(self, resource: str) -> None:
        self._urls.pop(_key(resource), None)

    async def delete_before(self, moment: datetime) -> int:  # noqa: ARG002 # they go with the process
        return 0


def operation_store(settings: Settings, credential: AsyncTokenCredential) -> OperationStore:
    """Returns the store that the settings choose."""
    if settings.table_service is not None:
        return TableOperations(settings.table_service, credential)
    return FolderOperations(settings.operations_folder) if settings.operations_folder else MemoryOperations()
