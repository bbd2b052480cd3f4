"""The errors of ARM and of the compute service, one class per error code.

SimulatedError
├── GatewayError          ARM itself refuses, before a provider sees the request (`x-ms-failure-cause: gateway`)
└── ServiceError          the compute resource provider refuses

Each class has the name of its code. Codes and texts are those of the recorded or documented service. Where only the
text is known, the code is inferred and COVERAGE.md says so.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class SimulatedError(Exception):
    """An unsuccessful response: HTTP status, code, message, and optionally target, details and headers.

    The code is the name of the class without `Error`.
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
        """Returns the JSON object of the error, without the envelope."""
        fields = {"code": self.code, "message": self.message, "target": self.target, "details": self.details}
        return {name: value for name, value in fields.items() if value is not None}


class GatewayError(SimulatedError):
    """An error of ARM itself."""


class ServiceError(SimulatedError):
    """An error of the compute resource provider."""


class AuthenticationFailedError(GatewayError):
    """The Authorization header is missing."""

    status = 401


class InvalidAuthenticationTokenError(GatewayError):
    """The token is not readable, has a wrong signature or is for another audience."""

    status = 401


class ExpiredAuthenticationTokenError(GatewayError):
    """The token has expired."""

    status = 401


class AuthorizationFailedError(GatewayError):
    """No role of the caller grants the action."""

    status = 403


class LinkedAuthorizationFailedError(GatewayError):
    """No role of the caller grants an action on a resource that the request refers to."""

    status = 403


class MissingApiVersionParameterError(GatewayError):
    """The query has no api-version."""

    status = 400

    def __init__(self) -> None:
        super().__init__("The api-version query parameter (?api-version=) is required for all requests.")


class InvalidApiVersionParameterError(GatewayError):
    """The api-version is malformed."""

    status = 400


class NoRegisteredProviderFoundError(GatewayError):
    """A write with an api-version that the resource type does not support."""

    status = 400


class InvalidResourceTypeError(GatewayError):
    """A read with an api-version that the resource type does not support, or a path that is not simulated."""

    status = 404


class InvalidResourceNamespaceError(GatewayError):
    """A resource provider that does not exist."""

    status = 404


class MissingSubscriptionRegistrationError(GatewayError):
    """The subscription is not registered for the resource provider (reported text)."""

    status = 409

    def __init__(self, namespace: str) -> None:
        text = (
            f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for "
            "how to register subscriptions."
        )
        detail = {"code": "MissingSubscriptionRegistration", "target": namespace, "message": text}
        super().__init__(text, details=[detail])


class InvalidRequestContentError(GatewayError):
    """The body is not JSON, or not an object."""

    status = 400


class InvalidTemplateError(GatewayError):
    """The template uses something that is not simulated."""

    status = 400


class InvalidFilterInQueryStringError(GatewayError):
    """The `$filter` is malformed."""

    status = 400


class LocationRequiredError(GatewayError):
    """The request has no location."""

    status = 400

    def __init__(self) -> None:
        super().__init__("The location property is required for this definition.")


class LocationNotAvailableForResourceTypeError(GatewayError):
    """The location is not a region."""

    status = 400


class InvalidResourceLocationError(GatewayError):
    """A PUT that would move an existing resource."""

    status = 409


class HttpMethodNotSupportedError(GatewayError):
    """The path does not support the HTTP method."""

    status = 405


class SubscriptionNotFoundError(GatewayError):
    """The subscription does not exist."""

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
    """The gallery or image definition above the resource does not exist."""

    status = 404

    def __init__(self, verb: str, type_: str, parent: str) -> None:
        super().__init__(
            f"Failed to perform '{verb}' on resource(s) of type '{type_}', "
            f"because the parent resource '{parent}' could not be found."
        )


class CannotDeleteResourceError(GatewayError):
    """The resource still has children."""

    status = 409

    def __init__(self, nested: list[str]) -> None:
        super().__init__(
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
            f"'{', '.join(nested)}'. Please delete all nested resources before deleting this resource."
        )


class ScopeLockedError(GatewayError):
    """A lock at or above the resource forbids the request."""

    status = 409


class RequestDisallowedByPolicyError(GatewayError):
    """An Azure Policy assignment denies the resource."""

    status = 403


class InvalidPolicyRuleError(GatewayError):
    """A policy rule with something that is not simulated."""

    status = 400


class PolicyDefinitionNotFoundError(GatewayError):
    """The policy definition does not exist."""

    status = 404


class PolicyAssignmentNotFoundError(GatewayError):
    """The policy assignment does not exist."""

    status = 404


class InvalidDeletePolicyDefinitionError(GatewayError):
    """The policy definition is still assigned."""

    status = 409


class NotFoundError(ServiceError):
    """A resource that the request refers to does not exist."""

    status = 404


class GalleryImageNotFoundError(ServiceError):
    """The version is not replicated to the machine's region."""

    status = 404


class InvalidParameterError(ServiceError):
    """A parameter has a value that the service refuses."""

    status = 400


class BadRequestError(ServiceError):
    """A value does not convert to its type."""

    status = 400

    def __init__(self, value: object, path: str) -> None:
        super().__init__(
            f"Error converting value \"{value}\" to type 'System.Nullable`1'. Path '{path}'.", target=path
        )


class PropertyChangeNotAllowedError(ServiceError):
    """The request changes a property that is fixed at creation."""

    status = 409

    def __init__(self, path: str) -> None:
        super().__init__(f"Changing property '{path}' is not allowed.", target=path)


class ConflictError(ServiceError):
    """The request conflicts with an existing resource or a running operation."""

    status = 409


# reported for an application version (terraform-provider-azurerm #21999); the name of the type is inferred
_INCOMPLETE_TARGETS = (
    "Complete set of target locations not specified while updating gallery artifact '{name}' and type "
    "'GalleryImageVersion'. Deletion of previously replicated locations is not allowed, and you need to specify a "
    "complete set of target locations in the update request or specify null or empty set for target regions in the "
    "update request or set allow deletion of replicated locations under safety profile property. To figure out "
    "complete set of target locations, you can perform a get first on gallery artifact"
)


class IncompleteTargetLocationsError(ServiceError):
    """An update leaves out regions, and the safety profile does not allow that. The code on the wire is BadRequest."""

    status = 400

    def __init__(self, version: str) -> None:
        super().__init__(_INCOMPLETE_TARGETS.replace("{name}", version))

    def body(self) -> dict[str, Any]:
        """Returns the reported code."""
        return super().body() | {"code": "BadRequest"}


class OperationNotAllowedError(ServiceError):
    """The resource's state does not allow the operation."""

    status = 409


class OperationPreemptedError(ServiceError):
    """A later operation deleted the resource."""

    status = 409


class OperationNotAllowedOnVMImageAsVMsBeingProvisionedError(ServiceError):
    """The managed image cannot be deleted while machines are created from it."""

    status = 409


class CrpPirReplicationJobsNotCompletedError(ServiceError):
    """Replication failed. Appears only inside a failed operation."""

    status = 200


class DeploymentFailedError(GatewayError):
    """Some resource of a deployment failed. Appears only inside a failed deployment."""

    status = 409

    def __init__(self, details: list[dict[str, Any]]) -> None:
        super().__init__(
            "At least one resource deployment operation failed. Please list deployment operations for details. "
            "Please see https://aka.ms/DeployOperations for usage details.",
            details=details,
        )


class DeleteGalleryImageVersionBlockedBeforeEndOfLifeError(ServiceError):
    """The version is protected until its end of life."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Deletion of Gallery image version is not allowed because the image is enabled for "
            "blockDeletionBeforeEndOfLife and its endOfLifeDate has not reached yet"
        )


class SubscriptionRequestsThrottledError(GatewayError):
    """The limit of ARM itself is used up."""

    status = 429


class TooManyRequestsError(ServiceError):
    """Too many requests, in the shortest of the three recorded shapes."""

    status = 429

    def __init__(self, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("The request is being throttled.", headers=headers)


class TooManyComputeRequestsError(ServiceError):
    """A limit of the compute provider is used up. The code on the wire is OperationNotAllowed."""

    status = 429

    def __init__(self, policy: str, measured: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            "The server rejected the request because too many requests have been received for this subscription.",
            details=[{"code": "TooManyRequests", "target": policy, "message": measured}],
            headers=headers,
        )

    def body(self) -> dict[str, Any]:
        """Returns the recorded shape, which has another code and an inner error."""
        return super().body() | {
            "code": "OperationNotAllowed",
            "innererror": {"internalErrorCode": "TooManyRequestsReceived"},
        }


class ResourceGraphError(ServiceError):
    """Resource Graph refuses a query. The reason is in the details (reported: azure-cli-extensions #3325)."""

    def __init__(self, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            "Please provide below info when asking for support: timestamp, correlationId.",
            details=[{"code": code, "message": text}],
            headers=headers,
        )


class ResourceGraphRateLimitingError(ResourceGraphError):
    """The quota of queries is used up. The code on the wire is RateLimiting."""

    status = 429

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(
            "RateLimiting",
            "Client application has been throttled and should not attempt to repeat the request until an amount of "
            "time has elapsed. Please see https://aka.ms/resourcegraph-throttling for help.",
            headers,
        )

    def body(self) -> dict[str, Any]:
        """Returns the error with its code on the wire."""
        return super().body() | {"code": "RateLimiting"}


class InvalidQueryError(ResourceGraphError):
    """The query is not one that is simulated. The code on the wire is BadRequest."""

    status = 400

    def __init__(self) -> None:
        super().__init__("InvalidQuery", "Query is invalid. Please refer to the documentation for syntax.")

    def body(self) -> dict[str, Any]:
        """Returns the error with its code on the wire."""
        return super().body() | {"code": "BadRequest"}


class InvalidSkipTokenError(ResourceGraphError):
    """The token of a page is not one that was given out. The code on the wire is BadRequest."""

    status = 400

    def __init__(self) -> None:
        super().__init__("InvalidSkipToken", "The skip token is invalid.")

    def body(self) -> dict[str, Any]:
        """Returns the error with its code on the wire."""
        return super().body() | {"code": "BadRequest"}
