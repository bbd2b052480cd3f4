"""What the handlers of the durable HTTP API share: the extension's refusals (seen on 3.19.0)."""

import json

from aiohttp import web

from functions_testhost.dotnet import HTTP_API_STACK
from functions_testhost.reading import UnreadableJsonError

# by what an incomplete body begins with
UNFORESEEN = {"{": "JsonSerializationException", "[": "JsonWriterException"}


def invalid_start(failure: json.JSONDecodeError) -> web.Response:
    """Builds the refusal of a start whose body is not JSON: 400, or 500 when it ends inside an object or an array.

    Recorded: the extension foresees the exception of its reader, and not those of what the reader fills.
    """
    text = failure.doc.rstrip()
    if isinstance(failure, UnreadableJsonError):
        return invalid_json(failure)
    ends_early = failure.pos >= len(text) and not failure.msg.startswith("Expecting ':'")
    for opening, exception in UNFORESEEN.items():
        if ends_early and text.lstrip().startswith(opening):
            return internal_error(str(failure), f"Newtonsoft.Json.{exception}")
    return invalid_json(failure)


def invalid_json(failure: json.JSONDecodeError) -> web.Response:
    """Builds a 400 for a body that is not JSON."""
    return exception_response(
        400, "Invalid JSON content", str(failure), "Newtonsoft.Json.JsonReaderException"
    )


def internal_error(exception: str, exception_type: str) -> web.Response:
    """Builds a 500 for an exception that the extension does not foresee."""
    return exception_response(
        500, "Something went wrong while processing your request", exception, exception_type
    )


def not_found() -> web.Response:
    """Builds a 404. It has no body (recorded)."""
    return web.Response(status=404)


def message_response(status: int, message: str) -> web.Response:
    """Builds a refusal that is no exception in the extension: its body has `Message` alone."""
    return web.json_response({"Message": message}, status=status)


def text_response(status: int, message: str) -> web.Response:
    """Builds a refusal whose body is the message as a JSON string."""
    return web.json_response(message, status=status)


def exception_response(status: int, message: str, exception: str, exception_type: str) -> web.Response:
    """Builds a refusal that is an exception in the extension, whose stack trace it shows (recorded)."""
    body = {
        "Message": message,
        "ExceptionMessage": exception,
        "ExceptionType": exception_type,
        "StackTrace": HTTP_API_STACK,
    }
    return web.json_response(body, status=status)
