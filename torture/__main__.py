"""The command line: `python -m torture --seed 7`. Exit code 0 if nothing was lost, done twice or done wrong."""

import argparse
import json
import sys
from dataclasses import asdict

from local.signals import unwind_on_sigterm
from local.stack import ROOT
from torture.run import Plan, Report, run

RESULTS = ROOT / "build" / "torture"


def main(arguments: list[str] | None = None) -> int:
    """Runs the torture that the command line asks for, and prints what it came to."""
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("--images", type=int, default=120, help="default: 120")
    parser.add_argument("--kills", type=int, default=20, help="of the host; default: 20")
    parser.add_argument("--faults", type=int, default=240, help="of requests to Azure; default: 240")
    parser.add_argument("--seed", type=int, default=7, help="decides everything that is random; default: 7")
    report = run(Plan(**vars(parser.parse_args(arguments))))
    sys.stdout.write(summary(report))
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"seed-{report.plan.seed}.json"
    file.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"written to {file.relative_to(ROOT)}\n")
    return 0 if report.verdict.holds else 1


def summary(report: Report) -> str:
    """The report for people."""
    verdict = report.verdict
    lines = [
        f"seed {report.plan.seed}: {report.plan.images} images, {report.kills} kills, {report.seconds:.0f} s",
        f"{report.faults} faults in {report.requests} requests",
        f"after the torture: {_counts(report.states_after_torture)}",
        f"after one more batch: {_counts(report.states_at_the_end)}",
        f"{len(verdict.lost)} lost, {len(verdict.twice)} twice, {len(verdict.wrong)} wrong",
        *(f"lost: {sentence}" for sentence in verdict.lost),
        *(f"twice: {sentence}" for sentence in verdict.twice),
        *(f"wrong: {sentence}" for sentence in verdict.wrong),
    ]
    return "\n".join(lines) + "\n"


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items())


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
