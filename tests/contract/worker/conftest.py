"""The SDK's own advice and notes would fail the functions they come up in."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    for note in (
        "azure.functions df_loads was called:DeprecationWarning",
        "Potential duplicate Task:UserWarning",
    ):
        config.addinivalue_line("filterwarnings", f"ignore:{note}")
