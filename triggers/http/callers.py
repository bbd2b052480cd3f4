"""Who sent a request, and whether they may decide what cannot be undone.

Only the platform's authentication says who somebody is. Without it anybody with a key could write any name into these
headers, so they are read only while it is on.
"""

import base64
import binascii
import json
from http import HTTPStatus

import azure.functions as func

from api.problems import Problem
from domain.field_errors import shortened
from services.container import services
from triggers.http.problems import ProblemError

# the Entra app role of those who approve, acknowledge, promote, elect, roll back, re-point, restore and freeze
OPERATOR_ROLE = "Gallerist.Operator"
KEY = "http"
_LONGEST_CALLER = 128


def caller(req: func.HttpRequest) -> str:
    """The caller's name, or the id of an application, which has no name; a function key names nobody."""
    return _principal(req) or KEY


def _principal(req: func.HttpRequest) -> str | None:
    """The name that the platform vouches for; None while it authenticates nobody, whatever the headers say."""
    if not services().settings.platform_authenticates:
        return None
    name = req.headers.get("x-ms-client-principal-name") or req.headers.get("x-ms-client-principal-id") or ""
    return shortened("".join(char if char.isprintable() else "?" for char in name), _LONGEST_CALLER) or None


def operator(req: func.HttpRequest) -> str:
    """The caller's name, if the caller has the app role of operators.

    A key alone is refused unless a setting allows it: every build pipeline holds one.

    Raises:
        ProblemError: the caller may not do this.
    """
    name = _principal(req)
    if name is None:
        if services().settings.keys_may_approve:
            return KEY
        raise _forbidden(
            "a function key names nobody: sign in with Microsoft Entra (docs/security.md), or set "
            "GALLERIST_ALLOW_KEYS_TO_APPROVE to true for the app"
        )
    if OPERATOR_ROLE not in _roles(req):
        raise _forbidden(f"'{name}' does not have the app role {OPERATOR_ROLE} (docs/security.md)")
    return name


def _forbidden(detail: str) -> ProblemError:
    return ProblemError(Problem.of(HTTPStatus.FORBIDDEN, detail))


def _roles(req: func.HttpRequest) -> set[str]:
    """The app roles in the claims that the platform passes on.

    They are base64 of JSON (documented: "Work with user identities in Azure App Service authentication").
    """
    try:
        principal = json.loads(base64.b64decode(req.headers.get("x-ms-client-principal") or ""))
        role_type = principal.get("role_typ") or "roles"
        return {claim["val"] for claim in principal["claims"] if claim["typ"] in (role_type, "roles")}
    except (ValueError, binascii.Error, RecursionError, TypeError, KeyError, AttributeError):
        return set()
