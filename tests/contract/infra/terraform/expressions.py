"""Evaluates the expressions of Terraform that infra/terraform uses. What it does not know is an error."""

import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import tree_sitter

from tests.contract.infra.terraform.functions import FUNCTIONS
from tests.contract.infra.terraform.syntax import parts_of, text_of

# what a name stands for: a variable of a loop, or `var`, `local`, `module`, …
Names = Mapping[str, Any]

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_HOLE = re.compile("\0(\\d+)\0")


class EvaluationError(Exception):
    """An expression cannot be evaluated; the message has the expression."""


class Lazy(dict[str, Any]):
    """An object whose attributes are evaluated when they are read first."""

    def __init__(self, kind: str, find: Callable[[str], Any]) -> None:
        super().__init__()
        self._kind = kind
        self._find = find

    def __missing__(self, name: str) -> Any:
        self[name] = self._find(name)
        return self[name]


def evaluate(node: tree_sitter.Node, names: Names) -> Any:
    """Returns the value of an expression."""
    return _evaluate_terms(parts_of(node), names)


def _evaluate_terms(nodes: list[tree_sitter.Node], names: Names) -> Any:
    """A value, and what is read of it: attributes, indexes and splats stand beside it in the tree."""
    first, *rest = nodes
    if first.type == "(":
        first, rest = rest[0], rest[2:]
    value = _evaluate_term(first, names)
    for node in rest:
        value = _read(value, node, names)
    return value


def _read(value: Any, node: tree_sitter.Node, names: Names) -> Any:
    if node.type == "splat":
        inner = parts_of(parts_of(node)[0])[1:] if parts_of(node)[0].type == "full_splat" else []
        if not inner and text_of(node) != "[*]":
            raise EvaluationError(f"an unknown splat: {text_of(node)}")
        found = []
        for item in _as_list(value):
            for part in inner:
                item = _read(item, part, names)  # noqa: PLW2901 # each part reads of the former one
            found.append(item)
        return found
    if node.type == "get_attr":
        return _get(value, text_of(parts_of(node)[1]), node)
    if node.type == "index":
        return _get(value, evaluate(parts_of(parts_of(node)[0])[1], names), node)
    raise EvaluationError(f"{node.type}: {text_of(node)}")


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _get(value: Any, name: Any, node: tree_sitter.Node) -> Any:
    try:
        return value[name]
    except (KeyError, IndexError, TypeError) as error:
        raise EvaluationError(f"there is no {name!r}: {text_of(node.parent or node)}") from error


def _evaluate_term(node: tree_sitter.Node, names: Names) -> Any:
    if node.type not in _TERMS:
        raise EvaluationError(f"{node.type}: {text_of(node)}")
    return _TERMS[node.type](node, names)


def _conditional(node: tree_sitter.Node, names: Names) -> Any:
    condition, _, yes, _, no = parts_of(node)
    return evaluate(yes if evaluate(condition, names) else no, names)


def _collection(node: tree_sitter.Node, names: Names) -> Any:
    (inner,) = parts_of(node)
    return _object(inner, names) if inner.type == "object" else _tuple(inner, names)


def _literal(node: tree_sitter.Node, names: Names) -> Any:
    match node.type:
        case "null_lit":
            return None
        case "bool_lit":
            return text_of(node) == "true"
        case "numeric_lit":
            return int(text_of(node))
    return _template(node, names)


def _template(node: tree_sitter.Node, names: Names) -> Any:
    """The grammar leaves blanks out of literals: the text is what stands between the interpolations in the file."""
    heredoc = node.type == "heredoc_template"
    whole = node.text or b""
    values: list[Any] = []
    text, position = "", 0
    for child in parts_of(node):
        if child.type == "template_directive":
            raise EvaluationError(f"an unknown directive: {text_of(child)}")
        if child.type != "template_interpolation":
            continue
        start, end = child.start_byte - node.start_byte, child.end_byte - node.start_byte
        text += whole[position:start].decode() + f"\0{len(values)}\0"
        values.append(evaluate(parts_of(child)[1], names))
        position = end
    text += whole[position:].decode()
    text = _heredoc(text) if heredoc else _unescape(text[1:-1])
    return _HOLE.sub(lambda hole: _to_text(values[int(hole[1])], node), text)


def _heredoc(text: str) -> str:
    """The lines between the marks, without the indentation that all of them have."""
    first, *lines, _ = text.rstrip("\n").split("\n")
    if not first.startswith("<<-"):
        raise EvaluationError(f"an unknown heredoc: {first}")
    return textwrap.dedent("\n".join(lines)) + "\n"


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES[found[1]], text)


def _to_text(value: Any, node: tree_sitter.Node) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise EvaluationError(f"cannot stand in a text: {value!r} in {text_of(node)}")


def _tuple(node: tree_sitter.Node, names: Names) -> list[Any]:
    return [evaluate(child, names) for child in node.children if child.type == "expression"]


def _object(node: tree_sitter.Node, names: Names) -> dict[str, Any]:
    found = {}
    for child in node.children:
        if child.type == "object_elem":
            key, _, value = parts_of(child)
            found[_key(key, names)] = evaluate(value, names)
    return found


def _key(node: tree_sitter.Node, names: Names) -> str:
    """A bare name is the name itself; one in brackets is a variable."""
    bare = parts_of(node)[0]
    if bare.type == "variable_expr" and len(parts_of(node)) == 1:
        return text_of(bare)
    return str(evaluate(node, names))


def _loop(node: tree_sitter.Node, names: Names) -> Any:
    intro = next(child for child in node.children if child.type == "for_intro")
    variables = [text_of(child) for child in intro.children if child.type == "identifier"]
    values = evaluate(next(child for child in intro.children if child.type == "expression"), names)
    pairs = list(values.items() if isinstance(values, dict) else enumerate(values))
    if isinstance(values, dict):
        pairs.sort()  # of an object, in the order of its names
    results = [child for child in node.children if child.type == "expression"]
    condition = next((child for child in node.children if child.type == "for_cond"), None)
    rows = []
    for key, value in pairs:
        inner = {**names, **dict(zip(variables, (key, value)[-len(variables) :], strict=True))}
        if condition is None or evaluate(parts_of(condition)[1], inner):
            rows.append([evaluate(result, inner) for result in results])
    if node.type == "for_tuple_expr":
        return [row[0] for row in rows]
    return {str(key): value for key, value in rows}


def _call(node: tree_sitter.Node, names: Names) -> Any:
    name = text_of(parts_of(node)[0])
    given = next((child for child in node.children if child.type == "function_arguments"), None)
    arguments = [
        evaluate(child, names) for child in (given.children if given else ()) if child.type == "expression"
    ]
    if given and any(child.type == "ellipsis" for child in given.children):
        arguments = [*arguments[:-1], *arguments[-1]]
    if name not in FUNCTIONS:
        raise EvaluationError(f"an unknown function: {name}")
    return FUNCTIONS[name](*arguments)


def _operation(node: tree_sitter.Node, names: Names) -> Any:
    parts = parts_of(node)
    if node.type == "unary_operation":
        operator, *operand = parts
        value = _evaluate_terms(operand, names)
        return not value if operator.type == "!" else -value
    at = next(number for number, part in enumerate(parts) if not part.is_named and part.type in _BINARY)
    left = _evaluate_terms(parts[:at], names)
    return _BINARY[parts[at].type](left, lambda: _evaluate_terms(parts[at + 1 :], names))


# Terraform evaluates both sides; a fault on the right that the left makes needless would be one in Terraform 1.11, too
_BINARY: dict[str, Callable[[Any, Callable[[], Any]], Any]] = {
    "==": lambda left, right: left == right(),
    "!=": lambda left, right: left != right(),
    "&&": lambda left, right: bool(right()) and left,
    "||": lambda left, right: bool(right()) or left,
    ">=": lambda left, right: left >= right(),
    "<=": lambda left, right: left <= right(),
    ">": lambda left, right: left > right(),
    "<": lambda left, right: left < right(),
    "+": lambda left, right: left + right(),
    "-": lambda left, right: left - right(),
}

_TERMS: dict[str, Callable[[tree_sitter.Node, Names], Any]] = {
    "expression": evaluate,
    "literal_value": lambda node, names: _literal(parts_of(node)[0], names),
    "template_expr": lambda node, names: _template(parts_of(node)[0], names),
    "variable_expr": lambda node, names: _get(names, text_of(node), node),
    "collection_value": _collection,
    "for_expr": lambda node, names: _loop(parts_of(node)[0], names),
    "function_call": _call,
    "conditional": _conditional,
    "operation": lambda node, names: _operation(parts_of(node)[0], names),
}
