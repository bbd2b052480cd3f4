"""Prices of storage that the user names: they differ by region and contract, so none is built in."""

from collections.abc import Iterable, Mapping

# the storage account types of replicas, the disks of a managed image, and a gigabyte sent to another region, once
REPLICAS = ("Standard_LRS", "Standard_ZRS", "Premium_LRS")
MANAGED_IMAGE = "managed_image"
TRANSFER = "transfer"
NAMES = (*REPLICAS, MANAGED_IMAGE, TRANSFER)


def parse_prices(texts: Iterable[str]) -> dict[str, float]:
    """Reads prices as `Standard_LRS=0.05`, each for a gigabyte: a month of storage, or once for a transfer.

    Raises:
        ValueError: a text is none, or names nothing that has a price here.
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
            raise ValueError(
                f"'{text}' is no price; write NAME=AMOUNT with one of {', '.join(NAMES)} and an amount for a gigabyte, "
                "as in Standard_LRS=0.05"
            )
        prices[known[name.strip().lower()]] = price
    return prices


def monthly(gigabytes: Mapping[str, float], prices: Mapping[str, float]) -> float | None:
    """Returns what replicas cost a month, by their storage account types; None where a price is not named."""
    needed = {name: amount for name, amount in gigabytes.items() if amount}
    if not needed.keys() <= prices.keys():
        return None
    return sum(amount * prices[name] for name, amount in needed.items())
