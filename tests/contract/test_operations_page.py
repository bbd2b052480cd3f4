"""docs/operations.md names every check that a plan can hold."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECKS = ROOT / "domain" / "planning" / "checks"


def test_every_check_is_on_the_page() -> None:
    code = "".join(module.read_text(encoding="utf-8") for module in CHECKS.glob("*.py"))
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    literals = re.findall(r'\b(?:passed|warned|failed)\(\s*"([^"]+)"|\bname = "([^"]+)"', code)
    names = {first or second for first, second in literals}
    assert len(names) >= 15
    assert sorted(name for name in names if f"| `{name}` |" not in page) == []
