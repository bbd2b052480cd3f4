"""Makes the responses of successful requests."""

from http import HTTPStatus

import azure.functions as func
from pydantic import BaseModel

from domain.fleet.gaps import Gaps

# how often a caller should look again
POLL_SECONDS = 10
POLL = {"Retry-After": str(POLL_SECONDS)}


def answer(
    body: BaseModel, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    """A response with a JSON body."""
    return func.HttpResponse(
        body.model_dump_json(), status_code=status, mimetype="application/json", headers=headers or {}
    )


def continue_after(gaps: Gaps) -> dict[str, str]:
    """The headers of an answer from which something may be missing: when a request can read more."""
    return {"Retry-After": str(gaps.unread.retry_after_seconds)} if gaps.unread else {}


def accepted(body: BaseModel, location: str) -> func.HttpResponse:
    """A 202 with the address to poll."""
    return answer(body, HTTPStatus.ACCEPTED, {"Location": location, **POLL})
