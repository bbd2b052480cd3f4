"""Why a machine is refused or fails: for want of capacity, by its size, by the image, or by what surrounds it."""

import re
from typing import Literal

from domain.arm_errors import diagnose
from domain.errors import ArmError
from domain.results import Failure

# Azure's own codes. Capacity and quota may be there for another size, or later.
_CAPACITY = frozenset(
    {
        "skunotavailable",
        "allocationfailed",
        "zonalallocationfailed",
        "overconstrainedallocationrequest",
        "overconstrainedzonalallocationrequest",
        "quotaexceeded",
    }
)
_QUOTA = re.compile(r"\bquota\b", re.IGNORECASE)
# the list of sizes said otherwise: another size may do
_SIZE = re.compile(
    r"cannot boot (Hypervisor Generation|with OS image or disk|with DiskControllerType)"
    r"|only supports a CPU Architecture|VM size .* is not (valid|supported)|does not support Trusted Launch",
    re.IGNORECASE,
)
# what the guest did or did not do
_GUEST = frozenset({"osprovisioningtimedout", "osprovisioningclienterror", "osprovisioninginternalerror"})
_TIMED_OUT = "osprovisioningtimedout"
# the version is there, and the compute provider of the region does not know it yet (reported: AgentBaker #8373)
_NOT_THERE_YET = "galleryimagenotfound"

RefusalKind = Literal["capacity", "quota", "size", "later", "surroundings"]

# the codes of Gallerist's own failures, with cause and fix in the catalogue
NO_CAPACITY = "NoCapacityForProof"
NO_QUOTA = "NoQuotaForProof"
NO_SIZE = "NoSizeForProof"
AGENT_NOT_READY = "AgentNotReady"
NOT_PROVISIONED = "MachineNotReady"
NAME_TAKEN = "ProofNameTaken"
MACHINE_LOST = "ProofMachineLost"
ALREADY_FAILED = "ProofFailedBefore"


def refusal_kind(code: str, message: str) -> RefusalKind:
    """What is to be done about a refusal: another size, a wait, or nothing that a proof can do."""
    key = code.lower()
    if _QUOTA.search(message) and key in ("operationnotallowed", "quotaexceeded"):
        return "quota"
    if key in _CAPACITY:
        return "capacity"
    if _SIZE.search(message):
        return "size"
    return "later" if key == _NOT_THERE_YET else "surroundings"


def is_guests_fault(code: str) -> bool:
    """Whether the code says that the guest did not come up: the image's fault."""
    return code.lower() in _GUEST


def may_still_succeed(code: str) -> bool:
    """Whether a machine that failed with the code can be ready later after all (its own text, and reported)."""
    return code.lower() == _TIMED_OUT


def own_failure(code: str, message: str) -> Failure:
    """A failure of Gallerist's own, with its cause and fix from the catalogue."""
    diagnosis = diagnose(ArmError(200, code, message))
    return Failure(code=code, message=message, cause=diagnosis.cause, fix=diagnosis.fix)
