"""The command `functions-testhost`: serves an app until SIGTERM or SIGINT."""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

from functions_testhost import __version__
from functions_testhost.app import AppError, load_settings
from functions_testhost.clock import MODES, Clock
from functions_testhost.hub_errors import TaskHubError
from functions_testhost.server import HostServer
from functions_testhost.stopping import StopSignals


def main(arguments: list[str] | None = None) -> int:
    """Serves an app. Returns 0 after a clean stop, and else what README.md lists under "Exit codes"."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr,
        level=options.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    database = options.database.absolute() if options.database else None
    signals = StopSignals()
    try:
        clock = Clock(options.clock, options.time_scale, peer=options.clock_peer)
        if options.settings:
            load_settings(options.settings)
        # an app reads its own files by relative paths, as in Azure
        os.chdir(options.app)
        server = HostServer(".", database, port=options.port, clock=clock, keys=options.keys)
        with server:
            print(json.dumps(server.description()), flush=True)
            signals.wait()
    except TaskHubError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except (AppError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="functions-testhost",
        description="Serve a Python Durable Functions app on 127.0.0.1, without Core Tools and without Azure.",
    )
    parser.add_argument("--app", type=_folder, default=Path(), help="folder of function_app.py")
    parser.add_argument("--port", type=int, default=7071, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--database",
        type=_file,
        help="SQLite file of the task hub, kept across runs; without it, nothing is kept",
    )
    parser.add_argument(
        "--settings", type=Path, help="local.settings.json whose Values become environment variables"
    )
    parser.add_argument(
        "--clock",
        choices=MODES,
        default="real",
        help="real time, skip (jump to the next durable timer), or manual (moved over HTTP)",
    )
    parser.add_argument(
        "--time-scale", type=_positive, default=1.0, help="let the clock run this many times as fast"
    )
    parser.add_argument(
        "--clock-peer",
        metavar="URL",
        help="share time with the program at this URL, whose clock stands still and is moved along",
    )
    parser.add_argument("--keys", action="store_true", help="require access keys, as Azure does")
    parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return folder


def _file(text: str) -> Path:
    _folder(str(Path(text).parent))
    return Path(text)


def _positive(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"must be positive, not {text}")
    return number


if __name__ == "__main__":
    if not sys.flags.safe_path:
        # `python -m` puts the current folder first on the import path; its packages are not the app's
        del sys.path[0]
    sys.exit(main())
