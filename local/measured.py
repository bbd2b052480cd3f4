"""Which code a figure was measured on."""

import subprocess
from collections.abc import Iterable

from local.stack import ROOT


def measured_commit(written: Iterable[str]) -> str:
    """The commit that is checked out, with a plus if the code was changed since; `unknown` outside a repository.

    `written` are the paths that the measurement itself writes.
    """
    head = _git("rev-parse", "--short=10", "HEAD")
    if head.returncode:
        return "unknown"
    changed = _git("diff", "--quiet", "HEAD", "--", ".", *(f":!{path}" for path in written)).returncode
    return head.stdout.strip() + ("+" if changed else "")


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 # the arguments above
        ["git", *arguments],  # noqa: S607 # the git of the path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
