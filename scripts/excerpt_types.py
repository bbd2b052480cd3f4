"""Writes which properties the types of infra/ require and which values they take, from Azure's published types.

The source is a checkout of https://github.com/Azure/bicep-types-az. Run this when infra/ gets a new type or API
version.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from scripts.compile_infra import ROOT, build, find_bicep

OUTPUT = ROOT / "tests" / "contract" / "infra" / "types.json"
SOURCE = "https://github.com/Azure/bicep-types-az"
# flags of a property (bicep-types, ObjectTypePropertyFlags)
_REQUIRED, _READ_ONLY = 1, 2
# deeper than anything that infra/ sets
_DEPTH = 8


def main(arguments: list[str] | None = None) -> int:
    """Writes the excerpt for every type in the compiled templates."""
    parser = argparse.ArgumentParser(prog="python -m scripts.excerpt_types", description=__doc__)
    parser.add_argument("repository", type=Path, help="a checkout of bicep-types-az, or its Git directory")
    repository = parser.parse_args(arguments).repository
    bicep = find_bicep()
    if bicep is None:
        parser.error("there is no Bicep compiler")
    used = {name for template in build(bicep).values() for name in _types(template)}
    write(repository, used)
    sys.stdout.write(f"{len(used)} types in {OUTPUT.relative_to(ROOT)}\n")
    return 0


def write(repository: Path, used: set[str]) -> None:
    """Writes the excerpt for these types, such as `Microsoft.Web/sites@2024-04-01`."""
    files = _git(repository, "ls-tree", "-r", "--name-only", "HEAD", "generated").splitlines()
    lines = [
        f"{json.dumps(name)}: {json.dumps(_described(repository, files, name), separators=(',', ':'))}"
        for name in sorted(used)
    ]
    head = {
        "source": SOURCE,
        "commit": _git(repository, "rev-parse", "HEAD").strip(),
        "license": "MIT, Copyright (c) Microsoft Corporation",
    }
    start = json.dumps(head)[:-1]
    # a line for each type, so that a change is read as one
    OUTPUT.write_text(f'{start},\n"types": {{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


def _described(repository: Path, files: list[str], name: str) -> dict[str, Any]:
    provider, version = name.split("/", maxsplit=1)[0].lower(), name.split("@")[1].lower()
    for file in files:
        if file.lower().endswith(f"/{provider}/{version}/types.json"):
            types = json.loads(_git(repository, "show", f"HEAD:{file}"))
            for found in types:
                if found["$type"] == "ResourceType" and found["name"].lower() == name.lower():
                    return _excerpt(types, found["body"]["$ref"], _DEPTH)
    raise SystemExit(f"{SOURCE} has no type {name}")


def _types(template: dict[str, Any]) -> set[str]:
    found = template["resources"]
    names = set()
    for resource in found.values() if isinstance(found, dict) else found:
        if resource["type"] == "Microsoft.Resources/deployments":
            names |= _types(resource["properties"]["template"])
        elif not resource.get("existing"):
            names.add(f"{resource['type']}@{resource['apiVersion']}")
    return names


def _git(repository: Path, *arguments: str) -> str:
    return subprocess.run(  # noqa: S603
        ["git", "-C", str(repository), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _excerpt(types: list[dict[str, Any]], reference: str, depth: int) -> dict[str, Any]:
    """Returns what is required and which values are taken; nothing for what is not described that closely."""
    found = types[int(reference.removeprefix("#/"))]
    kind = found["$type"]
    if depth == 0:
        return {}
    if kind == "ArrayType":
        items = _excerpt(types, found["itemType"]["$ref"], depth - 1)
        return {"items": items} if items else {}
    if kind == "DiscriminatedObjectType":
        base = _object(types, found["baseProperties"], depth)
        variants = {
            name: _excerpt(types, element["$ref"], depth) for name, element in found["elements"].items()
        }
        return {**base, "by": found["discriminator"], "variants": variants}
    if kind == "ObjectType":
        return _object(types, found["properties"], depth)
    values = _literals(types, found)
    return {"values": values} if values else {}


def _object(types: list[dict[str, Any]], properties: dict[str, Any], depth: int) -> dict[str, Any]:
    described = {
        name: _excerpt(types, declared["type"]["$ref"], depth - 1)
        for name, declared in properties.items()
        if not declared["flags"] & _READ_ONLY and name not in ("type", "apiVersion")
    }
    required = [
        name
        for name, declared in properties.items()
        if declared["flags"] & _REQUIRED and not declared["flags"] & _READ_ONLY
    ]
    parts = {"required": required, "properties": {name: part for name, part in described.items() if part}}
    return {name: part for name, part in parts.items() if part}


def _literals(types: list[dict[str, Any]], found: dict[str, Any]) -> list[str]:
    if found["$type"] == "StringLiteralType":
        return [found["value"]]
    if found["$type"] == "UnionType":
        return [
            value
            for element in found["elements"]
            for value in _literals(types, types[int(element["$ref"].removeprefix("#/"))])
        ]
    return []


if __name__ == "__main__":
    sys.exit(main())
