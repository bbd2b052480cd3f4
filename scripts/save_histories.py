"""Saves histories of the orchestrators in tests/replay/histories. Run it after an intended change of an orchestrator.

A saved history represents an orchestration in production: code that cannot replay it breaks the migrations that run
during its deployment. With the argument `migrations` or `later` it saves those of one half only.

With `--release`, it saves them beside those of the other releases, with instances (saved_instances.py): once for each
release, in its commit. They are never written again.
"""

import argparse
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from functions_testhost.tables import Query
from functions_testhost.task_hub import TaskHub

from client import Gallerist
from local.capture import TENANT, captured
from local.signals import unwind_on_sigterm
from local.stack import ROOT, Stack, temporary_folder
from scripts.history_files import HISTORIES, RELEASES, document_of, write_histories, write_json
from scripts.later_histories import later_histories
from scripts.saved_instances import save_instances

_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
_POLICY = f"""\
defaults:
  galleries: [{_GROUP}/galleries/golden, {_GROUP}/galleries/golden_twin, {_GROUP}/galleries/archive]
  regions: [westus2]
rules:
  - name: in waves
    match: {{names: ["waves"]}}
    galleries: [{_GROUP}/galleries/golden]
    regions: [{{name: westus2, replicas: 3}}]
    replication: {{waves: home-first, first_replicas: 1}}
  - name: ignored
    match: {{names: ["scratch"]}}
    action: ignore
"""


_HALVES = ("migrations", "later")


def main() -> None:
    """Saves the histories of both halves, or of the one that is named, or those of a release."""
    parser = argparse.ArgumentParser(description="Save histories of the orchestrators.")
    parser.add_argument("half", nargs="*", choices=[[], *_HALVES], help="save those of one half only")
    parser.add_argument("--release", action="store_true", help="save those of a release, with its instances")
    parser.add_argument(
        "--app", type=Path, default=ROOT, help="the checkout of the release (default: this one)"
    )
    parser.add_argument("--revision", help="what git knows the release by (default: its tag)")
    options = parser.parse_args()
    if options.release:
        _save_release(options.app.resolve(), options.revision)
        return
    for half in options.half or _HALVES:
        _save_half(half, HISTORIES, options.app.resolve())


def _save_release(app: Path, revision: str | None) -> None:
    """Saves what a release leaves in a task hub, in a folder of its own.

    Raises:
        SystemExit: the version is not that of a release, or it is saved already.
    """
    about = (app / "domain" / "about.py").read_text(encoding="utf-8")
    version = re.findall(r'^VERSION = "(.+)"', about, re.MULTILINE)[0]
    folder = RELEASES / version
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        sys.exit(f"{version} is no release: set VERSION in domain/about.py first")
    if folder.exists():
        sys.exit(f"{folder.relative_to(ROOT)} exists; what a release saved is never written again")
    try:
        write_json(folder / "release.json", {"version": version, "revision": revision or f"v{version}"})
        for half in _HALVES:
            _save_half(half, folder / "histories", app)
        with temporary_folder() as working:
            save_instances(folder, Path(working), app)
    except BaseException:
        # half a release would stand in the way of the next attempt
        shutil.rmtree(folder)
        raise


def _save_half(half: str, folder: Path, app: Path) -> None:
    save = _migrations if half == "migrations" else later_histories
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_folder() as working:
        saved = write_histories(save(Path(working), app), folder)
    sys.stdout.write(f"saved {saved} histories in {folder.relative_to(ROOT)}\n")


def _migrations(folder: Path, app: Path) -> Iterator[dict[str, Any]]:
    """Migrates a few images with different ends; yields the history of each orchestration."""
    stack = Stack(folder, _seed(), _POLICY, "polls:3", host_options=["--clock", "skip"], app=app)
    with stack:
        _migrate(stack)
    yield from _histories(folder / "taskhub.sqlite")


def _seed() -> dict[str, Any]:
    images = [
        captured(_SUBSCRIPTION, "images", "twins"),
        captured(_SUBSCRIPTION, "images", "waves", generation="V2"),
        captured(_SUBSCRIPTION, "images", "widened"),
        captured(_SUBSCRIPTION, "images", "scratch"),
        captured(_SUBSCRIPTION, "images", "too-large", data_disks_gb=(4095,)),
    ]
    galleries = [f"{_GROUP}/galleries/{name}" for name in ("golden", "golden_twin", "archive")]
    return {
        "subscriptions": [{"id": _SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [{"subscription": _SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [
            *({"id": gallery, "location": "eastus2", "properties": {}} for gallery in galleries),
            *(image.machine for image in images),
            *(image.image for image in images),
        ],
    }


def _migrate(stack: Stack) -> None:
    """Injects a throttled call, a lost answer and a region that fails once, then migrates all images as a batch."""
    throttled = {
        "status": 429,
        "code": "TooManyRequests",
        "retry_after": 60,
        "path": "/images/twins",
        "times": 1,
    }
    stack.control("POST", "faults", throttled)
    stack.control(
        "POST", "faults", {"kind": "lost-answer", "method": "PUT", "path": "/versions/", "times": 1}
    )
    stack.control("POST", "faults", {"kind": "failed", "region": "westus2", "version": "/waves/", "times": 1})
    with Gallerist(stack.api, sleep=_look_again) as gallerist:
        batch = gallerist.start_batch([{"subscription": _SUBSCRIPTION}])
        gallerist.wait_for_batch(batch.id)
        skipped = gallerist.start_migration(f"{_GROUP}/images/scratch")
        gallerist.wait_for_migration(skipped.id)
        # its version is adopted: the whole migration is one execution
        adopted = next(one for one in gallerist.migrations() if one.image.name == "waves")
        gallerist.start_migration(str(adopted.image))
        gallerist.wait_for_migration(adopted.id)
        widened = next(one for one in gallerist.migrations() if one.image.name == "widened")
        gallerist.add_regions(widened.id, ["japaneast"])
        gallerist.wait_for_migration(widened.id)


def _look_again(_seconds: float) -> None:
    """The host's clock skips, so that there is nothing to wait for."""
    time.sleep(0.02)


def _histories(database: Path) -> Iterator[dict[str, Any]]:
    hub = TaskHub(database)
    for instance in sorted(hub.query(Query()), key=lambda found: found.created):
        yield document_of(instance, hub.history(instance.instance_id))
    hub.close()


if __name__ == "__main__":
    unwind_on_sigterm()
    main()
