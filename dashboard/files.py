"""The files of the page. Nothing is served but what is named here, and `scripts/package.py` packages the same.

That script reads this file with any Python from 3.9 on, so it imports the standard library only.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "static"
INDEX = "index.html"
NAMES = (
    INDEX,
    "icon.svg",
    "page.css",
    "api.js",
    "app.js",
    "attention.js",
    "bulk.js",
    "commands.js",
    "fleet.js",
    "format.js",
    "live.js",
    "parts.js",
    "route.js",
    "selection.js",
    "session.js",
    "table.js",
    "views/attention.js",
    "views/coverage.js",
    "views/fleet.js",
    "views/lineage.js",
    "views/migration.js",
    "views/promotions.js",
    "views/retirement.js",
    "views/retirements.js",
    "views/signin.js",
    "vendor/htm-preact.js",
    "vendor/LICENSE-htm.txt",
    "vendor/LICENSE-preact.txt",
)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


class File(NamedTuple):
    """A file as it is sent: its bytes, its media type, and the tag by which a browser knows what it has."""

    body: bytes
    media_type: str
    tag: str

    @classmethod
    def read(cls, name: str) -> File:
        """Reads a file of the page."""
        path = FOLDER / name
        body = path.read_bytes()
        return cls(body, _TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')


class Files:
    """The files by name, each read when it is asked for first."""

    def __init__(self) -> None:
        self._read: dict[str, File] = {}

    def find(self, name: str) -> File | None:
        """Returns the file of this name; None if the page has none."""
        if name not in NAMES:
            return None
        if name not in self._read:
            self._read[name] = File.read(name)
        return self._read[name]
