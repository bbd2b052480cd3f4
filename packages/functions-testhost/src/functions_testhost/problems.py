"""The host's answers to requests that it cannot serve itself: a task hub out of order, a body that is too large."""

import logging
from http import HTTPStatus
from typing import Any

from aiohttp import web

from functions_testhost.hub_errors import TaskHubError
from functions_testhost.management_urls import RPC, WEBHOOK
from functions_testhost.responses import internal_error
from functions_testhost.store import Store

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
# looked for by the generator of hostile requests
UNFORESEEN = "Internal error of the host"


class Problems:
    """Answers for handlers that fail."""

    def __init__(self, store: Store, largest_body: int) -> None:
        self._store = store
        self._largest_body = largest_body

    @web.middleware
    async def answer(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Answers 503 while the task hub cannot be used, and 500 for what nobody foresaw.

        A function that fails while the task hub cannot be used fails because of it: the SDK's client does not tell the
        reason in a form that an app could pass on.
        """
        try:
            response: web.StreamResponse = await handler(request)
        except TaskHubError as error:
            return _unavailable(error)
        except web.HTTPRequestEntityTooLarge:
            return self._too_large(request)
        except web.HTTPException:
            raise
        except Exception as error:
            log.exception("%s: %s %s", UNFORESEEN, request.method, request.rel_url)
            return internal_error(str(error), type(error).__name__)
        has_failed = response.status == HTTPStatus.INTERNAL_SERVER_ERROR and not _is_durable(request)
        if has_failed and self._store.fault and (fault := self._store.look()):
            return _unavailable(fault)
        if not all(_is_sendable(text) for text in response.headers.values()):
            # Kestrel refuses it, too: "Invalid non-ASCII or control character in header" (seen by users)
            log.error("%s %s: a header of the answer cannot be sent", request.method, request.rel_url)
            return web.Response(status=500)
        return response

    def _too_large(self, request: web.Request) -> web.Response:
        """Answers 500 for a body that is too large.

        Reported by users (azure-functions-host, issue 10519), and the code of its ExceptionMiddleware: no body. The
        Durable extension answers any exception with one (source).
        """
        if _is_durable(request):
            return internal_error(
                f"Request body too large. The max request body size is {self._largest_body} bytes.",
                "Microsoft.AspNetCore.Server.Kestrel.Core.BadHttpRequestException",
            )
        return web.Response(status=500)


def _is_sendable(header: str) -> bool:
    return header.isascii() and header.isprintable()


def _is_durable(request: web.Request) -> bool:
    return request.path.startswith((f"{WEBHOOK}/", f"{RPC}/"))


def _unavailable(error: TaskHubError) -> web.Response:
    """Builds a 503: problem details, and `Message`, where clients of the durable API look."""
    detail = str(error)
    problem = {
        "type": "about:blank",
        "title": f"The task hub is {error.state}",
        "status": 503,
        "detail": detail,
        "Message": detail,
    }
    return web.json_response(
        problem,
        status=503,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        content_type="application/problem+json",
    )
