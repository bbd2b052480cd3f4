"""What ARM does before and after a provider works: who asks, with which api-version; log and headers."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from werkzeug.exceptions import HTTPException

from azure_compute_simulator.access import action_of, check_access, check_linked_access
from azure_compute_simulator.api_versions import check_api_version
from azure_compute_simulator.calls import Answer, Call
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
from azure_compute_simulator.models.resources import Json
from azure_compute_simulator.responses import error_answer
from azure_compute_simulator.urls import ARM_MAP, Endpoint, canonical_path

_REMEMBERED_REQUESTS = 20_000


class ConnectionCutError(Exception):
    """The connection is to be closed without an answer."""


@dataclass(frozen=True)
class RawRequest:
    """A request as it came in."""

    method: str
    path: str
    query_string: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    data: bytes
    origin: str


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it goes out."""

    status: int
    headers: dict[str, str]
    data: bytes


@dataclass
class Gateway:
    """The simulated management endpoint."""

    azure: Azure
    identity: Identity
    log: deque[Json] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_REQUESTS))

    def handle(self, request: RawRequest) -> RawAnswer:
        """Answer one request and remember it. Raises ConnectionCutError when a fault says so."""
        with self.azure.lock:
            fault = self.azure.faults.take_request_fault(request.method, _full_path(request))
            answer: Answer | None = None
            if fault is None or fault.kind == "lost-answer":
                self.azure.settle_if_due()
                answer = self._answer(request)
                self.azure.settle_begun()
            elif fault.kind == "answer":
                answer = _faulty_answer(fault)
            self._remember(request, answer, fault)
            if answer is None or (fault and fault.kind == "lost-answer"):
                raise ConnectionCutError
            return self._serialize(answer)

    def _answer(self, request: RawRequest) -> Answer:
        try:
            principal = self.identity.principal(request.headers.get("Authorization"))
            endpoint, values = _route(request)
            body = _parse_body(request.data)
            version = request.query.get("api-version", "")
            check_api_version(endpoint.type, version, request.method, str(body.get("location", "")))
            call = Call(
                self.azure,
                request.method,
                request.path,
                values,
                request.query,
                body,
                principal,
                request.origin,
            )
            headers = self._admit(endpoint, call)
            answer = endpoint.response(call)
        except SimulatedError as error:
            return error_answer(error)
        if answer.by_gateway:
            headers.pop(
                "x-ms-ratelimit-remaining-resource", None
            )  # recorded: the provider never saw the request
        return replace(answer, headers=headers | answer.headers)

    def _admit(self, endpoint: Endpoint, call: Call) -> dict[str, str]:
        """Check what holds in a subscription; answers the headers that say what is left of the limits."""
        if "subscription" not in call.values or endpoint.type is None:
            return {}
        subscription = self.azure.subscription(call.values["subscription"]).id
        access = endpoint.access(call.method)
        headers: dict[str, str] = {}
        if self.azure.switches.throttling:
            throttling = self.azure.throttling
            headers |= throttling.pass_arm(call.method, subscription, call.principal.object_id, call.path)
            headers |= throttling.pass_compute(endpoint.type, access, subscription, call.path)
        action = action_of(endpoint.type, access)
        scope = call.path.split("/providers/")[0] if endpoint.listed_in else call.path
        check_access(self.azure.roles, call.principal, action, scope)
        check_linked_access(self.azure.roles, call.principal, action, scope, call.body)
        check_locks(self.azure.locks, call.method, call.path)
        return headers

    def _remember(self, request: RawRequest, answer: Answer | None, fault: RequestFault | None) -> None:
        self.log.append(
            {
                "time": self.azure.clock.now().isoformat(),
                "method": request.method,
                "path": request.path,
                "query": request.query_string,
                "body": request.data.decode("utf-8", "replace") or None,
                "status": answer.status if answer else None,
                "fault": fault.kind if fault else None,
            }
        )

    def _serialize(self, answer: Answer) -> RawAnswer:
        headers = common_headers(self.azure.clock.now(), answer.request_id) | answer.headers
        if answer.body is None:
            return RawAnswer(answer.status, headers, b"")
        if isinstance(answer.body, str):
            return RawAnswer(answer.status, headers, answer.body.encode())
        headers["Content-Type"] = "application/json; charset=utf-8"
        if answer.by_gateway:
            text = json.dumps(answer.body, separators=(",", ":"))
        else:
            # recorded: the compute provider indents, and ends its lines as Windows does
            text = json.dumps(answer.body, indent=2).replace("\n", "\r\n")
        return RawAnswer(answer.status, headers, text.encode())


def _route(request: RawRequest) -> tuple[Endpoint, Mapping[str, str]]:
    try:
        return ARM_MAP.bind("arm").match(canonical_path(request.path), method=request.method)
    except HTTPException:
        raise InvalidResourceTypeError(f"The path '{request.path}' is not simulated.") from None


def _full_path(request: RawRequest) -> str:
    return f"{request.path}?{request.query_string}" if request.query_string else request.path


def _faulty_answer(fault: RequestFault) -> Answer:
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = f"{fault.retry_after:g}"
    if fault.text is not None:
        return Answer(fault.status, fault.text, headers | {"Content-Type": "text/html"})
    if fault.shape:
        return error_answer(_throttled(fault.shape, headers))
    if fault.code is None:
        return Answer(fault.status, None, headers)
    return Answer(
        fault.status, {"error": {"code": fault.code, "message": fault.message}}, headers, by_gateway=True
    )


def _throttled(shape: str, headers: Mapping[str, str]) -> SimulatedError:
    """One of the three recorded answers to too many requests."""
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
    except ValueError as error:
        raise InvalidRequestContentError(
            f"The request content was invalid and could not be deserialized: '{error}'."
        ) from None
    if not isinstance(body, dict):
        raise InvalidRequestContentError("The request content was invalid: it must be a JSON object.")
    return body
