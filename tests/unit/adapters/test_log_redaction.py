"""No log record has a secret, whoever writes it."""

import io
import logging
from collections.abc import Iterator

import pytest

from adapters.log_redaction import redact_logs

URL = "https://a.blob.core.windows.net/x?sig=marked"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler of somebody else writes; records are made as before at the end."""
    made_by, stream = logging.getLogRecordFactory(), io.StringIO()
    logger, handler = logging.getLogger("azure.of.others"), logging.StreamHandler(stream)
    logger.addHandler(handler)
    redact_logs()
    redact_logs()
    yield stream
    logging.setLogRecordFactory(made_by)
    logger.removeHandler(handler)


def test_messages_arguments_and_tracebacks_have_no_secret(written: io.StringIO) -> None:
    logger = logging.getLogger("azure.of.others")
    logger.warning("cannot read %s", URL)
    logger.warning(f"cannot read {URL}")  # noqa: G004 # others write so
    try:
        _fail()
    except ValueError:
        logger.exception("failed")
    assert "marked" not in written.getvalue()
    assert written.getvalue().count("sig=***") == 3
    assert "ValueError" in written.getvalue()


def _fail() -> None:
    raise ValueError(URL) from KeyError("Bearer marked-token")


def test_other_records_stay_as_they_are(written: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("azure.of.others").warning("%d of %s", 3, "all")
    assert written.getvalue() == "3 of all\n"
    assert caplog.records[-1].args == (3, "all")
