"""Runs the command line: `python -m cli`, installed as `gallerist`."""

from cli.app import app


def main() -> None:
    """Runs the command that the arguments name, and ends the process with its exit code."""
    app(prog_name="gallerist")


if __name__ == "__main__":
    main()
