"""`gallerist policy`: tries a policy before it is in force."""

from pathlib import Path
from typing import Annotated

import typer

from api.answers import PreviewedImage
from cli.errors import CliError, ExitCode
from cli.output import Column, facts
from cli.session import Session
from cli.verbs import group, verb
from client import ProblemError
from client.calls import ScopeChoice

app = group("Try a policy.")

COLUMNS = [
    Column[PreviewedImage]("image", lambda one: one.image.name, lambda one: one.image),
    Column[PreviewedImage]("rule", lambda one: one.rule),
    Column[PreviewedImage]("action", lambda one: one.action, whole=True),
    Column[PreviewedImage]("definition", lambda one: one.definition),
    Column[PreviewedImage](
        "version", lambda one: one.version and (one.version.number or f"by {one.version.strategy}")
    ),
    Column[PreviewedImage]("regions", lambda one: [region.name for region in one.regions], whole=True),
    Column[PreviewedImage]("reason", lambda one: one.reason),
]


@app.callback()
def _policy() -> None:
    """Keeps `check` a command of its own, though it is the only one."""


@verb(app, calls=("post_policy_check",))
def check(
    session: Session,
    *,
    subscription: Annotated[
        str, typer.Option("--subscription", metavar="ID", help="Try it on this subscription.")
    ],
    file: Annotated[
        Path | None, typer.Argument(help="The policy as YAML. Without it, the policy in force is tried.")
    ] = None,
    resource_group: Annotated[
        str | None,
        typer.Option("--resource-group", "-g", metavar="NAME", help="Only on this resource group."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="NUMBER", help="How many images to list.")
    ] = 100,
) -> int:
    """Show what each image would get from a policy.

    Ends with 1 if the policy has errors: each is shown with its line.
    """
    scope = ScopeChoice(subscription=subscription)
    if resource_group is not None:
        scope["resource_group"] = resource_group
    text = None if file is None else _text(file)
    try:
        found = session.client.check_policy(scope, policy=text, limit=limit)
    except ProblemError as error:
        if text is None or not error.errors:
            raise
        raise CliError(
            f"the policy '{file}' has errors" if _is_of_policy(error) else error.problem.detail,
            why="\n       ".join(
                f"line {one.line}: {one.field}: {one.message}" if one.line else f"{one.field}: {one.message}"
                for one in error.errors
            ),
            command=f"gallerist policy check {file} --subscription {subscription}",
        ) from None
    session.output.list(found, found.images, COLUMNS)
    if session.output.for_people:
        session.output.show(facts([("actions", found.counts.actions), ("rules", found.counts.rules)]))
    if found.total > len(found.images):
        session.output.note(f"{len(found.images)} of {found.total} images are listed; the counts are of all.")
    return ExitCode.DONE


def _is_of_policy(error: ProblemError) -> bool:
    return any(one.line for one in error.errors) or not any(
        one.field.startswith("scope") for one in error.errors
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(
            f"the policy '{file}' cannot be read",
            why=str(error),
            command="gallerist policy check policy.yaml --subscription ID",
        ) from None
