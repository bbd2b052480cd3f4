"""Evaluates a Terraform configuration: variables, locals, modules and azapi resources, with what Azure would answer."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import tree_sitter

from tests.contract.infra.terraform.expressions import EvaluationError, Lazy, evaluate
from tests.contract.infra.terraform.syntax import Block, parts_of, read, text_of

_META = {"source", "for_each", "count", "depends_on", "version"}
_KINDS = {"azapi_resource", "azapi_update_resource", "azapi_resource_action"}
# what identifies a resource, in place of the body
_ADDRESS = {"type", "parent_id", "name", "resource_id", "method"}
# of azapi itself, and not of what is sent
_OPTIONS = {"response_export_values"}
_SENT = {"location", "tags", "body"}


class RefusedError(Exception):
    """A variable has a value that its validation refuses; the message is the one of the configuration."""


@dataclass(frozen=True)
class Azure:
    """What Azure says: where the provider is signed in, and what a resource answers with."""

    client: Mapping[str, str]
    answer: Callable[[str, str], dict[str, Any]]


class Sent(NamedTuple):
    """A request that a resource makes: with what provider resource, and the resource as Azure gets it."""

    kind: str
    address: str
    resource: dict[str, Any]


@dataclass
class Configuration:
    """A root module or a module in it, evaluated with its variables."""

    folder: Path
    given: Mapping[str, Any]
    azure: Azure
    # locals that are not evaluated, but given
    fixed: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    _found: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._blocks = read(self.folder)
        self._locals = {name: node for block in self._of("locals") for name, node in block.arguments.items()}
        self._names: dict[str, Any] = {
            "path": {"module": str(self.folder)},
            "var": Lazy("variable", self._variable),
            "local": Lazy("local", self._local),
            "module": Lazy("module", self._module),
            "data": {"azapi_client_config": {"current": self.azure.client}},
            **{kind: Lazy(kind, self._resource_of(kind)) for kind in _KINDS},
        }
        unknown = set(self.given) - {block.labels[0] for block in self._of("variable")}
        if unknown:
            raise EvaluationError(f"{self.folder.name} has no variable {sorted(unknown)}")

    def sent(self) -> list[Sent]:
        """Returns what is sent to Azure, with the modules inside.

        Raises:
            RefusedError: a validation refuses a variable.
        """
        for block in self._of("variable"):
            self._check(block)
        for block in self._of("module"):
            for one in _instances(self._names["module"][block.labels[0]]):
                self._found.extend(one.sent())
        for block in self._of("resource"):
            kind, name = block.labels
            self._names[kind].__getitem__(name)
        return self._found

    def outputs(self) -> dict[str, Any]:
        """Returns the values of the outputs."""
        return {name: self.output(name) for name in (block.labels[0] for block in self._of("output"))}

    def output(self, name: str) -> Any:
        return evaluate(self._block("output", name).arguments["value"], self._names)

    def local(self, name: str) -> Any:
        """Returns the value of a local."""
        return self._names["local"][name]

    def __getitem__(self, name: str) -> Any:
        return self.output(name)

    def _of(self, kind: str) -> Iterator[Block]:
        return (block for block in self._blocks if block.type == kind)

    def _block(self, kind: str, *labels: str) -> Block:
        found = next((block for block in self._of(kind) if block.labels == labels), None)
        if found is None:
            raise EvaluationError(f"{self.folder.name} has no {kind} {'.'.join(labels)}")
        return found

    def _local(self, name: str) -> Any:
        return self.fixed[name] if name in self.fixed else evaluate(self._locals[name], self._names)

    def _variable(self, name: str) -> Any:
        block = self._block("variable", name)
        if name in self.given:
            value = self.given[name]
        elif "default" in block.arguments:
            value = evaluate(block.arguments["default"], {})
        else:
            raise EvaluationError(f"{self.folder.name} needs the variable {name}")
        return convert(value, block.arguments["type"])

    def _check(self, block: Block) -> None:
        for rule in block.inner("validation"):
            if not evaluate(rule.arguments["condition"], self._names):
                raise RefusedError(evaluate(rule.arguments["error_message"], self._names))

    def _module(self, name: str) -> Any:
        block = self._block("module", name)
        folder = self.folder / evaluate(block.arguments["source"], {})

        def make(names: Mapping[str, Any], address: str) -> "Configuration":
            given = {key: evaluate(node, names) for key, node in block.arguments.items() if key not in _META}
            return Configuration(folder, given, self.azure, address=address)

        return self._repeat(block, make, f"module.{name}")

    def _resource_of(self, kind: str) -> Callable[[str], Any]:
        def find(name: str) -> Any:
            block = self._block("resource", kind, name)
            return self._repeat(
                block, lambda names, address: self._resource(block, names, address), f"{kind}.{name}"
            )

        return find

    def _repeat(self, block: Block, make: Callable[[Mapping[str, Any], str], Any], name: str) -> Any:
        """One value, or with `count` a list, or with `for_each` an object."""
        address = f"{self.address}.{name}".lstrip(".")
        if "count" in block.arguments:
            times = evaluate(block.arguments["count"], self._names)
            return [
                make({**self._names, "count": {"index": number}}, f"{address}[{number}]")
                for number in range(times)
            ]
        if "for_each" in block.arguments:
            values = evaluate(block.arguments["for_each"], self._names)
            pairs = values.items() if isinstance(values, dict) else [(value, value) for value in values]
            return {
                key: make({**self._names, "each": {"key": key, "value": value}}, f'{address}["{key}"]')
                for key, value in pairs
            }
        return make(self._names, address)

    def _resource(self, block: Block, names: Mapping[str, Any], address: str) -> dict[str, Any]:
        values = {name: evaluate(node, names) for name, node in block.arguments.items() if name not in _META}
        unknown = set(values) - _ADDRESS - _OPTIONS - _SENT
        if unknown:
            raise EvaluationError(f"{address} has an unknown argument: {sorted(unknown)}")
        kind, _, version = values["type"].partition("@")
        identifier = values.get("resource_id") or resource_id(values["parent_id"], kind, values["name"])
        if block.labels[0] == "azapi_resource_action" and values["method"] != "PUT":
            raise EvaluationError(f"{address} does not put a resource")
        body = {name: values[name] for name in ("location", "tags") if name in values} | values.get(
            "body", {}
        )
        for identity in block.inner("identity"):
            body["identity"] = _identity(identity, names)
        resource = {"type": kind, "apiVersion": version, "id": identifier, "name": _name(identifier), **body}
        self._found.append(Sent(block.labels[0], address, resource))
        answer = self.azure.answer(kind, identifier)
        return {
            "id": identifier,
            "name": values.get("name"),
            "output": _export(answer, values["response_export_values"], address),
        }


def convert(value: Any, kind: tree_sitter.Node) -> Any:
    """Returns a value as the type of its variable says; an object loses what the type does not name."""
    first = parts_of(kind)[0]
    text = text_of(kind)
    if first.type == "variable_expr":
        wanted = {"string": str, "number": int, "bool": bool}[text]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise EvaluationError(f"{value!r} is no {text}")
        return value
    name = text_of(parts_of(first)[0])
    (argument, *_) = [part for part in parts_of(parts_of(first)[2]) if part.type == "expression"]
    if name == "list":
        return [convert(item, argument) for item in value]
    if name == "map":
        return {key: convert(item, argument) for key, item in value.items()}
    if name == "object":
        return _convert_object(value, parts_of(parts_of(argument)[0])[0])
    raise EvaluationError(f"an unknown type: {text}")


def _convert_object(value: dict[str, Any], described: tree_sitter.Node) -> dict[str, Any]:
    found = {}
    for element in (child for child in described.children if child.type == "object_elem"):
        key, _, kind = parts_of(element)
        name = text_of(key)
        call = parts_of(kind)[0]
        if call.type == "function_call" and text_of(parts_of(call)[0]) == "optional":
            kind, default = [part for part in parts_of(parts_of(call)[2]) if part.type == "expression"]
            found[name] = convert(value[name], kind) if name in value else evaluate(default, {})
        else:
            found[name] = convert(value[name], kind)
    return found


def resource_id(parent: str, kind: str, name: str) -> str:
    """Returns the id of a resource. A type of three parts or more is a child of its parent, any other is below it."""
    if kind == "Microsoft.Resources/resourceGroups":
        return f"{parent}/resourceGroups/{name}"
    provider, *types = kind.split("/")
    if len(types) == 1:
        return f"{parent}/providers/{provider}/{types[0]}/{name}"
    if not re.search(f"/{provider}/{'/[^/]+/'.join(types[:-1])}/[^/]+$", parent):
        raise EvaluationError(f"{parent} is no parent of a {kind}")
    return f"{parent}/{types[-1]}/{name}"


def _name(identifier: str) -> str:
    """The name as Bicep has it: of a child with those of its parents."""
    last = identifier.rsplit("/providers/", 1)[-1].split("/")
    return "/".join(last[2::2]) if "/providers/" in identifier else last[-1]


def _identity(block: Block, names: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: evaluate(node, names) for name, node in block.arguments.items()}
    return {"type": values["type"], "userAssignedIdentities": {one: {} for one in values["identity_ids"]}}


def _export(answer: dict[str, Any], paths: list[str], address: str) -> dict[str, Any]:
    """What the provider keeps of an answer: only what is asked for."""
    found: dict[str, Any] = {}
    for path in paths:
        *parents, last = path.split(".")
        source, target = {"properties": answer}, found
        for name in parents:
            source, target = source[name], target.setdefault(name, {})
        if last not in source:
            raise EvaluationError(f"{address} asks for {path}, which Azure is not known to answer with")
        target[last] = source[last]
    return found


def _instances(value: Any) -> list[Configuration]:
    if isinstance(value, Configuration):
        return [value]
    return list(value.values() if isinstance(value, dict) else value)
