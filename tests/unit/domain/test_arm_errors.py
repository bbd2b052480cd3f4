"""The catalogue of ARM errors: each cause and fix, and whether a retry can help."""

import json
from pathlib import Path

import pytest

from domain.arm_errors import KNOWN_ERRORS, UNANSWERED, UNKNOWN, diagnose
from domain.errors import ArmError
from scripts import export_errors

RECORDED = Path(__file__).parents[4] / "shared" / "arm_errors.json"

# At least one error for each row of the catalogue: status, code, message, the cause, and whether to retry.
# `?` stands for a code that was never recorded.
KNOWN = [
    (
        200,
        "Conflict",
        "The resource with id '/i' has a different Hypervisor generation ['V2'] than the parent gallery image",
        "The managed image and the image definition have different Hyper-V generations.",
        "never",
    ),
    (
        200,
        "Conflict",
        "The resource with id '/i' has a different OS type ['Windows'] than the parent gallery image OS type",
        "The managed image and the image definition have different operating systems.",
        "never",
    ),
    (
        200,
        "Conflict",
        "The resource with id /i has a different plan ['{}'] than the parent gallery image plan ['null']",
        "The image definition does not have the marketplace purchase plan of the image's disks.",
        "never",
    ),
    (
        200,
        "?",
        "since the OS State in the parent gallery image (Specialized) is not Generalized",
        "The image definition is for specialized images; managed images are generalized.",
        "never",
    ),
    (
        200,
        "OSProvisioningTimedOut",
        "OS Provisioning for VM 'm' did not finish in the allotted time. The VM may still finish provisioning",
        "The machine started, and nothing in it reported to Azure in time.",
        "never",
    ),
    (
        200,
        "OSProvisioningClientError",
        "OS Provisioning for VM 'm' did not finish in the allotted time. However, the VM guest agent was detected",
        "The provisioning agent inside the machine failed: mostly the image was not generalized, or is not prepared.",
        "never",
    ),
    (
        409,
        "VMAgentStatusCommunicationError",
        "VM 'm' has not reported status for VM agent or extensions.",
        "The machine was provisioned, and its VM agent did not report that it is ready.",
        "never",
    ),
    (
        200,
        "MachineNotReady",
        "the machine was not provisioned within 40 minutes: it is Creating",
        "Azure did not finish provisioning the machine within the time that the policy allows.",
        "never",
    ),
    (
        200,
        "NoCapacityForProof",
        "for 8 hours eastus2 had no capacity",
        "Azure had no hardware for the machine of the proof. That says nothing about the image.",
        "never",
    ),
    (
        200,
        "NoQuotaForProof",
        "for 8 hours eastus2 had no quota",
        "The subscription's quota of cores is used up. That says nothing about the image.",
        "never",
    ),
    (
        200,
        "NoSizeForProof",
        "eastus2 offers no size",
        "The region offers no VM size that can boot the version. That says nothing about the image.",
        "never",
    ),
    (
        200,
        "ProofNameTaken",
        "gallerist-proof-1 is not a proof's machine",
        "A machine that Gallerist did not make has the name of the proof's machine.",
        "never",
    ),
    (
        200,
        "ProofMachineLost",
        "the machine of the proof is gone",
        "Somebody or something deleted the machine of the proof while it was being watched.",
        "never",
    ),
    (
        409,
        "SkuNotAvailable",
        "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: Standard_B2s' is",
        "The VM size is not available in the region: for this subscription, or at the moment.",
        "never",
    ),
    (
        200,
        "ZonalAllocationFailed",
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone.",
        "Azure has no free hardware for the machine at the moment.",
        "never",
    ),
    (
        409,
        "OperationNotAllowed",
        "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota.",
        "The subscription's quota of cores is used up in the region.",
        "never",
    ),
    (
        400,
        "MarketplacePurchaseEligibilityFailed",
        "Marketplace purchase eligibilty check returned errors. See inner errors for details. ",
        "The subscription cannot use the image's marketplace purchase plan, or the definition lacks it.",
        "never",
    ),
    (
        200,
        "VMExtensionProvisioningError",
        "VM has reported a failure when processing extension 'AzureMonitorLinuxAgent'",
        "An extension failed on the machine of the proof. Gallerist installs none: an Azure Policy assignment does.",
        "never",
    ),
    (
        400,
        "BadRequest",
        "The selected VM size 'Standard_D2s_v6' cannot boot Hypervisor Generation '1'.",
        "The VM size and the image have different Hyper-V generations or architectures.",
        "never",
    ),
    (
        200,
        "?",
        "The GalleryImageVersion source resource size 2520 exceeds the max size 2048 supported",
        "A disk of the image is larger than 2048 GB, the largest that a gallery accepts.",
        "never",
    ),
    (
        200,
        "?",
        "Source '/i' is not found. Please check source exists, and is in the same region",
        "The managed image does not exist, or it is in another region than the version.",
        "never",
    ),
    (
        0,
        "?",
        "Too many requests on source '/i'. Please reduce the number of requests on the source",
        "Too many versions are being created from this source at the same time.",
        "throttled",
    ),
    (
        409,
        "?",
        "Operation 'Update Gallery Image Version' is not on allowed on 1.0.0; since it is marked for deletion.",
        "The version is being deleted.",
        "never",
    ),
    (
        409,
        "?",
        "Gallery image: web identified by (publisher:P, offer:O, sku:S) already exists.",
        "Another definition in the gallery has the same publisher, offer and SKU.",
        "never",
    ),
    (
        200,
        "CrpPirReplicationJobsNotCompleted",
        "Replication job not completed at region: westcentralus",
        "The service could not replicate the version to a region.",
        "never",
    ),
    (
        200,
        "?",
        "Gallery replication jobs failed in one or more regions. The failing regions' details are as follows: '{}'.",
        "The service could not replicate the version to a region.",
        "never",
    ),
    (
        409,
        "PropertyChangeNotAllowed",
        "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not allowed.",
        "The request would change a property that is fixed when the resource is created.",
        "never",
    ),
    (
        403,
        "LinkedAuthorizationFailed",
        "it does not have permission to perform action 'b' on the linked scope 't'.",
        "Gallerist's identity may write to the gallery but not read the source.",
        "never",
    ),
    (
        403,
        "AuthorizationFailed",
        "The client 'a' with object id 'o' does not have authorization to perform action 'b' over scope 's'",
        "Gallerist's identity lacks a permission, or got it so recently that it has not taken effect.",
        "never",
    ),
    (
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
        "Azure did not accept the token of Gallerist's identity.",
        "never",
    ),
    (
        401,
        "InvalidAuthenticationToken",
        "The access token is invalid.",
        "Azure did not accept the token of Gallerist's identity.",
        "never",
    ),
    (
        401,
        "ExpiredAuthenticationToken",
        "The access token expired.",
        "The token of Gallerist's identity had expired when Azure read it.",
        "wait",
    ),
    (
        0,
        "IdentityUnavailable",
        "DefaultAzureCredential failed to retrieve a token from the included credentials.",
        "Gallerist's identity gets no token: its endpoint does not answer or fails, or there is no identity.",
        "wait",
    ),
    (
        0,
        "ForeignLink",
        "https://elsewhere.example/next is not at the address of Azure Resource Manager",
        "An answer leads to another host than Azure Resource Manager, and Gallerist sends its token to no other.",
        "never",
    ),
    (
        404,
        "ParentResourceNotFound",
        "Can not perform requested operation on nested resource. Parent resource 'golden' not found.",
        "The gallery or the definition does not exist, or was created so recently that Azure does not find it yet.",
        "wait",
    ),
    (
        404,
        "ResourceGroupNotFound",
        "Resource group 'builds' could not be found.",
        "A resource that the migration needs does not exist.",
        "never",
    ),
    (
        404,
        "ResourceNotFound",
        "The Resource 'Microsoft.Compute/images/web' under resource group 'builds' was not found.",
        "A resource that the migration needs does not exist.",
        "never",
    ),
    (
        404,
        "NotFound",
        "The entity was not found in this Azure location.",
        "A resource that the migration needs does not exist.",
        "never",
    ),
    (
        409,
        "ScopeLocked",
        "The scope '/s' cannot perform delete operation because following scope(s) are locked: '/s'.",
        "A lock forbids the change.",
        "never",
    ),
    (
        429,
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
        "The subscription has sent too many requests to the service.",
        "throttled",
    ),
    (
        429,
        "SubscriptionRequestsThrottled",
        "Number of requests for subscription 's' and operation 'GET' exceeded the backend storage limit.",
        "The service is throttling requests.",
        "throttled",
    ),
    (
        429,
        "TooManyRequests",
        "The request is being throttled.",
        "The service is throttling requests.",
        "throttled",
    ),
    (
        409,
        "Conflict",
        "The request failed due to conflict with a concurrent request.",
        "Another request was changing the same resource.",
        "wait",
    ),
    (
        503,
        "ServerTimeout",
        "The request timed out. Diagnostic information: timestamp '20221212T052227Z'",
        "The service did not answer, or failed temporarily.",
        "wait",
    ),
    (
        400,
        "InvalidParameter",
        "The security type 'TrustedLaunchSupported' is not supported for the source id '/vm'.",
        "The image definition requires a security type that a managed image does not support.",
        "never",
    ),
    (
        400,
        "?",
        "Encrypted source is in a different subscription. Please retry with an unencrypted source",
        "The source is encrypted with a customer-managed key and is not in the gallery's subscription.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "One and only one source type (user image, snapshot, disk, virtual machine) can be provided",
        "The request for the version has no source, or more than one.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "Required parameter 'hyperVGeneration' is missing (null).",
        "The managed image has no Hyper-V generation.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "The image version name is invalid. The image version name should follow Major(int).Minor(int).Patch(int)",
        "The version number is not Major.Minor.Patch with integers up to 2147483647.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "Gallery image version publishing profile regions 'westus' must contain the location of image version.",
        "The image's own region is not one of the version's target regions.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "Duplicate regions are not allowed in target publishing regions.",
        "A target region is listed twice, perhaps in two spellings.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "EndOfLifeDate must be set to a future date.",
        "The end-of-life date has passed.",
        "never",
    ),
    (
        400,
        "?",
        "Complete set of target locations not specified. Deletion of previously replicated locations is not allowed",
        "An update left out regions that the version already has, and the service does not remove them.",
        "never",
    ),
    (
        404,
        "GalleryImageNotFound",
        "The gallery image /v is not available in westus region. Please contact image owner",
        "The version is not available in the region where it is used.",
        "never",
    ),
    (
        409,
        "DeleteGalleryImageVersionBlockedBeforeEndOfLife",
        "Deletion of Gallery image version is not allowed because the image is enabled for it",
        "The version is protected until its end-of-life date.",
        "never",
    ),
    (
        409,
        "?",
        "The gallery name golden is not unique within the subscription s. Please pick another gallery name",
        "The subscription already has a gallery of this name, perhaps in another resource group.",
        "never",
    ),
    (
        409,
        "?",
        "The resource golden already exists in location eastus in resource group g.",
        "A resource of this name exists in another location, and a location cannot change.",
        "never",
    ),
    (
        200,
        "?",
        "Storage could not be allocated for the replica in this region.",
        "The service had no free storage in a region for a moment.",
        "wait",
    ),
    (
        409,
        "Conflict",
        "The gallery image version is in a failed state; delete it before it is created again.",
        "The version has failed, and the service does not write a failed version again.",
        "never",
    ),
    (
        409,
        "CannotDeleteResource",
        "Cannot delete resource while nested resources exist.",
        "The resource contains other resources, or did a moment ago.",
        "wait",
    ),
    (
        409,
        "OperationNotAllowedOnVMImageAsVMsBeingProvisioned",
        "(the text was not recorded)",
        "Virtual machines are being created from the managed image.",
        "wait",
    ),
    (
        200,
        "InternalOperationError",
        "An internal error occurred.",
        "The service failed internally. Users report this for disk encryption sets together with trusted launch.",
        "never",
    ),
    (
        400,
        "NoRegisteredProviderFound",
        "No registered resource provider found for location 'eastus' and API version '1' for type 'galleries'.",
        "This cloud does not offer the version of the compute API that Gallerist uses.",
        "never",
    ),
    (
        404,
        "InvalidResourceType",
        "The resource type 'x' could not be found in the namespace 'Microsoft.Compute' for api version '1'.",
        "This cloud does not offer the version of the compute API that Gallerist uses.",
        "never",
    ),
    (400, "InvalidParameter", "A text of its own.", "The service rejected a value.", "never"),
    (
        400,
        "LocationRequired",
        "The location property is required for this definition.",
        "The service rejected a value.",
        "never",
    ),
    (400, "BadRequest", "Error converting value.", "The service rejected a value.", "never"),
    (
        400,
        "InvalidParameter",
        "Confidential VM is not supported for the source id '/i'. Currently Snapshot, Disk and VM sources",
        "The image definition requires a security type that a managed image does not support.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "The VM size 'Standard_D8s_v6' cannot boot with OS image or disk. Please check that disk controller types",
        "The VM size and the image definition have different disk controllers.",
        "never",
    ),
    (
        400,
        "InvalidParameter",
        "The VM size 'Standard_D4ads_v5' cannot boot with DiskControllerType 'NVMe'.",
        "The VM size and the image definition have different disk controllers.",
        "never",
    ),
    (
        409,
        "DefinitionOfAnotherGroup",
        "image definition web is for images in /subscriptions/s/resourceGroups/team-red",
        "An image of the same name in another resource group got the definition first.",
        "never",
    ),
    (
        403,
        "RequestDisallowedByPolicy",
        "was disallowed by policy. Policy identifiers: '[{policyAssignment:{name:Require a tag on resources}}]'.",
        "An Azure Policy assignment does not allow the resource, by its text because of a tag.",
        "never",
    ),
    (
        403,
        "RequestDisallowedByPolicy",
        "was disallowed by policy. Policy identifiers: '[{policyAssignment:{name:Allowed locations}}]'.",
        "An Azure Policy assignment does not allow the resource, by its text because of a location.",
        "never",
    ),
    (
        403,
        "RequestDisallowedByPolicy",
        "was disallowed by policy. Policy identifiers: '[{policyAssignment:{name:baseline}}]'.",
        "An Azure Policy assignment does not allow the resource.",
        "never",
    ),
    (
        403,
        "RequestDisallowedByAzure",
        "was disallowed by Azure: This policy maintains a set of best available regions",
        "Azure allows this subscription only some regions.",
        "never",
    ),
    (
        403,
        "DenyAssignmentAuthorizationFailed",
        "the access is denied because of the deny assignment with name 'd'.",
        "A deny assignment, such as that of a deployment stack or of a managed application, forbids the change.",
        "never",
    ),
    (
        409,
        "MissingSubscriptionRegistration",
        "The subscription is not registered to use namespace 'Microsoft.Compute'.",
        "The subscription is not registered for Microsoft.Compute.",
        "never",
    ),
    (
        409,
        "SubscriptionNotRegisteredForFeature",
        "Subscription s is not registered for feature Microsoft.Compute/SIGSoftDelete",
        "The subscription is not registered for a feature that the resource or the region needs.",
        "never",
    ),
    (
        400,
        "LocationNotAvailableForResourceType",
        "The provided location 'europe' is not available for resource type 'Microsoft.Compute/galleries/images'.",
        "The subscription cannot use the region, or the region does not offer galleries.",
        "never",
    ),
    (
        409,
        "ReadOnlyDisabledSubscription",
        "The subscription 's' is disabled and therefore marked as read only.",
        "The subscription is disabled, so nothing can be written in it.",
        "never",
    ),
    (
        409,
        "ResourceQuotaExceeded",
        "Creating the resource of type 'galleries/images' would exceed the quota of '800' resources of that type.",
        "A quota of the subscription, the resource group or the region is used up.",
        "never",
    ),
    (
        409,
        "OperationNotAllowed",
        "Operation could not be completed as it results in exceeding approved quota.",
        "A quota of the subscription, the resource group or the region is used up.",
        "never",
    ),
    (
        404,
        "ContainerNotFound",
        "the evidence 'a.json' cannot be stored: Azure Storage answers HTTP 404 ContainerNotFound",
        "The container of the setting GALLERIST_EVIDENCE_CONTAINER does not exist.",
        "wait",
    ),
    (
        403,
        "AuthorizationPermissionMismatch",
        "the evidence 'a.json' cannot be stored: Azure Storage answers HTTP 403 AuthorizationPermissionMismatch",
        (
            "Gallerist's identity may not read or write the container of the evidence, or the storage account's "
            "network rules keep the app out."
        ),
        "wait",
    ),
    (
        409,
        "EvidenceChanged",
        "the evidence 'a.json' is stored with another text; evidence is never changed",
        "Another text is stored under the name of this evidence, and evidence is written once.",
        "never",
    ),
    (
        0,
        "EvidenceFolderUnusable",
        "/evidence: No space left on device",
        "The folder of the evidence cannot be used.",
        "wait",
    ),
    (
        409,
        "BlobArchived",
        "the evidence 'a.json' cannot be read: Azure Storage answers HTTP 409 BlobArchived",
        "The storage account of the evidence does not give or take a record at the moment.",
        "wait",
    ),
]


@pytest.mark.parametrize(("status", "code", "message", "cause", "retry"), KNOWN)
def test_a_known_error_has_a_cause_and_a_fix(
    status: int, code: str, message: str, cause: str, retry: str
) -> None:
    diagnosis = diagnose(ArmError(status, code, message))
    assert (diagnosis.cause, diagnosis.retry) == (cause, retry)
    assert diagnosis.fix.endswith(".")


def test_every_row_of_the_catalogue_is_reached() -> None:
    """No earlier row hides a later one, and each row has an error that somebody has seen."""
    errors = [ArmError(status, code, message) for status, code, message, *_ in KNOWN]
    reached = [next(row for row in KNOWN_ERRORS if row.fits(error)) for error in errors]
    assert [row for row in KNOWN_ERRORS if row not in reached] == []


def test_the_case_of_code_and_message_is_ignored() -> None:
    lowered = ArmError(429, "toomanyrequests", "")
    assert diagnose(lowered).cause == "The service is throttling requests."
    assert diagnose(ArmError(200, "Conflict", "DIFFERENT HYPERVISOR GENERATION")).retry == "never"


@pytest.mark.parametrize("status", [0, 408, 500, 502, 503, 504])
def test_a_temporary_failure_is_retried(status: int) -> None:
    diagnosis = diagnose(ArmError(status, "HTTP", "the service gave no reason"))
    assert (diagnosis.retry, diagnosis.cause) == (
        "wait",
        "The service did not answer, or failed temporarily.",
    )


@pytest.mark.parametrize("message", ["the service gave no reason", "the quota of requests is used up"])
def test_status_429_is_throttling_whatever_the_code(message: str) -> None:
    assert diagnose(ArmError(429, "HTTP429", message)).retry == "throttled"


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 412])
def test_an_unknown_error_keeps_azures_message_and_is_not_retried(status: int) -> None:
    error = ArmError(status, "NobodySawThis", "a message of its own")
    assert diagnose(error).retry == "never"
    assert diagnose(error).cause == "Gallerist does not know this error."
    assert str(error) == f"NobodySawThis (HTTP {status}): a message of its own"


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded errors are not beside this repository")
def test_every_recorded_error_is_known() -> None:
    unknown = [
        f"{row['code']}: {row['message']}"
        for row in json.loads(RECORDED.read_text(encoding="utf-8"))
        if diagnose(ArmError(row["http"] or 409, row["code"], row["message"])) in (UNKNOWN, UNANSWERED)
        and row["http"] not in (503, 504)
    ]
    assert unknown == []


def test_the_page_of_errors_is_current() -> None:
    """docs/errors.md is written by `python -m scripts.export_errors`."""
    assert export_errors.PAGE.read_text(encoding="utf-8") == export_errors.page()
