"""The URLs of long-running operations, long and signed as those of ARM since 2023 (recorded)."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote

from azure_compute_simulator.models.resources import Operation

# recorded: the certificate in the URL is about 2.9 kB, the whole URL 3009 to 3380 characters
_CERTIFICATE_BYTES = 2150
_TICKS_AT_UNIX_EPOCH = 621_355_968_000_000_000


def _certificate() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_CERTIFICATE_BYTES)).decode().rstrip("=")


@dataclass
class OperationUrls:
    """Builds operation URLs, all with the same certificate."""

    certificate: str = field(default_factory=_certificate)

    def url(
        self, operation: Operation, *, origin: str, family: str, api_version: str, signed: bool, monitor: bool
    ) -> str:
        """Returns the Azure-AsyncOperation URL of an operation or, with `monitor`, its Location URL."""
        resource = operation.resource
        path = (
            f"{origin}/subscriptions/{resource.id.subscription}/providers/Microsoft.Compute/locations/"
            f"{resource.location}/{family}/{operation.id}"
        )
        query = [f"api-version={api_version}"]
        if monitor:
            query.insert(0, "monitor=true")
        if signed:
            if family == "operations":
                query.insert(0, f"p={hashlib.md5(operation.id.encode(), usedforsecurity=False).hexdigest()}")
            ticks = _TICKS_AT_UNIX_EPOCH + int(operation.started.timestamp() * 10_000_000)
            signature = base64.urlsafe_b64encode(hashlib.sha256(operation.id.encode()).digest()).decode()
            query += [
                f"t={ticks}",
                f"c={self.certificate}",
                f"s={quote(signature)}",
                f"h={secrets.token_urlsafe(32)}",
            ]
        return f"{path}?{'&'.join(query)}"
