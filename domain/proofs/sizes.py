"""VM sizes: what they can boot, and which of a region's sizes a proof tries, cheapest first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel

from domain.resources.features import disk_controllers
from domain.resources.galleries import ImageDefinition

Controller = Literal["scsi", "nvme"]

# one refusal is often that of a whole family, so that few of each suffice
MOST_SIZES = 8
MOST_OF_FAMILY = 2
# inferred: smaller machines start so slowly that a proof says nothing
_LEAST_MEMORY_GB = {"windows": 4.0}
_LEAST_MEMORY = 2.0
# the definitions from which a machine of trusted launch can be made (documented)
_TRUSTED_LAUNCH = ("trustedlaunchsupported", "trustedlaunchandconfidentialvmsupported", "trustedlaunch")


class VmSize(BaseModel):
    """A VM size as a region offers it. `restricted`: the subscription cannot have it there.

    `special` sizes cost more for what no proof needs: graphics processors, confidential computing.
    """

    name: str
    family: str = ""
    cores: int = 0
    memory_gb: float = 0.0
    generations: list[str] = ["V1"]
    architecture: str = "x64"
    controllers: list[str] = ["scsi"]
    trusted_launch: bool = True
    data_disks: int = 0
    special: bool = False
    restricted: bool = False

    @property
    def cost(self) -> tuple[int, float, str]:
        """What sizes are ordered by: a list of sizes has no prices, and more cores and memory cost more."""
        return self.cores, self.memory_gb, self.name.lower()


class SizeNeeds(BaseModel):
    """What a machine from a version needs of its size."""

    os_type: str
    generation: str
    architecture: str
    trusted_launch: bool
    controller: Controller
    data_disks: int

    @classmethod
    def of(cls, definition: ImageDefinition, controller: Controller, data_disks: int) -> "SizeNeeds":
        """What the definition says of its versions' machines."""
        return cls(
            os_type=definition.os_type,
            generation=definition.hyper_v_generation,
            architecture=definition.architecture,
            trusted_launch=definition.security_type.lower() in _TRUSTED_LAUNCH,
            controller=controller,
            data_disks=data_disks,
        )


class SizesRequest(BaseModel):
    """The input of `choose_proof_sizes`. `wanted` are the policy's sizes, which are tried in their order."""

    subscription: str
    region: str
    needs: SizeNeeds
    wanted: list[str] = []


class ProofSizes(BaseModel):
    """The sizes to try in this order; `reason` says why there are none."""

    names: list[str] = []
    reason: str = ""


def controllers_to_prove(definition: ImageDefinition) -> list[Controller]:
    """The disk controllers of which each needs a proof of its own: what starts with SCSI may lack NVMe's driver."""
    stated = disk_controllers(definition.features)
    controllers: list[Controller] = ["scsi"] if "scsi" in stated else []
    return [*controllers, "nvme"] if "nvme" in stated else controllers or ["scsi"]


def misfit(size: VmSize, needs: SizeNeeds) -> str | None:
    """Why a machine of this size cannot be made from the version; None if it can."""
    reasons = {
        "the subscription cannot have it in this region": size.restricted,
        f"it boots generation {', '.join(size.generations)} only": needs.generation not in size.generations,
        f"its architecture is {size.architecture}": needs.architecture.lower() != size.architecture.lower(),
        f"its disk controllers are {', '.join(size.controllers)}": needs.controller not in size.controllers,
        "it has no trusted launch": needs.trusted_launch and not size.trusted_launch,
        f"it takes {size.data_disks} data disks": size.data_disks < needs.data_disks,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def choose_sizes(offered: Sequence[VmSize], request: SizesRequest) -> ProofSizes:
    """The sizes of the region to try: the policy's in its order, or else the cheapest that fit."""
    if request.wanted:
        return _wanted(offered, request)
    least = _LEAST_MEMORY_GB.get(request.needs.os_type.lower(), _LEAST_MEMORY)
    fitting = [
        size
        for size in sorted(offered, key=lambda size: size.cost)
        if misfit(size, request.needs) is None and not size.special and size.memory_gb >= least
    ]
    if not fitting:
        return ProofSizes(
            reason=f"{request.region} offers no size for {_described(request.needs)} that the subscription can have"
        )
    return ProofSizes(names=list(_few_of_each_family(fitting)))


def _wanted(offered: Sequence[VmSize], request: SizesRequest) -> ProofSizes:
    by_name = {size.name.lower(): size for size in offered}
    names, reasons = [], []
    for wanted in request.wanted:
        size = by_name.get(wanted.lower())
        why = misfit(size, request.needs) if size else "the region does not offer it"
        if size and why is None:
            names.append(size.name)
        else:
            reasons.append(f"{wanted}: {why}")
    if names:
        return ProofSizes(names=names)
    return ProofSizes(
        reason=f"none of verify.sizes fits {_described(request.needs)} in {request.region} ({'; '.join(reasons)})"
    )


def _described(needs: SizeNeeds) -> str:
    disks = f", {needs.data_disks} data disks" if needs.data_disks else ""
    launch = ", trusted launch" if needs.trusted_launch else ""
    return f"generation {needs.generation}, {needs.architecture}, {needs.controller}{launch}{disks}"


def _few_of_each_family(sizes: Iterable[VmSize]) -> Iterable[str]:
    taken: Counter[str] = Counter()
    for size in sizes:
        if taken.total() == MOST_SIZES:
            return
        if taken[size.family] < MOST_OF_FAMILY:
            taken[size.family] += 1
            yield size.name
