"""What Gallerist works on, by the prefix of its id: how it is read, when it ends, and with which exit code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cli import names
from cli.errors import ExitCode
from cli.session import Session
from client import Gallerist
from domain.fleet import states as batch_states
from domain.fleet.batches import BATCH_ID_PREFIX
from domain.migration import states as migration_states
from domain.promotion import states as promotion_states
from domain.promotion.messages import PROMOTION_ID_PREFIX
from domain.references.repoint import REPOINT_ID_PREFIX
from domain.resources.provenance import MIGRATION_ID_PREFIX
from domain.retention import run
from domain.retention.restore import RESTORE_ID_PREFIX
from domain.retention.run import RETENTION_ID_PREFIX
from domain.retirement import states as retirement_states
from domain.retirement.messages import RETIREMENT_ID_PREFIX
from domain.states import ends_of

_GOOD = {"completed", "skipped", "promoted", "retired", "done", "restored", "ended"}
_PARTLY = {"partial", "unverified"}
_RESTORED = frozenset({"restored", "refused", "failed"})
_STOPPED = {"cancelled", "aborted", "superseded", "rolled-back", "kept", "expired"}


@dataclass(frozen=True)
class Kind:
    """A kind of work."""

    name: str
    prefix: str
    read: Callable[[Gallerist, str], Any]
    ends: frozenset[str]
    states: frozenset[str]


def _of(name: str, prefix: str, read: Callable[[Gallerist, str], Any], moves: Mapping[Any, Any]) -> Kind:
    return Kind(name, prefix, read, frozenset(ends_of(moves)), frozenset(moves))


KINDS: tuple[Kind, ...] = (
    _of("migration", MIGRATION_ID_PREFIX, Gallerist.migration, migration_states.MOVES),
    _of("batch", BATCH_ID_PREFIX, Gallerist.batch, batch_states.MOVES),
    _of("promotion", PROMOTION_ID_PREFIX, Gallerist.promotion, promotion_states.MOVES),
    _of("retirement", RETIREMENT_ID_PREFIX, Gallerist.retirement, retirement_states.MOVES),
    _of("retention", RETENTION_ID_PREFIX, Gallerist.retention_run, run.MOVES),
    Kind("restoration", RESTORE_ID_PREFIX, Gallerist.restoration, _RESTORED, _RESTORED | {"restoring"}),
    Kind(
        "re-pointing",
        REPOINT_ID_PREFIX,
        Gallerist.repointing,
        frozenset({"ended"}),
        frozenset({"running", "ended"}),
    ),
)
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}


class Look(NamedTuple):
    """A piece of work as it is now."""

    kind: Kind
    id: str
    answer: Any

    @property
    def state(self) -> str:
        """Its state; a request to re-point has none of its own."""
        if self.kind.name == "re-pointing":
            return "ended" if self.answer.ended else "running"
        return str(self.answer.state)

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.state in self.kind.ends

    @property
    def code(self) -> ExitCode:
        """The exit code that its end has."""
        if self.state in _STOPPED:
            return ExitCode.CHANGES
        if self.state in _PARTLY or (self.state in _GOOD and _incomplete(self.answer)):
            return ExitCode.PARTIAL
        return ExitCode.DONE if self.state in _GOOD else ExitCode.ERROR


def kind_of(work_id: str) -> Kind | None:
    """The kind that an id has; None if it has none."""
    return next((kind for kind in KINDS if work_id.startswith(kind.prefix)), None)


def work_id(session: Session, text: str) -> str:
    """The id that a person means: an id, or the image of a migration."""
    return text if kind_of(text) else names.migration_of(session, text)


def look(session: Session, identifier: str) -> Look:
    """Reads the work of this id."""
    kind = kind_of(identifier) or BY_NAME["migration"]
    return Look(kind, identifier, kind.read(session.client, identifier))


def _incomplete(answer: Any) -> bool:
    """Whether a batch or a re-pointing has ended with parts that did not succeed."""
    outcomes = getattr(answer, "counts", None)
    if isinstance(outcomes, Mapping):
        return any(count for outcome, count in outcomes.items() if outcome not in {*_GOOD, "migrate"})
    consumers = getattr(answer, "consumers", [])
    return any(getattr(one, "outcome", "repointed") != "repointed" for one in consumers)
