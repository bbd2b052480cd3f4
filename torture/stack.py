"""The stack that is tortured: its policy is a blob that may change or break, and its timers run as they do in Azure."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local.stack import Stack

# every two minutes in Azure, and the other two every hour; here time that passes costs as much as work
RECOVERY = "0 */30 * * * *"
SWEEP = "0 17 */12 * * *"
PROOF_SWEEP = "0 47 */6 * * *"


class _Handler(BaseHTTPRequestHandler):
    server: "PolicyBlob"

    def do_GET(self) -> None:  # the name of http.server
        """Answers as the storage service does."""
        text = self.server.text
        if text is None:
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = text.encode()
        self.send_response(200)
        self.send_header("ETag", f'"{hash(text)}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


class PolicyBlob(ThreadingHTTPServer):
    """A blob with this text; None is a service that does not answer."""

    daemon_threads = True

    def __init__(self, text: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.text: str | None = text

    @property
    def url(self) -> str:
        """Where the app finds it."""
        return f"http://127.0.0.1:{self.server_port}/config/policy.yaml"


@contextmanager
def policy_blob(text: str) -> Iterator[PolicyBlob]:
    """Serves a policy until the block ends."""
    with PolicyBlob(text) as blob:
        thread = threading.Thread(target=blob.serve_forever, name="policy-blob", daemon=True)
        thread.start()
        try:
            yield blob
        finally:
            blob.shutdown()
            thread.join()


@dataclass
class TorturedStack(Stack):
    """App and simulated Azure on one clock, with the policy in a blob."""

    one_clock: bool = True
    recovery_schedule: str = RECOVERY
    sweep_schedule: str = SWEEP
    proof_sweep_schedule: str = PROOF_SWEEP
    blob: str = field(default="", kw_only=True)

    def app_settings(self) -> dict[str, str]:
        """Those of the stack, with the policy in the blob."""
        return super().app_settings() | {"GALLERIST_POLICY_FILE": "", "GALLERIST_POLICY_BLOB": self.blob}
