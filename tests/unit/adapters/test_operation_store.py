"""Signed URLs of operations are kept until they are forgotten, in a table, in files and in memory."""

import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from adapters.operation_store import (
    FolderOperations,
    MemoryOperations,
    OperationStore,
    TableOperations,
    operation_store,
)
from adapters.settings import APP_ROOT, Settings
from domain.errors import ArmError, SettingError
from tests.unit.adapters.table_service import TableService, table_service

ADDRESS = (
    "https://management.azure.com/subscriptions/s/providers/Microsoft.Compute/locations/l/capsOperations/1"
)
URL = f"{ADDRESS}?api-version=2024-03-03&t=1&c={'c' * 2900}&s=signature&h=hash"
SOON = timedelta(hours=1)


class FakeCredential:
    """Gives one token."""

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://storage.azure.com/.default",)
        return AccessToken("token-1", 0)


@pytest.fixture
async def service() -> AsyncIterator[TableService]:
    async with table_service() as service:
        yield service


@pytest.fixture
async def table(service: TableService) -> AsyncIterator[TableOperations]:
    store = TableOperations(service.url, FakeCredential())
    yield store
    await store.close()


@pytest.fixture(params=["table", "folder", "memory"])
async def store(request: pytest.FixtureRequest, table: TableOperations, tmp_path: Path) -> OperationStore:
    """All forms: they keep the same promises."""
    return {
        "table": table,
        "folder": FolderOperations(tmp_path / "operations"),
        "memory": MemoryOperations(),
    }[request.param]


async def test_a_url_is_kept_until_it_is_forgotten(store: OperationStore) -> None:
    assert await store.get(ADDRESS) is None
    await store.delete(ADDRESS)
    await store.put(ADDRESS, "an earlier one")
    await store.put(ADDRESS, URL)
    assert await store.get(ADDRESS) == URL
    await store.delete(ADDRESS)
    await store.delete(ADDRESS)
    assert await store.get(ADDRESS) is None


async def test_the_old_ones_are_forgotten_page_by_page(table: TableOperations, service: TableService) -> None:
    assert await table.delete_before(datetime.now(UTC)) == 0
    service.page_size = 2
    for number in range(5):
        await table.put(f"{ADDRESS}{number}", URL)
    assert await table.delete_before(datetime.now(UTC) - SOON) == 0
    assert await table.delete_before(datetime.now(UTC) + SOON) == 5
    assert service.entities == {}


async def test_the_old_files_are_forgotten(tmp_path: Path) -> None:
    store = FolderOperations(tmp_path / "operations")
    assert await store.delete_before(datetime.now(UTC)) == 0
    await store.put(ADDRESS, URL)
    await store.put(f"{ADDRESS}2", URL)
    (first, second) = sorted((tmp_path / "operations").iterdir())
    os.utime(first, (1, 1))
    assert await store.delete_before(datetime.now(UTC) - SOON) == 1
    assert list((tmp_path / "operations").iterdir()) == [second]


async def test_the_files_belong_to_their_user_alone(tmp_path: Path) -> None:
    await FolderOperations(tmp_path / "operations").put(ADDRESS, URL)
    (file,) = (tmp_path / "operations").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_two_workers_may_make_the_table_at_the_same_time(
    table: TableOperations, service: TableService
) -> None:
    service.exists = True
    service.refusals = [(404, "TableNotFound")]
    await table.put(ADDRESS, URL)
    assert await table.get(ADDRESS) == URL


async def test_a_refusal_says_where_and_nothing_of_the_url(
    table: TableOperations, service: TableService
) -> None:
    service.refusals = [(403, "AuthorizationPermissionMismatch")] * 4
    calls = (
        table.put(ADDRESS, URL),
        table.get(ADDRESS),
        table.delete(ADDRESS),
        table.delete_before(datetime.now(UTC)),
    )
    for call in calls:
        with pytest.raises(ArmError, match="GalleristOperations") as raised:
            await call
        assert raised.value.status == 403
        assert "signature" not in str(raised.value)


async def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "operations").write_text("a file")
    with pytest.raises(ArmError, match="operations"):
        await FolderOperations(tmp_path / "operations").put(ADDRESS, URL)


def test_the_settings_choose_the_store() -> None:
    """The host's own setting names the table service; locally the folder is beside the evidence."""
    deployed = Settings.from_environment(
        {"AzureWebJobsStorage__tableServiceUri": "https://account.table.core.windows.net/"}
    )
    assert deployed.table_service == "https://account.table.core.windows.net"
    assert isinstance(operation_store(deployed, FakeCredential()), TableOperations)
    local = Settings.from_environment({"GALLERIST_EVIDENCE_FOLDER": "somewhere/evidence"})
    assert local.operations_folder == APP_ROOT / "somewhere" / "operations"
    assert isinstance(operation_store(local, FakeCredential()), FolderOperations)
    assert isinstance(operation_store(Settings.from_environment({}), FakeCredential()), MemoryOperations)
    with pytest.raises(SettingError, match="tableServiceUri"):
        Settings.from_environment({"AzureWebJobsStorage__tableServiceUri": "http://account.example/"})
