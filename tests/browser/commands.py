"""What "copy as command" copies, and the command line that reads it."""

import importlib
from typing import Any

import typer

# one of each, with the choices that the views give
EXAMPLES = """
async () => {
  const { commands } = await import("/api/dashboard/commands.js");
  const version = "/subscriptions/1/resourceGroups/a b/providers/Microsoft.Compute/galleries/g/images/d/versions/1.0.0";
  return [
    commands.attention(),
    commands.fleet({}), commands.fleet({ state: "blocked,failed", gallery: "golden", q: "it's" }),
    commands.fleet({ state: "running", reason: "no reason", q: "two words" }),
    commands.migration("migration-1"), commands.watch("migration-1"),
    commands.retry(["migration-1", "migration-2"]), commands.cancel(["migration-1"]),
    commands.coverage(""), commands.coverage("blocked"),
    commands.promotions(), commands.promotion("promotion-1"),
    ...["pause", "resume", "abort", "rollback"].map((verb) => commands.order(verb, "promotion-1")),
    commands.retirements(""), commands.retirements("awaiting-approval"), commands.retirement("retirement-1"),
    commands.approve(["retirement-1"], "it's done; $(really)"), commands.reject(["retirement-1"], ""),
    commands.lineage(version),
  ];
}
"""


def parse(words: list[str]) -> None:
    """Lets the command line read the words, without doing what they say."""
    # not part of every checkout
    app = importlib.import_module("cli.app").app
    command: Any = typer.main.get_command(app)
    name, words = words[0], words[1:]
    context = command.make_context(name, list(words), resilient_parsing=False)
    while hasattr(context.command, "get_command"):
        name, command, rest = context.command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        context = command.make_context(name, rest, parent=context)
