"""Lets Terraform itself evaluate infra/terraform, without its provider: each azapi resource becomes a `terraform_data`.

That resource is built into Terraform, keeps what it is given, and makes nothing. It is given what azapi would send,
with the answers of Azure.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_hcl

from tests.contract.infra.terraform.answers import answer
from tests.contract.infra.terraform.module import RefusedError
from tests.contract.infra.terraform.syntax import text_of, walk

TERRAFORM = shutil.which("terraform")
_KINDS = ("azapi_resource", "azapi_update_resource", "azapi_resource_action")
_REFERENCE = re.compile(rf"(?<![\w.])({'|'.join(_KINDS)})\.(\w+)")
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
_KEPT = ("count", "for_each")


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs Terraform in a folder, without the network."""
    assert TERRAFORM is not None
    # no file of settings, of which a machine may have one that names a mirror
    environment = {
        **os.environ,
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_IN_AUTOMATION": "1",
    }
    return subprocess.run(  # the command is the one on the path
        [TERRAFORM, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def evaluate(root: Path, given: Mapping[str, Any], client: Mapping[str, str]) -> list[dict[str, Any]]:
    """Returns what a configuration sends, as Terraform evaluates it. Its files are changed: give a copy.

    Raises:
        RefusedError: Terraform refuses the configuration; the message is Terraform's.
    """
    # the modules are in the folder of the app's configuration
    for file in (root if root.name == "terraform" else root.parent).rglob("*.tf"):
        file.write_text(without_azapi(file.read_text(encoding="utf-8"), client), encoding="utf-8")
    (root / "given.auto.tfvars.json").write_text(json.dumps(dict(given)), encoding="utf-8")
    for command in (["init", "-backend=false"], ["apply", "-auto-approve", "-input=false"]):
        done = run(*command, "-no-color", folder=root)
        if done.returncode:
            raise RefusedError(done.stdout + done.stderr)
    shown = run("show", "-json", folder=root)
    return [found["sent"] for found in _values(json.loads(shown.stdout)["values"]["root_module"])]


def _values(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in module.get("resources", []):
        yield resource["values"]["output"]
    for child in module.get("child_modules", []):
        yield from _values(child)


def without_azapi(text: str, client: Mapping[str, str]) -> str:
    """Returns a file with `terraform_data` in place of azapi's resources, and no provider."""
    source = text.encode()
    pieces: list[tuple[int, int, str]] = []
    root = _PARSER.parse(source).root_node
    for body in (child for child in root.children if child.type == "body"):
        for block in (child for child in body.children if child.type == "block"):
            head = [
                text_of(child).strip('"')
                for child in block.children
                if child.type in {"identifier", "string_lit"}
            ]
            if head[0] == "resource":
                pieces.append((block.start_byte, block.end_byte, _resource(block, head[1], head[2])))
            elif head[0] in {"terraform", "provider", "data"}:
                pieces.append((block.start_byte, block.end_byte, ""))
    for start, end, new in sorted(pieces, reverse=True):
        source = source[:start] + new.encode() + source[end:]
    return _refer(source.decode(), client)


def _refer(text: str, client: Mapping[str, str]) -> str:
    """What read an azapi resource reads what stands for it; what a resource depends on is named without an index."""
    text = re.sub(
        r"data\.azapi_client_config\.current\.(\w+)", lambda found: json.dumps(client[found[1]]), text
    )
    text = re.sub(
        r"^(\s*depends_on\s*= )(.*)$",
        lambda found: found[1] + _REFERENCE.sub(r"terraform_data.\1_\2", found[2]),
        text,
        flags=re.MULTILINE,
    )
    return _REFERENCE.sub(r"local.\1_\2", text)


def _resource(block: tree_sitter.Node, kind: str, name: str) -> str:
    body = next(child for child in block.children if child.type == "body")
    arguments = {
        text_of(child.children[0]): text_of(child.children[2])
        for child in body.children
        if child.type == "attribute"
    }
    identities = [text_of(node) for node in walk(body) if node.type == "block"]
    own = f"{kind}_{name}"
    repeated = next((f"{meta} = {arguments[meta]}\n" for meta in _KEPT if meta in arguments), "")
    depends = f"depends_on = {arguments['depends_on']}\n" if "depends_on" in arguments else ""
    value = "\n".join(f"{key} = {text}" for key, text in _value(arguments, identities).items())
    read = {
        "count": f"terraform_data.{own}[*].output",
        "for_each": f"{{ for key, one in terraform_data.{own} : key => one.output }}",
    }.get(repeated.split(" ")[0], f"terraform_data.{own}.output")
    return (
        f'resource "terraform_data" "{own}" {{\n{repeated}input = {{\n{value}\n}}\n{depends}}}\n'
        f"locals {{\n{own} = {read}\n}}"
    )


def _value(arguments: Mapping[str, str], identities: list[str]) -> dict[str, str]:
    kind = json.loads(arguments["type"]).partition("@")[0]
    name = arguments.get("name", '""')
    identifier = arguments.get("resource_id") or _identifier(kind, arguments["parent_id"], name)
    sent = [f"{{ type = {arguments['type']}, id = {identifier} }}"]
    sent += [f"{{ {key} = {arguments[key]} }}" for key in ("location", "tags") if key in arguments]
    sent += [arguments["body"]] if "body" in arguments else []
    sent += [f"{{ identity = {_identity(text)} }}" for text in identities]
    return {
        "id": identifier,
        "name": name,
        "output": f"{{ properties = {_answer(kind, identifier, name)} }}",
        "sent": f"merge(\n{', '.join(sent)}\n)",
    }


def _identifier(kind: str, parent: str, name: str) -> str:
    provider, *types = kind.split("/")
    middle = f"/providers/{provider}/{types[0]}/" if len(types) == 1 else f"/{types[-1]}/"
    middle = "/resourceGroups/" if kind == "Microsoft.Resources/resourceGroups" else middle
    return f'"${{{parent}}}{middle}${{{name}}}"'


def _answer(kind: str, identifier: str, name: str) -> str:
    """What Azure answers with, where the name or the id that it depends on is an expression."""
    if kind == "Microsoft.ManagedIdentity/userAssignedIdentities":
        # as in answers.py; the first is the namespace of URLs
        one = 'uuidv5("url", "%s${%s}")'
        return f"{{ clientId = {one % ('clientId', identifier)}, principalId = {one % ('principalId', identifier)} }}"
    return json.dumps(answer(kind, "/NAME")).replace("NAME", f"${{{name}}}")


def _identity(block: str) -> str:
    values = dict(re.findall(r"(\w+)\s*= (.*)", block))
    identities = f"{{ for one in {values['identity_ids']} : one => {{}} }}"
    return f"{{ type = {values['type']}, userAssignedIdentities = {identities} }}"
