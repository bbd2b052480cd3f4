"""Takes secrets out of every log record of the process, whoever writes it: the app, the SDK or the worker."""

import logging
from collections.abc import Callable
from typing import Any

from domain.redaction import without_secrets

_Factory = Callable[..., logging.LogRecord]
_FORMATTER = logging.Formatter()


def redact_logs() -> None:
    """Changes how records are made, so that no handler or filter has to be asked. Idempotent."""
    made_by = logging.getLogRecordFactory()
    if not isinstance(made_by, _Redacting):
        logging.setLogRecordFactory(_Redacting(made_by))


class _Redacting:
    """Makes records whose text, and the text of whose traceback, has no secret."""

    def __init__(self, factory: _Factory) -> None:
        self._factory = factory

    def __call__(self, *arguments: Any) -> logging.LogRecord:
        record = self._factory(*arguments)
        try:
            written = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # the handler says which line of code has the wrong arguments
            return record
        safe = without_secrets(written)
        if safe != written:
            record.msg, record.args = safe, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = without_secrets(_FORMATTER.formatException(record.exc_info))
        return record
