"""The functions of Terraform that infra/terraform calls, as Terraform documents them. Another function is an error."""

import hashlib
import ipaddress
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _merge(*objects: dict[str, Any]) -> dict[str, Any]:
    return {name: value for one in objects for name, value in one.items()}


def _cidrsubnet(prefix: str, newbits: int, number: int) -> str:
    network = ipaddress.ip_network(prefix)
    return str(list(network.subnets(prefixlen_diff=newbits))[number])


def _one(values: list[Any]) -> Any:
    if len(values) > 1:
        raise ValueError(f"one() of {len(values)} values")
    return values[0] if values else None


def _substr(text: str, offset: int, length: int) -> str:
    return text[offset:] if length == -1 else text[offset : offset + length]


def _toset(values: list[Any]) -> list[Any]:
    # a set of strings is in their order
    return sorted(set(values))


def _setsubtract(values: list[Any], others: list[Any]) -> list[Any]:
    return sorted(set(values) - set(others))


def _jsonencode(value: Any) -> str:
    # these three are escaped, and the names of an object are sorted (documented)
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _uuidv5(namespace: str, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(namespace), name))


def _lookup(values: dict[str, Any], name: str, default: Any) -> Any:
    return values.get(name, default)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cidrsubnet": _cidrsubnet,
    "compact": lambda values: [value for value in values if value],
    "contains": lambda values, value: value in values,
    "file": lambda path: Path(path).read_text(encoding="utf-8"),
    "join": lambda separator, values: str(separator).join(values),
    "jsondecode": json.loads,
    "jsonencode": _jsonencode,
    "length": len,
    "lookup": _lookup,
    "lower": str.lower,
    "max": max,
    "merge": _merge,
    "min": min,
    "one": _one,
    "replace": lambda text, old, new: str(text).replace(old, new),
    "setsubtract": _setsubtract,
    "sha256": lambda text: hashlib.sha256(str(text).encode()).hexdigest(),
    "split": lambda separator, text: str(text).split(separator),
    "substr": _substr,
    "tonumber": int,
    "toset": _toset,
    "tostring": str,
    "upper": str.upper,
    "uuidv5": _uuidv5,
}
