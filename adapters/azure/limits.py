"""What ARM's headers say is left of its limits."""

from collections.abc import Mapping

_SUBSCRIPTION = "x-ms-ratelimit-remaining-subscription-"
_RESOURCE = "x-ms-ratelimit-remaining-resource"
# documented: 25 reads come in each second. What is left is for the migrations that run.
FEW_REQUESTS = 25
# the compute provider's limits are smaller, and some refill for half an hour (recorded)
FEW_COMPUTE_REQUESTS = 10


def nearly_used_up(headers: Mapping[str, str]) -> str | None:
    """Returns the limit of which little is left, as ARM names it; None if there is none."""
    for header, value in headers.items():
        name = header.lower()
        if name.startswith(_SUBSCRIPTION) and _left(value) < FEW_REQUESTS:
            return name.removeprefix(_SUBSCRIPTION)
        if name == _RESOURCE:
            for limit in value.split(","):
                policy, _, left = limit.rpartition(";")
                if _left(left) < FEW_COMPUTE_REQUESTS:
                    return policy.strip()
    return None


def _left(text: str) -> float:
    """The number in a header; one that cannot be read limits nothing."""
    text = text.strip()
    return float(text) if text.isdecimal() else float("inf")
