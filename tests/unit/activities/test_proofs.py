"""Activities about the machines of proofs: each looks before it writes, and takes away all that it made."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from adapters.azure.machine_documents import LeftResource
from domain.errors import ArmError
from domain.proofs.machine import EXPIRES_TAG, PROOF_TAG, MachineSpec
from domain.proofs.mark import MarkQuery, MarkRequest, VersionMark
from domain.proofs.proof import ProofStart
from domain.proofs.sizes import ProofSizes
from domain.proofs.verdict import MachineLook, MachineQuery
from domain.results import ActivityResult
from tests.unit.adapters.azure.test_machine_documents import spec
from tests.unit.app import code
from tests.unit.builders import NOW, definition_id, version
from tests.unit.domain.proofs.test_proof import request
from tests.unit.domain.proofs.test_sizes import size
from tests.unit.fake_machines import FakeMachines
from tests.unit.fakes import FakeCompute, working_with

VERSION = definition_id().version("1.0.0")
SPEC = spec()
NAME = SPEC.id.name
QUERY = MachineQuery(id=SPEC.id)


def a_machine(**changes: Any) -> MachineLook:
    fields = {"id": SPEC.id, "provisioning_state": "Succeeded", "version_id": VERSION, "tags": SPEC.tags}
    return MachineLook(**{**fields, **changes})


async def call(
    name: str, sent: BaseModel, machines: FakeMachines, compute: FakeCompute | None = None
) -> dict[str, Any]:
    with working_with(compute or FakeCompute(), machines=machines):
        reply: dict[str, Any] = await code(name)(sent.model_dump(mode="json"))
    return reply


async def began(machines: FakeMachines, sent: MachineSpec = SPEC) -> ActivityResult[ProofStart]:
    return ActivityResult[ProofStart].model_validate(await call("begin_proof_machine", sent, machines))


async def test_a_machine_is_created_once() -> None:
    machines = FakeMachines()
    first, second = await began(machines), await began(machines)
    assert first.value == second.value == ProofStart(begun=True)
    assert machines.writes == [f"create {NAME}"]


async def test_a_read_from_a_stale_cache_writes_nothing_over() -> None:
    """The machine exists, the read did not see it, and ARM refuses the other secret."""
    machines = FakeMachines()
    machines.refusal = ArmError(409, "PropertyChangeNotAllowed", "Changing property is not allowed.")
    assert (await began(machines)).value == ProofStart(begun=True)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ArmError(409, "SkuNotAvailable", "not available"), "capacity"),
        (ArmError(409, "OperationNotAllowed", "exceeding approved x Cores quota"), "quota"),
        (ArmError(404, "GalleryImageNotFound", "not available in the region"), "later"),
        (ArmError(403, "RequestDisallowedByPolicy", "disallowed"), "surroundings"),
    ],
)
async def test_a_refusal_is_a_value(error: ArmError, kind: str) -> None:
    machines = FakeMachines()
    machines.refusal = error
    found = (await began(machines)).value
    assert found is not None
    assert (found.begun, found.refusal) == (False, kind)
    assert found.failure is not None
    assert found.failure.code == error.code


async def test_throttling_is_waited_for() -> None:
    machines = FakeMachines()
    machines.refusal = ArmError(429, "TooManyRequests", "", retry_after_seconds=7)
    retry = (await began(machines)).retry_later
    assert retry is not None
    assert (retry.throttled, retry.retry_after_seconds) == (True, 7)


@pytest.mark.parametrize(
    "changes",
    [{"tags": {}}, {"tags": {PROOF_TAG: "another"}}, {"version_id": None}],
)
async def test_a_machine_of_others_is_left_alone(changes: dict[str, Any]) -> None:
    machines = FakeMachines(a_machine(**changes))
    found = (await began(machines)).value
    assert found is not None
    assert found.failure is not None
    assert (found.begun, found.failure.code) == (False, "ProofNameTaken")
    assert machines.writes == []


async def test_a_machine_that_an_earlier_run_left_long_ago_goes_first() -> None:
    old = SPEC.tags | {EXPIRES_TAG: (NOW - timedelta(hours=1)).isoformat()}
    assert (await began(FakeMachines(a_machine(tags=old)))).value == ProofStart(stale=True)


async def test_a_machine_that_is_being_deleted_is_waited_for() -> None:
    result = await began(FakeMachines(a_machine(provisioning_state="Deleting")))
    assert result.retry_later is not None


async def test_a_look_is_what_arm_shows() -> None:
    shown = await call("get_proof_machine", QUERY, FakeMachines(a_machine()))
    assert MachineLook.model_validate(shown["value"]) == a_machine()
    assert (await call("get_proof_machine", QUERY, FakeMachines()))["value"] is None


def left(name: str, **changes: Any) -> LeftResource:
    fields = {
        "id": f"/x/{name}",
        "name": name,
        "subscription": "s",
        "tags": {},
        "machine": None,
        "api_version": "v",
    }
    return LeftResource(**{**fields, **changes})


async def test_the_machine_goes_and_then_what_it_left() -> None:
    machines = FakeMachines(a_machine())
    machines.left = [left(f"{NAME}-nic-1"), left(f"{NAME}-os"), left("somebody-else")]
    assert (await call("delete_proof_machine", QUERY, machines))["retry_later"]
    assert (await call("delete_proof_machine", QUERY, machines))["retry_later"]
    assert (await call("delete_proof_machine", QUERY, machines))["value"] == {}
    assert (await call("delete_proof_machine", QUERY, machines))["value"] == {}
    assert machines.writes == [f"delete {NAME}", f"delete {NAME}-nic-1", f"delete {NAME}-os"]
    assert [one.name for one in machines.left] == ["somebody-else"]


async def test_a_deletion_is_asked_for_once() -> None:
    machines = FakeMachines(a_machine(provisioning_state="Deleting"))
    assert (await call("delete_proof_machine", QUERY, machines))["retry_later"]
    assert machines.writes == []


async def test_what_is_not_ours_is_not_deleted() -> None:
    machines = FakeMachines(a_machine(tags={}))
    assert (await call("delete_proof_machine", QUERY, machines))["value"] == {}
    assert machines.writes == []


async def test_a_group_that_does_not_exist_holds_nothing() -> None:
    class WithoutGroup(FakeMachines):
        async def list_left(self, group: Any) -> list[LeftResource]:
            raise ArmError(404, "ResourceGroupNotFound", f"{group}")

    assert (await call("delete_proof_machine", QUERY, WithoutGroup()))["value"] == {}


async def test_the_sizes_are_those_of_the_region() -> None:
    machines = FakeMachines(sizes=[size("Standard_B", cores=4), size("Standard_A")])
    reply = await call("choose_proof_sizes", request().sizes_request(), machines)
    assert ProofSizes.model_validate(reply["value"]).names == ["Standard_A", "Standard_B"]


async def mark(compute: FakeCompute, value: str = "passed eastus2 2026-02-01") -> ActivityResult[VersionMark]:
    sent = MarkRequest(version_id=VERSION, value=value)
    return ActivityResult[VersionMark].model_validate(
        await call("mark_version", sent, FakeMachines(), compute)
    )


async def test_the_mark_is_written_once_and_read_back() -> None:
    compute = FakeCompute(versions=[version()])
    assert (await mark(compute)).retry_later is not None
    assert (await mark(compute)).value == VersionMark(value="passed eastus2 2026-02-01")
    assert compute.writes == [f"tags {PROOF_TAG}"]
    reply = await call("read_mark", MarkQuery(version_id=VERSION), FakeMachines(), compute)
    assert reply["value"]["value"] == "passed eastus2 2026-02-01"


@pytest.mark.parametrize("state", ["Updating", "Creating", "Deleting"])
async def test_a_version_that_is_being_changed_is_not_written(state: str) -> None:
    """A second writer would drop what the first one writes."""
    compute = FakeCompute(versions=[version(provisioning_state=state)])
    assert (await mark(compute)).retry_later is not None
    assert compute.writes == []


async def test_a_version_without_room_for_a_tag_is_left_as_it_is() -> None:
    full = version(tags={f"t{number}": "x" for number in range(50)})
    compute = FakeCompute(versions=[full])
    assert (await mark(compute)).value == VersionMark(no_room=True)
    assert compute.writes == []
    full.tags.pop("t0")
    full.tags[PROOF_TAG] = "failed eastus2 2026-01-01 X"
    assert (await mark(compute)).retry_later is not None


async def test_a_version_that_is_gone_cannot_be_marked() -> None:
    failure = (await mark(FakeCompute())).failure
    assert failure is not None
    assert failure.code == "ResourceNotFound"
    reply = await call("read_mark", MarkQuery(version_id=VERSION), FakeMachines())
    assert reply["value"]["value"] is None
