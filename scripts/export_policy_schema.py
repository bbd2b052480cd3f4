"""Writes docs/policy.schema.json from the policy's models: `python -m scripts.export_policy_schema`."""

import json
import sys
from pathlib import Path
from typing import Any

from domain.policy.rules import Policy

SCHEMA = Path(__file__).parent.parent / "docs" / "policy.schema.json"


def schema() -> dict[str, Any]:
    """Returns the JSON Schema of a policy file, without titles that only repeat the keys.

    Defaults are left out: the file's own defaults fill in what a rule leaves open, and an editor does not know them.
    """
    generated = _without_noise(Policy.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gallerist policy",
        **generated,
    }


def _without_noise(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_noise(item) for item in part]
    if not isinstance(part, dict):
        return part
    named = {key: value for key, value in part.items() if key not in ("title", "default")}
    # the keys below `properties` and `$defs` are the policy's own names, not keywords of JSON Schema
    return {
        key: {name: _without_noise(inner) for name, inner in value.items()}
        if key in ("properties", "$defs")
        else _without_noise(value)
        for key, value in named.items()
    }


def text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


def main() -> int:
    SCHEMA.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
