"""Plans of several images, the file that holds them, and how a person reads them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from api.answers import Plan
from cli.errors import CliError
from cli.names import short
from cli.output import shown
from cli.session import Session
from client import ProblemError
from client.calls import MigrationChoices, PlanChoices
from domain.about import VERSION
from domain.planning.prices import monthly
from domain.resources.ids import ImageId

SIGN_STYLES = {"+": "green", "~": "yellow", "-": "red"}
_LONGEST_IN_MINUTES = 2 * 3600
# of other versions in one request: a body may have a mebibyte
MOST_NAMED = 1000
NO_PRICES: Mapping[str, float] = MappingProxyType({})
VERDICT_STYLES = {"failed": "red", "warned": "yellow"}


class Summary(BaseModel):
    """How much the plans change, all together."""

    migrate: int = 0
    skipped: int = 0
    blocked: int = 0
    failed: int = 0
    definitions: int = 0
    versions: int = 0
    changed: int = 0
    deletions: int = 0
    gigabytes: int | None = 0
    """Null if the size of a disk is not known."""
    replication_seconds: int | None = 0
    """How long the slowest of them replicates; null if that is not known of one."""
    a_month: float | None = None
    """What the replicas cost a month, by the prices that were named; null if a price or a size is missing."""


class PlannedImage(BaseModel):
    """One image of the file: what was asked, and the plan as the API made it. `error` says why there is no plan."""

    image: ImageId
    choices: dict[str, Any] = {}
    plan: Plan | None = None
    error: str | None = None
    fix: str | None = None


class PlanFile(BaseModel):
    """What `plan --out` writes and `apply` reads. `changes` false: applying it would do nothing."""

    model_config = ConfigDict(extra="forbid")

    gallerist: str
    made_at: str
    url: str
    changes: bool
    summary: Summary
    plans: list[PlannedImage] = Field(min_length=1)


def plan_all(
    session: Session, images: Sequence[ImageId], choices: MigrationChoices, most_named: int = MOST_NAMED
) -> list[PlannedImage]:
    """Plans the images one by one. Each plan names the versions of those before it, so that it gets other numbers.

    Of very many, it names those of its own definitions alone, which only a plan tells: then it is made twice.
    """
    planned: list[PlannedImage] = []
    made: dict[str, list[str]] = {}
    with session.output.working(f"Planning {len(images)} images") as say:
        for number, image in enumerate(images, 1):
            say(f"Planning {number} of {len(images)}: {image.name}")
            are_too_many = sum(map(len, made.values())) > most_named
            named = [] if are_too_many else [version for versions in made.values() for version in versions]
            one = _planned(session, image, choices, named)
            own = [version for definition in _definitions(one) for version in made.get(definition, [])]
            if are_too_many and own:
                one = _planned(session, image, choices, own)
            for definition, version in _new_versions(one):
                made.setdefault(definition, []).append(version)
            planned.append(one)
    return planned


def _planned(session: Session, image: ImageId, choices: MigrationChoices, besides: list[str]) -> PlannedImage:
    try:
        plan = session.client.plan(image, **cast("PlanChoices", {**choices, "besides": besides}))
    except ProblemError as error:
        if error.status not in _OF_ONE_IMAGE:
            raise
        return PlannedImage(
            image=image, choices=dict(choices), error=error.problem.detail, fix=error.problem.fix
        )
    return PlannedImage(image=image, choices=dict(choices), plan=plan)


# what is wrong with one image; the others can be planned
_OF_ONE_IMAGE = (404, 409, 502, 503)


def _definitions(planned: PlannedImage) -> list[str]:
    return [str(target.definition.id).lower() for target in planned.plan.targets] if planned.plan else []


def _new_versions(planned: PlannedImage) -> Iterator[tuple[str, str]]:
    """Yields the ids of the versions that the plan would create, each after that of its definition."""
    for target in planned.plan.targets if planned.plan else []:
        if target.version.number and not target.version.exists:
            definition = target.definition.id
            yield str(definition).lower(), str(definition.version(target.version.number))


def summary_of(planned: Iterable[PlannedImage], prices: Mapping[str, float] = NO_PRICES) -> Summary:
    """Adds up what the plans change. A definition that several of them would create counts once."""
    total, definitions, replicas = Summary(), set(), defaultdict[str, float](float)
    for one in planned:
        if one.plan is None:
            total.failed += 1
            continue
        setattr(total, one.plan.outcome, getattr(total, one.plan.outcome) + 1)
        for change in one.plan.changes:
            total.deletions += change.sign == "-"
            total.changed += change.sign == "~"
            total.versions += change.sign == "+" and change.kind == "image version"
            if change.sign == "+" and change.kind == "image definition":
                definitions.add(change.resource.lower())
        _add_storage(total, replicas, one.plan)
        _add_time(total, one.plan)
    total.definitions = len(definitions)
    if prices and total.gigabytes is not None:
        total.a_month = monthly(replicas, prices)
    return total


def _add_storage(total: Summary, replicas: defaultdict[str, float], plan: Plan) -> None:
    """Adds the gigabytes of a plan, and to `replicas` those of each storage account type."""
    if not plan.changes:
        return
    gigabytes = plan.estimate.storage.gigabytes if plan.estimate else None
    if gigabytes is None or total.gigabytes is None:
        total.gigabytes = None
        return
    total.gigabytes += gigabytes
    regions = [region for target in plan.targets for region in target.version.regions]
    # every replica has all disks
    each = gigabytes / max(1, sum(region.replicas for region in regions))
    for region in regions:
        replicas[region.storage_account_type] += each * region.replicas


def _add_time(total: Summary, plan: Plan) -> None:
    """Versions replicate side by side, so the slowest counts."""
    replication = plan.estimate.replication if plan.estimate else None
    if replication is None:
        return
    longest = total.replication_seconds
    if replication.seconds is None or longest is None:
        total.replication_seconds = None
    else:
        total.replication_seconds = max(replication.seconds, longest)


def has_changes(planned: Iterable[PlannedImage]) -> bool:
    """Whether applying the plans would change anything."""
    return any(one.plan is not None and one.plan.changes for one in planned)


def file_of(
    session: Session, planned: list[PlannedImage], prices: Mapping[str, float] = NO_PRICES
) -> PlanFile:
    """The file that `apply` reads."""
    return PlanFile(
        gallerist=VERSION,
        made_at=session.world.now().isoformat(timespec="seconds"),
        url=session.url,
        changes=has_changes(planned),
        summary=summary_of(planned, prices),
        plans=planned,
    )


def read_file(path: Path) -> PlanFile:
    """Reads what `plan --out` wrote.

    Raises:
        CliError: the file cannot be read, or it is none of these.
    """
    try:
        return PlanFile.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = error.strerror or str(error)
    except (ValidationError, UnicodeDecodeError) as error:
        why = " ".join(str(error).split())[:300]
    raise CliError(
        f"'{path}' is not a plan that this release can apply",
        why=why,
        fix="Make a plan.",
        command=f"gallerist plan IMAGE --out {path}",
    )


def write_file(path: Path, found: PlanFile) -> None:
    """Writes what `apply` reads.

    Raises:
        CliError: the file cannot be written.
    """
    text = json.dumps(found.model_dump(mode="json"), indent=2, ensure_ascii=False)
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise CliError(f"'{path}' cannot be written", why=error.strerror or str(error)) from None


def drawn(one: PlannedImage) -> RenderableType:
    """A plan as a person reads it: each resource with its sign, then what hinders it."""
    if one.plan is None:
        return Group(*_failed(one))
    return Group(*_lines(one.plan, one.choices))


def _failed(one: PlannedImage) -> Iterator[Text]:
    yield Text.assemble((one.image.name, "bold"), (" cannot be planned", "red"))
    yield Text(f"    {one.error}")
    if one.fix:
        yield Text(f"    Fix: {one.fix}")


def _lines(plan: Plan, choices: dict[str, Any]) -> Iterator[Text]:
    state = "no changes" if plan.outcome == "migrate" and not plan.changes else plan.outcome
    yield Text.assemble((plan.image.name, "bold"), f"  {state} (rule {plan.rule})")
    for change in plan.changes:
        style = SIGN_STYLES[change.sign]
        yield Text.assemble(
            (f"  {change.sign} {change.kind:<16} ", style),
            short(change.resource),
            "  ",
            (change.detail, "dim"),
        )
    if choices:
        yield Text(f"    chosen: {shown(choices)}", style="dim")
    if plan.reason:
        yield Text(f"    {plan.reason}")
    if plan.fix:
        yield Text(f"    Fix: {plan.fix}")
    for check in plan.checks:
        if check.verdict != "passed" and check.detail != plan.reason:
            yield Text(f"  ! {check.name}: {check.detail}", style=VERDICT_STYLES.get(check.verdict, ""))
            if check.fix:
                yield Text(f"    Fix: {check.fix}")


def closing_line(summary: Summary) -> str:
    """All plans in one line."""
    parts = [
        _count(summary.definitions, "definition"),
        _count(summary.versions, "version"),
        *([f"{_count(summary.changed, 'version')} changed"] if summary.changed else []),
        _count(summary.deletions, "deletion"),
    ]
    rest = [
        *([f"{summary.blocked} blocked"] if summary.blocked else []),
        *([f"{summary.skipped} skipped"] if summary.skipped else []),
        *([f"{summary.failed} not planned"] if summary.failed else []),
    ]
    nothing = not (summary.definitions or summary.versions or summary.changed or summary.deletions)
    if nothing:
        return ", ".join(["Plan: no changes", *rest]) + "."
    return f"Plan: {', '.join(parts)}; {'; '.join([*_takes(summary), *rest])}."


def _takes(summary: Summary) -> Iterator[str]:
    """How long all of it takes, how much storage, and what that costs."""
    if summary.versions:
        seconds = summary.replication_seconds
        yield ("time not known yet" if seconds is None else f"about {_span(seconds)} of replication")
    yield "an unknown size" if summary.gigabytes is None else f"at most {summary.gigabytes} GB"
    if summary.a_month is not None:
        yield f"at most {summary.a_month:.2f} a month"


def _span(seconds: int) -> str:
    return f"{ceil(seconds / 60)} min" if seconds < _LONGEST_IN_MINUTES else f"{seconds / 3600:.1f} h"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
