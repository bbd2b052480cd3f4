"""Reads compiled ARM templates: every resource with its expressions as they are seen from the top of the template."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DEPLOYMENT = "Microsoft.Resources/deployments"
_PARAMETER = re.compile(r"parameters\('([^']+)'\)")
_VARIABLE = re.compile(r"variables\('([^']+)'\)")


class Resource(NamedTuple):
    """A resource of a template or of a module in it."""

    type: str
    api_version: str
    # with the parameters and variables of its module replaced by what the module gets
    body: dict[str, Any]
    # what is deployed to: resourceGroup, subscription, managementGroup or tenant
    target: str

    @property
    def name(self) -> str:
        return str(self.body["name"])

    @property
    def kind(self) -> str:
        return f"{self.type}@{self.api_version}"


def resources(template: dict[str, Any]) -> Iterator[Resource]:
    """Yields every resource that is deployed, those of modules as well, and the modules themselves."""
    yield from _walk(template, {}, _target(template))


def _walk(template: dict[str, Any], given: dict[str, str], target: str) -> Iterator[Resource]:
    values = _values(template, given)
    for body in _listed(template):
        if body.get("existing"):
            continue
        expanded = _expand({k: v for k, v in body.items() if k != "properties"}, values)
        properties = body.get("properties", {})
        if body["type"] == DEPLOYMENT:
            yield Resource(DEPLOYMENT, body["apiVersion"], expanded, _target_of_module(body, target))
            passed = _expand(properties.get("parameters", {}), values)
            arguments = {
                name: _text(value["value"])
                for name, value in passed.items()
                if isinstance(value, dict) and "value" in value
            }
            yield from _walk(properties["template"], arguments, _target_of_module(body, target))
        else:
            if "properties" in body:
                expanded["properties"] = _expand(properties, values)
            yield Resource(body["type"], body["apiVersion"], expanded, target)


def _listed(template: dict[str, Any]) -> list[dict[str, Any]]:
    found = template["resources"]
    # languageVersion 2.0 has a dictionary by symbolic names
    return list(found.values()) if isinstance(found, dict) else list(found)


def _target(template: dict[str, Any]) -> str:
    schema = template["$schema"].rsplit("/", 1)[-1]
    for prefix in ("subscription", "managementGroup", "tenant"):
        if schema.startswith(prefix):
            return prefix
    return "resourceGroup"


def _target_of_module(body: dict[str, Any], target: str) -> str:
    return _target(body["properties"]["template"]) if body["type"] == DEPLOYMENT else target


def _values(template: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """What the names of a template stand for: of a parameter, what it is given, or else its default."""
    values: dict[str, str] = {}
    for name, declared in template.get("parameters", {}).items():
        if name in given:
            values[f"parameters('{name}')"] = given[name]
        elif given and "defaultValue" in declared:
            values[f"parameters('{name}')"] = _text(_expand(declared["defaultValue"], values))
    for name, value in template.get("variables", {}).items():
        if name != "copy":
            values[f"variables('{name}')"] = _text(_expand(value, values))
    return values


def _expand(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {_expand(name, values): _expand(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, values) for item in value]
    if not isinstance(value, str) or not value.startswith("[") or value.startswith("[["):
        return value
    whole = values.get(value[1:-1])
    if whole is not None:
        return _value(whole)

    def known(match: re.Match[str]) -> str:
        return values.get(match[0], match[0])

    return _VARIABLE.sub(known, _PARAMETER.sub(known, value))


def _text(value: Any) -> str:
    """How a value stands inside an expression."""
    if isinstance(value, str):
        return value[1:-1] if value.startswith("[") else f"'{value}'"
    return f"json('{json.dumps(value)}')"


def _value(text: str) -> Any:
    """The opposite of `_text`."""
    if text.startswith("json('") and text.endswith("')"):
        try:
            return json.loads(text[6:-2])
        except ValueError:
            return f"[{text}]"
    if re.fullmatch(r"'[^']*'", text):
        return text[1:-1]
    return f"[{text}]"


def load_types() -> dict[str, Any]:
    """The excerpt of Azure's published types, by type and API version."""
    types: dict[str, Any] = json.loads((Path(__file__).parent / "types.json").read_text(encoding="utf-8"))[
        "types"
    ]
    return types
