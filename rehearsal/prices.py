"""What the storage of a rehearsal costs, by the prices that the user names."""

from collections.abc import Mapping

from pydantic import BaseModel

from domain.planning.prices import MANAGED_IMAGE, TRANSFER, monthly


class Money(BaseModel):
    """Amounts in the currency of the prices; None where a price that is needed was not named."""

    monthly_for_replicas: float | None
    once_for_transfer: float | None
    monthly_saved_by_deletions: float | None
    missing_prices: list[str]


class Storage(BaseModel):
    """Gigabytes: an upper bound, since the service stores only the written part of a disk (the app's own estimate)."""

    replicas: dict[str, int]
    """Of new replicas, per storage account type."""
    sent_to_other_regions: int
    freed_by_deletions: int
    """Of the disks of managed images that were deleted in the rehearsal."""
    unknown: list[str]
    """Images of which the size of a disk is not known; they are not counted."""

    @property
    def total(self) -> int:
        """All new replicas together."""
        return sum(self.replicas.values())


def money(storage: Storage, prices: Mapping[str, float]) -> Money | None:
    """Returns what the storage costs; None without any price."""
    if not prices:
        return None
    needed = {name: amount for name, amount in storage.replicas.items() if amount}
    missing = {name for name in needed if name not in prices}
    once, more = _priced(storage.sent_to_other_regions, TRANSFER, prices)
    saved, also = _priced(storage.freed_by_deletions, MANAGED_IMAGE, prices)
    return Money(
        monthly_for_replicas=_rounded(monthly(storage.replicas, prices)),
        once_for_transfer=_rounded(once),
        monthly_saved_by_deletions=_rounded(saved),
        missing_prices=sorted(missing | more | also),
    )


def _priced(gigabytes: int, name: str, prices: Mapping[str, float]) -> tuple[float | None, set[str]]:
    if not gigabytes:
        return 0.0, set()
    return (gigabytes * prices[name], set()) if name in prices else (None, {name})


def _rounded(amount: float | None) -> float | None:
    return None if amount is None else round(amount, 2)
