"""Reads a policy from YAML. Every error names the file, the line and the reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from domain.errors import PolicyError, PolicyFault
from domain.field_errors import field_path
from domain.policy.rules import Policy, find_faults

_BOOLEAN, _TIMESTAMP = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """YAML as users mean it in a policy: `off`, `no` and dates are text, as in YAML 1.2."""

    yaml_implicit_resolvers = {  # noqa: RUF012 # the base class's own form
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag != _TIMESTAMP and (tag != _BOOLEAN or first in "tTfF")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load_policy(path: Path) -> Policy:
    """Reads and validates a policy file.

    Raises:
        PolicyError: the file cannot be read, or is not a valid policy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(path.name, [PolicyFault(None, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise PolicyError(path.name, [PolicyFault(None, "", f"not UTF-8: {error.reason}")]) from error
    return parse_policy(text, path.name)


def parse_policy(text: str, source: str) -> Policy:
    """Reads and validates a policy; `source` is its name in errors.

    Raises:
        PolicyError: the text is not YAML or not a valid policy; the error has every fault with its line.
    """
    try:
        root, document = _parse_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise PolicyError(source, [PolicyFault(line, "", f"not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise PolicyError(source, [PolicyFault(None, "", f"not YAML: {error}")]) from error
    faults = [
        PolicyFault(_line_of(root, fault.location), field_path(fault.location, whole=""), fault.reason)
        for fault in find_faults(document)
    ]
    faults += _duplicate_keys(root, set())
    if faults:
        raise PolicyError(source, sorted(faults, key=lambda fault: fault.line or 0))
    return Policy.model_validate(document)


def _parse_yaml(text: str) -> tuple[yaml.Node | None, Any]:
    """Returns the document as nodes, which know their lines, and as values. An empty document is an empty policy."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        return root, loader.construct_document(root) if root is not None else {}
    finally:
        loader.dispose()


def _duplicate_keys(node: yaml.Node | None, seen: set[int]) -> Iterator[PolicyFault]:
    """Yields the keys that occur twice: YAML silently keeps only the last one."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    keys: set[str] = set()
    for child in node.value:
        key, value = child if isinstance(node, yaml.MappingNode) else (None, child)
        if key is not None and isinstance(key, yaml.ScalarNode):
            if key.value in keys:
                yield PolicyFault(key.start_mark.line + 1, key.value, "duplicate key")
            keys.add(key.value)
        yield from _duplicate_keys(value, seen)


def _line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int | None:
    """Returns the line of the last key or list item on the path that exists."""
    line = node.start_mark.line + 1 if node is not None else None
    for part in location:
        child = _child(node, part)
        if child is None:
            break
        line, node = child
    return line


def _child(node: yaml.Node | None, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        pairs = (pair for pair in node.value if pair[0].value == part)
        return next(((key.start_mark.line + 1, value) for key, value in pairs), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None
