"""Whether a request comes from somebody whom the platform vouches for. Where it must, no function key is needed.

App Service authentication removes the headers of a principal from what callers send, and sets them for whoever is
signed in (documented: "Work with user identities in Azure App Service authentication"). It lets a request through
without them on its excluded paths, and everywhere if it is told to. So the app refuses by itself whatever has none.
"""

from http import HTTPStatus

import azure.functions as func

from adapters.settings import Settings
from api.problems import Problem
from services.container import services

# the platform's name of Microsoft Entra; somebody can turn on other providers, where anybody has an account
ENTRA = "aad"
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def auth_level(settings: Settings) -> func.AuthLevel:
    """What the Functions host asks of callers of the API."""
    return func.AuthLevel.ANONYMOUS if settings.callers_sign_in else func.AuthLevel.FUNCTION


def refusal(req: func.HttpRequest) -> Problem | None:
    """Why the request is refused; None if its caller is signed in, or had to give a function key."""
    if not services().settings.callers_sign_in:
        return None
    provider = (req.headers.get("x-ms-client-principal-idp") or "").strip()
    if not (req.headers.get("x-ms-client-principal-id") or "").strip():
        return _refused(
            "nobody is signed in",
            "callers of this app sign in with Microsoft Entra; a function key names nobody, and is not looked at",
        )
    if provider.lower() != ENTRA:
        return _refused(
            "the caller is not signed in with Microsoft Entra",
            f"the platform names the provider '{provider}', and this app believes '{ENTRA}' alone",
        )
    return None


def _refused(detail: str, cause: str) -> Problem:
    status = HTTPStatus.UNAUTHORIZED
    return Problem(
        title=status.phrase,
        status=status,
        detail=detail,
        cause=cause,
        fix="send a token for the app registration in the header Authorization, or sign in on the page "
        "(docs/deploying.md, Who may call)",
    )
