"""The backend of Durable Functions: host.json and the settings agree, and no value is larger than it takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.results import result_of
from adapters.durable_backend import LARGEST_SCHEDULER_BYTES, backend_of, check_backend, check_size
from adapters.settings import SCHEDULER, Settings
from domain.errors import SettingError, TooLargeError
from domain.resources.galleries import ImageDefinition
from scripts.package import ROOT, write_folder
from scripts.package import SCHEDULER as WRITTEN
from services.results_that_fit import result_that_fits
from tests.unit.builders import definition

WITH, WITHOUT = Settings.from_environment({SCHEDULER: "Endpoint=https://x"}), Settings.from_environment({})


def host_json(folder: Path, durable: Any) -> Path:
    (folder / "host.json").write_text(json.dumps({"extensions": {"durableTask": durable}}), encoding="utf-8")
    return folder


def test_the_packages_of_both_backends_start_with_the_settings_of_their_own_and_no_other(
    tmp_path: Path,
) -> None:
    write_folder(ROOT, tmp_path / "storage", "storage")
    write_folder(ROOT, tmp_path / "scheduler", "scheduler")
    check_backend(WITHOUT, tmp_path / "storage")
    check_backend(WITH, tmp_path / "scheduler")
    with pytest.raises(
        SettingError, match=f"^{SCHEDULER} is set, but host.json names Azure Storage; deploy a package"
    ):
        check_backend(WITH, tmp_path / "storage")
    with pytest.raises(
        SettingError, match=r"^host\.json names the Durable Task Scheduler, but .* is not set; deploy"
    ):
        check_backend(WITHOUT, tmp_path / "scheduler")


@pytest.mark.parametrize(
    ("durable", "backend"),
    [
        (None, "storage"),
        ({}, "storage"),
        ({"storageProvider": {"type": "AzureStorage"}}, "storage"),
        ({"storageProvider": {"connectionStringName": "Other"}}, "storage"),
        (WRITTEN, "scheduler"),
        ({"storageProvider": {"type": "AZUREMANAGED", "connectionStringName": SCHEDULER}}, "scheduler"),
    ],
)
def test_the_backend_is_that_of_host_json(durable: Any, backend: str, tmp_path: Path) -> None:
    assert backend_of(host_json(tmp_path, durable)) == backend


def test_without_a_host_json_the_host_uses_azure_storage(tmp_path: Path) -> None:
    assert backend_of(tmp_path) == "storage"


@pytest.mark.parametrize(
    ("provider", "reason"),
    [
        ({"type": "mssql"}, "has the storage provider 'mssql'; use AzureStorage, or azureManaged"),
        ({"type": "azureManaged"}, f"from the setting 'None'; name {SCHEDULER}"),
        ({"type": "azureManaged", "connectionStringName": "Other"}, f"the setting 'Other'; name {SCHEDULER}"),
    ],
)
def test_a_backend_that_gallerist_does_not_know_is_refused(
    provider: dict[str, str], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match=reason):
        backend_of(host_json(tmp_path, {"storageProvider": provider}))


def test_a_value_is_measured_as_json_and_refused_above_the_limit() -> None:
    check_size("it", "x" * 8, 10)
    check_size("it", "x" * 5_000_000, None)
    with pytest.raises(
        TooLargeError, match="it has 11 bytes, and the Durable Task Scheduler takes 10: name fewer"
    ):
        check_size("it", "x" * 9, 10)


async def test_an_activity_fails_instead_of_returning_what_the_scheduler_does_not_take() -> None:
    async def read() -> ImageDefinition:
        return definition()

    result = await result_of(read())
    assert result_that_fits(result, LARGEST_SCHEDULER_BYTES) == result
    kept_back = result_that_fits(result, 10)
    assert kept_back["value"] is None
    assert kept_back["failure"]["code"] == "TooLarge"
    assert "the Durable Task Scheduler takes 10" in kept_back["failure"]["message"]
