"""The command line of the demo. Exit code 0 if every image ended as it should."""

import argparse
import sys

from demo import estate, fleet
from local.signals import unwind_on_sigterm


def main() -> int:
    """Runs the demo that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="keep the simulated Azure and the app running")
    parser.add_argument(
        "--fleet", action="store_true", help="migrate 200 images while 5 %% of the requests fail"
    )
    arguments = parser.parse_args()
    return fleet.run() if arguments.fleet else estate.run(serve=arguments.serve)


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
