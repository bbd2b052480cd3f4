"""Makes the files of a release: the zips, their checksums, a list of what they install, and the notes.

    python -m scripts.release v1.2.0 release

It imports the standard library only, so that nothing has to be installed before what is released is built.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.package import ROOT, version

BACKENDS = {"storage": "", "scheduler": "-scheduler"}
"""The backends of Durable Functions, with what the name of their zip ends in."""

_REQUIREMENT = re.compile(
    r"^(?P<name>[\w.-]+)(?:\[[\w,.-]+\])?==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))? *\\?$"
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class ReleaseError(Exception):
    """The release cannot be made; the message says why."""


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Writes the files of the release of this tag into a folder; returns 1 if the tag does not fit the sources."""
    tag, folder = arguments[0], Path(arguments[1])
    try:
        check_tag(tag, version(root))
        folder.mkdir(parents=True, exist_ok=True)
        zips = build_zips(root, folder)
        bill = bill_of_materials((root / "requirements.txt").read_text(encoding="utf-8"), version(root))
        (folder / "sbom.cdx.json").write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
        notes = newest_changes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version(root))
        (folder / "notes.md").write_text(notes, encoding="utf-8")
    except ReleaseError as error:
        sys.stderr.write(f"release.py: {error}\n")
        return 1
    (folder / "SHA256SUMS").write_text(checksums([*zips, folder / "sbom.cdx.json"]), encoding="utf-8")
    return 0


def check_tag(tag: str, stated: str) -> None:
    """Checks that the tag is the version of the sources.

    Raises:
        ReleaseError: it is not.
    """
    if tag != f"v{stated}":
        raise ReleaseError(
            f"the tag is {tag}, but domain/about.py says {stated}; tag v{stated}, or change VERSION first"
        )


def build_zips(root: Path, folder: Path) -> list[Path]:
    """Builds the zip for each backend as `make package` does, and copies it into the folder."""
    zips = []
    for backend, ending in BACKENDS.items():
        script = str(root / "scripts" / "package.py")
        subprocess.run([sys.executable, script, "--backend", backend], check=True)  # noqa: S603 # our own script
        name = f"gallerist-{version(root)}{ending}.zip"
        shutil.copyfile(root / "dist" / name, folder / name)
        zips.append(folder / name)
    return zips


def bill_of_materials(requirements: str, stated: str) -> dict[str, Any]:
    """Returns what Azure installs beside the app, as a CycloneDX document.

    Every hash that pip accepts is a property: a package has one for each of its files, and which of them is installed
    depends on the machine.
    """
    components: list[dict[str, Any]] = []
    for line in requirements.splitlines():
        if found := _REQUIREMENT.match(line):
            components.append(_component(found["name"], found["version"], found["marker"]))
        elif hashed := _HASH.search(line):
            components[-1]["properties"].append({"name": "pip:hash", "value": f"sha256:{hashed[1]}"})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "gallerist", "version": stated}},
        "components": components,
    }


def _component(name: str, pinned: str, marker: str | None) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{pinned}"
    return {
        "type": "library",
        # azure-functions has one version for Python 3.13 and another before
        "bom-ref": purl,
        "name": name,
        "version": pinned,
        "purl": purl,
        "properties": [{"name": "pip:marker", "value": marker}] if marker else [],
    }


def newest_changes(changelog: str, stated: str) -> str:
    """Returns the section of this version, without its heading.

    Raises:
        ReleaseError: the newest section is that of another version.
    """
    _, heading, rest = re.split(r"^## (.+)\n", changelog, maxsplit=1, flags=re.MULTILINE)
    if heading.split()[0] != stated:
        raise ReleaseError(f"the newest section of CHANGELOG.md is '{heading}', not {stated}")
    return re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip() + "\n"


def checksums(files: list[Path]) -> str:
    """Returns the checksums as `sha256sum --check` reads them."""
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
