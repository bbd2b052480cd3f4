"""The task hub: instances, histories, messages, activities and entities in one SQLite file.

Every public method that writes is one transaction, so a host that is killed at any moment can continue.
episodes.py, activities.py and entities.py decide what the rows mean.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions_testhost import history
from functions_testhost.clock import Anchor
from functions_testhost.episodes import EpisodeInput, EpisodeOutcome
from functions_testhost.history import Event, EventType, kind
from functions_testhost.instances import ActivityCall, EntityRequest, Instance, Message, Start, Status
from functions_testhost.rewind import failed_children, rewound
from functions_testhost.store import Store
from functions_testhost.tables import (
    Batch,
    Entity,
    Query,
    append_history,
    clear_instance,
    create_instance,
    drop_messages,
    enqueue_operation,
    insert_message,
    parse_entity,
    parse_instance,
    put_message_back,
    save_instance,
    where_clause,
)
from functions_testhost.tally import HistoryTally
from functions_testhost.timestamps import from_text, to_text

_IS_PUT_BACK = "sequence IN (SELECT sequence FROM put_back)"


class InstanceExistsError(Exception):
    """An instance of this id is running and must not be replaced."""


class TaskHub:
    """The only access to the file. Several threads may share it; only one process may open it.

    A message for an execution that is no longer the current one is dropped when it is sent, so an inbox
    never holds a stale message.

    Args:
        file: the SQLite file; store.py says what is checked before it is used.
        survives_power_cut: whether what was accepted survives that, too.

    Raises:
        TaskHubError: the file cannot be used. Every method raises it when that is so later on.
    """

    def __init__(self, file: Path, *, survives_power_cut: bool = False) -> None:
        self.store = Store(file, survives_power_cut=survives_power_cut)
        self._guard = self.store.guard
        self._transaction = self.store.transaction
        self._rows = self.store.rows
        self.written = HistoryTally()

    def close(self) -> None:
        """Closes the file and releases its lock."""
        self.store.close()

    # values about the hub itself

    def stored_value(self, name: str) -> Any:
        """Returns a stored JSON value, or None."""
        rows = self._rows("SELECT value FROM stored_values WHERE name = ?", name)
        return json.loads(rows[0]["value"]) if rows else None

    def store_value(self, name: str, value: Any) -> None:
        """Stores a JSON value under a name."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO stored_values VALUES (?, ?)", (name, json.dumps(value))
            )

    def forget_value(self, name: str) -> None:
        """Deletes a value so that no file holds it any more, the write-ahead log neither."""
        with self._guard:
            self._rows("PRAGMA secure_delete=ON")
            with self._transaction() as connection:
                connection.execute("DELETE FROM stored_values WHERE name = ?", (name,))
            self._rows("PRAGMA secure_delete=OFF")
            self._rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def clock_anchor(self) -> Anchor | None:
        """Returns the clock's last anchor, or None for a new hub."""
        stored = self.stored_value("clock")
        return Anchor(stored["wall"], from_text(stored["host"]), stored["rate"]) if stored else None

    def store_clock_anchor(self, anchor: Anchor) -> None:
        """Stores the clock's anchor."""
        host_time = to_text(anchor.host_time)
        self.store_value("clock", {"wall": anchor.wall_seconds, "host": host_time, "rate": anchor.rate})

    # instances

    def find(self, instance_id: str) -> Instance | None:
        """Returns an instance, or None."""
        rows = self._rows("SELECT * FROM instances WHERE instance_id = ?", instance_id)
        return parse_instance(rows[0]) if rows else None

    def shown(self, instance_id: str) -> Instance | None:
        """Returns an instance that callers see, or None. Seen on the extension: a child is none until it begins."""
        instance = self.find(instance_id)
        is_hidden = instance is not None and instance.parent and instance.status is Status.PENDING
        return None if is_hidden else instance

    def history(self, instance_id: str) -> list[Event]:
        """Returns the events of the current execution, oldest first."""
        rows = self._rows("SELECT event FROM history WHERE instance_id = ? ORDER BY sequence", instance_id)
        return [json.loads(row["event"]) for row in rows]

    def query(self, query: Query, limit: int = -1) -> list[Instance]:
        """Lists the instances that are shown, by id, as Azure Storage does."""
        conditions, values = where_clause(query)
        rows = self._rows(
            f"SELECT * FROM instances {conditions} ORDER BY instance_id LIMIT ?",  # noqa: S608  # only constants are put together
            *values,
            limit,
        )
        return [parse_instance(row) for row in rows]

    def counts(self) -> dict[str, Any]:
        """Counts instances by status, and what waits in each queue."""
        statuses = self._rows("SELECT status, COUNT(*) AS count FROM instances GROUP BY status")
        waiting = self._rows(
            "SELECT (SELECT COUNT(*) FROM inbox) AS messages, (SELECT COUNT(*) FROM activities) AS activities,"
            " (SELECT COUNT(*) FROM entity_inbox) AS operations, (SELECT COUNT(*) FROM entities) AS entities"
        )[0]
        return {"instances": {row["status"]: row["count"] for row in statuses}, **dict(waiting)}

    def start(self, start: Start, now: datetime, *, may_replace_running: bool = False) -> None:
        """Creates an instance, or runs one that has ended from the beginning.

        Raises:
            InstanceExistsError: it is running, and running ones may not be replaced.
        """
        with self._transaction() as connection:
            running = self.running(start.instance_id)
            if running and not may_replace_running:
                raise InstanceExistsError(
                    f"An Orchestration instance with the status {running.status} already exists."
                )
            create_instance(connection, start, now)
        self.written.note_instance(start.orchestrator)

    def send(self, message: Message) -> bool:
        """Puts an event into an instance's inbox. Returns False when no such instance is running."""
        with self._transaction() as connection:
            shown = self.shown(message.instance_id)
            running = None if shown is None or shown.status.is_final else shown
            if running is None or message.execution_id not in (None, running.execution_id):
                return False
            insert_message(connection, message)
            return True

    def purge(self, instance_ids: Iterable[str]) -> int:
        """Deletes instances that have ended, with their history. Returns how many there were."""
        deleted = 0
        with self._transaction() as connection:
            for instance_id in instance_ids:
                if self.running(instance_id) is None:
                    deleted += connection.execute(
                        "DELETE FROM instances WHERE instance_id = ?", (instance_id,)
                    ).rowcount
                    clear_instance(connection, instance_id)
        return deleted

    def running(self, instance_id: str) -> Instance | None:
        """Returns an instance that has not ended, or None."""
        instance = self.find(instance_id)
        return None if instance is None or instance.status.is_final else instance

    # episodes

    def ready_instances(self, now: datetime) -> list[str]:
        """Lists the instances with visible messages, the longest waiting first."""
        rows = self._rows(
            "SELECT instance_id FROM inbox WHERE visible_at <= ? GROUP BY instance_id ORDER BY MIN(sequence)",
            to_text(now),
        )
        return [row["instance_id"] for row in rows]

    def next_due(self) -> datetime | None:
        """Returns when the oldest message becomes visible, or became visible."""
        return self.next_due_after(datetime.min.replace(tzinfo=UTC))

    def next_due_after(self, now: datetime, *, with_put_back: bool = True) -> datetime | None:
        """Returns when the next message becomes visible; on request, none that was put back."""
        condition = "" if with_put_back else f"AND NOT {_IS_PUT_BACK}"
        statement = f"SELECT MIN(visible_at) AS due FROM inbox WHERE visible_at > ? {condition}"  # noqa: S608  # constants
        rows = self._rows(statement, to_text(now))
        return from_text(rows[0]["due"]) if rows[0]["due"] else None

    def load_episode(self, instance_id: str, now: datetime) -> tuple[EpisodeInput, Sequence[int]] | None:
        """Returns what an episode starts from and the messages it consumes; None when there is nothing to do."""
        with self._guard:
            instance = self.find(instance_id)
            messages = self._messages(instance_id, "visible_at <= ?", to_text(now))
            if instance is None or not messages:
                return None
            episode = EpisodeInput(instance, self.history(instance_id), _events(messages), now)
            if instance.status.is_final:
                if episode.history or not episode.has_begun:
                    return None
                # it was terminated before it began, and begins all the same
                pending = replace(instance, status=Status.PENDING, output=None)
                episode = replace(episode, instance=pending)
            elif instance.status is not Status.PENDING and not episode.has_begun:
                # the start of a continued execution was put back, and comes with whatever comes first
                messages = self._messages(instance_id, f"(visible_at <= ? OR {_IS_PUT_BACK})", to_text(now))
        messages = _first_messages(messages)
        return replace(episode, messages=_events(messages)), [sequence for sequence, _ in messages]

    def _messages(self, instance_id: str, condition: str, moment: str) -> list[tuple[int, Event]]:
        statement = (
            f"SELECT sequence, event FROM inbox WHERE instance_id = ? AND {condition} ORDER BY sequence"  # noqa: S608  # constants
        )
        rows = self._rows(statement, instance_id, moment)
        return [(row["sequence"], json.loads(row["event"])) for row in rows]

    def put_back(self, episode: EpisodeInput, consumed: Sequence[int]) -> None:
        """Leaves messages to a host that runs the instance's version: they become visible again later."""
        with self._transaction() as connection:
            for sequence in consumed:
                put_message_back(connection, sequence, episode.now)

    def discard(self, episode: EpisodeInput, consumed: Sequence[int]) -> None:
        """Deletes the messages of an instance whose start was put back.

        Seen on the extension 3.19.0: events and suspensions are lost, and a termination is only shown: the instance
        begins all the same when a host runs its version.
        """
        with self._transaction() as connection:
            connection.executemany("DELETE FROM inbox WHERE sequence = ?", [(number,) for number in consumed])
            current = self.find(episode.instance.instance_id)
            if current is None or current.execution_id != episode.instance.execution_id:
                return
            for event in episode.messages:
                if kind(event) is EventType.EXECUTION_TERMINATED:
                    shown = replace(
                        current, status=Status.TERMINATED, output=event["Input"], updated=episode.now
                    )
                    save_instance(connection, shown)

    def commit(self, episode: EpisodeInput, consumed: Sequence[int], outcome: EpisodeOutcome) -> bool:
        """Applies an episode. Returns False, and changes nothing, when the instance was replaced meanwhile."""
        before, after = episode.instance, outcome.instance
        with self._transaction() as connection:
            current = self.find(before.instance_id)
            if current is None or current.execution_id != before.execution_id:
                return False
            connection.executemany("DELETE FROM inbox WHERE sequence = ?", [(number,) for number in consumed])
            if outcome.replaces_history:
                connection.execute("DELETE FROM history WHERE instance_id = ?", (before.instance_id,))
            if outcome.replaces_history or after.status.is_final:
                drop_messages(connection, before, only_execution=not after.status.is_final)
            size = append_history(connection, before.instance_id, len(episode.history), outcome.new_events)
            save_instance(connection, after)
            self._send_out(connection, outcome, episode.now)
        events = len(outcome.new_events)
        self.written.note_episode(before.orchestrator, events, size, len(episode.history) + events)
        return True

    def _send_out(self, connection: sqlite3.Connection, outcome: EpisodeOutcome, now: datetime) -> None:
        connection.executemany(
            "INSERT INTO activities (instance_id, execution_id, task_id, activity, input) VALUES (?, ?, ?, ?, ?)",
            [
                (a.instance_id, a.execution_id, a.task_id, a.activity, a.input_text)
                for a in outcome.activities
            ],
        )
        for message in outcome.messages:
            if message.instance_id == outcome.instance.instance_id or self._is_current(message):
                insert_message(connection, message)
        for request in outcome.entity_requests:
            enqueue_operation(connection, request)
        for start in outcome.starts:
            # recorded (extension 3.19.0): a child takes the place of a running instance of its id
            create_instance(connection, start, now)
            self.written.note_instance(start.orchestrator)

    def _is_current(self, message: Message) -> bool:
        running = self.running(message.instance_id)
        return running is not None and message.execution_id in (None, running.execution_id)

    # rewinding

    def rewind(self, instance_id: str, reason: str | None, now: datetime) -> None:
        """Makes a failed instance try its failed calls again, with those of its failed sub-orchestrations."""
        with self._transaction() as connection:
            self._rewind(connection, instance_id, reason, now)

    def _rewind(
        self, connection: sqlite3.Connection, instance_id: str, reason: str | None, now: datetime
    ) -> None:
        instance = self.find(instance_id)
        if instance is None:
            return
        events = self.history(instance_id)
        connection.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))
        append_history(connection, instance_id, 0, rewound(events))
        save_instance(connection, replace(instance, status=Status.RUNNING, output=None, updated=now))
        children = failed_children(events)
        for child in children:
            self._rewind(connection, child, reason, now)
        if not children:
            wake_up = history.generic_event(now, reason)
            insert_message(connection, Message(instance_id, wake_up, now, instance.execution_id))

    # activities

    def queued_activities(self, limit: int) -> list[tuple[int, ActivityCall]]:
        """Lists activity calls that have not ended, the oldest first."""
        rows = self._rows("SELECT * FROM activities ORDER BY sequence LIMIT ?", limit)
        return [
            (
                row["sequence"],
                ActivityCall(
                    row["instance_id"], row["execution_id"], row["task_id"], row["activity"], row["input"]
                ),
            )
            for row in rows
        ]

    def complete_activity(self, sequence: int, message: Message) -> None:
        """Removes an activity from the queue, and sends its result to its execution if that still runs."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM activities WHERE sequence = ?", (sequence,))
            if self._is_current(message):
                insert_message(connection, message)

    # entities

    def ready_entities(self) -> list[str]:
        """Lists the entities with waiting operations, the longest waiting first."""
        rows = self._rows("SELECT entity_id FROM entity_inbox GROUP BY entity_id ORDER BY MIN(sequence)")
        return [row["entity_id"] for row in rows]

    def enqueue_operation(self, request: EntityRequest) -> None:
        """Puts an operation into an entity's queue."""
        with self._transaction() as connection:
            enqueue_operation(connection, request)

    def load_entity_batch(self, entity_id: str, limit: int) -> Batch:
        """Returns an entity's state and its oldest waiting operations."""
        with self._guard:
            entity = self.entity(entity_id)
            rows = self._rows(
                "SELECT sequence, request FROM entity_inbox WHERE entity_id = ? ORDER BY sequence LIMIT ?",
                entity_id,
                limit,
            )
        return Batch(
            entity_id, entity.state if entity else None, [(row["sequence"], row["request"]) for row in rows]
        )

    def commit_entity_batch(
        self, batch: Batch, state: str | None, answers: Iterable[Message], now: datetime
    ) -> None:
        """Applies a batch: the new state (None: the entity no longer exists) and the answers to its callers."""
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM entity_inbox WHERE sequence = ?", [(sequence,) for sequence, _ in batch.requests]
            )
            if state is None:
                connection.execute("DELETE FROM entities WHERE entity_id = ?", (batch.entity_id,))
            else:
                connection.execute(
                    "INSERT OR REPLACE INTO entities VALUES (?, ?, ?)", (batch.entity_id, state, to_text(now))
                )
            for answer in answers:
                if self._is_current(answer):
                    insert_message(connection, answer)

    def entity(self, entity_id: str) -> Entity | None:
        """Returns an entity that exists, or None."""
        rows = self._rows("SELECT * FROM entities WHERE entity_id = ?", entity_id)
        return parse_entity(rows[0]) if rows else None

    def entities(self, prefix: str, after: str, limit: int) -> list[Entity]:
        """Lists the entities whose id (`@name@key`) starts with a prefix, by id."""
        rows = self._rows(
            "SELECT * FROM entities WHERE substr(entity_id, 1, ?) = ? AND entity_id > ? ORDER BY entity_id LIMIT ?",
            len(prefix),
            prefix,
            after,
            limit,
        )
        return [parse_entity(row) for row in rows]


def _events(messages: Iterable[tuple[int, Event]]) -> list[Event]:
    return [event for _, event in messages]


def _first_messages(messages: list[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """Returns the messages for the next episode: all of them, or those of a continue-as-new.

    These begin with an ExecutionStarted and end with an OrchestratorCompleted (episodes.py). External events that have
    been waiting longer, and messages that are younger, are for the episode after it.
    """
    kinds = [kind(event) for _, event in messages]
    if EventType.ORCHESTRATOR_COMPLETED not in kinds:
        return messages
    start, end = kinds.index(EventType.EXECUTION_STARTED), kinds.index(EventType.ORCHESTRATOR_COMPLETED)
    return messages[start : end + 1]
