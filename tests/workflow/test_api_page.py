"""The page about the HTTP API shows what the app answers now."""

from scripts.export_api import DOCUMENT, render


def test_the_page_is_what_the_app_answers() -> None:
    """`python -m scripts.export_api` writes it."""
    assert DOCUMENT.read_text(encoding="utf-8") == render()
