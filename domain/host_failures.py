"""Failures that the Functions host reports: its text, without what is of use in a log only.

The Durable extension appends to a failure's text the .NET exception as JSON, one to four kilobytes, and the state of
the orchestration; the worker adds the stack (seen on the extension 3.19.0).
"""

import re

LONGEST_SENTENCE = 300

# where the part begins that nobody reads: JSON of the exception, state of the orchestration, stack
_APPENDED = re.compile(r'\s*\{"(?:\$type|ClassName)"|\s*\$OutOfProcData\$|\s*\n\s*Stack:')
# how the worker reports an exception of a function
_WORKER_PREFIX = re.compile(r"Result: Failure\s+Exception: ")


def failure_sentence(text: object) -> str:
    """Returns what happened as one line, at most 300 characters."""
    readable = _APPENDED.split(str(text or ""), maxsplit=1)[0]
    line = " ".join(_WORKER_PREFIX.sub("", readable).split())
    # what is cut off may have closed them
    line += ")" * (line.count("(") - line.count(")"))
    if len(line) > LONGEST_SENTENCE:
        line = f"{line[: LONGEST_SENTENCE - 1]}…"
    return line or "the Functions host gave no reason"
