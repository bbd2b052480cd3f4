"""Runs the documented procedure with the real `az`, for one image.

`az` waits in real time, so this contender cannot share the clock: its replication takes 40 seconds, and what it shows
is how many requests the procedure sends and how late the command ends, not how fast Azure is.
"""

import os
import resource
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import estate
from benchmarks.figures import Run
from benchmarks.observed import Outcome, Reading, observed
from local.stack import ROOT, Stack, temporary_folder

NAME = "az, in real time"
AZ = ROOT / "build" / "az" / "bin" / "az"
# a look every 30 seconds finds it done at the second look, whatever the start of az takes
REPLICATION = "seconds:40"
_LONGEST_COMMAND_SECONDS = 600


def why_skipped(az: Path = AZ) -> str | None:
    """Returns why this contender cannot run; None if it can."""
    if az.exists():
        return None
    return f"az is not installed in {az.relative_to(ROOT).parents[1]}; `make parity-az` installs it"


def run(az: Path = AZ) -> Run:
    """Migrates one image, as "Create an image definition and an image version" of Azure's documentation says."""
    (image,) = estate.fleet(1)
    with (
        temporary_folder() as folder,
        Stack(
            Path(folder),
            estate.seed([image]),
            estate.POLICY,
            REPLICATION,
            simulator_options=["--tls"],
            with_host=False,
        ) as stack,
    ):
        environment = _environment(stack, folder)

        def command(text: str) -> str:
            return _az(az, text, environment)

        command(f"cloud register --name Simulated --endpoint-resource-manager {stack.simulator['arm']}")
        command("cloud set --name Simulated")
        command("login --identity")
        before, begun = Reading.of(stack), time.monotonic()
        processor = _children_seconds()
        _procedure(image, command)
        seen = {image.version_id.lower(): datetime.now(UTC)}
        seconds, after = time.monotonic() - begun, Reading.of(stack)
        outcome = Outcome(NAME, 1, seconds, seen, {"completed": 1})
        return observed(
            stack,
            outcome,
            before,
            after,
            wall_seconds=seconds,
            own_cpu_seconds={"az": _children_seconds() - processor},
            real_time=True,
        )


def _procedure(image: estate.Image, command: Callable[[str], str]) -> None:
    gallery = image.gallery
    in_definition = f"--subscription {gallery.subscription} -g images -r {gallery.name} -i {image.definition}"
    in_group = f"--subscription {image.subscription} -g builds"
    command(f"image show {in_group} -n {image.name}")
    command(
        f"sig image-definition create {in_definition} -p builds -f {image.definition} -s linux-gen1 --os-type Linux "
        f"--os-state Generalized --hyper-v-generation V1 --location {gallery.region}"
    )
    command(
        f"sig image-version create {in_definition} -e {image.version} --managed-image {image.id} "
        f"--location {gallery.region} --target-regions {' '.join(estate.REGIONS)} --exclude-from-latest true"
    )
    command(f"sig image-version show {in_definition} -e {image.version} --expand ReplicationStatus")


def _az(az: Path, text: str, environment: Mapping[str, str]) -> str:
    finished = subprocess.run(  # noqa: S603 # only the commands above
        [az, *text.split(), "--only-show-errors", "--output", "json"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_COMMAND_SECONDS,
    )
    if finished.returncode:
        raise RuntimeError(f"az {text}: {finished.stderr.strip()}")
    return finished.stdout


def _environment(stack: Stack, folder: str) -> Mapping[str, str]:
    return os.environ | {
        "AZURE_CONFIG_DIR": f"{folder}/az",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_SURVEY_MESSAGE": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "IDENTITY_ENDPOINT": stack.simulator["identity_endpoint"],
        "IDENTITY_HEADER": stack.simulator["identity_header"],
        "REQUESTS_CA_BUNDLE": stack.simulator["ca_file"],
        "NO_PROXY": "127.0.0.1",
    }


def _children_seconds() -> float:
    """The processor seconds of the commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
