"""Reads Bicep files as syntax trees, for a few of the checks that the compiler makes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tree_sitter
import tree_sitter_bicep

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra"
FILES = sorted(INFRA.rglob("*.bicep"))

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))


@dataclass(frozen=True)
class Module:
    """One use of a module: its file, and the parameters passed to it."""

    name: str
    file: Path
    parameters: frozenset[str]


class BicepFile:
    """One Bicep file: what it declares and what it uses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self._root = _PARSER.parse(self.text.encode()).root_node

    def faults(self) -> list[str]:
        """Returns the lines that do not parse."""
        return [
            f"line {node.start_point.row + 1}: {_text(node)!r}"
            for node in _walk(self._root)
            if node.type == "ERROR" or node.is_missing
        ]

    def parameters(self) -> dict[str, bool]:
        """Returns the names of the parameters, and whether each one is required."""
        return {
            _text(node.children[1]): not any(child.type == "=" for child in node.children)
            for node in self._declarations("parameter")
        }

    def outputs(self) -> set[str]:
        """Returns the names of the outputs."""
        return {_text(node.children[1]) for node in self._declarations("output")}

    def outputs_used(self) -> set[tuple[str, str]]:
        """Returns the outputs of modules that the file reads, as (module, output)."""
        return set(re.findall(r"\b(\w+)\.\??outputs\.(\w+)", self.text))

    def modules(self) -> list[Module]:
        return [self._module(node) for node in self._declarations("module")]

    def resources(self) -> list[str]:
        """Returns the types of the resources with their API versions; nested resources have their parent's version."""
        return [
            text
            for node in self._declarations("resource")
            if "/" in (text := _text(node.children[2]).strip("'"))
        ]

    def keys(self, name: str) -> set[str]:
        """Returns the keys of the objects in variables and properties of this name."""
        found = [
            node.children[-1]
            for node in _walk(self._root)
            if node.type == "object_property" and _text(node.children[0]) == name
        ]
        found += [
            node.children[-1] for node in self._declarations("variable") if _text(node.children[1]) == name
        ]
        return {key for node in found if node.type == "object" for key in _keys(node)}

    def names(self) -> tuple[set[str], set[str]]:
        """Returns the declared names, and the names that are used as values."""
        declared = {
            _text(node.children[1])
            for node in _walk(self._root)
            if node.type.endswith("_declaration") and node.type != "output_declaration"
        }
        declared |= {_text(node.children[2]) for node in _walk(self._root) if node.type == "for_statement"}
        declared |= {
            _text(node.children[0]) for node in _walk(self._root) if node.type == "lambda_expression"
        }
        used = {_text(node) for node in _walk(self._root) if node.type == "identifier" and _is_value(node)}
        return declared, used

    def loaded(self) -> set[Path]:
        """Returns the JSON files that the file loads."""
        return {
            (self.path.parent / name).resolve()
            for name in re.findall(r"loadJsonContent\('([^']+)'\)", self.text)
        }

    def _declarations(self, kind: str) -> Iterator[tree_sitter.Node]:
        return (node for node in _walk(self._root) if node.type == f"{kind}_declaration")

    def _module(self, node: tree_sitter.Node) -> Module:
        body = next(child for child in _walk(node) if child.type == "object")
        properties = {_text(child.children[0]): child for child in _properties(body)}
        parameters = _keys(properties["params"].children[-1]) if "params" in properties else []
        path = (self.path.parent / _text(node.children[2]).strip("'")).resolve()
        return Module(_text(node.children[1]), path, frozenset(parameters))


def _is_value(node: tree_sitter.Node) -> bool:
    parent = node.parent
    assert parent is not None
    is_key = parent.type == "object_property" and parent.children[0] == node
    is_declared = parent.type.endswith("_declaration") and parent.children[1] == node
    return not is_key and not is_declared and parent.type != "call_expression"


def _walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _properties(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.children if child.type == "object_property"]


def _keys(node: tree_sitter.Node) -> list[str]:
    return [_text(child.children[0]).strip("'") for child in _properties(node)]


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()
