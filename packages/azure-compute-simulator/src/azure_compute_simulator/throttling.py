"""Token buckets that limit requests, with the recorded limits and header values.

The recordings show the largest number that remained after one request; a bucket holds one more. Buckets refill evenly
over their window, in simulated time. The names of the galleries' policies contain their windows; for all others one
minute is inferred.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure_compute_simulator.clock import Clock, timestamp
from azure_compute_simulator.errors import SubscriptionRequestsThrottledError, TooManyComputeRequestsError


@dataclass(frozen=True)
class Limit:
    """`size` tokens per `seconds`, of which a request takes `cost`. Counted per subscription, or per resource."""

    name: str
    size: int
    seconds: float = 60.0
    cost: int = 1
    per_resource: bool = False


def _galleries(name: str, in_3_minutes: int, in_30_minutes: int) -> tuple[Limit, ...]:
    return Limit(f"{name}3Min", in_3_minutes, 180.0), Limit(f"{name}30Min", in_30_minutes, 1800.0)


def _compute(name: str, in_subscription: int, per_resource: int | None = None) -> tuple[Limit, ...]:
    whole = Limit(f"{name}SubscriptionMaximum", in_subscription)
    if per_resource is None:
        return (whole,)
    return whole, Limit(f"{name}Resource", per_resource, per_resource=True)


POLICIES: Mapping[tuple[str, str], tuple[Limit, ...]] = {
    ("galleries", "write"): _galleries("CreateUpdateGallery", 50, 300),
    ("galleries", "read"): _galleries("GetGallery", 350, 2500),
    ("galleries", "delete"): _galleries("DeleteGallery", 50, 300),
    ("galleries", "list in group"): _galleries("ListGalleryInResourceGroup", 100, 1000),
    ("galleries", "list in subscription"): _galleries("ListGalleryInSubscription", 100, 1000),
    ("galleries/images", "write"): _galleries("CreateUpdateGalleryImage", 150, 750),
    ("galleries/images", "read"): _galleries("GetGalleryImage", 600, 3000),
    ("galleries/images", "delete"): _galleries("DeleteGalleryImage", 50, 300),
    ("galleries/images", "list in group"): _galleries("ListGalleryImagesInGallery", 1500, 10000),
    ("galleries/images/versions", "write"): _galleries("CreateUpdateGalleryImageVersion", 375, 1200),
    ("galleries/images/versions", "read"): _galleries("GetGalleryImageVersion", 2000, 9998),
    ("galleries/images/versions", "delete"): _galleries("DeleteGalleryImageVersion", 150, 1000),
    ("galleries/images/versions", "list in group"): _galleries(
        "ListGalleryImageVersionsInGalleryImage", 1500, 10000
    ),
    ("capsOperations", "read"): _galleries("GetOperationStatus", 5000, 15000),
    ("images", "write"): _compute("CreateImages", 60),
    ("images", "read"): _compute("GetImages", 360),
    ("images", "delete"): _compute("DeleteImages", 120),
    ("images", "list in group"): _compute("HighCostGetImages", 90),
    ("images", "list in subscription"): _compute("HighCostGetImages", 90),
    # recorded: each poll of an operation takes two from the operation's own bucket
    ("operations", "read"): (
        Limit("GetOperationResource", 46, cost=2, per_resource=True),
        Limit("GetOperationSubscriptionMaximum", 15000),
    ),
    ("virtualMachines", "write"): _compute("PutVM", 1500, 12),
    ("virtualMachines", "read"): _compute("LowCostGet", 24000, 36),
    ("virtualMachines", "delete"): _compute("DeleteVM", 1500, 12),
    ("virtualMachines", "list in group"): _compute("HighCostGet", 900),
    ("virtualMachines", "list in subscription"): _compute("HighCostGet", 900),
    ("virtualMachineScaleSets", "list in group"): _compute("HighCostGetVMScaleSet", 900),
    ("virtualMachineScaleSets", "list in subscription"): _compute("HighCostGetVMScaleSet", 900),
}
# documented: ARM's own buckets per principal and subscription; all principals together have 15 times as much
_ARM_LIMITS = {
    "reads": Limit("reads", 250, 10.0),
    "writes": Limit("writes", 200, 20.0),
    "deletes": Limit("deletes", 200, 20.0),
}
_GLOBAL_FACTOR = 15
# documented: queries of one user, in the whole tenant
_RESOURCE_GRAPH = Limit("resource-graph", 15, 5.0)
_ARM_VERBS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


def write_limits(type_: str) -> tuple[Limit, ...]:
    """Returns the limits that a caller's writes of a resource type meet in one subscription."""
    return POLICIES[type_, "write"] + (_ARM_LIMITS["writes"],)


@dataclass
class Bucket:
    """The tokens that were left at a moment."""

    limit: Limit
    tokens: float
    at: datetime

    def fill(self, now: datetime) -> None:
        """Adds the tokens that came in since `at`."""
        gained = (now - self.at).total_seconds() * self.limit.size / self.limit.seconds
        self.tokens = min(float(self.limit.size), self.tokens + gained)
        self.at = now

    def seconds_until_enough(self) -> float:
        """Returns how long until the next request can pass."""
        return max(0.0, self.limit.cost - self.tokens) * self.limit.seconds / self.limit.size


@dataclass
class Throttling:
    """All buckets. A bucket is created when it is first needed."""

    clock: Clock
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def take_from_arm(self, method: str, subscription: str, principal: str, path: str) -> dict[str, str]:
        """Takes a request's tokens from ARM's buckets. Returns headers. Raises SubscriptionRequestsThrottledError."""
        verb = _ARM_VERBS.get(method, "writes")
        own = _ARM_LIMITS[verb]
        shared = Limit(f"global-{verb}", own.size * _GLOBAL_FACTOR, own.seconds)
        buckets = [
            self._bucket(f"{subscription} {principal}", own),
            self._bucket(subscription, shared),
        ]
        wait = self._take(buckets)
        if wait:
            seconds = self._retry_after(wait)
            operation = f"{method}/{path.strip('/').upper()}/"
            raise SubscriptionRequestsThrottledError(
                f"Number of requests for subscription '{subscription}' and operation '{operation}' exceeded the "
                f"backend storage limit. Please try again after '{seconds}' seconds.",
                headers={"Retry-After": str(seconds)},
            )
        return {
            f"x-ms-ratelimit-remaining-subscription-{bucket.limit.name}": str(int(bucket.tokens))
            for bucket in buckets
        }

    def take_from_compute(self, type_: str, access: str, subscription: str, path: str) -> dict[str, str]:
        """Takes a request's tokens from the provider's buckets. Returns headers. Raises TooManyComputeRequestsError."""
        limits = POLICIES.get((type_, access), ())
        buckets = [
            self._bucket(path.lower() if limit.per_resource else subscription, limit) for limit in limits
        ]
        wait = self._take(buckets)
        if wait:
            raise self._too_many(next(bucket for bucket in buckets if bucket.seconds_until_enough()), wait)
        left = [f"Microsoft.Compute/{bucket.limit.name};{int(bucket.tokens)}" for bucket in buckets]
        return {"x-ms-ratelimit-remaining-resource": ",".join(left)} if left else {}

    def take_from_resource_graph(self, principal: str) -> int:
        """Takes a query from the caller's quota. Returns how many are left; -1 if there was none."""
        bucket = self._bucket(principal, _RESOURCE_GRAPH)
        return -1 if self._take([bucket]) else int(bucket.tokens)

    def _bucket(self, owner: str, limit: Limit) -> Bucket:
        key = (owner.lower(), limit.name)
        now = self.clock.now()
        bucket = self.buckets.setdefault(key, Bucket(limit, float(limit.size), now))
        bucket.fill(now)
        return bucket

    def _take(self, buckets: Iterable[Bucket]) -> float:
        """Takes a request's tokens from all buckets and returns 0, or takes none and returns the seconds to wait."""
        buckets = list(buckets)
        wait = max((bucket.seconds_until_enough() for bucket in buckets), default=0.0)
        if not wait:
            for bucket in buckets:
                bucket.tokens -= bucket.limit.cost
        return wait

    def _retry_after(self, simulated_seconds: float) -> int:
        return max(1, math.ceil(simulated_seconds / self.clock.time_scale))

    def _too_many(self, bucket: Bucket, wait: float) -> TooManyComputeRequestsError:
        now = self.clock.now()
        measured = {
            "operationGroup": bucket.limit.name,
            "startTime": timestamp(now - timedelta(seconds=bucket.limit.seconds)),
            "endTime": timestamp(now),
            "allowedRequestCount": bucket.limit.size,
            "measuredRequestCount": bucket.limit.size + 1,
        }
        return TooManyComputeRequestsError(
            bucket.limit.name, json.dumps(measured), headers={"Retry-After": str(self._retry_after(wait))}
        )
