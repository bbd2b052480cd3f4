"""Lets the Bicep compiler evaluate the paths beside this file, as scripts/compile_infra.py does for infra/snapshots."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.compile_infra import INFRA, LOCATION, ROOT, SUBSCRIPTION, TENANT, find_bicep

HERE = Path(__file__).parent


def evaluate(bicep: Path, parameters: Path) -> str:
    """Returns the text of the snapshot of a file of parameters beside this one."""
    with tempfile.TemporaryDirectory() as folder:
        # the compiler writes its answer beside the file, which names infra/ by a relative path
        copy = Path(folder) / parameters.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        shutil.copy(parameters, copy)
        shutil.copytree(INFRA, Path(folder) / "infra")
        scope = ["--tenant-id", TENANT, "--location", LOCATION, "--subscription-id", SUBSCRIPTION]
        command = [str(bicep), "snapshot", str(copy), "--mode", "overwrite", *scope]
        subprocess.run(command, capture_output=True, check=True)  # the compiler is the caller's
        content = json.loads(copy.with_suffix(".snapshot.json").read_text(encoding="utf-8"))
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Writes the snapshots anew."""
    bicep = find_bicep()
    if bicep is None:
        sys.stdout.write("there is no Bicep compiler: set BICEP\n")
        return 1
    for parameters in sorted(HERE.glob("*.bicepparam")):
        parameters.with_suffix(".snapshot.json").write_text(evaluate(bicep, parameters), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
