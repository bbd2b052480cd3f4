"""Writes docs/errors.md from the catalogue in domain/arm_errors.py: `python -m scripts.export_errors`."""

import sys
from pathlib import Path

from domain.arm_errors import KNOWN_ERRORS, UNANSWERED, UNKNOWN, Diagnosis, Retry

PAGE = Path(__file__).parent.parent / "docs" / "errors.md"

_INTRODUCTION = """\
# Errors of Azure Resource Manager: causes and fixes

Generated from `domain/arm_errors.py` by `python -m scripts.export_errors`; a test keeps this page current.

When a migration or a call of the HTTP API fails because of Azure, its error has Azure's own `code` and `message`, and
the `cause` and `fix` of the first row below that matches them.
Codes and messages are regular expressions that ignore case. An empty cell matches everything.

"""
_DOES: dict[Retry, str] = {
    "throttled": "waits as long as the service asks, for at most a day",
    "wait": "waits and tries again, a limited number of times",
    "never": "stops and reports the error",
}


def page() -> str:
    rows = [(row.code, row.message, row.diagnosis) for row in KNOWN_ERRORS]
    rows += [("any other with HTTP 408, 5xx or no answer", "", UNANSWERED), ("any other", "", UNKNOWN)]
    lines = ["| code | message | cause | fix | Gallerist |", "| --- | --- | --- | --- | --- |"]
    return _INTRODUCTION + "\n".join([*lines, *(_row(*row) for row in rows)]) + "\n"


def _row(code: str, message: str, diagnosis: Diagnosis) -> str:
    cells = (_code(code), _code(message), diagnosis.cause, diagnosis.fix, _DOES[diagnosis.retry])
    return f"| {' | '.join(cells)} |"


def _code(pattern: str) -> str:
    if pattern.startswith("any other") or not pattern:
        return pattern
    return "`" + pattern.replace("|", "\\|") + "`"


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
