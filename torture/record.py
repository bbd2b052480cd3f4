"""Writes down what the torture does and sees while it runs, each with the number of Azure's last request until then."""

from datetime import datetime

from torture.stack import TorturedStack
from torture.world import Json, Note, NoteKind, World, time_of


class Record:
    """Keeps the notes and Azure's log, which forgets old requests, in the world that is judged."""

    def __init__(self, stack: TorturedStack, world: World) -> None:
        self._stack = stack
        self.world = world

    def note(self, kind: NoteKind, subject: str, more: Json | None = None) -> None:
        """Writes down something that has just been done or seen, while time stands."""
        at = datetime.fromisoformat(self._stack.control("GET", "time")["now"])
        self._write(at, kind, subject, more or {})

    def note_in_a_request(self, kind: NoteKind, subject: str, more: Json | None = None) -> None:
        """The same while a request hangs: Azure says the time only when nothing is in flight."""
        self.read_on()
        self._write(time_of(self.world.requests[-1]), kind, subject, more or {})

    def _write(self, at: datetime, kind: NoteKind, subject: str, more: Json) -> None:
        self.read_on()
        self.world.notes.append(Note(self.number, at, kind, subject, more))

    @property
    def number(self) -> int:
        """The number of the last request that was read."""
        return int(self.world.requests[-1]["number"]) if self.world.requests else 0

    def read_on(self) -> None:
        """Reads the requests that Azure has received since the last look."""
        new: list[Json] = self._stack.control("GET", f"requests/{self.number}")
        if new and new[0]["number"] != self.number + 1:
            raise RuntimeError(f"Azure's log has forgotten the requests after {self.number}")
        self.world.requests += new
