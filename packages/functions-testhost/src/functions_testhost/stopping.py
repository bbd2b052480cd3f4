"""Waits for the signal that ends a command."""

import signal
import socket

STOPPED_BY = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Catches SIGTERM and SIGINT from its creation on; only the main thread can create it.

    Each signal is read from a socket, whichever thread the system gives it to: a thread that waits for an event would
    not wake up for a signal that another thread got.
    """

    def __init__(self) -> None:
        self._reader, writer = socket.socketpair()
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.detach())
        for number in STOPPED_BY:
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Returns when one of them has come."""
        while self._reader.recv(1)[0] not in STOPPED_BY:
            pass
