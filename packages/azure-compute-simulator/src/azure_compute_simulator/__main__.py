"""The command `azure-compute-simulator`, also `python -m azure_compute_simulator`."""

import argparse
import json
import signal
import socket
import sys
from datetime import datetime
from typing import Never

from azure_compute_simulator import SeedError, SimulatorServer, __version__
from azure_compute_simulator.clock import Clock, parse_date
from azure_compute_simulator.server import HOST
from azure_compute_simulator.transitions import PACES, parse_pace

_PROGRAM = "azure-compute-simulator"
_EPILOG = """\
When the simulator is ready it prints one line of JSON with its addresses, and then serves until SIGTERM or SIGINT.
Exit codes: 0 stopped by a signal, 1 the port cannot be opened, 2 an option or the seed is wrong.
"""
_LARGEST_PORT = 65_535
STOPPED_BY = (signal.SIGTERM, signal.SIGINT)


def main(arguments: list[str] | None = None) -> int:
    """Serves a simulated Azure until a signal stops it. Returns the exit code."""
    options = build_parser().parse_args(arguments)
    signals = _signals()
    try:
        clock = Clock(options.time_scale, options.start, standing=options.standing)
        server = SimulatorServer(options.seed, options.transitions, clock, options.port, tls=options.tls)
    except SeedError as error:
        return _fail(2, str(error))
    except OSError as error:
        return _fail(
            1, f"cannot open port {options.port} of {HOST}: {error.strerror}; --port 0 takes a free one"
        )
    try:
        server.start()
    except SeedError as error:
        return _fail(2, f"{options.seed}: {error}")
    try:
        _print_ready(server)
        while signals.recv(1)[0] not in STOPPED_BY:
            pass
    finally:
        server.stop()
    return 0


def _signals() -> socket.socket:
    """Returns a socket from which the number of each signal can be read, whichever thread the system gives it to.

    A thread that waits for an event would not wake up for a signal that another thread got.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach())
    for number in STOPPED_BY:
        signal.signal(number, lambda *_: None)
    return reader


def _print_ready(server: SimulatorServer) -> None:
    ready = {
        "arm": server.arm,
        "identity_endpoint": server.identity_endpoint,
        "identity_header": server.identity_header,
        "control": server.control,
    }
    if server.ca_file:
        ready["ca_file"] = server.ca_file
    print(json.dumps(ready), flush=True)


def _fail(code: int, message: str) -> int:
    print(f"{_PROGRAM}: {message}", file=sys.stderr)
    return code


class _OneLineErrorParser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        """Prints one line instead of the whole usage."""
        self.exit(2, f"{_PROGRAM}: {message}; --help lists the options\n")


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    parser = _OneLineErrorParser(
        prog=_PROGRAM,
        description="Serves a simulated Azure Resource Manager on 127.0.0.1.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=0, help="the port; 0, the default, takes a free one")
    parser.add_argument("--seed", help="a YAML or JSON file with the resources that exist at the start")
    parser.add_argument(
        "--transitions",
        type=_pace,
        default="seconds:8",
        metavar="PACE",
        help=f"how fast operations advance: {PACES} (default: seconds:8)",
    )
    parser.add_argument(
        "--time-scale",
        type=_time_scale,
        default=1.0,
        metavar="FACTOR",
        help="how many times as fast as the real clock the simulated one runs (default: 1)",
    )
    parser.add_argument(
        "--standing",
        action="store_true",
        help="let the simulated clock stand still, to be moved through the control plane",
    )
    parser.add_argument(
        "--start",
        type=_moment,
        metavar="TIME",
        help="the simulated time at the start, as ISO 8601 (default: now)",
    )
    parser.add_argument(
        "--tls", action="store_true", help="serve HTTPS; `ca_file` is what clients must trust"
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {_LARGEST_PORT}")
    return int(text)


def _pace(text: str) -> str:
    try:
        parse_pace(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return text


def _moment(text: str) -> datetime:
    try:
        return parse_date(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 time") from None


def _time_scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return scale


if __name__ == "__main__":
    sys.exit(main())
