"""The request bodies and query strings of the HTTP API, one module per resource."""

from api.requests.batches import StartBatch
from api.requests.coverage import CoverageQuery
from api.requests.fields import Query, SubscriptionQuery, check_fields
from api.requests.migrations import AddRegions, MigrationsQuery, StartMigration
from api.requests.policy import CheckPolicy
from api.requests.references import ReferencesQuery, RepointConsumers
from api.requests.retention import ApplyRetention, LineageQuery, RestoreVersion, RetentionQuery

__all__ = [
    "AddRegions",
    "ApplyRetention",
    "CheckPolicy",
    "CoverageQuery",
    "LineageQuery",
    "MigrationsQuery",
    "Query",
    "ReferencesQuery",
    "RepointConsumers",
    "RestoreVersion",
    "RetentionQuery",
    "StartBatch",
    "StartMigration",
    "SubscriptionQuery",
    "check_fields",
]
