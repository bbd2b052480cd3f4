"""Makes a command of a function: the options that every command has, its session, its exit code, its help."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from cli.output import Format, Output
from cli.session import Session, Surroundings, Target

Function = Callable[..., int | None]
OPERATIONS = "Operations of the API: "


@dataclass(frozen=True)
class Common:
    """The options of every command."""

    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            envvar="GALLERIST_URL",
            metavar="URL",
            help="The base of the API, as in https://<app>.azurewebsites.net/api. Default: the local host.",
        ),
    ] = None
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            metavar="FILE",
            help="A file that holds the function key. The variable GALLERIST_KEY may hold it instead. Not needed "
            "with --scope.",
        ),
    ] = None
    entra: Annotated[
        bool,
        typer.Option(
            "--entra",
            help="Sign in with Microsoft Entra: as who is signed in with `az login`, or as a managed identity.",
        ),
    ] = False
    scope: Annotated[
        str | None,
        typer.Option(
            "--scope",
            envvar="GALLERIST_SCOPE",
            metavar="SCOPE",
            help="The app to sign in to: api://<client id>/.default. It implies --entra.",
        ),
    ] = None
    output: Annotated[
        Format, typer.Option("--output", "-o", help="How data is written to stdout.", show_choices=True)
    ] = Format.TABLE
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="JMESPATH", help="Shows only what this expression selects."),
    ] = None
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing, even on a terminal.")] = False

    def session(self, world: Surroundings) -> Session:
        """The session that these options describe."""
        target = Target(self.url, self.key_file, self.entra, self.scope)
        return Session(target, Output(self.output, self.query), world, self.no_input)


_COMMON = inspect.signature(Common).parameters


class Verb(TyperCommand):
    """A command whose help lists its own options before those that every command has."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the options in two sections, and the arguments in one of their own."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Every command": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                is_argument = parameter.param_type_name == "argument"
                is_common = parameter.name in _COMMON or parameter.name == "help"
                name = "Arguments" if is_argument else "Every command" if is_common else "Options"
                sections[name].append(record)
        for name, records in sections.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


def verb(
    app: typer.Typer, name: str | None = None, *, calls: tuple[str, ...]
) -> Callable[[Function], Function]:
    """Registers a function as a command. Its first parameter is the session, the others are its own options.

    A parameter whose type is a dataclass stands for the options that are its fields. `calls` names the operations of
    the API that the command uses.
    """

    def register(function: Function) -> Function:
        epilog = OPERATIONS + ", ".join(calls) if calls else None
        app.command(name, cls=Verb, epilog=epilog)(_command(function))
        return function

    return register


def _command(function: Function) -> Callable[..., None]:
    own = list(inspect.signature(function).parameters.values())[1:]

    def command(ctx: typer.Context, **given: Any) -> None:
        common = Common(**{option: given.pop(option) for option in _COMMON})
        world = ctx.obj if isinstance(ctx.obj, Surroundings) else Surroundings()
        session = common.session(world)
        try:
            code = function(session, **_gathered(own, given))
        finally:
            session.close()
        raise typer.Exit(code or 0)

    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    options = [*(option for one in own for option in _options_of(one)), *_COMMON.values()]
    parameters = [context, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in options)]
    command.__name__ = getattr(function, "__name__", "command")
    command.__doc__ = function.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _is_bundle(kind: Any) -> bool:
    """Whether a type stands for the options that are its fields."""
    return is_dataclass(kind)


def _options_of(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    kind = parameter.annotation
    return list(inspect.signature(kind).parameters.values()) if _is_bundle(kind) else [parameter]


def _gathered(own: list[inspect.Parameter], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the function, with its dataclasses made of their options."""
    return {one.name: _argument(one, given) for one in own}


def _argument(one: inspect.Parameter, given: dict[str, Any]) -> Any:
    kind = one.annotation
    if not _is_bundle(kind):
        return given[one.name]
    return kind(**{option.name: given[option.name] for option in _options_of(one)})


def group(help_text: str) -> typer.Typer:
    """A command that has commands of its own."""
    return typer.Typer(help=help_text, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def single() -> typer.Typer:
    """A command without commands of its own."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)
