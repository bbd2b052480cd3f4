"""Measures the contenders on the one clock: `python -m benchmarks 1 100 1000`.

Everything but CPU, memory and wall time is the same on every machine. CPU and memory are read from /proc, so the
command needs Linux. Each run is written to build/bench. Without `--keep-page`, the runs take the place of those of the
same sizes in benchmarks/figures.json, and docs/performance.md is written again.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict

from benchmarks import az, contenders, page, short
from benchmarks.figures import RESULTS, Run, merge, write
from local.signals import unwind_on_sigterm
from local.stack import ROOT

CONTENDERS = ("gallerist", "hints", "thread-pool", "az")
SIZES = (1, 100, 1000)
# a few dozen threads, and as many as Gallerist migrates at once in a subscription
THREADS = (50, 200)


def main(arguments: list[str] | None = None) -> int:
    """Runs what the options ask for; returns 0 if every image was migrated."""
    options = _parser().parse_args(arguments)
    if options.update_short:
        for name, value in short.update().items():
            _say(f"{name:<28}{value:>12g}")
        return 0
    if options.page:
        page.write_all()
        return 0
    runs = []
    for run in _runs(options):
        _say(page.line(run))
        name = re.sub(r"\W+", "-", run.contender.lower())
        write(asdict(run), RESULTS / f"{name}-{run.images}.json")
        runs.append(run)
    _say(f"written to {RESULTS.relative_to(ROOT)}")
    if not options.keep_page:
        merge(runs)
        page.write_all()
        _say("written: benchmarks/figures.json, docs/performance.md and its pictures")
    return 0 if all(run.ended == {"completed": run.migrated} for run in runs) else 1


def _runs(options: argparse.Namespace) -> Iterator[Run]:
    for size in options.sizes:
        if "gallerist" in options.contenders:
            yield from contenders.apart(contenders.run_gallerist, size)
        if "hints" in options.contenders:
            yield from contenders.apart(contenders.run_with_hints, size)
        if "thread-pool" in options.contenders:
            for threads in options.threads[:1] if size == 1 else options.threads:
                yield from contenders.apart(contenders.run_thread_pool, size, threads)
        if "az" in options.contenders and size == 1:
            reason = az.why_skipped()
            if reason is None:
                yield contenders.apart(az.run)
            else:
                _say(f"az is left out: {reason}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "sizes", type=int, nargs="*", default=SIZES, help=f"numbers of images; default: {_words(SIZES)}"
    )
    parser.add_argument(
        "--contenders", nargs="+", choices=CONTENDERS, default=CONTENDERS, help="default: all of them"
    )
    parser.add_argument(
        "--threads", type=int, nargs="+", default=THREADS, help=f"of the script; default: {_words(THREADS)}"
    )
    parser.add_argument("--keep-page", action="store_true", help="change neither the figures nor the page")
    parser.add_argument("--page", action="store_true", help="only write the page from the kept figures")
    parser.add_argument(
        "--update-short", action="store_true", help="only rewrite what the short form expects"
    )
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _words(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
