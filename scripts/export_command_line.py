"""Writes docs/command-line.md: what a person has to know, and each command with its help and what it prints.

The help is that of the commands themselves; the examples are run against the app on a simulated Azure.
"""

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import typer
from rich.console import Console, Group
from typer.testing import CliRunner

from cli.app import ENTRIES, SECTIONS, app
from cli.session import Surroundings
from cli.views import live
from cli.views.parts import WHOLE
from cli.work import BY_NAME, Look
from client import Gallerist
from domain.about import VERSION
from domain.resources.ids import ImageId
from domain.resources.provenance import migration_id
from local.capture import TENANT, captured
from local.signals import unwind_on_sigterm
from local.stack import ROOT, Stack, temporary_folder
from scripts.command_line_texts import INTRODUCTION

DOCUMENT = ROOT / "docs" / "command-line.md"
MARK = "<!-- made by `python -m scripts.export_command_line` from here on -->"
SCREEN_COLUMNS = 80

_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
_TODAY = "2026-01-19T18:38:00+00:00"
_POLICY = f"""\
defaults:
  galleries: [{_GROUP}/galleries/golden]
  regions: [westus2]
  retention: {{keep_last: 3, keep_days: 30}}
rules:
  - name: builds named family-date
    match: {{names: ["*-2026????"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
    promote: {{when: never, bake_hours: 1}}
    retire_source: {{when: after-approval, soak_days: 1}}
"""


# every command has these options; the page shows them once
_EVERY = re.compile(r"\nEvery command:\n(?:  .*\n)+")


class Ran(NamedTuple):
    """What a command printed, how it ended, and what a terminal showed meanwhile."""

    line: str
    output: str
    code: int
    screen: str = ""


class Step(NamedTuple):
    """A command of the page, and how much time passes before it."""

    line: str
    before: timedelta = timedelta()


# in the order in which they are run
STEPS: tuple[Step, ...] = (
    Step("gallerist doctor"),
    Step("gallerist images"),
    Step("gallerist images --name 'web-*' --query 'images[].id' -o tsv"),
    Step(f"gallerist policy check policy.yaml --subscription {_SUBSCRIPTION}"),
    Step("gallerist explain web-20260115"),
    Step("gallerist plan web-20260115 sql-2019"),
    Step("gallerist plan --name 'web-*' --out plan.json --detailed-exitcode"),
    Step("gallerist apply plan.json --yes"),
    Step("gallerist watch web-20260115 --exit-status --interval 60"),
    Step("gallerist migrate app-20260110 --region northeurope=2"),
    Step("gallerist wait web-20260108 --for completed --for partial --timeout 7200 --interval 60"),
    Step("gallerist status"),
    Step("gallerist status --state completed -o tsv"),
    Step("gallerist migrate sql-2019"),
    Step("gallerist status sql-2019", before=timedelta(minutes=5)),
    Step("gallerist retry --state blocked --yes"),
    Step("gallerist cancel web-20260115"),
    Step("gallerist add-regions web-20260115 --region northeurope"),
    Step(f"gallerist batch start --subscription {_SUBSCRIPTION} --older-than-days 3 --watch"),
    Step("gallerist batch list"),
    Step("gallerist galleries"),
    Step("gallerist coverage"),
    Step("gallerist coverage --category blocked -o tsv"),
    Step("gallerist diff --differing"),
    Step("gallerist references web-20260115"),
    Step("gallerist why golden/web/latest westus2"),
    Step("gallerist promote golden/web/1.0.0"),
    Step("gallerist promote golden/web/1.0.0 --yes"),
    Step("gallerist promotion list"),
    Step("gallerist check golden/web --region westus2", before=timedelta(hours=12)),
    Step("gallerist adoption golden/web"),
    Step("gallerist references web-20260108"),
    Step("gallerist repoint golden/web/1.0.0 --users-of web-20260108"),
    Step("gallerist repoint golden/web/1.0.0 --users-of web-20260108 --yes --watch"),
    Step("gallerist history golden/web"),
    Step("gallerist rollback golden/web 1"),
    Step("gallerist lineage golden/web/1.0.0"),
    Step("gallerist retention show golden/web"),
    Step("gallerist retention apply golden/web --dry-run"),
    Step("gallerist retirement list", before=timedelta(days=2)),
    Step("gallerist approve --all --reason 'checked with the web team'"),
    Step("gallerist reject web-20260115 --reason 'still needed'"),
    Step("gallerist retire web-20260108"),
    Step("gallerist freeze on --reason 'change 4711'"),
    Step("gallerist freeze"),
    Step("gallerist freeze off --reason 'change 4711 is over' --yes"),
)


def verb_of(line: str) -> str:
    """The command that a line is an example of."""
    return shlex.split(line)[1]


def _seed() -> dict[str, Any]:
    images = [
        captured(_SUBSCRIPTION, "images", "web-20260108"),
        captured(_SUBSCRIPTION, "images", "web-20260115"),
        captured(_SUBSCRIPTION, "images", "app-20260110"),
        captured(_SUBSCRIPTION, "images", "sql-2019", os_type="Windows", data_disks_gb=(4095,)),
    ]
    created = [{"createdTime": f"2026-01-{day:02}T08:00:00Z"} for day in (8, 15, 10, 9)]
    return {
        "subscriptions": [{"id": _SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [{"subscription": _SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [
            {
                "id": f"{_GROUP}/galleries/golden",
                "location": "eastus2",
                "properties": {"softDeletePolicy": {"isSoftDeleteEnabled": True}},
            },
            _scale_set(f"{_GROUP}/images/web-20260108"),
            *(image.machine for image in images),
            *(image.image | since for image, since in zip(images, created, strict=True)),
        ],
    }


def _scale_set(image_id: str) -> dict[str, Any]:
    """A scale set that waits for machines, which an image of the fleet is for."""
    profile = {"storageProfile": {"imageReference": {"id": image_id}}}
    return {
        "id": f"{_GROUP}/virtualMachineScaleSets/web-spare",
        "location": "eastus2",
        "sku": {"name": "Standard_D2s_v5", "capacity": 0},
        "properties": {"upgradePolicy": {"mode": "Manual"}, "virtualMachineProfile": profile},
    }


class Desk:
    """Runs the commands against one app; while a command sleeps, time passes in Azure."""

    policy = _POLICY

    def __init__(self, stack: Stack, gallerist: Gallerist) -> None:
        self.stack = stack
        self._gallerist = gallerist
        self._screen = ""
        self._is_watched = False

    def run(self, step: Step) -> Ran:
        """Runs one command, as a script does: without a terminal."""
        self.stack.let_pass(step.before)
        self._screen = ""
        self._is_watched = verb_of(step.line) == "watch"
        arguments = shlex.split(step.line)[1:]
        world = Surroundings(environ={}, sleep=self._pass, monotonic=self._seconds, now=self.stack.now)
        environ = {"GALLERIST_URL": self.stack.api, "GALLERIST_KEY": "", "GALLERIST_SCOPE": ""}
        result = CliRunner().invoke(app, arguments, env=environ, obj=world)
        return Ran(step.line, _steady(result.output, self.stack), result.exit_code, self._screen)

    def _pass(self, seconds: float) -> None:
        self.stack.let_pass(timedelta(seconds=seconds))
        if self._is_watched and not self._screen:
            self._look()

    def _look(self) -> None:
        """Keeps the screen of the first moment at which the watched migration copies to a region."""
        identifier = migration_id(ImageId.parse(f"{_GROUP}/images/web-20260115"))
        migration = self._gallerist.migration(identifier)
        regions = [region for target in migration.targets for region in target.regions]
        if any(0 < region.progress < WHOLE for region in regions):
            text = StringIO()
            console = Console(file=text, width=SCREEN_COLUMNS, highlight=False, markup=False, emoji=False)
            console.print(Group(*live(Look(BY_NAME["migration"], identifier, migration), compact=False)))
            self._screen = "\n".join(line.rstrip() for line in text.getvalue().splitlines())

    def _seconds(self) -> float:
        return self.stack.now().timestamp()


def run_all() -> list[Ran]:
    """Runs every example against a fresh app."""
    with temporary_folder() as name, an_app(Path(name)) as (desk, _), chdir(name):
        return [desk.run(step) for step in STEPS]


@contextmanager
def an_app(folder: Path) -> Iterator[tuple["Desk", Gallerist]]:
    """An app with the images of the examples, none of which is migrated yet."""
    with (
        Stack(folder, _seed(), _POLICY, "seconds:428", one_clock=True, start=_TODAY) as stack,
        Gallerist(stack.api) as gallerist,
    ):
        yield Desk(stack, gallerist), gallerist


def _steady(text: str, stack: Stack) -> str:
    """Replaces what differs from run to run: addresses, moments, random ids."""
    text = text.replace(VERSION, "<version>")
    text = text.replace(stack.api, "http://127.0.0.1:7071/api").replace(
        stack.simulator["arm"], "http://127.0.0.1:8080"
    )
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(?! UTC)", "2026-01-19 18:38", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-01-19 18:38 UTC", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?", "2026-01-19T18:38:00+00:00", text)
    text = re.sub(r"^\d\d:\d\d:\d\d ", "18:38:00 ", text, flags=re.MULTILINE)
    return re.sub(r"(?<=batch-)[0-9a-f]{32}", "5f3a" + "0" * 28, text)


def help_of(*names: str) -> str:
    """The help of a command, as a terminal of 80 columns shows it."""
    result = CliRunner().invoke(app, [*names, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    return _EVERY.sub("", result.output).rstrip()


def commands() -> Iterator[tuple[str, ...]]:
    """Every command: alone, or with its group before it."""
    root = typer.main.get_command(app)
    for name in ENTRIES:
        command: Any = root.get_command(None, name)  # type: ignore[attr-defined]
        yield (name,)
        yield from ((name, inner) for inner in getattr(command, "commands", {}))


def render_help() -> dict[str, str]:
    """The text of each command without its examples, by the command's name."""
    texts: dict[str, str] = {}
    for names in commands():
        heading = f"## {names[0]}" if len(names) == 1 else f"### {' '.join(names)}"
        block = f"{heading}\n\n```text\n{help_of(*names)}\n```\n"
        texts[names[0]] = f"{texts[names[0]]}\n{block}" if names[0] in texts else block
    return texts


def render(ran: Sequence[Ran]) -> str:
    """The whole page."""
    helps = render_help()
    parts = [INTRODUCTION.strip(), "", MARK, "", _every(), _index()]
    for name in ENTRIES:
        parts += [helps[name], *(_example(one) for one in ran if verb_of(one.line) == name)]
    return "\n".join(parts).rstrip() + "\n"


def _every() -> str:
    result = CliRunner().invoke(app, ["images", "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    found = _EVERY.search(result.output)
    if found is None:
        raise ValueError("the help of a command has no section of what every command has")
    return f"## The options of every command\n\n```text\n{found[0].strip()}\n```\n\n## The commands\n"


def _index() -> str:
    lines = ["| command | what it does |", "| --- | --- |"]
    for section, entries in SECTIONS.items():
        lines.append(f"| **{section}** | |")
        lines += [f"| [`gallerist {entry.name}`](#{entry.name}) | {entry.help} |" for entry in entries]
    return "\n".join([*lines, ""])


def _example(one: Ran) -> str:
    ends = "" if one.code == 0 else f"\nIt ends with {one.code}.\n"
    screen = f"\nIn a terminal it shows meanwhile:\n\n```text\n{one.screen}\n```\n" if one.screen else ""
    return f"```console\n$ {one.line}\n{one.output.rstrip()}\n```\n{ends}{screen}"


def main() -> None:
    """Writes the page."""
    DOCUMENT.write_text(render(run_all()), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    unwind_on_sigterm()
    main()
