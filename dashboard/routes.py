"""The route of the page."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from dashboard.files import INDEX, Files

blueprint = df.Blueprint()
_FILES = Files()

# no script or style but the page's own files, nothing inline, no request to anywhere else, no frame around it, and no
# string that becomes HTML (trusted types, where the browser has them)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # the browser asks each time, and a file is sent again only if it has changed
    "Cache-Control": "no-cache",
}


# the route takes the path below it, too: `dashboard` itself, and `dashboard/app.js`
@blueprint.route(route="dashboard/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def get_dashboard(req: func.HttpRequest) -> func.HttpResponse:
    """Returns the page, or one of its files. It holds no data, so it needs no key."""
    name = req.route_params.get("path") or ""
    if not name and req.url.partition("?")[0].endswith("/"):
        # the addresses in the page are relative to the one without a slash
        return _answer(HTTPStatus.PERMANENT_REDIRECT, {"Location": "../dashboard"})
    file = _FILES.find(name or INDEX)
    if file is None:
        return _answer(HTTPStatus.NOT_FOUND)
    if file.tag in req.headers.get("if-none-match", ""):
        return _answer(HTTPStatus.NOT_MODIFIED, {"ETag": file.tag})
    return func.HttpResponse(
        file.body, headers={**HEADERS, "ETag": file.tag, "Content-Type": file.media_type}
    )


def _answer(status: HTTPStatus, headers: dict[str, str] | None = None) -> func.HttpResponse:
    return func.HttpResponse(b"", status_code=status, headers={**HEADERS, **(headers or {})})
