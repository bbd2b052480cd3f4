"""`python -m azure_compute_simulator`: serve a simulated Azure until told to stop."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from azure_compute_simulator.seed import SeedError, read_seed
from azure_compute_simulator.server import SimulatorServer


def main(arguments: list[str] | None = None) -> int:
    """Print one JSON line with the endpoints when ready; end with 0 on SIGTERM or SIGINT, with 2 on a bad seed."""
    options = _parse(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        seed = read_seed(options.seed) if options.seed else None
        server = SimulatorServer(seed, options.transitions, options.time_scale, options.port, tls=options.tls)
    except (SeedError, ValueError) as error:
        place = f"{options.seed}: " if options.seed and not str(error).startswith(str(options.seed)) else ""
        print(f"{place}{error}", file=sys.stderr)
        return 2
    with server:
        names = ("arm", "identity_endpoint", "identity_header", "control", "ca_file")
        ready = {name: getattr(server, name) for name in names}
        print(json.dumps({name: value for name, value in ready.items() if value}), flush=True)
        stop.wait()
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m azure_compute_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--seed", type=Path, help="YAML or JSON file with what exists at the start")
    parser.add_argument(
        "--transitions",
        default="seconds:8",
        help="immediate, polls:N, seconds:S or manual (default: seconds:8)",
    )
    parser.add_argument("--time-scale", type=float, default=1.0, help="how many times as fast the clock runs")
    parser.add_argument("--tls", action="store_true", help="serve HTTPS; the ready line names the CA's file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
