"""Reads a policy from YAML. Every error names the file, the line and the reason."""

from pathlib import Path

import yaml

from adapters.policy_yaml import Document, YamlError, read_yaml
from domain.errors import PolicyError, PolicyFault
from domain.field_errors import MOST_ERRORS, field_path, shortened
from domain.policy.rules import MOST_FAULTS, Policy, find_faults
from domain.policy.sections import LONGEST_POLICY


def load_policy(path: Path) -> Policy:
    """Reads and validates a policy file.

    Raises:
        PolicyError: the file cannot be read, or is not a valid policy.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PolicyError(path.name, [PolicyFault(None, "", f"cannot be read: {error.strerror}")]) from error
    return decode_policy(content, path.name)


def decode_policy(content: bytes, source: str) -> Policy:
    """Reads and validates a policy in UTF-8; `source` is its name in errors.

    Raises:
        PolicyError: the content is not UTF-8, or not a valid policy.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError(source, [PolicyFault(line, "", f"not UTF-8: {error.reason}")]) from error
    return parse_policy(text, source)


def parse_policy(text: str, source: str) -> Policy:
    """Reads and validates a policy; `source` is its name in errors.

    Raises:
        PolicyError: the text is not YAML or not a valid policy; the error has its faults with their lines, the first
            fifty of them and how many more there are.
    """
    if len(text) > LONGEST_POLICY:
        reason = f"longer than {LONGEST_POLICY} characters; give the defaults what many rules repeat"
        raise PolicyError(source, [PolicyFault(None, "", reason)])
    try:
        document = read_yaml(text)
    except YamlError as error:
        raise PolicyError(
            source, [PolicyFault(error.line, "", f"not YAML: {shortened(str(error))}")]
        ) from error
    faults = _faults(document)
    if faults:
        raise PolicyError(source, faults)
    policy = Policy.model_validate(document.value)
    policy.compile()
    return policy


def _faults(document: Document) -> list[PolicyFault]:
    """Returns what is wrong with the document, in the order of its lines."""
    found = find_faults(document.value)
    invalid = [
        PolicyFault(
            _line_of(document.root, fault.location),
            field_path(fault.location, whole=""),
            shortened(fault.reason),
        )
        for fault in found[:MOST_ERRORS]
    ]
    twice = [
        PolicyFault(key.start_mark.line + 1, field_path((key.value,)), "duplicate key")
        for key in document.duplicates[:MOST_ERRORS]
    ]
    faults = sorted([*invalid, *twice], key=lambda fault: fault.line or 0)
    more = len(found) + len(document.duplicates) - len(faults)
    least = "at least " if len(found) >= MOST_FAULTS else ""
    return [*faults, PolicyFault(None, "", f"{least}{more} more errors are not listed")] if more else faults


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
        # the last one counts: those of a merge key come first
        pairs = (pair for pair in reversed(node.value) if pair[0].value == part)
        return next(((key.start_mark.line + 1, value) for key, value in pairs), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None
