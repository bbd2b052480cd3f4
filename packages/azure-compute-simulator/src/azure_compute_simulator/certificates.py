"""A temporary certificate authority, for clients that insist on HTTPS."""

import ssl
import tempfile
from pathlib import Path

import trustme


class Certificates:
    """`context` serves 127.0.0.1 and localhost. Clients must trust `ca_file` (PEM)."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)

    def remove(self) -> None:
        """Deletes `ca_file`."""
        self._folder.cleanup()
