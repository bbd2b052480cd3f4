"""Breaks the app on purpose: `python -m torture` tortures three seeds, and writes docs/reliability.md.

Exit codes: 0 every promise was kept, 1 one was broken, 2 the command line is wrong, 3 a run did not end.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.signals import unwind_on_sigterm
from local.stack import ROOT, Stack
from torture import page
from torture.bugs import BUGS, Bug, with_bug
from torture.figures import Figures, keep, to_json
from torture.plan import Plan, plan
from torture.promises import Broken, judge
from torture.run import run
from torture.shrink import shrink

RESULTS = ROOT / "build" / "torture"
SEEDS = (7, 8, 9)
IMAGES = 120
KEPT, BROKEN, USAGE, NOT_ENDED = 0, 1, 2, 3
BUG_SEED = 7
# of real time, for the search of the shortest trace
SHRINK_SECONDS = 900


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for."""
    options = _parser().parse_args(arguments)
    RESULTS.mkdir(parents=True, exist_ok=True)
    # a host that is killed a hundred times starts a hundred times
    with Stack.forking():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    if options.trace:
        try:
            traced = Plan.load(options.trace)
        except ValueError as error:
            sys.stderr.write(f"{error}\n")
            return USAGE
        return _one(traced, shrink_seconds=0)
    if options.bugs is not None:
        return _bugs(options.bugs, options.at_once)
    if options.seed is not None:
        return _one(plan(options.seed, options.images), options.shrink)
    return _all(options.seeds, options.images, options.at_once, options.shrink)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("--images", type=_positive, default=IMAGES, help=f"of each seed; default: {IMAGES}")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="default: 7 8 9")
    parser.add_argument("--seed", type=int, help="this seed alone; the page stays as it is")
    parser.add_argument(
        "--bugs",
        type=int,
        nargs="*",
        metavar="NUMBER",
        help="put in each deliberate bug, or these, and see it caught",
    )
    parser.add_argument("--trace", type=Path, metavar="FILE", help="carry out a plan that was kept")
    parser.add_argument("--at-once", type=_positive, default=3, help="runs at the same time; default: 3")
    parser.add_argument(
        "--shrink",
        type=int,
        default=SHRINK_SECONDS,
        metavar="SECONDS",
        help=f"for the search of the shortest trace of a broken promise; default: {SHRINK_SECONDS}",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not positive")
    return number


def _all(seeds: Sequence[int], images: int, at_once: int, shrink_seconds: int) -> int:
    """Tortures each seed in a process of its own, keeps the figures, and writes the page."""
    codes = _side_by_side(
        [("--seed", seed, "--images", images, "--shrink", shrink_seconds) for seed in seeds], at_once
    )
    if NOT_ENDED in codes:
        return NOT_ENDED
    keep(seeds=[json.loads(_figures_file(seed).read_text(encoding="utf-8")) for seed in seeds])
    sys.stdout.write(f"{page.write().relative_to(ROOT)} is written\n")
    return max(codes)


def _side_by_side(commands: Sequence[Sequence[object]], at_once: int) -> list[int]:
    """Runs this command with each of these arguments; whoever ends this process ends the others. Returns the codes."""
    running: list[subprocess.Popen[bytes]] = []

    def one(arguments: Sequence[object]) -> int:
        command = [sys.executable, "-m", "torture", *map(str, arguments)]
        with subprocess.Popen(command, cwd=ROOT) as process:  # noqa: S603 # this interpreter, our own module
            running.append(process)
            return process.wait()

    with ThreadPoolExecutor(at_once) as pool:
        try:
            return list(pool.map(one, commands))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()
            raise


def _one(planned: Plan, shrink_seconds: float) -> int:
    """Carries out one plan, and finds the shortest one that breaks the same promise."""
    done = run(planned)
    broken = judge(done.world)
    figures = Figures.of(done, broken)
    _figures_file(planned.seed).write_text(json.dumps(to_json(figures), indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(summary(figures))
    if broken and shrink_seconds:
        _show_trace(planned, broken, shrink_seconds)
    if done.left:
        sys.stdout.write(f"these did not end: {', '.join(done.left)}\n")
        return NOT_ENDED
    return BROKEN if broken else KEPT


def _figures_file(seed: int) -> Path:
    return RESULTS / f"seed-{seed}.json"


def summary(figures: Figures) -> str:
    """The figures for people."""
    lines = [
        f"seed {figures.seed}: {figures.images} images, {figures.days:.1f} simulated days in {figures.seconds:.0f} s",
        f"{figures.kills} kills, one each {figures.seconds_between_kills:.1f} s",
        f"{sum(figures.faults.values()):,} faults in {figures.requests:,} requests",
        f"{sum(figures.disturbances.values())} other disturbances",
        *(
            f"{orchestrator}: {', '.join(f'{count} {end}' for end, count in sorted(ends.items()))}"
            for orchestrator, ends in figures.ends.items()
        ),
        f"{len(figures.broken)} broken promises",
        *(f"{one.promise}: {one.sentence}" for one in figures.broken),
    ]
    return "\n".join(lines) + "\n"


def _show_trace(planned: Plan, broken: Sequence[Broken], seconds: float) -> None:
    first = broken[0]
    found: list[Broken] = [first]

    def breaks(shorter: Plan) -> bool:
        again = [one for one in judge(run(shorter).world) if one.promise == first.promise]
        if again:
            found[:] = again
        return bool(again)

    subjects = [one.subject for one in broken if one.promise == first.promise and one.subject]
    shortest = shrink(planned, subjects, breaks, seconds)
    file = RESULTS / f"trace-{planned.seed}.json"
    file.write_text(shortest.to_json(), encoding="utf-8")
    sys.stdout.write(f"the shortest trace of seed {planned.seed} that breaks '{first.promise}':\n")
    for image in shortest.fleet():
        sys.stdout.write(f"  minute {image.minute}: {image.id} ({image.kind}) arrives by {image.arrival}\n")
    for one in shortest.disturbances:
        sys.stdout.write(f"  minute {one.minute}: {one.what} {one.fields}\n")
    sys.stdout.write(f"  then: {found[0].sentence}\n")
    sys.stdout.write(f"again: python -m torture --trace {file.relative_to(ROOT)}\n")


def _bugs(numbers: Sequence[int], at_once: int) -> int:
    """Puts each bug in, in a process of its own, and says which promise it broke."""
    chosen = numbers or range(len(BUGS))
    if not set(chosen) <= set(range(len(BUGS))):
        sys.stderr.write(f"there are bugs from 0 to {len(BUGS) - 1}\n")
        return USAGE
    if len(chosen) == 1:
        caught = catch(BUGS[chosen[0]])
        _bug_file(chosen[0]).write_text(json.dumps(caught, indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(
            f"{'caught' if caught['caught'] else 'NOT CAUGHT'}: {caught['bug']}: {caught['sentence']}\n"
        )
        return KEPT if caught["caught"] else BROKEN
    codes = _side_by_side([("--bugs", number) for number in chosen], at_once)
    if not numbers:
        keep(bugs=[json.loads(_bug_file(number).read_text(encoding="utf-8")) for number in chosen])
        page.write()
    return max(codes)


def _bug_file(number: int) -> Path:
    return RESULTS / f"bug-{number}.json"


def catch(bug: Bug) -> dict[str, Any]:
    """Tortures a copy of the app with this bug; says whether the promise that it breaks was reported as broken."""
    with with_bug(bug) as app:
        if bug.fuzz:
            return _fuzz(bug, app)
        done = run(bug.plan(BUG_SEED), app)
    broken = [one for one in judge(done.world) if one.promise == bug.breaks]
    sentence = broken[0].sentence if broken else "no promise was broken"
    return {"bug": bug.name, "promise": bug.breaks, "caught": bool(broken), "sentence": sentence}


def _fuzz(bug: Bug, app: Path) -> dict[str, Any]:
    """Runs a test of the fuzz against the app with this bug."""
    tests = subprocess.run(  # noqa: S603 # this interpreter, our own tests
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "-rf", bug.fuzz],
        cwd=ROOT,
        env={**os.environ, "GALLERIST_FUZZ_APP": str(app)},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = [line for line in tests.stdout.splitlines() if line.startswith("FAILED ")]
    sentence = failed[0].removeprefix("FAILED ") if failed else f"{bug.fuzz} passed"
    return {"bug": bug.name, "promise": bug.breaks, "caught": bool(failed), "sentence": sentence}


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
