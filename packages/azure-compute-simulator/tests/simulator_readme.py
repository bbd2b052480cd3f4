"""The code blocks of README.md."""

import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
README = (PACKAGE / "README.md").read_text(encoding="utf-8")


def code_block(language: str, start: str) -> str:
    """Returns the one code block of a language that starts with this text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if block.startswith(start))
    return str(block)
