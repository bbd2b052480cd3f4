"""What an error of Azure Resource Manager means to the people who meet it: cause, fix, and whether to retry."""

import re
from http import HTTPStatus
from typing import Literal, NamedTuple

from domain.errors import ArmError

# `throttled`: waited for as long as the service asks; `wait`: something that passes, waited for a bounded number of
# times; `never`: only a change of something mends it
Retry = Literal["throttled", "wait", "never"]


class Diagnosis(NamedTuple):
    """What an ARM error comes from, what mends it, and whether waiting does."""

    cause: str
    fix: str
    retry: Retry


class KnownError(NamedTuple):
    """One row of the table: regular expressions for code (the whole of it) and message (a part), case ignored."""

    code: str
    message: str
    diagnosis: Diagnosis

    def fits(self, error: ArmError) -> bool:
        """Whether the error is of this row."""
        return bool(
            re.fullmatch(self.code or ".*", error.code, re.IGNORECASE)
            and re.search(self.message, error.message, re.IGNORECASE)
        )


def _known(code: str, cause: str, fix: str, retry: Retry = "never", *, message: str = "") -> KnownError:
    return KnownError(code, message, Diagnosis(cause, fix, retry))


THROTTLED = Diagnosis(
    "The service is throttling requests.",
    "Nothing to do: Gallerist waits as long as the service asks.",
    "throttled",
)
UNANSWERED = Diagnosis(
    "No answer came, or the service was not well.",
    "Nothing to do: Gallerist reads what happened and tries again.",
    "wait",
)
UNKNOWN = Diagnosis(
    "Gallerist does not know this error.", "Read the service's own text; it is kept as it came.", "never"
)
# The first row that fits is the diagnosis: rows with a text come before the rows of their code alone.
# Codes and texts are those of recorded answers, of public issue threads and of Microsoft's troubleshooting page
# for galleries; where only the text is known, the code is left open.
KNOWN_ERRORS: tuple[KnownError, ...] = (
    # the image does not fit the definition
    _known(
        "",
        "The disks of the managed image have another Hyper-V generation than the image definition.",
        "Use a definition of the image's generation, such as the same name with -gen2 (or -gen1) at its end.",
        message="different Hypervisor generation",
    ),
    _known(
        "",
        "The managed image holds another operating system than the image definition says.",
        "Use a definition of the image's OS type.",
        message="different OS type",
    ),
    _known(
        "",
        "The image's disks carry a marketplace purchase plan that the image definition does not name.",
        "Name the plan (tags PlanInfo, PlanProduct, PlanPublisher, or 'plan' in the request) and use a new definition: "
        "a definition's plan is fixed when it is created.",
        message="different plan",
    ),
    _known(
        "",
        "The image definition is for specialized images, and managed images are generalized.",
        "Use a definition whose OS state is Generalized.",
        message="OS State in the parent gallery image",
    ),
    _known(
        "",
        "The image definition asks for a security type that this sort of source cannot give.",
        "Use a definition of security type Standard, or TrustedLaunchSupported for an image of generation 2.",
        message="The security type .* is not supported",
    ),
    # the source
    _known(
        "",
        "A disk of the image is larger than the gallery takes (2048 GB).",
        "Shrink the disk and capture the image again, or keep this image as it is.",
        message="exceeds the max size",
    ),
    _known(
        "",
        "The managed image is gone, or it is in another region than the version.",
        "Check that the image still exists; a version is always made in its source's region.",
        message=r"Source .* is not found",
    ),
    _known(
        "",
        "Several versions are being made from this one source at once.",
        "Nothing to do: Gallerist waits and tries again.",
        "throttled",
        message="Too many requests on source",
    ),
    _known(
        "",
        "The source is encrypted with a customer's key, and such a source has to be in the gallery's subscription.",
        "Name a gallery in the image's subscription, or capture the image without a disk encryption set.",
        message="Encrypted source is in a different subscription",
    ),
    _known(
        "InvalidParameter",
        "The version was asked for with no source, or with more than one.",
        "Start the migration again; if it happens again, report it with the text: Gallerist names one source.",
        message="One and only one source type",
    ),
    _known(
        "InvalidParameter",
        "The managed image does not say of which Hyper-V generation it is.",
        "Capture the image again with hyperVGeneration: an image made from a blob needs it.",
        message="'hyperVGeneration' is missing",
    ),
    # the version and its regions
    _known(
        "InvalidParameter",
        "The version's number is not Major.Minor.Patch of integers up to 2147483647.",
        "Correct the version in the request, in the image's tag or in the policy's rule.",
        message="image version name is invalid",
    ),
    _known(
        "InvalidParameter",
        "The image's own region is not among the version's target regions.",
        "Start the migration again: Gallerist adds the image's own region.",
        message="must contain the location of image version",
    ),
    _known(
        "InvalidParameter",
        "A target region is named twice, perhaps in two spellings.",
        "Name each region once in the policy or in the request.",
        message="Duplicate regions",
    ),
    _known(
        "",
        "The end-of-life date has passed.",
        "Give a date in the future, or raise end_of_life_after_days.",
        message="EndOfLifeDate must be set to a future date",
    ),
    _known(
        "",
        "Regions that the version has were left out of an update, and the service deletes none.",
        "Start the migration again: Gallerist reads the regions anew and keeps every one.",
        message="Deletion of previously replicated locations is not allowed",
    ),
    _known(
        "",
        "The version is being deleted.",
        "Wait for the deletion to end, then start the migration again.",
        message="marked for deletion",
    ),
    _known(
        "",
        "The service could not replicate the version to a region.",
        "Start the migration again: it takes up the version where it stands.",
        message="replication jobs? (failed|not completed)",
    ),
    _known(
        "GalleryImageNotFound",
        "The version has not reached the region in which it is to be used.",
        "Wait until the region is Completed, or add it to the version's regions.",
    ),
    _known(
        "DeleteGalleryImageVersionBlockedBeforeEndOfLife",
        "The version is protected until its end-of-life date.",
        "Wait for the date, or take blockDeletionBeforeEndOfLife off the version.",
    ),
    # names
    _known(
        "",
        "Publisher, offer and SKU of the definition are those of another definition in the gallery.",
        "Choose another publisher, offer or SKU in the policy's rule.",
        message="identified by .* already exists",
    ),
    _known(
        "",
        "The subscription has a gallery of this name already, perhaps in another resource group.",
        "Use that gallery, or give the new one another name.",
        message="is not unique within the subscription",
    ),
    _known(
        "",
        "A resource of this name exists in another location, and a resource's location is fixed.",
        "Use the resource where it is, or choose another name.",
        message="already exists in location",
    ),
    _known(
        "PropertyChangeNotAllowed",
        "Something of the gallery that is fixed at its creation would have to change.",
        "Use another definition or version number; Gallerist never writes over what is there.",
    ),
    # permissions
    _known(
        "LinkedAuthorizationFailed",
        "Gallerist's identity may write to the gallery but not read the source.",
        "Give the identity Microsoft.Compute/images/read and Microsoft.Compute/galleries/images/versions/read "
        "where the source is.",
    ),
    _known(
        "AuthorizationFailed",
        "Gallerist's identity lacks a permission, or was given it a moment ago.",
        "Give the identity the action that the message names, at the scope that it names.",
    ),
    _known(
        "AuthenticationFailed|InvalidAuthenticationToken|ExpiredAuthenticationToken",
        "Azure did not accept the token of Gallerist's identity.",
        "Check that the managed identity is assigned to the app and belongs to the subscription's tenant.",
    ),
    _known(
        "ScopeLocked",
        "A lock forbids the change.",
        "Remove the lock that the message names, or leave the resource as it is.",
    ),
    # what is missing, or in use
    _known(
        "ParentResourceNotFound",
        "Azure does not see the gallery or the definition yet, or it is gone.",
        "Nothing to do if it was made a moment ago; otherwise create it again.",
        "wait",
    ),
    _known(
        "ResourceNotIndexed",
        "The managed image is so new that Azure's list of resources, which tells its age, does not have it yet.",
        "Nothing to do: Gallerist waits and looks again.",
        "wait",
    ),
    _known(
        "ResourceGroupNotFound|SubscriptionNotFound|ResourceNotFound|NotFound",
        "What the migration needs does not exist.",
        "Check the resource id in the message.",
    ),
    _known(
        "CannotDeleteResource",
        "The resource still holds others, or held them a moment ago.",
        "Delete what the message names first; if that is done, try again in a minute.",
        "wait",
    ),
    _known(
        "OperationNotAllowedOnVMImageAsVMsBeingProvisioned",
        "Virtual machines are being created from the managed image.",
        "Nothing to do: the image can be deleted once they are there.",
        "wait",
    ),
    # throttling, and what passes by itself
    _known(
        "OperationNotAllowed",
        "The subscription has sent the service too many requests.",
        "Nothing to do: Gallerist waits as long as the service asks.",
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
        "Nothing to do: Gallerist waits and tries again.",
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
        "The service failed inside; users met this with encryption sets and trusted launch together.",
        "Start the migration again; if it fails again, open a support request with the service's own text.",
    ),
    # what only another version of Gallerist, or another value, mends
    _known(
        "NoRegisteredProviderFound|InvalidResourceType|MissingApiVersionParameter|InvalidApiVersionParameter",
        "This cloud does not have the version of the compute API that Gallerist speaks.",
        "Check the settings of cloud and ARM endpoint, and that the subscription has Microsoft.Compute registered.",
    ),
    _known(
        "InvalidParameter|BadRequest|LocationRequired",
        "The service did not accept a value.",
        "Correct what the message names in the policy or in the request.",
    ),
)


def diagnose(error: ArmError) -> Diagnosis:
    """Say where an ARM error comes from and what mends it; an unknown one keeps its own text."""
    known = next((row.diagnosis for row in KNOWN_ERRORS if row.fits(error)), None)
    if known is not None:
        return known
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return THROTTLED
    if error.status in (0, HTTPStatus.REQUEST_TIMEOUT) or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UNANSWERED
    return UNKNOWN
