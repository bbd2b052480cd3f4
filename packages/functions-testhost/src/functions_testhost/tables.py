"""The tables of the task hub, and single statements on them; task_hub.py combines these into transactions."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions_testhost.episodes import started_event
from functions_testhost.history import Event
from functions_testhost.instances import EntityRequest, Instance, Message, Parent, Start, Status
from functions_testhost.timestamps import from_text, to_text
from functions_testhost.versions import delay_after

SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    instance_id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, orchestrator TEXT NOT NULL, version TEXT,
    status TEXT NOT NULL, input TEXT, output TEXT, custom_status TEXT, parent TEXT,
    created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (instance_id, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT,
    visible_at TEXT NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_by_instance ON inbox (instance_id, visible_at);
CREATE INDEX IF NOT EXISTS inbox_by_time ON inbox (visible_at);
CREATE TABLE IF NOT EXISTS activities (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL, activity TEXT NOT NULL, input TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entities (
    entity_id TEXT PRIMARY KEY, state TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entity_inbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, entity_id TEXT NOT NULL, request TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entity_inbox_by_entity ON entity_inbox (entity_id, sequence);
CREATE TABLE IF NOT EXISTS stored_values (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# Beside the tables of the schema, and not among them: hosts of version 1 that do not know it use the same file.
# How often each message was put back because its instance has a version that the host does not run.
ADDITIONS = """
CREATE TABLE IF NOT EXISTS put_back (sequence INTEGER PRIMARY KEY, times INTEGER NOT NULL);
DELETE FROM put_back WHERE sequence NOT IN (SELECT sequence FROM inbox);
"""


# not the children that have not begun
SHOWN = f"(parent IS NULL OR status != '{Status.PENDING}')"


@dataclass(frozen=True)
class Query:
    """Which instances to list; None means any. Times are inclusive; `after` is the last id of the previous page."""

    created_from: datetime | None = None
    created_to: datetime | None = None
    statuses: Sequence[str] = ()
    prefix: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Entity:
    """An entity that exists; `state` is JSON text."""

    entity_id: str
    state: str
    updated: datetime


@dataclass(frozen=True)
class Batch:
    """Operations waiting for one entity, oldest first, each a request as JSON text."""

    entity_id: str
    state: str | None
    requests: Sequence[tuple[int, str]]


def parse_instance(row: sqlite3.Row) -> Instance:
    """Reads an instance from its row."""
    return Instance(
        instance_id=row["instance_id"],
        execution_id=row["execution_id"],
        orchestrator=row["orchestrator"],
        version=row["version"],
        status=Status(row["status"]),
        input_text=row["input"],
        output=row["output"],
        custom_status=row["custom_status"],
        parent=Parent.parse(json.loads(row["parent"])) if row["parent"] else None,
        created=from_text(row["created"]),
        updated=from_text(row["updated"]),
    )


def parse_entity(row: sqlite3.Row) -> Entity:
    """Reads an entity from its row."""
    return Entity(row["entity_id"], row["state"], from_text(row["updated"]))


def where_clause(query: Query) -> tuple[str, list[Any]]:
    """Returns the WHERE clause of a query, and its values."""
    conditions: list[tuple[str, list[Any]]] = [(SHOWN, [])]
    if query.created_from:
        conditions.append(("created >= ?", [to_text(query.created_from)]))
    if query.created_to:
        conditions.append(("created <= ?", [to_text(query.created_to)]))
    if query.statuses:
        conditions.append((f"status IN ({', '.join('?' * len(query.statuses))})", [*query.statuses]))
    if query.prefix:
        conditions.append(("substr(instance_id, 1, ?) = ?", [len(query.prefix), query.prefix]))
    if query.after is not None:
        conditions.append(("instance_id > ?", [query.after]))
    return "WHERE " + " AND ".join(c for c, _ in conditions), [v for _, values in conditions for v in values]


def create_instance(connection: sqlite3.Connection, start: Start, now: datetime) -> None:
    """Creates a pending instance, with the message that starts it, in place of one with the same id."""
    clear_instance(connection, start.instance_id)
    instance = Instance(
        instance_id=start.instance_id,
        execution_id=start.execution_id,
        orchestrator=start.orchestrator,
        version=start.version,
        status=Status.PENDING,
        input_text=start.input_text,
        output=None,
        custom_status=None,
        parent=start.parent,
        created=now,
        updated=now,
    )
    save_instance(connection, instance)
    insert_message(
        connection, Message(start.instance_id, started_event(instance, now), now, start.execution_id)
    )


def save_instance(connection: sqlite3.Connection, instance: Instance) -> None:
    """Inserts or replaces an instance."""
    connection.execute(
        "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            instance.instance_id,
            instance.execution_id,
            instance.orchestrator,
            instance.version,
            instance.status,
            instance.input_text,
            instance.output,
            instance.custom_status,
            json.dumps(instance.parent.to_json()) if instance.parent else None,
            to_text(instance.created),
            to_text(instance.updated),
        ),
    )


def append_history(
    connection: sqlite3.Connection, instance_id: str, length: int, events: Iterable[Event]
) -> int:
    """Adds events to a history of a known length; returns how many bytes they have."""
    texts = [json.dumps(event) for event in events]
    connection.executemany(
        "INSERT INTO history VALUES (?, ?, ?)",
        [(instance_id, length + number, text) for number, text in enumerate(texts)],
    )
    # the escaped text has one byte a character
    return sum(map(len, texts))


def insert_message(connection: sqlite3.Connection, message: Message) -> None:
    """Puts an event into an instance's inbox."""
    connection.execute(
        "INSERT INTO inbox (instance_id, execution_id, visible_at, event) VALUES (?, ?, ?, ?)",
        (message.instance_id, message.execution_id, to_text(message.visible_at), json.dumps(message.event)),
    )


def enqueue_operation(connection: sqlite3.Connection, request: EntityRequest) -> None:
    """Puts an operation into an entity's queue."""
    connection.execute(
        "INSERT INTO entity_inbox (entity_id, request) VALUES (?, ?)", (request.entity_id, request.request)
    )


def put_message_back(connection: sqlite3.Connection, sequence: int, now: datetime) -> None:
    """Makes a message invisible for a while, each time for longer."""
    (times,) = connection.execute(
        "INSERT INTO put_back VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
        (sequence,),
    ).fetchone()
    connection.execute(
        "UPDATE inbox SET visible_at = ? WHERE sequence = ?", (to_text(now + delay_after(times)), sequence)
    )


def drop_messages(connection: sqlite3.Connection, instance: Instance, *, only_execution: bool) -> None:
    """Empties an instance's inbox, or removes only the messages for its current execution."""
    connection.execute(
        "DELETE FROM inbox WHERE instance_id = ? AND (execution_id = ? OR NOT ?)",
        (instance.instance_id, instance.execution_id, only_execution),
    )


def clear_instance(connection: sqlite3.Connection, instance_id: str) -> None:
    """Deletes the history and the inbox of an instance."""
    connection.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))
    connection.execute("DELETE FROM inbox WHERE instance_id = ?", (instance_id,))
