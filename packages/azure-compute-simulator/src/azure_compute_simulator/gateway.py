"""What ARM does before and after a provider works: authentication, routing, limits, access, the log, common headers."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from werkzeug.exceptions import HTTPException

from azure_compute_simulator.access import action_of, check_access, check_linked_access
from azure_compute_simulator.api_versions import check_api_version
from azure_compute_simulator.arm_messages import ArmRequest, ArmResponse
from azure_compute_simulator.calls import Calls
from azure_compute_simulator.errors import (
    InvalidRequestContentError,
    InvalidResourceTypeError,
    SimulatedError,
    SubscriptionRequestsThrottledError,
    TooManyComputeRequestsError,
    TooManyRequestsError,
)
from azure_compute_simulator.faults import RequestFault
from azure_compute_simulator.headers import common_headers
from azure_compute_simulator.identity import Identity
from azure_compute_simulator.locks import check_locks
from azure_compute_simulator.models.azure import Azure
from azure_compute_simulator.models.registry import ResourceTypes
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.responses import error_response
from azure_compute_simulator.urls import ARM_MAP, Endpoint, canonical_path

_LOGGED_REQUESTS = 20_000


class ConnectionCutError(Exception):
    """The server must close the connection without a response, if `hangs` only when it is released."""

    def __init__(self, *, hangs: bool = False) -> None:
        super().__init__()
        self.hangs = hangs


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came in. `origin` is scheme, host and port as the client wrote them."""

    method: str
    path: str
    query_string: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    data: bytes
    origin: str


@dataclass(frozen=True)
class HttpResponse:
    """A response as it goes out."""

    status: int
    headers: dict[str, str]
    data: bytes


@dataclass
class Gateway:
    """The simulated management endpoint. `log` has the latest requests, oldest first; `calls` counts all of them."""

    azure: Azure
    types: ResourceTypes
    identity: Identity
    log: deque[Json] = field(default_factory=lambda: deque(maxlen=_LOGGED_REQUESTS))
    calls: Calls = field(default_factory=Calls)
    # the number of the latest request
    logged: int = 0

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Responds to one request and logs it. Raises ConnectionCutError if a fault demands it."""
        with self.azure.lock:
            fault = self.azure.faults.take_request_fault(request.method, _full_path(request), _agent(request))
            response: ArmResponse | None = None
            if fault is None or fault.does_the_work:
                self.azure.settle_if_due()
                response = self._respond(request)
                self.azure.settle_just_begun()
            elif fault.kind == "answer":
                response = _faulty_response(fault)
            self._log_request(request, response, fault)
            if response is None or (fault and fault.does_the_work):
                raise ConnectionCutError(hangs=fault is not None and fault.hangs)
            return self._serialize(response)

    def _respond(self, request: HttpRequest) -> ArmResponse:
        try:
            principal = self.identity.principal(request.headers.get("Authorization"))
            endpoint, values = _route(request)
            body = _parse_body(request.data)
            version = request.query.get("api-version", "")
            check_api_version(endpoint.type, version, request.method, str(body.get("location", "")))
            arm_request = ArmRequest(
                azure=self.azure,
                types=self.types,
                method=request.method,
                path=request.path,
                values=values,
                query=request.query,
                body=body,
                principal=principal,
                origin=request.origin,
            )
            headers = self._admit(endpoint, arm_request)
            response = endpoint.handler(arm_request)
        except SimulatedError as error:
            return error_response(error)
        if response.by_gateway:
            # recorded: the provider never saw the request
            headers.pop("x-ms-ratelimit-remaining-resource", None)
        return replace(response, headers=headers | response.headers)

    def _admit(self, endpoint: Endpoint, request: ArmRequest) -> dict[str, str]:
        """Checks subscription, limits, roles and locks. Returns the headers that show what is left of the limits."""
        if "subscription" not in request.values or endpoint.type is None:
            return {}
        subscription = self.azure.subscription(request.values["subscription"]).id
        principal, path = request.principal, request.path
        access = endpoint.access(request.method)
        headers: dict[str, str] = {}
        if self.azure.switches.throttling:
            throttling = self.azure.throttling
            headers |= throttling.take_from_arm(request.method, subscription, principal.object_id, path)
            headers |= throttling.take_from_compute(endpoint.type, access, subscription, path)
        action = action_of(endpoint.type, access)
        scope = path.split("/providers/")[0] if endpoint.listed_in else path
        check_access(self.azure.roles, principal, action, scope)
        check_linked_access(self.azure.roles, principal, action, scope, request.body)
        check_locks(self.azure.locks, request.method, path)
        return headers

    def _log_request(
        self, request: HttpRequest, response: ArmResponse | None, fault: RequestFault | None
    ) -> None:
        self.calls.note(request.method, request.path, response.status if response else None)
        self.logged += 1
        self.log.append(
            {
                "number": self.logged,
                "time": self.azure.clock.now().isoformat(),
                "method": request.method,
                "path": request.path,
                "query": request.query_string,
                "agent": _agent(request),
                "body": request.data.decode("utf-8", "replace") or None,
                "status": response.status if response else None,
                "fault": fault.kind if fault else None,
            }
        )

    def _serialize(self, response: ArmResponse) -> HttpResponse:
        headers = common_headers(self.azure.clock.now(), response.request_id) | response.headers
        if response.body is None:
            return HttpResponse(response.status, headers, b"")
        if isinstance(response.body, str):
            return HttpResponse(response.status, headers, response.body.encode())
        headers["Content-Type"] = "application/json; charset=utf-8"
        if response.by_gateway:
            text = json.dumps(response.body, separators=(",", ":"))
        else:
            # recorded: the compute provider indents, and ends its lines as Windows does
            text = json.dumps(response.body, indent=2).replace("\n", "\r\n")
        return HttpResponse(response.status, headers, text.encode())


def _route(request: HttpRequest) -> tuple[Endpoint, Mapping[str, str]]:
    try:
        return ARM_MAP.bind("arm").match(canonical_path(request.path), method=request.method)
    except HTTPException:
        raise InvalidResourceTypeError(f"The path '{request.path}' is not simulated.") from None


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")


def _full_path(request: HttpRequest) -> str:
    return f"{request.path}?{request.query_string}" if request.query_string else request.path


def _faulty_response(fault: RequestFault) -> ArmResponse:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = f"{fault.retry_after:g}"
    if fault.text is not None:
        return ArmResponse(fault.status, fault.text, headers | {"Content-Type": "text/html"})
    if fault.shape:
        return error_response(_throttled(fault.shape, headers))
    if fault.code is None:
        return ArmResponse(fault.status, None, headers)
    body = {"error": {"code": fault.code, "message": fault.message}}
    return ArmResponse(fault.status, body, headers, by_gateway=True)


def _throttled(shape: str, headers: Mapping[str, str]) -> SimulatedError:
    """Returns one of the three recorded errors for too many requests."""
    if shape == "arm":
        return SubscriptionRequestsThrottledError(
            "Number of requests for subscription and operation exceeded the backend storage limit. Please try again "
            "after '6' seconds.",
            headers=headers,
        )
    if shape == "compute":
        return TooManyComputeRequestsError("HighCostGet3Min", "{}", headers=headers)
    return TooManyRequestsError(headers=headers)


def _parse_body(data: bytes) -> Json:
    if not data:
        return {}
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestContentError(
            f"The request content was invalid and could not be deserialized: '{error}'."
        ) from None
    if not isinstance(body, dict):
        raise InvalidRequestContentError("The request content was invalid: it must be a JSON object.")
    return body
