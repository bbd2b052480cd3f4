"""Writes docs/errors.md from the table of known errors in the domain: `python -m scripts.export_errors`."""

import sys
from pathlib import Path

from domain.arm_errors import KNOWN_ERRORS, UNANSWERED, UNKNOWN, Diagnosis, Retry

PAGE = Path(__file__).parent.parent / "docs" / "errors.md"

_INTRODUCTION = """\
# Errors of Azure Resource Manager, and what Gallerist makes of them

Generated from the table in `domain/errors.py` by `python -m scripts.export_errors`; a test keeps it current.

A migration that fails, and a call of the HTTP API that fails because of Azure, carry the service's own `code` and
`message` as they came, with the `cause` and the `fix` of the first row here that fits.
Codes and texts are regular expressions; case does not matter, and an empty one fits everything.

"""
_DOES: dict[Retry, str] = {
    "throttled": "waits as long as the service asks, up to a day",
    "wait": "waits and tries again, a bounded number of times",
    "never": "stops, and tells",
}


def page() -> str:
    """The whole page."""
    rows = [(row.code, row.message, row.diagnosis) for row in KNOWN_ERRORS]
    rows += [("any other, with HTTP 408, 5xx or no answer", "", UNANSWERED), ("any other", "", UNKNOWN)]
    lines = ["| code | text | cause | fix | Gallerist |", "| --- | --- | --- | --- | --- |"]
    return _INTRODUCTION + "\n".join([*lines, *(_row(*row) for row in rows)]) + "\n"


def _row(code: str, message: str, diagnosis: Diagnosis) -> str:
    cells = (_code(code), _code(message), diagnosis.cause, diagnosis.fix, _DOES[diagnosis.retry])
    return f"| {' | '.join(cells)} |"


def _code(pattern: str) -> str:
    if pattern.startswith("any other") or not pattern:
        return pattern
    return "`" + pattern.replace("|", "\\|") + "`"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
