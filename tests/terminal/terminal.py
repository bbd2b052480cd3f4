"""A command in a pseudo-terminal, and the screen that a person would see."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ROOT = Path(__file__).parents[2]
ROWS = 60
# of real time: what a command waits for is let happen between two looks at the screen
PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.1


class Terminal:
    """Runs `gallerist` with these arguments in a terminal of so many columns."""

    def __init__(self, columns: int, arguments: list[str], environ: Mapping[str, str], folder: Path) -> None:
        self.screen = pyte.Screen(columns, ROWS)
        self.raw = b""
        self._stream = pyte.ByteStream(self.screen)
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            stdin=there,
            stdout=there,
            stderr=there,
            cwd=folder,
            env={**os.environ, **environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(there)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._here)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without the empty lines at its end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.lines)

    def type(self, text: str) -> None:
        """Types a line."""
        os.write(self._here, f"{text}\n".encode())

    def until(self, seen: str | Callable[[str], bool], meanwhile: Callable[[], object] = lambda: None) -> str:
        """Looks at the screen until it shows a text, and returns it. `meanwhile` lets time pass in Azure."""
        shows = seen if callable(seen) else lambda screen: seen in screen
        self._look(lambda: shows(self.text), meanwhile)
        assert shows(self.text), f"the screen does not show {seen!r}:\n{self.text}"
        return self.text

    def ends(self, meanwhile: Callable[[], object] = lambda: None) -> int:
        """Looks at the screen until the command ends, and returns its exit code."""
        self._look(lambda: self._process.poll() is not None, meanwhile)
        while self._read():
            pass
        code = self._process.poll()
        assert code is not None, f"the command does not end:\n{self.text}"
        return code

    def _look(self, done: Callable[[], bool], meanwhile: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not done() and time.monotonic() < deadline:
            if not self._read():
                meanwhile()

    def _read(self) -> bool:
        if not select.select([self._here], [], [], LOOK_SECONDS)[0]:
            return False
        # Linux reports the end of the other side as an error
        with suppress(OSError):
            found = os.read(self._here, 65536)
            self.raw += found
            self._stream.feed(found)
            return bool(found)
        return False
