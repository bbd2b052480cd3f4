"""The rest of the app gets the address of an operation, and ARM gets the signed URL."""

import json
import logging
from datetime import UTC, datetime
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.azure.operations import Operations
from adapters.operation_store import MemoryOperations
from domain.errors import ArmError
from domain.resources.operations import unsigned
from tests.unit.builders import definition_id

VERSION = definition_id().version("1.0.0")
HOST = "https://management.azure.com"
ADDRESS = (
    f"{HOST}/subscriptions/s/providers/Microsoft.Compute/locations/l/capsOperations/1?api-version=2024-03-03"
)
URL = f"{ADDRESS}&t=638700000000000000&c=certificate&s=a%2Bsignature&h=hash"
FAILED = {"status": "Failed", "error": {"code": "Conflict", "message": "other generation"}}


class Arm:
    """Answers with a failed operation, and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status, self.body = HTTPStatus.OK, FAILED

    async def get(self, _: str, url: str) -> Any:
        self.asked.append(url)
        return SimpleNamespace(status_code=self.status, json=lambda: json.loads(json.dumps(self.body)))

    def owns(self, url: str) -> bool:
        return url.startswith(f"{HOST}/")


class BrokenStore(MemoryOperations):
    """Refuses everything."""

    async def put(self, address: str, url: str) -> None:
        raise ArmError(403, "AuthorizationPermissionMismatch", "no role")

    async def get(self, address: str) -> str | None:
        raise ArmError(403, "AuthorizationPermissionMismatch", "no role")

    async def delete(self, address: str) -> None:
        raise ArmError(403, "AuthorizationPermissionMismatch", "no role")

    async def delete_before(self, moment: datetime) -> int:
        raise ArmError(403, "AuthorizationPermissionMismatch", "no role")


def operations(arm: Arm, store: MemoryOperations | None = None) -> Operations:
    return Operations(store or MemoryOperations(), arm.get, arm.owns)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (URL, ADDRESS),
        (ADDRESS, ADDRESS),
        (
            f"{HOST}/operations/1?p=6f1c&api-version=1&t=1&c=2&s=3&h=4",
            f"{HOST}/operations/1?p=6f1c&api-version=1",
        ),
        (f"{HOST}/operations/1?api-version=1&sig=new#s=3", f"{HOST}/operations/1?api-version=1"),
    ],
)
def test_the_address_of_an_operation_has_no_signature(url: str, address: str) -> None:
    """What is not known to be public is left out."""
    assert unsigned(url) == address
    assert unsigned(address) == address


async def test_arm_gets_the_signed_url_until_the_operation_is_forgotten() -> None:
    arm = Arm()
    known = operations(arm)
    address = await known.keep(VERSION, URL)
    assert address == ADDRESS
    error = await known.error(VERSION, address)
    assert error is not None
    assert (error.code, str(error.message)) == ("Conflict", "other generation")
    await known.forget(VERSION)
    await known.error(VERSION, address)
    assert arm.asked == [URL, ADDRESS]


async def test_an_answer_without_an_operation_is_none() -> None:
    assert await operations(Arm()).keep(VERSION, None) is None


async def test_a_refusal_for_want_of_a_signature_is_no_reason() -> None:
    """A process that does not know the URL any more says nothing, rather than something wrong."""
    arm = Arm()
    arm.status, arm.body = (
        HTTPStatus.FORBIDDEN,
        {"error": {"code": "AuthorizationFailed", "message": "signature"}},
    )
    assert await operations(arm).error(VERSION, ADDRESS) is None


async def test_a_store_that_refuses_stops_nothing_and_its_log_has_no_signature(
    caplog: pytest.LogCaptureFixture,
) -> None:
    arm = Arm()
    known = operations(arm, BrokenStore())
    with caplog.at_level(logging.DEBUG):
        assert await known.keep(VERSION, URL) == ADDRESS
        assert await known.error(VERSION, ADDRESS) is not None
        await known.forget(VERSION)
        assert await known.forget_before(datetime.now(UTC)) == 0
    assert len(caplog.messages) == 4
    assert "signature" not in caplog.text


async def test_a_token_goes_to_no_other_host_whatever_the_store_holds() -> None:
    arm, store = Arm(), MemoryOperations()
    await store.put(str(VERSION), "https://elsewhere.example/operations/1?s=signature")
    await operations(arm, store).error(VERSION, ADDRESS)
    assert await operations(arm).error(VERSION, "https://elsewhere.example/operations/1") is None
    assert arm.asked == [ADDRESS]


async def test_of_each_resource_only_the_last_operation_is_known() -> None:
    """What an earlier one is asked for later has no signature: its URL is not kept any more."""
    arm = Arm()
    known = operations(arm)
    await known.keep(VERSION, URL)
    later = await known.keep(VERSION, URL.replace("capsOperations/1", "capsOperations/2"))
    assert later is not None
    await known.error(VERSION, later)
    await known.error(VERSION, ADDRESS)
    assert arm.asked == [URL.replace("capsOperations/1", "capsOperations/2"), ADDRESS]
