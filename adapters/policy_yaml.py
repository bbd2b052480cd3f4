"""Reads YAML as users mean it in a policy, within bounds: what a text is worth does not grow by its aliases.

PyYAML documents one error and raises many more. Here everything that is wrong with a text is a `YamlError` with its
line.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import yaml
from yaml.reader import ReaderError

from domain.errors import GalleristError
from domain.policy.sections import LONGEST_POLICY

# a policy has six levels, and each one needs some text
DEEPEST = 32
# a thousand rules; PyYAML needs a second or two for them
MOST_NODES = 20_000

_BOOLEAN, _TIMESTAMP = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class YamlError(GalleristError):
    """A text that cannot be read; the message says why."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line

    @classmethod
    def at(cls, mark: Any, reason: str) -> Self:
        """An error at a place that PyYAML has marked."""
        return cls(mark.line + 1 if mark else None, reason)


class Document(NamedTuple):
    """A document as nodes, which know their lines, and as values. An empty one is an empty dictionary."""

    root: yaml.Node | None
    value: Any
    duplicates: list[yaml.ScalarNode]
    """The keys that occur again in one mapping: YAML silently keeps only the last one."""


def read_yaml(text: str) -> Document:
    """Reads one document.

    Raises:
        YamlError: the text is not YAML, or larger or deeper than the bounds with all of its aliases written out.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return Document(None, {}, [])
        _measure(root, {})
        # before the merge keys are carried out: a key that overrides a merged one is no duplicate
        duplicates = list(_duplicates(root, set()))
        return Document(root, loader.construct_document(root), duplicates)
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        raise YamlError.at(
            error.problem_mark or error.context_mark, str(error.problem or error.context)
        ) from error
    except Exception as error:
        raise YamlError(loader.line + 1, f"a value on this line cannot be read: {error}") from error
    finally:
        loader.dispose()


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

    def __init__(self, text: str) -> None:
        try:
            super().__init__(text)
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise YamlError(line, f"the character U+{error.character:04X} is not allowed") from error
        self._depth = self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth += 1
        self._nodes += 1
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML's types lack it
        _check(_Size(self._nodes, self._depth), event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (yaml.YAMLError, YamlError):
            raise
        except Exception as error:
            kind = node.tag.rpartition(":")[2]
            raise YamlError.at(node.start_mark, f"'{node.value}' cannot be read as {kind}") from error


class _Size(NamedTuple):
    """How many nodes and levels there are, and how much text is in them."""

    nodes: int
    levels: int
    characters: int = 0


def _measure(node: yaml.Node, known: dict[int, _Size | None]) -> _Size:
    """Measures a node with all of its aliases written out, each node once. Merge keys add no more than their values.

    Raises:
        YamlError: the node is too large or too deep, or it contains itself.
    """
    if id(node) in known:
        size = known[id(node)]
        if size is None:
            raise YamlError.at(node.start_mark, "an alias stands inside of what it repeats")
        return size
    known[id(node)] = None
    parts = [_measure(child, known) for child in _children(node)]
    size = _Size(
        1 + sum(part.nodes for part in parts),
        1 + max((part.levels for part in parts), default=0),
        sum(part.characters for part in parts)
        + (len(node.value) if isinstance(node, yaml.ScalarNode) else 0),
    )
    _check(size, node.start_mark)
    if isinstance(node, yaml.ScalarNode) and _SURROGATE.search(node.value):
        raise YamlError.at(node.start_mark, "a text has half a surrogate pair")
    known[id(node)] = size
    return size


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _check(size: _Size, mark: Any) -> None:
    if size.nodes > MOST_NODES:
        reason = f"more than {MOST_NODES} keys and values with every alias written out; write fewer"
        raise YamlError.at(mark, reason)
    if size.characters > LONGEST_POLICY:
        reason = f"more than {LONGEST_POLICY} characters with every alias written out; write less"
        raise YamlError.at(mark, reason)
    if size.levels > DEEPEST:
        raise YamlError.at(mark, f"nested more than {DEEPEST} levels deep; nest less")


def _duplicates(node: yaml.Node, seen: set[int]) -> Iterator[yaml.ScalarNode]:
    """Yields the keys that occur twice in a mapping, each mapping once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    yield key
                keys.add(key.value)
    for child in _children(node):
        yield from _duplicates(child, seen)
