"""Everything that an app leaves behind and hands out, as texts by place, and which of them hold a secret."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from local.stack import ROOT, Stack

# what gives a secret away whatever its value: a token, the signature of an operation's URL, a private key, and the
# password of a throw-away machine with its ending
SHAPES = {
    "a token": re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a signed URL": re.compile(r"[?&](?:sig|s|c|h)=(?!\*\*\*)[\w%-]{16,}"),
    "a private key": re.compile(r"PRIVATE KEY"),
    "a machine's password": re.compile(r"[\w!#$%()*+,./:;=?@\[\]^{}~-]{64}aZ7[!#$%()*+,./:;=?@\[\]^{}~-]"),
}


def found(texts: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    """Which text holds which secret, with what stands before it."""
    shapes = SHAPES | {name: re.compile(re.escape(secret)) for name, secret in secrets.items()}
    return [
        f"{name} in {place}: …{text[max(0, match.start() - 80) : match.start() + 20]}…"
        for place, text in texts.items()
        for name, shape in shapes.items()
        if (match := shape.search(text))
    ]


def files_of(folder: Path, place: str) -> dict[str, str]:
    """The texts of the files below a folder."""
    return {
        f"{place} {path.relative_to(folder)}": path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def task_hub(stack: Stack) -> dict[str, str]:
    """Every column of every table, the histories, inputs, outputs, statuses and messages among them."""
    with closing(sqlite3.connect(stack.folder / "taskhub.sqlite")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            f"task hub {table}": "\n".join(
                _text(value) for row in database.execute(f'SELECT * FROM "{table}"') for value in row
            )
            for table in tables
        }


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def answers(stack: Stack, ids: Mapping[str, str], queries: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The answers, with their headers, of every GET route of the OpenAPI document."""
    document = stack.http.get(f"{stack.api}/openapi.json").raise_for_status().json()
    return dict(_answers(stack, document["paths"], ids, queries))


def _answers(
    stack: Stack, paths: Mapping[str, Any], ids: Mapping[str, str], queries: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    for path, methods in paths.items():
        if "get" not in methods:
            continue
        own = path.removeprefix("/api/").removeprefix("/")
        of = own.partition("/")[0]
        url = f"{stack.api}/{own.replace('{id}', ids.get(of, 'unknown'))}"
        answer = stack.http.get(url, params=queries.get(own))
        yield f"GET {own} {answer.status_code}", _whole(answer)


def _whole(answer: httpx.Response) -> str:
    return "\n".join(f"{name}: {value}" for name, value in answer.headers.items()) + f"\n{answer.text}"


def printed(stack: Stack, key: str, *commands: str) -> dict[str, str]:
    """What these commands print, tracebacks among it."""
    environment = {
        "GALLERIST_URL": stack.api,
        "GALLERIST_KEY": key,
        "GALLERIST_TRACEBACK": "1",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(sys.path),
    }
    texts = {}
    for command in commands:
        ran = subprocess.run(
            [sys.executable, "-m", "cli", *command.split()],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=environment,
        )
        texts[f"gallerist {command}"] = ran.stdout + ran.stderr
    return texts


def notices(got: list[tuple[str, str, Any]]) -> dict[str, str]:
    """What a receiver got."""
    return {f"notice {number}": json.dumps(one) for number, one in enumerate(got)}
