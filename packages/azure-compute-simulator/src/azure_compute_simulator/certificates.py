"""A certificate authority of the simulator's own, for clients that insist on HTTPS; gone when the simulator is."""

import ssl
import tempfile
from pathlib import Path

import trustme


class Certificates:
    """`context` serves 127.0.0.1 and localhost; `ca_file` is what clients must trust (PEM)."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self.context)

    def remove(self) -> None:
        """Delete the files."""
        self._folder.cleanup()
