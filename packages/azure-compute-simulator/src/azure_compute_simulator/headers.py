"""The headers that ARM and its front door add to every response (recorded)."""

import uuid
from datetime import datetime
from email.utils import format_datetime

_ALWAYS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Cache": "CONFIG_NOCACHE",
}


def common_headers(now: datetime, request_id: str | None) -> dict[str, str]:
    """Returns the headers of a response. If it starts an operation, `request_id` is the operation's id (recorded)."""
    correlation = str(uuid.uuid4())
    moment = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return _ALWAYS | {
        # the simulated time: clients compare it with the times inside the responses
        "Date": format_datetime(now, usegmt=True),
        "x-ms-request-id": request_id or str(uuid.uuid4()),
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"SIMULATOR:{now:%Y%m%dT%H%M%SZ}:{correlation}",
        "X-MSEdge-Ref": f"Ref A: {uuid.uuid4().hex.upper()} Ref B: SIM000000000000 Ref C: {moment}",
    }
