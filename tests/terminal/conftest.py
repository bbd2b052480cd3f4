"""One app with a simulated Azure for all terminal tests, and terminals of a given width."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from client import Gallerist
from local.capture import TENANT, captured
from local.stack import Stack
from tests.terminal.terminal import Terminal

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
WIDTHS = (80, 200)
# each width migrates an image of its own, of a family of its own: an older image is deleted first
IMAGE_OF = {80: "web-20260108", 200: "app-20260115"}
# this one is migrated before the tests that only look
MIGRATED = "db-20260101"
POLICY = f"""\
defaults:
  galleries: [{GROUP}/galleries/golden]
  regions: [westus2, northeurope]
rules:
  - name: builds named family-date
    match: {{names: ["*-2026????"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
    retire_source: {{when: after-approval, soak_days: 1}}
"""


def seed() -> dict[str, Any]:
    images = [
        captured(SUBSCRIPTION, "images", "web-20260108"),
        captured(SUBSCRIPTION, "images", "app-20260115"),
        captured(SUBSCRIPTION, "images", MIGRATED),
        captured(SUBSCRIPTION, "images", "sql-2019", os_type="Windows", data_disks_gb=(4095,)),
    ]
    created = {"createdTime": "2026-01-04T08:00:00Z"}
    return {
        "subscriptions": [{"id": SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [{"subscription": SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [
            {"id": f"{GROUP}/galleries/golden", "location": "eastus2", "properties": {}},
            *(image.machine for image in images),
            *(image.image | created for image in images),
        ],
    }


class Desk:
    """A person's terminals, and the clock of Azure."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.client = Gallerist(stack.api)

    def open(self, columns: int, *arguments: str, **environ: str) -> Terminal:
        known = {"GALLERIST_URL": self.stack.api, "XDG_STATE_HOME": str(self.folder), "NO_COLOR": ""}
        return Terminal(columns, list(arguments), {**known, **environ}, self.folder)

    def shows(self, columns: int, *arguments: str, code: int = 0, **environ: str) -> Terminal:
        """Runs a command to its end."""
        with self.open(columns, *arguments, **environ) as terminal:
            assert terminal.ends() == code, terminal.text
        return terminal

    def minute(self) -> None:
        """Lets a minute pass in Azure."""
        self.stack.let_pass(timedelta(minutes=1))

    def waits_for_approval(self, image: str) -> None:
        """Lets time pass until the image's retirement waits for an approval."""

        def look() -> bool:
            return image in [one.image.name for one in self.client.retirements(state="awaiting-approval")]

        self.stack.until(look)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("terminal")
    with Stack(folder, seed(), POLICY, "seconds:480", one_clock=True) as stack:
        (folder / "desk").mkdir()
        desk = Desk(stack, folder / "desk")
        yield desk
        desk.client.close()


@pytest.fixture(scope="session")
def migrated(desk: Desk) -> str:
    """The name of an image whose migration is completed."""
    started = desk.client.start_migration(f"{GROUP}/images/{MIGRATED}")
    desk.stack.until(lambda: desk.client.migration(started.id).state == "completed")
    return MIGRATED
