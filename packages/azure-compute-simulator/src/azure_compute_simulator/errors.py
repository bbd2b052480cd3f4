"""The errors that ARM and the compute service answer with: one class per code, the tree drawn first.

SimulatedError
├── GatewayError          answered by ARM itself, before a provider sees the request (`x-ms-failure-cause: gateway`)
└── ServiceError          answered by the compute resource provider

Each class is named by its code. Codes and texts are those of the recorded or documented service; where only the text
is known, the code is inferred and COVERAGE.md says so.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class SimulatedError(Exception):
    """An answer other than success: HTTP status, code, message, and optionally target, details and headers.

    The code is the name of the class without its `Error`.
    """

    status: ClassVar[int]
    code: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.code = cls.__name__.removesuffix("Error")

    def __init__(
        self,
        message: str,
        *,
        target: str | None = None,
        details: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.target = target
        self.details = details
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The error's JSON object, without the envelope."""
        fields = {"code": self.code, "message": self.message, "target": self.target, "details": self.details}
        return {name: value for name, value in fields.items() if value is not None}


class GatewayError(SimulatedError):
    """Answered by ARM itself."""


class ServiceError(SimulatedError):
    """Answered by the compute resource provider."""


class AuthenticationFailedError(GatewayError):
    """The Authorization header is missing."""

    status = 401


class InvalidAuthenticationTokenError(GatewayError):
    """The token cannot be read, was signed by somebody else or is for another audience."""

    status = 401


class ExpiredAuthenticationTokenError(GatewayError):
    """The token was good once."""

    status = 401


class AuthorizationFailedError(GatewayError):
    """The caller lacks the action."""

    status = 403


class LinkedAuthorizationFailedError(GatewayError):
    """The caller lacks an action on a resource that the request names."""

    status = 403


class MissingApiVersionParameterError(GatewayError):
    """No api-version in the query."""

    status = 400

    def __init__(self) -> None:
        super().__init__("The api-version query parameter (?api-version=) is required for all requests.")


class InvalidApiVersionParameterError(GatewayError):
    """An api-version that this ARM endpoint does not have."""

    status = 400


class NoRegisteredProviderFoundError(GatewayError):
    """A write with an api-version outside the type's train."""

    status = 400


class InvalidResourceTypeError(GatewayError):
    """A read with an api-version outside the type's train."""

    status = 404


class InvalidRequestContentError(GatewayError):
    """The body is not JSON, or not an object."""

    status = 400


class InvalidTemplateError(GatewayError):
    """A template that cannot be deployed here."""

    status = 400


class InvalidFilterInQueryStringError(GatewayError):
    """A `$filter` that cannot be read."""

    status = 400


class LocationRequiredError(GatewayError):
    """A resource without a location."""

    status = 400

    def __init__(self) -> None:
        super().__init__("The location property is required for this definition.")


class LocationNotAvailableForResourceTypeError(GatewayError):
    """A location that is no region."""

    status = 400


class InvalidResourceLocationError(GatewayError):
    """A PUT that would move an existing resource."""

    status = 409


class HttpMethodNotSupportedError(GatewayError):
    """A path that exists, with another verb."""

    status = 405


class SubscriptionNotFoundError(GatewayError):
    """The subscription is not in the simulated tenant."""

    status = 404

    def __init__(self, subscription: str) -> None:
        super().__init__(f"The subscription '{subscription}' could not be found.")


class ResourceGroupNotFoundError(GatewayError):
    """The resource group does not exist."""

    status = 404

    def __init__(self, group: str) -> None:
        super().__init__(f"Resource group '{group}' could not be found.")


class ResourceNotFoundError(GatewayError):
    """The resource does not exist."""

    status = 404

    def __init__(self, path: str, group: str) -> None:
        super().__init__(
            f"The Resource '{path}' under resource group '{group}' was not found. "
            "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        )


class ParentResourceNotFoundError(GatewayError):
    """The gallery or image definition that would hold the resource does not exist."""

    status = 404

    def __init__(self, verb: str, type_: str, parent: str) -> None:
        super().__init__(
            f"Failed to perform '{verb}' on resource(s) of type '{type_}', "
            f"because the parent resource '{parent}' could not be found."
        )


class CannotDeleteResourceError(GatewayError):
    """The resource still holds others."""

    status = 409

    def __init__(self, nested: list[str]) -> None:
        super().__init__(
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
            f"'{', '.join(nested)}'. Please delete all nested resources before deleting this resource."
        )


class ScopeLockedError(GatewayError):
    """A lock stands above the resource."""

    status = 409


class NotFoundError(ServiceError):
    """Something that the compute service was asked to use does not exist."""

    status = 404


class GalleryImageNotFoundError(ServiceError):
    """The version is not replicated to the machine's region."""

    status = 404


class InvalidParameterError(ServiceError):
    """A value that the compute service refuses."""

    status = 400


class BadRequestError(ServiceError):
    """A value that does not even convert to its type."""

    status = 400

    def __init__(self, value: object, path: str) -> None:
        super().__init__(
            f"Error converting value \"{value}\" to type 'System.Nullable`1'. Path '{path}'.", target=path
        )


class PropertyChangeNotAllowedError(ServiceError):
    """A property that is fixed at creation."""

    status = 409

    def __init__(self, path: str) -> None:
        super().__init__(f"Changing property '{path}' is not allowed.", target=path)


class ConflictError(ServiceError):
    """The request contradicts what exists or what is going on."""

    status = 409


class OperationNotAllowedError(ServiceError):
    """The resource's state does not allow the operation."""

    status = 409


class OperationPreemptedError(ServiceError):
    """A later operation took the resource away from this one."""

    status = 409


class OperationNotAllowedOnVMImageAsVMsBeingProvisionedError(ServiceError):
    """A managed image that machines are being made from cannot be deleted."""

    status = 409


class CrpPirReplicationJobsNotCompletedError(ServiceError):
    """Replication failed; only ever found inside a failed operation."""

    status = 200


class DeleteGalleryImageVersionBlockedBeforeEndOfLifeError(ServiceError):
    """The version is protected until its end of life."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Deletion of Gallery image version is not allowed because the image is enabled for "
            "blockDeletionBeforeEndOfLife and its endOfLifeDate has not reached yet"
        )


class SubscriptionRequestsThrottledError(GatewayError):
    """ARM itself lets no more requests through."""

    status = 429


class TooManyRequestsError(ServiceError):
    """The shortest of the three recorded answers to too many requests."""

    status = 429

    def __init__(self, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("The request is being throttled.", headers=headers)


class TooManyComputeRequestsError(ServiceError):
    """The compute provider lets no more requests through; its code on the wire is OperationNotAllowed."""

    status = 429

    def __init__(self, policy: str, measured: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            "The server rejected the request because too many requests have been received for this subscription.",
            details=[{"code": "TooManyRequests", "target": policy, "message": measured}],
            headers=headers,
        )

    def body(self) -> dict[str, Any]:
        """The recorded shape: another code, and an inner error."""
        return super().body() | {
            "code": "OperationNotAllowed",
            "innererror": {"internalErrorCode": "TooManyRequestsReceived"},
        }
