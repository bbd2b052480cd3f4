"""The catalogue of Azure Resource Manager errors: the cause of each one, its fix, and whether a retry can help.

docs/errors.md is generated from it.
"""

import re
from http import HTTPStatus
from typing import Literal, NamedTuple

from domain.errors import ArmError

# `throttled`: wait as long as the service asks; `wait`: it passes by itself, so retry a limited number of times;
# `never`: a retry fails again until somebody changes something
Retry = Literal["throttled", "wait", "never"]


# Gallerist's own code: the identity gets no token, so no request reached ARM
IDENTITY_UNAVAILABLE = "IdentityUnavailable"
# Gallerist's own code: an answer led to another host, which gets no token
FOREIGN_LINK = "ForeignLink"


class Diagnosis(NamedTuple):
    """What causes an ARM error, what fixes it, and whether a retry can help."""

    cause: str
    fix: str
    retry: Retry


class KnownError(NamedTuple):
    """One row of the catalogue: regular expressions for the whole code and for a part of the message."""

    code: str
    message: str
    diagnosis: Diagnosis

    def fits(self, error: ArmError) -> bool:
        """Whether the error matches this row; case is ignored."""
        return bool(
            re.fullmatch(self.code or ".*", error.code, re.IGNORECASE)
            and re.search(self.message, error.message, re.IGNORECASE)
        )


def diagnose(error: ArmError) -> Diagnosis:
    """Returns the cause and the fix of an ARM error, from the first row that matches or from its HTTP status."""
    known = next((row.diagnosis for row in KNOWN_ERRORS if row.fits(error)), None)
    if known is not None:
        return known
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return THROTTLED
    if error.status in (0, HTTPStatus.REQUEST_TIMEOUT) or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UNANSWERED
    return UNKNOWN


def _known(code: str, cause: str, fix: str, retry: Retry = "never", *, message: str = "") -> KnownError:
    return KnownError(code, message, Diagnosis(cause, fix, retry))


# the end of a wait is a failure with the same fix, so it says what to do then
WAITS = "No action needed while the migration runs: Gallerist waits and tries again. If it has ended, start it again."
THROTTLED = Diagnosis("The service is throttling requests.", WAITS, "throttled")
UNANSWERED = Diagnosis("The service did not answer, or failed temporarily.", WAITS, "wait")
UNKNOWN = Diagnosis(
    "Gallerist does not know this error.",
    "Correct what the message names, which is Azure's own, and start the migration again. If it fails again, report it "
    "with its code and message.",
    "never",
)
FAILED_VERSION = Diagnosis(
    "The version has failed, and the service does not write a failed version again.",
    "Delete the failed version if Gallerist made it, and start the migration again; or give another 'version' in the "
    "request.",
    "never",
)
# The first row that matches is the diagnosis, so rows with a message come before rows with their code alone.
# Codes and messages come from recorded answers, from public issues and from Microsoft's troubleshooting page for
# galleries. If only the message is known, the code is empty.
KNOWN_ERRORS: tuple[KnownError, ...] = (
    # the image does not fit the definition
    _known(
        "",
        "The managed image and the image definition have different Hyper-V generations.",
        "Use a definition of the image's generation, such as the same name with -gen2 (or -gen1) at its end.",
        message="different Hypervisor generation",
    ),
    _known(
        "",
        "The managed image and the image definition have different operating systems.",
        "Use a definition of the image's OS type.",
        message="different OS type",
    ),
    _known(
        "",
        "The image definition does not have the marketplace purchase plan of the image's disks.",
        "Give the plan with the image's tags PlanInfo, PlanProduct and PlanPublisher or with 'plan' in the request, "
        "and use a new definition: a definition's plan is fixed at its creation.",
        message="different plan",
    ),
    _known(
        "",
        "The image definition is for specialized images; managed images are generalized.",
        "Use a definition with OS state Generalized.",
        message="OS State in the parent gallery image",
    ),
    _known(
        "",
        "The image definition requires a security type that a managed image does not support.",
        "Use a definition of security type Standard, or TrustedLaunchSupported for an image of generation 2.",
        message="The security type .* is not supported|Confidential VM is not supported for the source",
    ),
    _known(
        "InvalidParameter",
        "The VM size and the image definition have different disk controllers.",
        "Use a VM size with the definition's controllers. Most sizes of v6 and newer need a definition with the "
        "feature DiskControllerTypes 'SCSI, NVMe' (definition.features in the policy) and an image with the drivers.",
        message="cannot boot with (OS image or disk|DiskControllerType)",
    ),
    _known(
        "DefinitionOfAnotherGroup",
        "An image of the same name in another resource group got the definition first.",
        "Name another definition in the policy's rule, or set definition.across_resource_groups there if the images "
        "are one family.",
    ),
    # the machine of a proof
    _known(
        "OSProvisioningTimedOut",
        "The machine started, and nothing in it reported to Azure in time.",
        "Start a machine from the version by hand and read its boot diagnostics: mostly the provisioning agent is "
        "missing or broken, the image was not generalized, or a driver is missing. Images without an agent need "
        "verify.agent: false and must report ready by themselves. Rebuild the image, or raise verify.deadline_minutes "
        "if it only needs longer.",
    ),
    _known(
        "OSProvisioningClientError|OSProvisioningInternalError",
        "The provisioning agent inside the machine failed: mostly the image was not generalized, or is not prepared.",
        "Generalize the machine before its capture (sysprep, or waagent -deprovision+user), and build the image again.",
    ),
    _known(
        "VMAgentStatusCommunicationError|AgentNotReady",
        "The machine was provisioned, and its VM agent did not report that it is ready.",
        "Check that the image has the VM agent, enabled and not too old, and that the subnet lets it reach Azure "
        "(168.63.129.16 and Azure Storage). For images without an agent set verify.agent: false.",
    ),
    _known(
        "MachineNotReady",
        "Azure did not finish provisioning the machine within the time that the policy allows.",
        "Read the boot diagnostics of a machine from the version, or raise verify.deadline_minutes.",
    ),
    _known(
        "NoCapacityForProof",
        "Azure had no hardware for the machine of the proof. That says nothing about the image.",
        "Start the migration again later, or name other sizes with verify.sizes or other regions with verify.regions.",
    ),
    _known(
        "NoQuotaForProof",
        "The subscription's quota of cores is used up. That says nothing about the image.",
        "Ask for more quota for one of the sizes' families in the region, or name other sizes with verify.sizes; then "
        "start the migration again.",
    ),
    _known(
        "NoSizeForProof",
        "The region offers no VM size that can boot the version. That says nothing about the image.",
        "Name sizes that fit with verify.sizes (generation, architecture, disk controllers, data disks), or prove the "
        "version in another region with verify.regions.",
    ),
    _known(
        "ProofNameTaken",
        "A machine that Gallerist did not make has the name of the proof's machine.",
        "Give the proofs a resource group of their own with verify.resource_group, or remove that machine.",
    ),
    _known(
        "ProofMachineLost",
        "Somebody or something deleted the machine of the proof while it was being watched.",
        "Exclude verify.resource_group from whatever deletes machines there, and start the migration again.",
    ),
    _known(
        "SkuNotAvailable",
        "The VM size is not available in the region: for this subscription, or at the moment.",
        "Name other sizes with verify.sizes, or ask Azure's support for access to this one.",
    ),
    _known(
        "(Zonal)?AllocationFailed|Overconstrained(Zonal)?AllocationRequest",
        "Azure has no free hardware for the machine at the moment.",
        "Start the migration again later, or name other sizes with verify.sizes.",
    ),
    _known(
        "OperationNotAllowed|QuotaExceeded",
        "The subscription's quota of cores is used up in the region.",
        "Ask for more quota of the family that the message names, or name other sizes with verify.sizes.",
        message=r"Cores quota|quota limits of Core",
    ),
    _known(
        "MarketplacePurchaseEligibilityFailed|VMMarketplaceInvalidInput",
        "The subscription cannot use the image's marketplace purchase plan, or the definition lacks it.",
        "Accept the offer's terms in the gallery's subscription ('az vm image terms accept'), or give the plan with "
        "the image's tags PlanInfo, PlanProduct and PlanPublisher and use a new definition.",
    ),
    _known(
        "VMExtension.*",
        "An extension failed on the machine of the proof. Gallerist installs none: an Azure Policy assignment does.",
        "Exempt verify.resource_group from the assignment that installs the extension, or mend the extension.",
    ),
    _known(
        "BadRequest",
        "The VM size and the image have different Hyper-V generations or architectures.",
        "Name sizes that fit with verify.sizes.",
        message="cannot boot Hypervisor Generation|only supports a CPU Architecture",
    ),
    # the source
    _known(
        "",
        "A disk of the image is larger than 2048 GB, the largest that a gallery accepts.",
        "Shrink the disk and capture the image again, or keep it as a managed image.",
        message="exceeds the max size",
    ),
    _known(
        "",
        "The managed image does not exist, or it is in another region than the version.",
        "Check that the image exists. Gallerist always creates a version in the region of its source.",
        message=r"Source .* is not found",
    ),
    _known(
        "",
        "Too many versions are being created from this source at the same time.",
        WAITS,
        "throttled",
        message="Too many requests on source",
    ),
    _known(
        "",
        "The source is encrypted with a customer-managed key and is not in the gallery's subscription.",
        "Use a gallery in the image's subscription, or capture the image without a disk encryption set.",
        message="Encrypted source is in a different subscription",
    ),
    _known(
        "InvalidParameter",
        "The request for the version has no source, or more than one.",
        "Start the migration again. If it fails again, report it with this message: Gallerist sends one source.",
        message="One and only one source type",
    ),
    _known(
        "InvalidParameter",
        "The managed image has no Hyper-V generation.",
        "Create the image again with hyperVGeneration, which an image created from a blob needs.",
        message="'hyperVGeneration' is missing",
    ),
    # the version and its regions
    _known(
        "InvalidParameter",
        "The version number is not Major.Minor.Patch with integers up to 2147483647.",
        "Correct the version in the request, in the image's tag or in the policy's rule.",
        message="image version name is invalid",
    ),
    _known(
        "InvalidParameter",
        "The image's own region is not one of the version's target regions.",
        "Start the migration again: Gallerist adds the image's own region.",
        message="must contain the location of image version",
    ),
    _known(
        "InvalidParameter",
        "A target region is listed twice, perhaps in two spellings.",
        "List each region once in the policy or in the request.",
        message="Duplicate regions",
    ),
    _known(
        "",
        "The end-of-life date has passed.",
        "Give a date in the future, or raise end_of_life_after_days in the policy.",
        message="EndOfLifeDate must be set to a future date",
    ),
    _known(
        "",
        "An update left out regions that the version already has, and the service does not remove them.",
        "Start the migration again: Gallerist reads the version's regions and keeps all of them.",
        message="Deletion of previously replicated locations is not allowed",
    ),
    _known(
        "",
        "The version is being deleted.",
        "Wait until the version is deleted, then start the migration again.",
        message="marked for deletion",
    ),
    _known(
        "",
        "The service could not replicate the version to a region.",
        "Start the migration again: it continues with the existing version.",
        message="replication jobs? (failed|not completed)",
    ),
    _known(
        "",
        "The service had no free storage in a region for a moment.",
        WAITS,
        "wait",
        message="storage could not be allocated",
    ),
    KnownError("Conflict|OperationNotAllowed", "failed state", FAILED_VERSION),
    _known(
        "GalleryImageNotFound",
        "The version is not available in the region where it is used.",
        "Wait until the region is Completed, or add it to the version's regions.",
    ),
    _known(
        "DeleteGalleryImageVersionBlockedBeforeEndOfLife",
        "The version is protected until its end-of-life date.",
        "Wait for the date, or turn off blockDeletionBeforeEndOfLife on the version.",
    ),
    # names
    _known(
        "",
        "Another definition in the gallery has the same publisher, offer and SKU.",
        "Choose another publisher, offer or SKU in the policy's rule.",
        message="identified by .* already exists",
    ),
    _known(
        "",
        "The subscription already has a gallery of this name, perhaps in another resource group.",
        "Use that gallery, or give the new one another name.",
        message="is not unique within the subscription",
    ),
    _known(
        "",
        "A resource of this name exists in another location, and a location cannot change.",
        "Use the existing resource, or choose another name.",
        message="already exists in location",
    ),
    _known(
        "PropertyChangeNotAllowed",
        "The request would change a property that is fixed when the resource is created.",
        "Use another definition or another version number: Gallerist never overwrites an existing resource.",
    ),
    # permissions
    _known(
        "LinkedAuthorizationFailed",
        "Gallerist's identity may write to the gallery but not read the source.",
        "Give the identity Microsoft.Compute/images/read and Microsoft.Compute/galleries/images/versions/read "
        "at the source.",
    ),
    _known(
        "AuthorizationFailed",
        "Gallerist's identity lacks a permission, or got it so recently that it has not taken effect.",
        "Give the identity the action that the message names, at the scope that it names.",
    ),
    _known(
        IDENTITY_UNAVAILABLE,
        "Gallerist's identity gets no token: its endpoint does not answer or fails, or there is no identity.",
        "No action needed if it passes: Gallerist waits and tries again. If it lasts, check that a managed identity is "
        "assigned to the app and, if there are several, that AZURE_CLIENT_ID names one of them.",
        "wait",
    ),
    _known(
        "ExpiredAuthenticationToken",
        "The token of Gallerist's identity had expired when Azure read it.",
        "No action needed if it passes: Gallerist gets a new token and tries again. If it lasts, check that the "
        "managed identity is assigned to the app.",
        "wait",
    ),
    _known(
        "AuthenticationFailed|InvalidAuthenticationToken",
        "Azure did not accept the token of Gallerist's identity.",
        "Check that the managed identity is assigned to the app and belongs to the subscription's tenant.",
    ),
    # the container of the evidence
    _known(
        "ContainerNotFound|ContainerBeingDeleted|ContainerDisabled|FilesystemNotFound",
        "The container of the setting GALLERIST_EVIDENCE_CONTAINER does not exist.",
        "Create the container: Gallerist waits and tries again. If it has given up, start again what it ended.",
        "wait",
    ),
    _known(
        "AuthorizationPermissionMismatch|AuthorizationFailure|InsufficientAccountPermissions|NoAuthenticationInformation"
        "|InvalidAuthenticationInfo|PublicAccessNotPermitted",
        "Gallerist's identity may not read or write the container of the evidence, or the storage account's network "
        "rules keep the app out.",
        "Give the identity the role Storage Blob Data Contributor on the container of GALLERIST_EVIDENCE_CONTAINER, "
        "and let the app's network reach it: Gallerist waits and tries again.",
        "wait",
    ),
    _known(
        "EvidenceChanged",
        "Another text is stored under the name of this evidence, and evidence is written once.",
        "Find out who wrote it: nothing but Gallerist should write into the container or folder of the evidence.",
    ),
    _known(
        "EvidenceFolderUnusable",
        "The folder of the evidence cannot be used.",
        "Check GALLERIST_EVIDENCE_FOLDER, the rights on the folder and the space on its disk.",
        "wait",
    ),
    _known(
        "BlobArchived|BlobBeingRehydrated|BlobNotFound|LeaseIdMissing|LeaseAlreadyPresent|BlobImmutableDueToPolicy"
        "|BlobAlreadyExists|ConditionNotMet|UnauthorizedBlobOverwrite|ServerBusy|OperationTimedOut|InternalError"
        "|AccountBeingCreated",
        "The storage account of the evidence does not give or take a record at the moment.",
        WAITS,
        "wait",
    ),
    # governance: what an organization or Azure itself does not allow in this place
    _known(
        "RequestDisallowedByPolicy",
        "An Azure Policy assignment does not allow the resource, by its text because of a tag.",
        "Set the tag that the message names under 'tags' in the policy file, or on the image: definitions and versions "
        "get both. Or ask the assignment's owner for an exemption.",
        message=r"\btags?\b",
    ),
    _known(
        "RequestDisallowedByPolicy",
        "An Azure Policy assignment does not allow the resource, by its text because of a location.",
        "Use regions and a gallery that the assignment allows, or ask its owner for an exemption. The image's own "
        "region is always one of the regions.",
        message=r"\b(locations?|regions?)\b",
    ),
    _known(
        "RequestDisallowedByPolicy",
        "An Azure Policy assignment does not allow the resource.",
        "Read in the message which policy assignment it is, and change the policy file so that it is met (tags, "
        "regions, storage, encryption), or ask the assignment's owner for an exemption.",
    ),
    _known(
        "RequestDisallowedByAzure",
        "Azure allows this subscription only some regions.",
        "Use regions that the subscription may use, or ask Azure's support for access to the region.",
    ),
    _known(
        "DenyAssignmentAuthorizationFailed",
        "A deny assignment, such as that of a deployment stack or of a managed application, forbids the change.",
        "Use a gallery without the deny assignment that the message names, or exclude Gallerist's identity from it.",
    ),
    _known(
        "ScopeLocked",
        "A lock forbids the change.",
        "Remove the lock that the message names, or keep the resource as it is.",
    ),
    _known(
        "MissingSubscriptionRegistration|SubscriptionNotRegistered",
        "The subscription is not registered for Microsoft.Compute.",
        "Register it with 'az provider register --namespace Microsoft.Compute', and start the migration again.",
    ),
    _known(
        "SubscriptionNotRegisteredForFeature",
        "The subscription is not registered for a feature that the resource or the region needs.",
        "Register the feature that the message names, or do without it. Some regions need an access request to "
        "Azure's support.",
    ),
    _known(
        "LocationNotAvailableForResourceType",
        "The subscription cannot use the region, or the region does not offer galleries.",
        "Use another region. Some regions, such as australiacentral, need an access request to Azure's support.",
    ),
    _known(
        "ReadOnlyDisabledSubscription",
        "The subscription is disabled, so nothing can be written in it.",
        "Enable the subscription again, or use a gallery in another one.",
    ),
    _known(
        "QuotaExceeded|ResourceQuotaExceeded|ResourceGroupQuotaExceeded|ResourceCountExceedsLimit",
        "A quota of the subscription, the resource group or the region is used up.",
        "Delete what is not needed, ask Azure's support for a higher quota, or use a gallery in another subscription.",
    ),
    _known(
        "OperationNotAllowed|Conflict|BadRequest|InvalidParameter",
        "A quota of the subscription, the resource group or the region is used up.",
        "Delete what is not needed, ask Azure's support for a higher quota, or use a gallery in another subscription.",
        message=r"\bquota\b",
    ),
    # what is missing, or in use
    _known(
        "ParentResourceNotFound",
        "The gallery or the definition does not exist, or was created so recently that Azure does not find it yet.",
        "No action needed if it was just created: Gallerist waits and tries again. Otherwise create the gallery again, "
        "and start the migration again.",
        "wait",
    ),
    _known(
        "ResourceGroupNotFound|SubscriptionNotFound|ResourceNotFound|NotFound",
        "A resource that the migration needs does not exist.",
        "Check the resource id in the message.",
    ),
    _known(
        "CannotDeleteResource",
        "The resource contains other resources, or did a moment ago.",
        "Delete the resources that the message names. If they are deleted, try again in a minute.",
        "wait",
    ),
    _known(
        "OperationNotAllowedOnVMImageAsVMsBeingProvisioned",
        "Virtual machines are being created from the managed image.",
        "No action needed: the image can be deleted when they have been created.",
        "wait",
    ),
    # throttling, and what passes by itself
    _known(
        "OperationNotAllowed",
        "The subscription has sent too many requests to the service.",
        WAITS,
        "throttled",
        message="too many requests",
    ),
    KnownError(
        "SubscriptionRequestsThrottled|ResourceRequestsThrottled|TooManyRequests|RetryableError",
        "",
        THROTTLED,
    ),
    _known(
        "Conflict",
        "Another request was changing the same resource.",
        WAITS,
        "wait",
        message="concurrent request",
    ),
    KnownError(
        "ServerTimeout|GatewayTimeout|InternalServerError|ServiceUnavailable|MultipleErrorsOccurred",
        "",
        UNANSWERED,
    ),
    _known(
        "InternalOperationError|InternalExecutionError",
        "The service failed internally. Users report this for disk encryption sets together with trusted launch.",
        "Start the migration again. If it fails again, open a support request with Azure's own message.",
    ),
    # what only another version of Gallerist, or another value, fixes
    _known(
        FOREIGN_LINK,
        "An answer leads to another host than Azure Resource Manager, and Gallerist sends its token to no other.",
        "Check GALLERIST_CLOUD and GALLERIST_ARM_ENDPOINT, and that no proxy in between changes answers.",
    ),
    _known(
        "NoRegisteredProviderFound|InvalidResourceType|MissingApiVersionParameter|InvalidApiVersionParameter",
        "This cloud does not offer the version of the compute API that Gallerist uses.",
        "Check GALLERIST_CLOUD and GALLERIST_ARM_ENDPOINT, and that the subscription has Microsoft.Compute registered.",
    ),
    _known(
        "InvalidParameter|BadRequest|LocationRequired",
        "The service rejected a value.",
        "Correct the value that the message names in the policy or in the request.",
    ),
)
