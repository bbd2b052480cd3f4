"""What storage costs, by prices that the user names: they differ by region and contract, so none is built in."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from rehearsal.errors import RehearsalError

# the storage account types of replicas, the disks of a managed image, and a gigabyte sent to another region, once
REPLICAS = ("Standard_LRS", "Standard_ZRS", "Premium_LRS")
MANAGED_IMAGE = "managed_image"
TRANSFER = "transfer"
NAMES = (*REPLICAS, MANAGED_IMAGE, TRANSFER)


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


def parse_prices(texts: Iterable[str]) -> dict[str, float]:
    """Reads prices as `Standard_LRS=0.05`.

    Raises:
        RehearsalError: a text is none, or names nothing that has a price here.
    """
    prices = {}
    known = {name.lower(): name for name in NAMES}
    for text in texts:
        name, _, amount = text.partition("=")
        try:
            price = float(amount)
        except ValueError:
            price = -1.0
        if name.strip().lower() not in known or not 0 <= price < float("inf"):
            raise RehearsalError(
                f"'{text}' is no price; write NAME=AMOUNT with one of {', '.join(NAMES)} and an amount for a gigabyte, "
                "as in Standard_LRS=0.05"
            )
        prices[known[name.strip().lower()]] = price
    return prices


def money(storage: Storage, prices: Mapping[str, float]) -> Money | None:
    """Returns what the storage costs; None without any price."""
    if not prices:
        return None
    needed = {name: amount for name, amount in storage.replicas.items() if amount}
    missing = {name for name in needed if name not in prices}
    replicas = None if missing else sum(amount * prices[name] for name, amount in needed.items())
    once, more = _priced(storage.sent_to_other_regions, TRANSFER, prices)
    saved, also = _priced(storage.freed_by_deletions, MANAGED_IMAGE, prices)
    return Money(
        monthly_for_replicas=_rounded(replicas),
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
