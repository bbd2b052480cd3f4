"""Makes an error that a person can act on of whatever a command raised."""

import os
import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from typer.exceptions import Abort, TyperException

from api.problems import Problem
from cli.errors import CliError, NotSignedInError
from client import ProblemError, StillRunningError, UnexpectedAnswerError
from domain.errors import ResourceIdError

TRACEBACK = "GALLERIST_TRACEBACK"
HEALTH = "gallerist doctor"
LONGEST_WHY = 300


def explained(error: Exception) -> CliError:
    """The error as the command line shows it."""
    for kind, explain in _KINDS:
        if isinstance(error, kind):
            return explain(error)
    return _unforeseen(error)


def of_problem(problem: Problem) -> CliError:
    """A request that the API refused."""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return NotSignedInError(problem.detail, why=problem.cause or "", fix=_SIGN_IN, command=_WITH_SCOPE)
    fix = problem.fix or _FIXES.get(problem.status, "")
    return CliError(
        problem.detail, why=problem.cause or "", fix=fix, command=_COMMANDS.get(problem.status, "")
    )


_FIXES: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "Sign in as somebody with the app role Gallerist.Operator, and use --scope.",
    HTTPStatus.NOT_FOUND: "Look up the id or the name.",
    HTTPStatus.CONFLICT: "Look at what runs.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Look the error up in the log of the function app, and report it.",
    HTTPStatus.BAD_GATEWAY: "Check what the app may read in Azure.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Repeat the command in a minute.",
}
_COMMANDS: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "az login",
    HTTPStatus.NOT_FOUND: "gallerist status",
    HTTPStatus.CONFLICT: "gallerist status",
    HTTPStatus.INTERNAL_SERVER_ERROR: HEALTH,
    HTTPStatus.BAD_GATEWAY: HEALTH,
    HTTPStatus.SERVICE_UNAVAILABLE: HEALTH,
}


_SIGN_IN = "Sign in with `az login`, and name the app registration with --scope or GALLERIST_SCOPE. No key is needed."
_WITH_SCOPE = "gallerist images --scope api://<client id>/.default"


def _refused(text: str) -> NotSignedInError:
    """A refusal before the app sees the request: the Functions host's has no text, that of the platform has one."""
    if text.strip():
        return NotSignedInError(
            "the platform refuses the token, or got none", fix=_SIGN_IN, command=_WITH_SCOPE
        )
    return NotSignedInError(
        "the app refuses the function key, or got none",
        fix="Give the function key with --key-file or GALLERIST_KEY. With --scope, --key-file sends it besides.",
        command="gallerist images --key-file key.txt",
    )


def _of_usage(error: TyperException) -> CliError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "gallerist"
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    return CliError(message, command=f"{path} --help")


def _of_platform(error: UnexpectedAnswerError) -> CliError:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return _refused(error.text)
    if error.status == HTTPStatus.FORBIDDEN:
        return CliError(
            "the platform refuses the caller",
            why=str(error),
            fix="The app may only be called from certain networks, or by certain applications.",
            command=HEALTH,
        )
    return CliError(
        "what answers at this address is not Gallerist's API, or another release of it",
        why=" ".join(str(error).split())[:LONGEST_WHY],
        fix="Check the address: it ends in /api. Then compare the releases.",
        command="gallerist --version",
    )


def _of_network(error: httpx.HTTPError | httpx.InvalidURL) -> CliError:
    request = getattr(error, "_request", None)
    where = f" at {request.url.copy_with(path='/', query=None)}" if request is not None else ""
    if isinstance(error, httpx.TimeoutException):
        what, fix = (
            f"the app{where} did not answer in time",
            "Repeat the command: the app may have been asleep.",
        )
    else:
        what, fix = f"the app{where} cannot be reached", "Check the address and the network."
    return CliError(what, why=str(error) or type(error).__name__, fix=fix, command=HEALTH)


def _unforeseen(error: Exception) -> CliError:
    if os.environ.get(TRACEBACK):
        why = "".join(traceback.format_exception(error)).rstrip()
    else:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = f" in {last[0].name} ({Path(last[0].filename).name}, line {last[0].lineno})" if last else ""
        why = f"{type(error).__name__}: {error}{where}"
    return CliError(
        "gallerist itself failed",
        why=why,
        fix=f"Report this with what the command prints when {TRACEBACK} is set to 1.",
        command="gallerist --version",
    )


_KINDS: tuple[tuple[type[Exception], Callable[[Any], CliError]], ...] = (
    (CliError, lambda error: error),
    (TyperException, _of_usage),
    (Abort, lambda _: CliError("nothing was done: the question was not answered")),
    (ProblemError, lambda error: of_problem(error.problem)),
    (UnexpectedAnswerError, _of_platform),
    (httpx.HTTPError, _of_network),
    (httpx.InvalidURL, _of_network),
    (StillRunningError, lambda error: CliError(str(error), fix="It goes on.", command="gallerist watch")),
    (ResourceIdError, lambda error: CliError(str(error), command="gallerist images -o tsv")),
)
