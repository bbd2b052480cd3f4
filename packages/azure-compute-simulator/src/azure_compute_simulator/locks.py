"""Resource locks: scopes that must not be deleted, or not be written at all. Seed or control plane set them."""

from dataclasses import dataclass

from azure_compute_simulator.errors import ScopeLockedError
from azure_compute_simulator.models.resources import Json

LEVELS = ("CanNotDelete", "ReadOnly")


@dataclass(frozen=True)
class Lock:
    """A lock on everything at and below `scope`, the id of a subscription, group or resource."""

    scope: str
    level: str = "CanNotDelete"
    name: str = "lock"
    notes: str = ""

    @classmethod
    def parse(cls, document: Json) -> "Lock":
        """Reads `{scope, level?, name?, notes?}`. Raises ValueError."""
        scope, level = document.get("scope"), document.get("level", "CanNotDelete")
        if not isinstance(scope, str) or level not in LEVELS:
            raise ValueError(f"A lock needs a 'scope' and may have a 'level', {' or '.join(LEVELS)}.")
        return cls(scope, level, str(document.get("name", "lock")), str(document.get("notes", "")))

    def is_within(self, scope: str) -> bool:
        """Whether the lock is at a scope or below it: what a list at that scope shows (documented)."""
        return f"{self.scope.rstrip('/')}/".lower().startswith(f"{scope.rstrip('/')}/".lower())

    def as_json(self) -> Json:
        """Returns the lock as its list shows it (specified)."""
        properties = {"level": self.level} | ({"notes": self.notes} if self.notes else {})
        return {
            "properties": properties,
            "id": f"{self.scope.rstrip('/')}/providers/Microsoft.Authorization/locks/{self.name}",
            "type": "Microsoft.Authorization/locks",
            "name": self.name,
        }

    def forbids(self, method: str, path: str) -> bool:
        """Whether the lock forbids a request."""
        blocked = method == "DELETE" or (self.level == "ReadOnly" and method in ("PUT", "PATCH", "POST"))
        return blocked and f"{path}/".lower().startswith(f"{self.scope.rstrip('/')}/".lower())


def check_locks(locks: list[Lock], method: str, path: str) -> None:
    """Raises ScopeLockedError, listing the locks, if any forbids the request (recorded)."""
    locked = [lock.scope for lock in locks if lock.forbids(method, path)]
    if locked:
        verb = "delete" if method == "DELETE" else "write"
        raise ScopeLockedError(
            f"The scope '{path}' cannot perform {verb} operation because following scope(s) are locked: "
            f"'{', '.join(locked)}'. Please remove the lock and try again."
        )
