"""Reads the policy from a YAML file, so that every error names the file, the line and the reason."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from domain.errors import PolicyError
from domain.policy import Policy


def load_policy(path: Path) -> Policy:
    """Read and check a policy file.

    Raises:
        PolicyError: there is no such file, it is not YAML, or it is not a policy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(path.name, None, f"cannot be read: {error.strerror}") from error
    return parse_policy(text, path.name)


def parse_policy(text: str, source: str) -> Policy:
    """Read and check a policy; `source` is what errors call it.

    Raises:
        PolicyError: it is not YAML, or not a policy.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise PolicyError(source, line, f"not YAML: {error.problem}") from error
    try:
        return Policy.model_validate(document if document is not None else {})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise PolicyError(source, _line_of(root, first["loc"]), reason) from error


def _line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int | None:
    """The line of the innermost node on the way to the location."""
    line = None
    for part in location:
        if node is None:
            break
        line = node.start_mark.line + 1
        node = _child(node, part)
    return node.start_mark.line + 1 if node is not None else line


def _child(node: yaml.Node, part: int | str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None
