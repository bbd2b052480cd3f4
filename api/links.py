"""The addresses that answers refer to."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from domain.fleet.batches import BATCH_ID_PREFIX
from domain.promotion.messages import PROMOTION_ID_PREFIX
from domain.references.repoint import REPOINT_ID_PREFIX
from domain.retention.restore import RESTORE_ID_PREFIX
from domain.retention.run import RETENTION_ID_PREFIX
from domain.retirement.messages import RETIREMENT_ID_PREFIX


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

    def retirement(self, retirement_id: str) -> str:
        """Where a retirement is."""
        return f"{self.base}/retirements/{quote(retirement_id, safe='')}"

    def retirements(self, **query: str) -> str:
        """Where a page of the list of retirements is."""
        return f"{self.base}/retirements?{urlencode(query)}"

    def diff(self, **query: str) -> str:
        """Where a page of the comparison is."""
        return f"{self.base}/diff?{urlencode(query)}"

    def retention(self, instance_id: str) -> str:
        """Where a run of retention is."""
        return f"{self.base}/retention/{quote(instance_id, safe='')}"

    def restore(self, instance_id: str) -> str:
        """Where a restoration is."""
        return f"{self.base}/restores/{quote(instance_id, safe='')}"

    def repoint(self, instance_id: str) -> str:
        """Where a request to re-point consumers is."""
        return f"{self.base}/references/repoint/{quote(instance_id, safe='')}"

    def promotion(self, promotion_id: str) -> str:
        """Where a promotion is."""
        return f"{self.base}/promotions/{quote(promotion_id, safe='')}"

    def of(self, instance_id: str) -> str:
        """Where the instance of this id is."""
        places = {
            BATCH_ID_PREFIX: self.batch,
            PROMOTION_ID_PREFIX: self.promotion,
            REPOINT_ID_PREFIX: self.repoint,
            RETIREMENT_ID_PREFIX: self.retirement,
            RETENTION_ID_PREFIX: self.retention,
            RESTORE_ID_PREFIX: self.restore,
        }
        place = next((of for prefix, of in places.items() if instance_id.startswith(prefix)), self.migration)
        return place(instance_id)
