"""Errors as `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Sequence
from http import HTTPStatus

import azure.functions as func

from domain.arm_errors import diagnose
from domain.errors import ArmError, PolicyError, PolicyFault
from domain.field_errors import FieldError
from domain.migration.results import failure_of


class ProblemError(Exception):
    """A request that cannot be answered as it was asked."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[FieldError | PolicyFault] = (),
        headers: dict[str, str] | None = None,
        **members: str | None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.members = {name: value for name, value in members.items() if value}

    def response(self) -> func.HttpResponse:
        """The problem as the caller gets it; every field at fault is in `errors`."""
        body = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status,
            "detail": self.detail,
        }
        faults = {"errors": [error._asdict() for error in self.errors]} if self.errors else {}
        return func.HttpResponse(
            json.dumps({**body, **self.members, **faults}),
            status_code=self.status,
            mimetype="application/problem+json",
            headers=self.headers,
        )


def invalid(errors: Sequence[FieldError]) -> ProblemError:
    """The problem of a body with fields at fault."""
    detail = "; ".join(f"{error.field}: {error.message}" for error in errors)
    return ProblemError(HTTPStatus.BAD_REQUEST, detail, errors=errors)


def azure_refused(error: ArmError) -> ProblemError:
    """The problem of a call to Azure that failed: the caller may try again where waiting helps."""
    failure = failure_of(error)
    passing = diagnose(error).retry != "never"
    status = HTTPStatus.SERVICE_UNAVAILABLE if passing else HTTPStatus.BAD_GATEWAY
    headers = {"Retry-After": str(error.retry_after_seconds or 30)} if passing else {}
    return ProblemError(
        status, str(error), headers=headers, code=error.code, cause=failure.cause, fix=failure.fix
    )


def policy_unusable(error: PolicyError, status: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE) -> ProblemError:
    """The problem of a policy that is wrong: every fault has its line. In force, it makes the app unable to work."""
    headers = {"Retry-After": "60"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return ProblemError(status, str(error), errors=error.faults, headers=headers)
