"""The errors of creating machines, each with its reported text. Some refuse the request, others end its operation."""

from typing import Any, ClassVar

from azure_compute_simulator.errors import ServiceError

_PREPARED = (
    " * Instructions for Windows: "
    "https://azure.microsoft.com/documentation/articles/virtual-machines-windows-upload-image/ \r\n"
    " * Instructions for Linux: "
    "https://azure.microsoft.com/documentation/articles/virtual-machines-linux-capture-image/ "
)
_GUIDANCE = "Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance"


class SkuNotAvailableError(ServiceError):
    """The subscription cannot have the size in the region, or the region has no capacity for it."""

    status = 409

    def __init__(self, size: str, location: str) -> None:
        super().__init__(
            f"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: {size}' is "
            f"currently not available in location '{location}'. Please try another size or deploy to a different "
            "location or different zone. See https://aka.ms/azureskunotavailable for details."
        )


class CoresQuotaError(ServiceError):
    """A quota of cores is used up. The code on the wire is OperationNotAllowed."""

    status = 409
    wire_code: ClassVar[str] = "OperationNotAllowed"

    def __init__(self, quota: str, location: str, limit: int, used: int, needed: int) -> None:
        super().__init__(
            f"Operation could not be completed as it results in exceeding approved {quota} quota. Additional details - "
            f"Deployment Model: Resource Manager, Location: {location}, Current Limit: {limit}, Current Usage: {used}, "
            f"Additional Required: {needed}, (Minimum) New Limit Required: {used + needed}. Setup Alerts when Quota "
            "reaches threshold. Learn more at https://aka.ms/quotamonitoringalerting . Submit a request for Quota "
            "increase at https://aka.ms/ProdportalCRP/#blade/Microsoft_Azure_Capacity/UsageAndQuota.ReactView by "
            "specifying parameters listed in the 'Details' section for deployment to succeed. Please read more about "
            "quota limits at https://docs.microsoft.com/en-us/azure/azure-supportability/per-vm-quota-requests"
        )

    def body(self) -> dict[str, Any]:
        """Returns the reported code."""
        return super().body() | {"code": self.wire_code}


class QuotaExceededError(CoresQuotaError):
    """The same refusal with the other code that users report."""

    wire_code = "QuotaExceeded"


class AllocationFailedError(ServiceError):
    """The region has no capacity. Appears inside a failed operation."""

    status = 200

    def __init__(self) -> None:
        super().__init__(
            "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. "
            + _GUIDANCE
        )


class ZonalAllocationFailedError(ServiceError):
    """The zone has no capacity. Appears inside a failed operation."""

    status = 200

    def __init__(self) -> None:
        super().__init__(
            "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. "
            + _GUIDANCE
        )


class OverconstrainedAllocationRequestError(ServiceError):
    """No hardware meets all constraints. Appears inside a failed operation."""

    status = 200

    def __init__(self) -> None:
        super().__init__(
            "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too "
            "restrictive. Please remove some constraints and try again. Constraints applied are:\n  - Networking "
            "Constraints (such as Accelerated Networking or IPv6)\n  - VM Size\n"
        )


class OSProvisioningTimedOutError(ServiceError):
    """The machine did not report in time. Appears inside a failed operation; the machine may still succeed."""

    status = 200

    def __init__(self, machine: str) -> None:
        super().__init__(
            f"OS Provisioning for VM '{machine}' did not finish in the allotted time. The VM may still finish "
            "provisioning successfully. Please check provisioning state later. For details on how to check current "
            "provisioning state of Windows VMs, refer to https://aka.ms/WindowsVMLifecycle and Linux VMs, refer to "
            "https://aka.ms/LinuxVMLifecycle."
        )


class OSProvisioningClientErrorError(ServiceError):
    """The guest reported that it cannot be provisioned. Appears inside a failed operation."""

    status = 200

    def __init__(self, machine: str) -> None:
        super().__init__(
            f"OS Provisioning for VM '{machine}' did not finish in the allotted time. However, the VM guest agent was "
            "detected running. This suggests the guest OS has not been properly prepared to be used as a VM image "
            "(with CreateOption=FromImage). To resolve this issue, either use the VHD as is with CreateOption=Attach "
            f"or prepare it properly for use as an image:\r\n{_PREPARED}"
        )


class MarketplacePurchaseEligibilityFailedError(ServiceError):
    """The subscription cannot buy the offer of the plan, or has not accepted its terms."""

    status = 400

    def __init__(self, publisher: str, offer: str) -> None:
        super().__init__(
            "Marketplace purchase eligibilty check returned errors. See inner errors for details. ",
            details=[
                {
                    "code": "BadRequest",
                    "message": f"Offer with PublisherId: {publisher}, OfferId: {offer} cannot be purchased due to "
                    "validation errors. See details for more information.",
                }
            ],
        )


class VMMarketplaceInvalidInputError(ServiceError):
    """The image needs a plan, and the request has none. Appears inside a failed operation."""

    status = 200

    def __init__(self, machine: str) -> None:
        super().__init__(
            "Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image "
            f"requires Plan information in the request. VM: '{machine}'."
        )


class UnfitSizeError(ServiceError):
    """The size has another generation or architecture than the image. The code on the wire is BadRequest."""

    status = 400

    def body(self) -> dict[str, Any]:
        """Returns the reported code."""
        return super().body() | {"code": "BadRequest"}


class NicInUseError(ServiceError):
    """The network interface belongs to a machine."""

    status = 400

    def __init__(self, interface: str, machine: str) -> None:
        super().__init__(
            f"Network Interface {interface} is used by existing resource {machine}. In order to delete the network "
            "interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic."
        )
