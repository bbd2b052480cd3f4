"""Evaluates the expressions that the Bicep compiler leaves in a snapshot, because only Azure knows what they read."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from tests.contract.infra.terraform.answers import answer

# what `guid` of ARM makes its name from; the snapshots hold it for what the compiler evaluates itself
_GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_]\w*|-?\d+|[()\[\],.])")
# what Azure documents for `environment()` in the public cloud
_ENVIRONMENT = {
    "name": "AzureCloud",
    "suffixes": {"storage": "core.windows.net"},
    "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
}
_LITERALS = {"true": True, "false": False, "null": None}

# an expression that is evaluated when its value is needed
Thunk = Callable[[dict[str, Any]], Any]


def resolve(value: Any, variables: dict[str, Any]) -> Any:
    """Returns a value with every expression in it evaluated."""
    if isinstance(value, dict):
        return {resolve(name, variables): resolve(item, variables) for name, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, variables) for item in value]
    if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        return _Parser(value[1:-1], variables).expression()({})
    return value


class _Parser:
    def __init__(self, text: str, variables: dict[str, Any]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0
        self._variables = variables

    def expression(self) -> Thunk:
        thunk = self._primary()
        while self._peek() in {"[", "."}:
            thunk = self._index(thunk) if self._next() == "[" else self._property(thunk)
        return thunk

    def _primary(self) -> Thunk:
        token = self._next()
        if token.startswith("'"):
            return _constant(token[1:-1].replace("''", "'"))
        if token.lstrip("-").isdigit():
            return _constant(int(token))
        if token in _LITERALS and self._peek() != "(":
            return _constant(_LITERALS[token])
        assert self._next() == "(", f"{token} is not called"
        arguments = []
        while self._peek() != ")":
            arguments.append(self.expression())
            if self._peek() == ",":
                self._next()
        self._next()
        return lambda names: self._call(token, arguments, names)

    def _index(self, thunk: Thunk) -> Thunk:
        index = self.expression()
        assert self._next() == "]"
        return lambda names: thunk(names)[index(names)]

    def _property(self, thunk: Thunk) -> Thunk:
        name = self._next()
        return lambda names: thunk(names)[name]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        self._at += 1
        return str(self._tokens[self._at - 1])

    def _call(self, name: str, arguments: list[Thunk], names: dict[str, Any]) -> Any:
        if name == "if":
            return arguments[1 if arguments[0](names) else 2](names)
        if name == "lambda":
            variable, body = arguments[0](names), arguments[1]
            return lambda value: body({**names, variable: value})
        values = [argument(names) for argument in arguments]
        if name == "lambdaVariables":
            return names[values[0]]
        if name == "variables":
            return self._variables[values[0]]
        return _FUNCTIONS[name](*values)


def _constant(value: Any) -> Thunk:
    return lambda _: value


def _format(text: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: str(values[int(found[1])]), text)


def _reference(identifier: str, _version: str) -> dict[str, Any]:
    provider, *pairs = identifier.rsplit("/providers/", 1)[-1].split("/")
    return answer("/".join([provider, *pairs[::2]]), identifier)


def _under(scope: str, kind: str, *names: str) -> str:
    provider, *types = kind.split("/")
    pairs = [f"{part}/{name}" for part, name in zip(types, names, strict=True)]
    return "/".join([f"{scope}/providers", provider, *pairs])


def _resource_id(subscription: str, group: str, kind: str, *names: str) -> str:
    return _under(f"/subscriptions/{subscription}/resourceGroups/{group}", kind, *names)


def _union(*objects: dict[str, Any]) -> dict[str, Any]:
    return {name: value for one in objects for name, value in one.items()}


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "coalesce": lambda *values: next(value for value in values if value is not None),
    "createObject": lambda *values: dict(zip(values[::2], values[1::2], strict=True)),
    "empty": lambda value: not value,
    "environment": lambda: _ENVIRONMENT,
    "extensionResourceId": _under,
    "filter": lambda values, keep: [value for value in values if keep(value)],
    "format": _format,
    "guid": lambda *values: str(uuid.uuid5(_GUIDS, "-".join(values))),
    "json": json.loads,
    "not": lambda value: not value,
    "reference": _reference,
    "resourceId": _resource_id,
    "split": lambda text, separator: text.split(separator),
    "subscriptionResourceId": lambda subscription, *rest: _under(f"/subscriptions/{subscription}", *rest),
    "union": _union,
    # the snapshot says no more; tests.contract.infra.terraform.paths takes such a value from the Bicep file
    "unknown": lambda: UNKNOWN,
}
UNKNOWN = "unknown()"
