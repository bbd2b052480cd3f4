"""The errors that Gallerist raises, and what an error of Azure Resource Manager means to the people who meet it.

GalleristError
├── ResourceIdError   a text that is not the resource id it should be
├── PolicyError       a policy that cannot be read
├── IllegalMoveError  a migration state that cannot follow another
├── NotYetError       something that time alone brings about
└── ArmError          what Azure Resource Manager answered instead of doing the work
"""

import re
from http import HTTPStatus
from typing import Literal, NamedTuple

Retry = Literal["wait", "never"]


class GalleristError(Exception):
    """Anything that Gallerist itself raises."""


class ResourceIdError(GalleristError, ValueError):
    """A text that is not the id of a resource of the wanted type."""

    def __init__(self, text: str, kind: str, reason: str) -> None:
        super().__init__(f"'{text}' is not the id of a {kind}: {reason}")


class PolicyError(GalleristError):
    """A policy that cannot be used, with the place and the reason."""

    def __init__(self, source: str, line: int | None, reason: str) -> None:
        place = f"{source}, line {line}" if line else source
        super().__init__(f"policy {place}: {reason}")


class IllegalMoveError(GalleristError):
    """A migration state that may not follow the one before it."""

    def __init__(self, current: str, wanted: str, allowed: frozenset[str]) -> None:
        choices = ", ".join(sorted(allowed)) or "nothing: it is an end"
        super().__init__(
            f"a migration cannot go from '{current}' to '{wanted}'; from '{current}' it can go to {choices}"
        )


class NotYetError(GalleristError):
    """Something that is under way: asking again later is all there is to do."""


class ArmError(GalleristError):
    """An answer of Azure Resource Manager that is not the one asked for.

    `status` is the HTTP status (200 when an operation that was accepted failed later, 0 when no answer came),
    `code` and `message` the error's own, `retry_after_seconds` the service's wish if it sent one.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(f"{code} (HTTP {status}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds


class Diagnosis(NamedTuple):
    """What an ARM error comes from, what mends it, and whether waiting does."""

    cause: str
    fix: str
    retry: Retry


class _Known(NamedTuple):
    code: str
    message: str
    diagnosis: Diagnosis


def _known(code: str, cause: str, fix: str, retry: Retry = "never", *, message: str = "") -> _Known:
    return _Known(code, message, Diagnosis(cause, fix, retry))


# The first row whose code and message (regular expressions, searched, case ignored) fit is the diagnosis.
# Codes and texts are those of recorded answers, of public issue threads and of Microsoft's troubleshooting page
# for galleries; where only the text is known, the code is left open.
_KNOWN_ERRORS: tuple[_Known, ...] = (
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
        "wait",
        message="Too many requests on source",
    ),
    _known(
        "",
        "The version is being deleted.",
        "Wait for the deletion to end, then start the migration again.",
        "never",
        message="marked for deletion",
    ),
    _known(
        "",
        "Publisher, offer and SKU of the definition are those of another definition in the gallery.",
        "Choose another publisher, offer or SKU in the policy's rule.",
        message="identified by .* already exists",
    ),
    _known(
        "",
        "The service could not replicate the version to a region.",
        "Start the migration again: it takes up the version where it stands.",
        message="replication jobs? (failed|not completed)",
    ),
    _known(
        "PropertyChangeNotAllowed",
        "Something of the gallery that is fixed at its creation would have to change.",
        "Use another definition or version number; Gallerist never writes over what is there.",
    ),
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
        "ParentResourceNotFound",
        "Azure does not see the gallery or the definition yet, or it is gone.",
        "Nothing to do if it was made a moment ago; otherwise create it again.",
        "wait",
    ),
    _known(
        "ResourceGroupNotFound|SubscriptionNotFound|ResourceNotFound|NotFound",
        "What the migration needs does not exist.",
        "Check the resource id in the message.",
    ),
    _known(
        "ScopeLocked",
        "A lock forbids the change.",
        "Remove the lock that the message names, or leave the resource as it is.",
    ),
    _known(
        "OperationNotAllowed",
        "The subscription has sent the service too many requests.",
        "Nothing to do: Gallerist waits as long as the service asks.",
        "wait",
        message="too many requests",
    ),
    _known(
        "SubscriptionRequestsThrottled|ResourceRequestsThrottled|TooManyRequests|RetryableError",
        "The service is throttling requests.",
        "Nothing to do: Gallerist waits as long as the service asks.",
        "wait",
    ),
    _known(
        "Conflict",
        "Another request was changing the same resource.",
        "Nothing to do: Gallerist waits and tries again.",
        "wait",
        message="concurrent request",
    ),
    _known(
        "InvalidParameter|BadRequest|LocationRequired",
        "The service did not accept a value.",
        "Correct what the message names in the policy or in the request.",
    ),
)

_UNANSWERED = Diagnosis(
    "No answer came, or the service was not well.",
    "Nothing to do: Gallerist reads what happened and tries again.",
    "wait",
)
_UNKNOWN = Diagnosis(
    "Gallerist does not know this error.", "Read the service's own text; it is kept as it came.", "never"
)


def diagnose(error: ArmError) -> Diagnosis:
    """Say where an ARM error comes from and what mends it; an unknown one keeps its own text."""
    for known in _KNOWN_ERRORS:
        if re.fullmatch(known.code or ".*", error.code, re.IGNORECASE) and re.search(
            known.message, error.message, re.IGNORECASE
        ):
            return known.diagnosis
    if error.status in (0, 408, 429) or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _UNANSWERED
    return _UNKNOWN
