"""A caller for each test."""

import pytest

from tests.unit.cli.running import Caller


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Somebody without settings of their own."""
    for name in ("GALLERIST_URL", "GALLERIST_KEY", "GALLERIST_SCOPE"):
        monkeypatch.delenv(name, raising=False)
    return Caller()
