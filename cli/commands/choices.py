"""The options by which a person decides something instead of the policy."""

from dataclasses import dataclass
from typing import Annotated, cast

import typer

from cli.errors import CliError
from client.calls import MigrationChoices, RegionChoice

_PARTS = 3


@dataclass(frozen=True)
class Choices:
    """What a plan or a migration decides instead of the policy."""

    version: Annotated[
        str | None,
        typer.Option("--as-version", metavar="NUMBER", help="The version's number, Major.Minor.Patch."),
    ] = None
    definition: Annotated[
        str | None, typer.Option("--definition", metavar="NAME", help="The name of the image definition.")
    ] = None
    into: Annotated[
        list[str] | None,
        typer.Option(
            "--into", metavar="ID", help="The resource id of a target gallery. May be given several times."
        ),
    ] = None
    region: Annotated[
        list[str] | None,
        typer.Option(
            "--region",
            metavar="NAME[=REPLICAS]",
            help="A target region besides the image's own. May be given several times.",
        ),
    ] = None
    exclude_from_latest: Annotated[
        bool | None,
        typer.Option(
            "--exclude-from-latest/--include-in-latest", help="Whether `latest` ignores the version."
        ),
    ] = None
    end_of_life: Annotated[
        str | None,
        typer.Option("--end-of-life", metavar="DATE", help="The version's end-of-life date (ISO 8601)."),
    ] = None
    purchase_plan: Annotated[
        str | None,
        typer.Option(
            "--purchase-plan",
            metavar="PUBLISHER/PRODUCT/NAME",
            help="The marketplace purchase plan of the image definition.",
        ),
    ] = None

    def asked(self) -> MigrationChoices:
        """The choices as the API takes them: only what is given."""
        given: dict[str, object] = {
            "version": self.version,
            "definition": self.definition,
            "galleries": self.into or None,
            "regions": regions(self.region),
            "exclude_from_latest": self.exclude_from_latest,
            "end_of_life": self.end_of_life,
            "plan": _purchase_plan(self.purchase_plan),
        }
        return cast("MigrationChoices", {name: value for name, value in given.items() if value is not None})


def regions(texts: list[str] | None) -> list[str | RegionChoice] | None:
    """Reads regions like `eastus2` and `eastus2=3`.

    Raises:
        CliError: the replicas are no number.
    """
    return [_region(text) for text in texts] if texts else None


def _region(text: str) -> str | RegionChoice:
    name, sign, replicas = text.partition("=")
    if not sign:
        return text
    if not replicas.isdigit():
        raise CliError(
            f"'{replicas}' is no number of replicas", command="gallerist plan --region eastus2=3 IMAGE"
        )
    return RegionChoice(name=name, replicas=int(replicas))


def _purchase_plan(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    parts = text.split("/")
    if len(parts) != _PARTS or not all(parts):
        raise CliError(
            f"'{text}' is not PUBLISHER/PRODUCT/NAME",
            command="gallerist plan --purchase-plan kinvolk/flatcar/stable IMAGE",
        )
    publisher, product, name = parts
    return {"name": name, "publisher": publisher, "product": product}
