"""What one look at a proof's machine means: proved, not yet, failed, or no hardware for it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from domain.proofs.refusals import (
    AGENT_NOT_READY,
    MACHINE_LOST,
    NOT_PROVISIONED,
    RefusalKind,
    is_guests_fault,
    may_still_succeed,
    own_failure,
    refusal_kind,
)
from domain.resources.ids import ImageVersionId, MachineId
from domain.results import Failure

VerdictKind = Literal["proved", "not-yet", "failed", "no-hardware", "surroundings", "lost"]
# a state that nobody knows may be a newer name of one that passes
_WORKING = frozenset({"creating", "updating", "migrating", "unknown"})


class MachineLook(BaseModel):
    """What ARM shows of a machine. Unknown values prove nothing.

    `code` and `message` are those of the failure in its instance view, `agent_ready` is what its VM agent reports.
    """

    id: MachineId
    provisioning_state: str = "Unknown"
    code: str = ""
    message: str = ""
    agent_ready: bool = False
    agent_version: str | None = None
    agent_message: str = ""
    version_id: ImageVersionId | None = None
    created_at: datetime | None = None
    tags: dict[str, str] = Field(default={})


class MachineQuery(BaseModel):
    """The input of `get_proof_machine` and `delete_proof_machine`."""

    id: MachineId


class Verdict(BaseModel):
    """What a look means. `refusal` is the kind of a failure for want of hardware."""

    kind: VerdictKind
    failure: Failure | None = None
    refusal: RefusalKind | None = None


def judge(look: MachineLook | None, *, agent: bool) -> Verdict:
    """The verdict of a look; with `agent`, the machine's VM agent has to report that it is ready.

    Proved needs provisioning to have succeeded: a generalized image without an agent has to report ready by itself,
    and otherwise its machine runs although its creation failed (documented: "Creating generalized images without a
    provisioning agent").
    """
    if look is None or look.provisioning_state.lower() == "deleting":
        return Verdict(kind="lost", failure=own_failure(MACHINE_LOST, "the machine of the proof is gone"))
    state = look.provisioning_state.lower()
    if state == "succeeded":
        return Verdict(kind="proved" if look.agent_ready or not agent else "not-yet")
    if state in _WORKING or may_still_succeed(look.code):
        return Verdict(kind="not-yet")
    return _of_failure(look)


def _of_failure(look: MachineLook) -> Verdict:
    failure = own_failure(
        look.code or NOT_PROVISIONED, look.message or f"the machine is {look.provisioning_state}"
    )
    if is_guests_fault(look.code):
        return Verdict(kind="failed", failure=failure)
    refusal = refusal_kind(look.code, look.message)
    if refusal in ("capacity", "quota", "size"):
        return Verdict(kind="no-hardware", failure=failure, refusal=refusal)
    # a policy of the tenant, a purchase plan, an extension: not the image's fault, and no proof either
    return Verdict(kind="surroundings", failure=failure)


def too_late(look: MachineLook | None, minutes: float) -> Failure:
    """The failure of a machine that was not ready within its time: its own if it has one, else what it still lacks."""
    if look is not None and look.code:
        return own_failure(look.code, look.message)
    if look is not None and look.provisioning_state.lower() == "succeeded":
        said = look.agent_message or "nothing"
        return own_failure(
            AGENT_NOT_READY,
            f"the VM agent of {look.id.name} was not ready within {minutes:g} minutes; it reports: {said}",
        )
    state = look.provisioning_state if look else "Unknown"
    return own_failure(
        NOT_PROVISIONED, f"the machine was not provisioned within {minutes:g} minutes: it is {state}"
    )
