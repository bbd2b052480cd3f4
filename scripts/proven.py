"""Ticks what the smoke test has seen in the list *What only Azure can prove*, with the day.

    python -m scripts.proven deployed healthy

Each statement that can be ticked ends with its name: `- [ ] that …; <!-- deployed -->`.
"""

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "deploying.md"
_STATEMENT = re.compile(r"^- \[[ x]\] (?:\d{4}-\d\d-\d\d: )?(.+ <!-- ([\w-]+) -->)$", re.MULTILINE)


class UnknownStatementError(Exception):
    """The page has no statement of this name."""


def main(arguments: list[str], page: Path = PAGE, today: date | None = None) -> int:
    """Ticks the statements of these names in the page; returns 1 and changes nothing if one is unknown."""
    text = page.read_text(encoding="utf-8")
    try:
        ticked = tick(text, arguments, today or datetime.now(UTC).date())
    except UnknownStatementError as error:
        sys.stderr.write(f"proven.py: {error}\n")
        return 1
    page.write_text(ticked, encoding="utf-8")
    return 0


def statements(text: str) -> list[str]:
    """Returns the names of the statements that can be ticked, in their order."""
    return [name for _, name in _STATEMENT.findall(text)]


def tick(text: str, names: list[str], day: date) -> str:
    """Returns the text with the statements of these names ticked and dated.

    Raises:
        UnknownStatementError: there is no such statement.
    """
    if unknown := sorted(set(names) - set(statements(text))):
        raise UnknownStatementError(
            f"no statement is called {', '.join(unknown)}; known are {', '.join(statements(text))}"
        )

    def ticked(found: re.Match[str]) -> str:
        return f"- [x] {day.isoformat()}: {found[1]}" if found[2] in names else found[0]

    return _STATEMENT.sub(ticked, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
