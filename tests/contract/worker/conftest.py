"""Ignores the SDK's own advice and notes: as errors, they would fail the functions that cause them."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    for note in (
        "azure.functions df_loads was called:DeprecationWarning",
        "Potential duplicate Task:UserWarning",
    ):
        config.addinivalue_line("filterwarnings", f"ignore:{note}")
