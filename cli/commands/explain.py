"""`gallerist explain`: what decided about an image."""

import json
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from api.answers import ImageExplanation
from cli import names
from cli.errors import ExitCode
from cli.names import short
from cli.output import Column, facts, shown, table_of
from cli.session import Session
from cli.verbs import single, verb
from cli.views.parts import headline
from domain.policy.explain import Condition, Decided, TriedRule

app = single()


def _value(value: Any) -> str:
    """A value of the policy in short: resources and regions by their names."""
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    if isinstance(value, dict):
        return str(value["name"]) if "name" in value else json.dumps(value, ensure_ascii=False)
    return short(value) if isinstance(value, str) else shown(value)


CHOICES = [
    Column[Decided]("choice", lambda one: one.choice),
    Column[Decided]("value", lambda one: _value(one.value)),
    Column[Decided]("decided by", lambda one: one.by if one.source == one.by else f"{one.source} {one.by}"),
    Column[Decided](
        "instead of", lambda one: "; ".join(f"{_value(layer.value)} ({layer.by})" for layer in one.instead_of)
    ),
]
_MARKS = {"matched": ("+", "green"), "not-matched": ("-", "yellow"), "not-reached": (" ", "dim")}
_VERDICTS = {"warned": "!", "failed": "-"}


@verb(app, calls=("get_explanation", "get_images"))
def explain(
    session: Session,
    image: Annotated[str, typer.Argument(help="The name or the resource id of a managed image.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Show the built-in values, too, which nobody chose.")
    ] = False,
) -> int:
    """Say which rule, tag or default decided what about an image."""
    found = session.client.explain(names.image_of(session, image))
    session.output.thing(found, *_parts(found, everything=everything))
    return ExitCode.DONE


def _parts(found: ImageExplanation, *, everything: bool) -> list[RenderableType]:
    choices = [one for one in found.choices if everything or one.source != "built-in"]
    return [
        headline(found.image.name, found.action, f"decided by {found.action_by}"),
        *(Text(f"  - {fault}", style="red", overflow="fold") for fault in found.faults),
        *(line for rule in found.rules for line in _rule(rule)),
        *([table_of(choices, CHOICES)] if choices else []),
        *_names(found),
        *(
            Text(f"  {_VERDICTS[check.verdict]} {check.name}: {check.detail}", overflow="fold")
            for check in found.checks
            if check.verdict in _VERDICTS
        ),
    ]


def _rule(rule: TriedRule) -> list[RenderableType]:
    mark, style = _MARKS[rule.verdict]
    tried = [Text(f"      {_condition(one)}", style="dim", overflow="fold") for one in rule.conditions]
    said = rule.verdict.replace("-", " ")
    return [Text.assemble((f"  {mark} ", style), f"rule {rule.name}: {said}", overflow="fold"), *tried]


def _condition(one: Condition) -> str:
    fits = "fits" if one.fits else "does not fit"
    return f"{one.key}: {_value(one.wanted)} {fits} {_value(one.actual) or 'none'}"


def _names(found: ImageExplanation) -> list[RenderableType]:
    chosen = found.names
    if chosen is None:
        return []
    return [
        facts(
            [
                ("galleries", [short(gallery) for gallery in chosen.galleries]),
                ("definition", chosen.definition),
                ("publisher", f"{chosen.publisher} / {chosen.offer} / {chosen.sku}"),
                ("regions", [f"{one.name} x{one.replicas}" for one in chosen.regions]),
                ("number", f"{chosen.number or 'the next free one'} ({chosen.numbering})"),
                ("tags", chosen.tags),
            ]
        )
    ]
