"""Which host the tests run on, and the marks of tests whose outcome depends on it."""

import os

import pytest

HOST = os.environ.get("GALLERIST_ACCEPTANCE_HOST", "embedded")

slow = pytest.mark.slow


def embedded_only(reason: str) -> pytest.MarkDecorator:
    """Skips the test on the extension: what it asserts is not there."""
    return pytest.mark.skipif(HOST != "embedded", reason=reason)


def extension_only(reason: str) -> pytest.MarkDecorator:
    """Skips the test on the embedded host: there it is shown otherwise."""
    return pytest.mark.skipif(HOST != "extension", reason=reason)


def fails_today(reason: str, *, on: str | None = None) -> pytest.MarkDecorator:
    """Marks a test that fails until the fault of the app is fixed; `on` names the only host that shows the fault.

    Only a failed assertion counts: an error of a fixture, or a wait that ends without a result, is never expected.
    """
    return pytest.mark.xfail(on is None or on == HOST, reason=reason, strict=True, raises=AssertionError)
