"""Records the behaviours of the real extension in extension.json, after `make test-extension` has installed it.

Run `python -m tests.acceptance.behaviours.record` when a behaviour is added, or with a new version of the extension.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.behaviours.deploying import DEPLOYMENTS, Deployments
from tests.acceptance.behaviours.observing import BEHAVIOURS, Hub
from tests.acceptance.hosts import HOSTS, extension_version, missing_tools
from tests.workflow.estate import SEED

FOLDER = Path(__file__).parent
RECORDED = FOLDER / "extension.json"


@contextmanager
def running_hub(folder: Path, host: str, app: Path = FOLDER) -> Iterator[Hub]:
    """Serves the app, which is that of this folder, on the host of this name."""
    with HOSTS[host](folder=folder, seed=SEED, policy="", app=app) as running:
        hub = Hub(running)
        try:
            yield hub
        finally:
            hub.close()


@contextmanager
def running_deployments(folder: Path, host: str) -> Iterator[Deployments]:
    """Serves a copy of the app, which is deployed again with other settings."""
    app = shutil.copytree(FOLDER, folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    with running_hub(folder / "host", host, app=app) as hub:
        deployments = Deployments(hub, app)
        yield deployments
        deployments.hub.close()


def main() -> None:
    if missing := missing_tools():
        sys.exit(missing)
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder), "extension") as hub:
        answers = {name: observe(hub) for name, observe in BEHAVIOURS.items()}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_deployments(Path(folder), "extension") as deployments,
    ):
        answers |= {name: observe(deployments) for name, observe in DEPLOYMENTS.items()}
    document = json.dumps({"extension": extension_version(), "answers": answers}, indent=2) + "\n"
    RECORDED.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
