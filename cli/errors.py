"""What a failed command says: what is wrong, why, how to fix it, and one command that works.

CliError
├── NotSignedInError   nobody is signed in, or the app refuses the key or token
└── NoTerminalError    a question that nobody can answer, for there is no terminal
"""

import enum


class ExitCode(enum.IntEnum):
    """The published exit codes; docs/command-line.md describes them."""

    DONE = 0
    ERROR = 1
    # what the command looked at would change, differs, or was cancelled: the command's help says which
    CHANGES = 2
    PARTIAL = 3
    NOT_SIGNED_IN = 4


class CliError(Exception):
    """An error that the command line shows. Empty parts are left out."""

    code = ExitCode.ERROR

    def __init__(self, what: str, *, why: str = "", fix: str = "", command: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.command = command

    def lines(self) -> list[str]:
        """The error as lines of text."""
        parts = (("Error", self.what), ("Why", self.why), ("Fix", self.fix), ("Try", self.command))
        return [f"{name + ':':<7}{text}" for name, text in parts if text]


class NotSignedInError(CliError):
    """Nobody is signed in, or the app refuses the key or the token."""

    code = ExitCode.NOT_SIGNED_IN


class NoTerminalError(CliError):
    """A question that nobody can answer: there is no terminal, or `--no-input` forbids it."""
