"""Whether a request comes from somebody whom the platform vouches for. Where it must, no function key is needed.

App Service authentication removes the headers of a principal from what callers send, and sets them for whoever is
signed in (documented: "Work with user identities in Azure App Service authentication"). It lets a request through
without them on its excluded paths, and everywhere if it is told to. So the app refuses by itself whatever has none.

A browser adds the cookie of a sign-in to what any other site sends. A key never came along by itself; so without one
the app looks where a request comes from, too.
"""

from http import HTTPStatus

import azure.functions as func

from api.problems import Problem
from services.container import services

# the platform's name of Microsoft Entra; somebody can turn on other providers, where anybody has an account
ENTRA = "aad"
CHALLENGE = {"WWW-Authenticate": "Bearer"}
_READS = {"GET", "HEAD", "OPTIONS"}
_OWN_SITE = {"same-origin", "none"}


def auth_level(*, callers_sign_in: bool) -> func.AuthLevel:
    """What the Functions host asks of callers of the API."""
    return func.AuthLevel.ANONYMOUS if callers_sign_in else func.AuthLevel.FUNCTION


def refusal(req: func.HttpRequest) -> Problem | None:
    """Why the request is refused; None if its caller is signed in, or had to give a function key."""
    if not services().settings.callers_sign_in:
        return None
    return _nobody(req) or _other_site(req)


def _nobody(req: func.HttpRequest) -> Problem | None:
    provider = (req.headers.get("x-ms-client-principal-idp") or "").strip()
    if not (req.headers.get("x-ms-client-principal-id") or "").strip():
        return _unauthorized(
            "nobody is signed in",
            "callers of this app sign in with Microsoft Entra; a function key names nobody, and is not looked at",
        )
    if provider.lower() != ENTRA:
        return _unauthorized(
            "the caller is not signed in with Microsoft Entra",
            f"the platform names the provider '{provider}', and this app believes '{ENTRA}' alone",
        )
    return None


def _other_site(req: func.HttpRequest) -> Problem | None:
    """A request of another site in the browser of somebody who is signed in. It can have a cookie, and no token.

    The rules are those of `CrossOriginProtection` in Go's standard library: browsers say where a request comes from in
    `Sec-Fetch-Site`, older ones in `Origin`, and nothing else sends either.
    """
    has_token = (req.headers.get("authorization") or "").lower().startswith("bearer ")
    if req.method in _READS or has_token or _is_own(req):
        return None
    status = HTTPStatus.FORBIDDEN
    return Problem(
        title=status.phrase,
        status=status,
        detail="the request comes from a page of another site",
        cause="whoever is signed in here may not know of it",
        fix="use the page of this app, or send a token in the header Authorization",
    )


def _is_own(req: func.HttpRequest) -> bool:
    site: str | None = req.headers.get("sec-fetch-site")
    origin: str | None = req.headers.get("origin")
    if site or not origin:
        return not site or site in _OWN_SITE
    host: str = req.headers.get("host") or ""
    return origin.partition("://")[2].lower() == host.lower()


def _unauthorized(detail: str, cause: str) -> Problem:
    status = HTTPStatus.UNAUTHORIZED
    return Problem(
        title=status.phrase,
        status=status,
        detail=detail,
        cause=cause,
        fix="send a token for the app registration in the header Authorization, or sign in on the page "
        "(docs/deploying.md, Who may call)",
    )
