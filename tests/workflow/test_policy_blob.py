"""The policy in a blob: the app reads it with its own identity, over HTTP, when it is first needed."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import pytest

from local.stack import Stack
from tests.workflow.estate import PACE, POLICY, SEED, Estate, an_image


class BlobHandler(BaseHTTPRequestHandler):
    """One blob, as the storage service responds."""

    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))
        body = self.server.body
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keeps the output of the tests clean."""


class BlobServer(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), BlobHandler)
        self.body = POLICY.encode()
        self.seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/config/policy.yaml"


@dataclass
class BlobStack(Stack):
    """A stack whose policy is in a blob."""

    blob: str = field(kw_only=True)

    def app_settings(self) -> dict[str, str]:
        return super().app_settings() | {"GALLERIST_POLICY_FILE": "", "GALLERIST_POLICY_BLOB": self.blob}


@pytest.fixture
def blob() -> Iterator[BlobServer]:
    with BlobServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def stack(folder: Path, blob: BlobServer) -> Stack:
    return BlobStack(folder, SEED, POLICY, PACE, one_clock=True, blob=blob.url)


def test_the_policy_in_a_blob_decides(tmp_path: Path, blob: BlobServer) -> None:
    with stack(tmp_path, blob) as running, Estate(running) as estate:
        image = estate.write(an_image("left", tags={"environment": "scratch"}))
        estate.start(image)

        assert estate.ended(image)["rule"] == "ignored"
        assert estate.http.get(f"{running.api}/health").json()["status"] == "healthy"
    first, *later = blob.seen
    # the clock stands still while the app works, so each use of the policy is a new look; what is unchanged is not sent
    assert all("If-None-Match" in request for request in later)
    claims = jwt.decode(first["Authorization"].removeprefix("Bearer "), options={"verify_signature": False})
    assert claims["aud"] == "https://storage.azure.com"


def test_health_reports_an_invalid_policy_in_a_blob(tmp_path: Path, blob: BlobServer) -> None:
    blob.body = b"defaults: {}\nrulez: []\n"
    with stack(tmp_path, blob) as running, Estate(running) as estate:
        health = estate.http.get(f"{running.api}/health")
        assert health.status_code == 503
        assert health.json()["errors"][-1]["line"] == 2
        assert "rulez" in running.log("host")
