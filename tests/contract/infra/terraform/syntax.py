"""Reads the blocks of Terraform files as syntax trees."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import tree_sitter
import tree_sitter_hcl

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


class SyntaxFaultError(Exception):
    """A file is not HCL; the message has the file and the line."""


@dataclass(frozen=True)
class Block:
    """A block: its type, its labels, the expressions of its arguments, and the blocks inside."""

    type: str
    labels: tuple[str, ...]
    arguments: dict[str, tree_sitter.Node] = field(hash=False)
    blocks: tuple["Block", ...]

    def inner(self, kind: str) -> list["Block"]:
        return [block for block in self.blocks if block.type == kind]


@cache
def parse(text: str, name: str) -> tuple[Block, ...]:
    """Returns the blocks of a file.

    Raises:
        SyntaxFaultError: the text does not parse.
    """
    root = _PARSER.parse(text.encode()).root_node
    if root.has_error:
        line = next(
            node.start_point.row + 1 for node in walk(root) if node.type == "ERROR" or node.is_missing
        )
        raise SyntaxFaultError(f"{name}, line {line}")
    return tuple(block for body in root.children if body.type == "body" for block in _blocks(body))


def read(folder: Path) -> list[Block]:
    """Returns the blocks of all files of a configuration."""
    files = sorted(folder.glob("*.tf"))
    return [block for file in files for block in parse(file.read_text(encoding="utf-8"), str(file))]


def walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yields a node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def text_of(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()


def parts_of(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The children of a node without comments."""
    return [child for child in node.children if child.type != "comment"]


def _blocks(body: tree_sitter.Node) -> tuple[Block, ...]:
    return tuple(_block(node) for node in body.children if node.type == "block")


def _block(node: tree_sitter.Node) -> Block:
    kind, *rest = parts_of(node)
    labels = tuple(text_of(child).strip('"') for child in rest if child.type in {"string_lit", "identifier"})
    body = next((child for child in rest if child.type == "body"), None)
    arguments = {}
    for child in body.children if body else ():
        if child.type == "attribute":
            name, _, value = parts_of(child)
            arguments[text_of(name)] = value
    return Block(text_of(kind), labels, arguments, _blocks(body) if body else ())
