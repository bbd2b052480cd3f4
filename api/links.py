"""The addresses that answers refer to."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from domain.fleet.batches import BATCH_ID_PREFIX
from domain.references.repoint import REPOINT_ID_PREFIX
from domain.retention.restore import RESTORE_ID_PREFIX
from domain.retention.run import RETENTION_ID_PREFIX


@dataclass(frozen=True)
class Addresses:
    """Addresses of this API; `base` is its own address as the caller used it."""

    base: str

    def migration(self, migration_id: str) -> str:
        """Where a migration is."""
        return f"{self.base}/migrations/{quote(migration_id, safe='')}"

    def migrations(self, **query: str) -> str:
        """Where a page of the list of migrations is."""
        return f"{self.base}/migrations?{urlencode(query)}"

    def batch(self, batch_id: str) -> str:
        """Where a batch is."""
        return f"{self.base}/batches/{quote(batch_id, safe='')}"

    def retention(self, instance_id: str) -> str:
        """Where a run of retention is."""
        return f"{self.base}/retention/{quote(instance_id, safe='')}"

    def restore(self, instance_id: str) -> str:
        """Where a restoration is."""
        return f"{self.base}/restores/{quote(instance_id, safe='')}"

    def repoint(self, instance_id: str) -> str:
        """Where a request to re-point consumers is."""
        return f"{self.base}/references/repoint/{quote(instance_id, safe='')}"

    def of(self, instance_id: str) -> str:
        """Where the instance of this id is."""
        if instance_id.startswith(RETENTION_ID_PREFIX):
            return self.retention(instance_id)
        if instance_id.startswith(RESTORE_ID_PREFIX):
            return self.restore(instance_id)
        if instance_id.startswith(REPOINT_ID_PREFIX):
            return self.repoint(instance_id)
        is_batch = instance_id.startswith(BATCH_ID_PREFIX)
        return self.batch(instance_id) if is_batch else self.migration(instance_id)
