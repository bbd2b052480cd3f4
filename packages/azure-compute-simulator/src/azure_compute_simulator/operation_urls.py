"""The URLs of long-running operations, long and signed as those of ARM since 2023 (recorded)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
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
            query += [f"{name}={quote(value)}" for name, value in self._signature(operation).items()]
        return f"{path}?{'&'.join(query)}"

    def is_signed(self, operation: Operation, query: Mapping[str, str]) -> bool:
        """Whether the query has the signature that the operation's URL was given."""
        return all(query.get(name) == value for name, value in self._signature(operation).items())

    def _signature(self, operation: Operation) -> dict[str, str]:
        ticks = _TICKS_AT_UNIX_EPOCH + int(operation.started.timestamp() * 10_000_000)
        signed = hmac.digest(self.certificate.encode(), operation.id.encode(), "sha256")
        signature = base64.urlsafe_b64encode(signed).decode()
        hashed = base64.urlsafe_b64encode(hashlib.sha256(signed).digest()).decode().rstrip("=")
        return {"t": str(ticks), "c": self.certificate, "s": signature, "h": hashed}
