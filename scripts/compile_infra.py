"""Compiles and lints infra/ with the real Bicep compiler, and compares what Azure would get with infra/snapshots."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
INFRA = ROOT / "infra"
SNAPSHOTS = INFRA / "snapshots"
# where the Makefile installs the compiler
_INSTALLED = ROOT / "build" / "extension" / "tools" / "bin" / "bicep"

# where the snapshots are evaluated; a file of parameters can name another subscription in a comment
TENANT = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
MANAGEMENT_GROUP = "platform"
LOCATION = "westeurope"
_EVALUATED_IN = re.compile(r"^// evaluated in subscription ([0-9a-f-]{36})$", re.MULTILINE)

LEFT_OUT = (
    "the Bicep compiler is left out: set BICEP, put bicep on the path, or name a folder in EXTENSION_TOOLS\n"
)


class Warned(NamedTuple):
    """A rule that the compiler or its linter found broken, and the file, relative to infra/."""

    rule: str
    file: str


# warnings that stay, each with its reason; the compiler itself ends with 0 whatever it warns of
_NO_PROOFS = "no proof runs in such a subscription, so nothing is created in the region"
EXPLAINED = {
    Warned("explicit-values-for-loc-params", "consumer-subscription.bicep"): _NO_PROOFS,
    Warned("explicit-values-for-loc-params", "source-subscription.bicep"): _NO_PROOFS,
}


class CompileError(Exception):
    """The compiler cannot read a file; the message is the compiler's."""


def main(arguments: list[str] | None = None) -> int:
    """Compiles; returns 0 if nothing is wrong that is not explained, and the snapshots are what is evaluated."""
    parser = argparse.ArgumentParser(prog="python -m scripts.compile_infra", description=__doc__)
    parser.add_argument("--update-snapshots", action="store_true", help="write infra/snapshots anew")
    return run(find_bicep(), update=parser.parse_args(arguments).update_snapshots)


def run(bicep: Path | None, *, update: bool) -> int:
    """Compiles with this compiler; without one, only says so, unless snapshots are to be written."""
    if bicep is None:
        sys.stdout.write(LEFT_OUT)
        return int(update)
    faults = [*unexplained(lint(bicep)), *(() if update else changed_snapshots(bicep))]
    if update:
        for name, text in evaluate_all(bicep).items():
            (SNAPSHOTS / name).write_text(text, encoding="utf-8")
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    files = len(list(INFRA.rglob("*.bicep*")))
    sys.stdout.write(f"{files} files compiled and linted: {len(faults)} faults\n")
    return int(bool(faults))


def find_bicep() -> Path | None:
    """Returns the compiler: that of the variable BICEP, the one on the path, or the one that the Makefile installs."""
    named = os.environ.get("BICEP") or shutil.which("bicep")
    if named:
        return Path(named)
    return _INSTALLED if _INSTALLED.exists() else None


def lint(bicep: Path, folder: Path = INFRA) -> dict[Warned, str]:
    """Returns what the compiler and its linter find wrong with every file of a folder, with their messages.

    Raises:
        CompileError: the compiler gave no report.
    """
    found: dict[Warned, str] = {}
    for pattern in ("**/*.bicep", "**/*.bicepparam"):
        done = _run(
            bicep,
            "lint",
            "--no-restore",
            "--diagnostics-format",
            "sarif",
            "--pattern",
            pattern,
            folder=folder,
        )
        # 1 is also the code for errors in a file, which are in the report
        for report in _parse_reports(done.stdout, done.stderr):
            for result in report["runs"][0]["results"]:
                location = result["locations"][0]["physicalLocation"]
                file = location["artifactLocation"]["uri"].removeprefix("file://")
                name = Path(file).resolve().relative_to(folder.resolve()).as_posix()
                line = location["region"]["startLine"]
                found[Warned(result["ruleId"], name)] = f"line {line}: {result['message']['text']}"
    return found


def unexplained(found: dict[Warned, str], explained: dict[Warned, str] = EXPLAINED) -> list[str]:
    """Returns a sentence for each warning without a reason, and for each reason without a warning."""
    new = [f"infra/{w.file}: {w.rule}: {text}" for w, text in found.items() if w not in explained]
    old = [f"infra/{w.file}: {w.rule} is explained, but not found" for w in explained if w not in found]
    return [*new, *old]


def build(bicep: Path, folder: Path = INFRA) -> dict[str, dict[str, Any]]:
    """Returns the compiled ARM templates of the files that are deployed, by their names without `.bicep`.

    Raises:
        CompileError: a file does not compile.
    """
    with tempfile.TemporaryDirectory() as output:
        done = _run(bicep, "build", "--no-restore", "--pattern", "*.bicep", "--outdir", output, folder=folder)
        if done.returncode:
            raise CompileError(done.stderr)
        return {
            file.stem: json.loads(file.read_text(encoding="utf-8"))
            for file in sorted(Path(output).glob("*.json"))
        }


def changed_snapshots(bicep: Path) -> list[str]:
    """Returns a sentence for each snapshot that is not what the compiler evaluates."""
    return [
        f"infra/snapshots/{name} is not what Azure would get now; "
        "read the difference after: python -m scripts.compile_infra --update-snapshots"
        for name, text in evaluate_all(bicep).items()
        if not (SNAPSHOTS / name).exists() or (SNAPSHOTS / name).read_text(encoding="utf-8") != text
    ]


def evaluate_all(bicep: Path) -> dict[str, str]:
    """Returns the text of each snapshot, by its name."""
    names = [file.stem for file in sorted(SNAPSHOTS.glob("*.bicepparam"))]
    # the compiler works on one processor
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        texts = threads.map(partial(evaluate, bicep), names)
        return {f"{name}.snapshot.json": text for name, text in zip(names, texts, strict=True)}


def evaluate(bicep: Path, name: str) -> str:
    """Returns what Azure would get with a file of parameters, as far as it can be known without Azure.

    Raises:
        CompileError: the file does not compile, or cannot be evaluated.
    """
    with tempfile.TemporaryDirectory() as folder:
        # the compiler writes its answer beside the file
        copy = Path(folder) / "infra"
        shutil.copytree(INFRA, copy)
        parameters = copy / "snapshots" / f"{name}.bicepparam"
        done = _run(
            bicep, "snapshot", str(parameters), "--mode", "overwrite", *_scope(parameters), folder=copy
        )
        if done.returncode:
            raise CompileError(f"{name}.bicepparam: {done.stderr or done.stdout}")
        snapshot = json.loads(parameters.with_suffix(".snapshot.json").read_text(encoding="utf-8"))
    # the compiler writes outputs in another order each time
    return json.dumps(snapshot, indent=2, sort_keys=True) + "\n"


def _scope(parameters: Path) -> list[str]:
    """Where the file is deployed to."""
    named = _EVALUATED_IN.search(parameters.read_text(encoding="utf-8"))
    arguments = ["--tenant-id", TENANT, "--location", LOCATION]
    if parameters.stem == "management-group":
        return [*arguments, "--management-group-id", MANAGEMENT_GROUP]
    return [*arguments, "--subscription-id", named[1] if named else SUBSCRIPTION]


def _parse_reports(text: str, errors: str) -> list[dict[str, Any]]:
    """The compiler writes a report for each file, one after the other."""
    decoder = json.JSONDecoder()
    reports = []
    rest = text.strip() or errors.strip()
    while rest:
        try:
            report, end = decoder.raw_decode(rest)
        except ValueError as error:
            raise CompileError(errors or text) from error
        reports.append(report)
        rest = rest[end:].strip()
    if not reports:
        raise CompileError("the compiler reports about no file")
    return reports


def _run(bicep: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 # the command is the caller's
        [str(bicep), *arguments], capture_output=True, text=True, check=False, cwd=folder
    )


if __name__ == "__main__":
    sys.exit(main())
