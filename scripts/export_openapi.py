"""Writes docs/openapi.json, the description of the HTTP API: `python -m scripts.export_openapi`."""

import json
import sys
from pathlib import Path

from api.openapi import document

FILE = Path(__file__).parent.parent / "docs" / "openapi.json"


def text() -> str:
    """The file's content."""
    return json.dumps(document(), indent=2) + "\n"


def main() -> None:
    """Writes the file."""
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name} written\n")


if __name__ == "__main__":
    main()
