"""Errors of the HTTP API: problem details (RFC 9457), sent as `application/problem+json`."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from domain.arm_errors import diagnose
from domain.described import Described
from domain.errors import ArmError, PolicyError
from domain.field_errors import FieldError, shortened
from domain.results import failure_of

MEDIA_TYPE = "application/problem+json"
LONGEST_TEXT = 4000


def _absent(value: object) -> bool:
    return value is None


def _sendable(text: str) -> str:
    """A text that UTF-8 can hold, whatever it repeats, and that is not endless."""
    return shortened(text.encode("utf-8", "replace").decode("utf-8"), LONGEST_TEXT)


Text = Annotated[str, AfterValidator(_sendable)]


class FieldFault(Described):
    """One invalid field of a request, or one error in a policy."""

    field: Text
    """The field's path, as in `regions[0].name`; `body` for the whole body, empty for a whole policy."""
    message: Text
    """Why the field is invalid."""
    line: int | None = Field(default=None, exclude_if=_absent)
    """The line of the policy text, where there is one."""


class Problem(Described):
    """Why a request failed. Members that do not apply are absent."""

    type: str = "about:blank"
    """Always `about:blank`: the status says what kind of problem it is."""
    title: str
    """The status as text."""
    status: int
    """The HTTP status."""
    detail: Text
    """What is wrong."""
    errors: list[FieldFault] | None = Field(default=None, exclude_if=_absent)
    """Every invalid field of the request, every error of the policy, or every fact of a plan that is no longer true; of
    many, the first and how many more."""
    id: str | None = Field(default=None, exclude_if=_absent)
    """The id of the migration or batch that is already running (409)."""
    error_id: str | None = Field(default=None, exclude_if=_absent)
    """By this id the log of the function app has the error (500)."""
    code: Text | None = Field(default=None, exclude_if=_absent)
    """Azure Resource Manager's error code (502, 503)."""
    cause: Text | None = Field(default=None, exclude_if=_absent)
    """What the code means (502, 503), or why the caller is refused (401, 403)."""
    fix: Text | None = Field(default=None, exclude_if=_absent)
    """What to do about it (401, 403, 502, 503, and 409 where a plan is no longer true)."""

    @classmethod
    def of(cls, status: HTTPStatus, detail: str, *, id: str | None = None) -> Self:  # noqa: A002 # the JSON name
        """A problem that is about the whole request."""
        return cls(title=status.phrase, status=status, detail=detail, id=id)

    @classmethod
    def of_fields(cls, errors: Iterable[FieldError]) -> Self:
        """A request with invalid fields."""
        faults = [FieldFault(field=error.field, message=error.message) for error in errors]
        detail = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        status = HTTPStatus.BAD_REQUEST
        return cls(title=status.phrase, status=status, detail=detail, errors=faults)

    @classmethod
    def of_unforeseen(cls, error_id: str) -> Self:
        """An error that nobody foresaw. The caller is shown the way to it, not the error."""
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        detail = f"Gallerist failed unexpectedly; the log of the function app has the error as {error_id}"
        return cls(title=status.phrase, status=status, detail=detail, error_id=error_id)

    @classmethod
    def of_missing(cls, field: str, message: str) -> Self:
        """A request whose only fault is a field that names something that does not exist."""
        status = HTTPStatus.NOT_FOUND
        faults = [FieldFault(field=field, message=message)]
        return cls(title=status.phrase, status=status, detail=message, errors=faults)

    @classmethod
    def of_moved(cls, moved: Sequence[FieldError]) -> Self:
        """A plan that is not true any more; each error is a fact, as it was and as it is."""
        status = HTTPStatus.CONFLICT
        faults = [FieldFault(field=f"facts.{one.field}", message=one.message) for one in moved]
        words = "; ".join(f"{one.field} {one.message}" for one in moved)
        return cls(
            title=status.phrase,
            status=status,
            detail=f"the plan is no longer true, so nothing was started: {words}",
            errors=faults,
            fix="plan the image again, look at what has changed, and apply the new plan",
        )

    @classmethod
    def of_policy(cls, status: HTTPStatus, error: PolicyError) -> Self:
        """A policy with errors."""
        faults = [
            FieldFault(field=fault.field, message=fault.message, line=fault.line) for fault in error.faults
        ]
        return cls(title=status.phrase, status=status, detail=str(error), errors=faults)

    @classmethod
    def of_azure(cls, error: ArmError, status: HTTPStatus | None = None) -> Self:
        """A call to Azure that failed. Without a status it is 503 if a later request may succeed, otherwise 502."""
        failure = failure_of(error)
        if status is None:
            passing = diagnose(error).retry != "never"
            status = HTTPStatus.SERVICE_UNAVAILABLE if passing else HTTPStatus.BAD_GATEWAY
        return cls(
            title=status.phrase,
            status=status,
            detail=str(error),
            code=error.code or None,
            cause=failure.cause or None,
            fix=failure.fix or None,
        )
