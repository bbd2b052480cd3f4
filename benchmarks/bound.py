"""The time that no contender can beat: what write limits and replication times leave, whoever sends the writes.

In one subscription the k-th version cannot be written before every limit has let k writes through. A limit is full at
the beginning, and gains its size in its time, evenly: the k-th write passes at

    t(k) = max over the limits of max(0, k - size) * seconds / size

The versions end earliest if the longest is written first (exchange any two others, and the later end only moves back):
with the replication times d(1) >= d(2) >= ...

    bound = max over the subscriptions, and over k, of t(k) + d(k)

Azure builds one version per managed image at a time (documented). Each image is built once here, so that adds nothing.
Nothing else is counted: no plan, no definition, no look takes time, and images of one definition may be written side by
side.
"""

from collections.abc import Iterable, Mapping, Sequence

from azure_compute_simulator.throttling import Limit, write_limits

LIMITS = write_limits("galleries/images/versions")


def makespan_bound(seconds: Mapping[str, Iterable[float]], limits: Sequence[Limit] = LIMITS) -> float:
    """Returns the least seconds for all versions; `seconds` are their replication times by subscription."""
    return max(
        (
            _earliest(number, limits) + longest
            for times in seconds.values()
            for number, longest in enumerate(sorted(times, reverse=True), 1)
        ),
        default=0.0,
    )


def _earliest(number: int, limits: Sequence[Limit]) -> float:
    """Returns when the write of this number can pass, in seconds since the first."""
    return max(max(0, number - limit.size) * limit.seconds / limit.size for limit in limits)
