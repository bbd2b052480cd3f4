"""The request bodies and query strings of the HTTP API, one module per resource."""

from api.requests.batches import StartBatch
from api.requests.coverage import CoverageQuery
from api.requests.diff import CheckQuery, DiffQuery
from api.requests.explanations import ExplainQuery, HistoryQuery, WhyQuery
from api.requests.fields import Query, SubscriptionQuery, check_fields
from api.requests.migrations import AddRegions, MigrationsQuery, StartMigration
from api.requests.policy import CheckPolicy
from api.requests.promotions import AdoptionQuery, StartPromotion
from api.requests.references import DeclareGone, ReferencesQuery, RepointConsumers
from api.requests.retention import ApplyRetention, LineageQuery, RestoreVersion, RetentionQuery
from api.requests.retirements import (
    Acknowledge,
    Approve,
    Explain,
    RetirementsQuery,
    SetFreeze,
    StartRetirement,
)

__all__ = [
    "Acknowledge",
    "AddRegions",
    "AdoptionQuery",
    "ApplyRetention",
    "Approve",
    "CheckPolicy",
    "CheckQuery",
    "CoverageQuery",
    "DeclareGone",
    "DiffQuery",
    "Explain",
    "ExplainQuery",
    "HistoryQuery",
    "LineageQuery",
    "MigrationsQuery",
    "Query",
    "ReferencesQuery",
    "RepointConsumers",
    "RestoreVersion",
    "RetentionQuery",
    "RetirementsQuery",
    "SetFreeze",
    "StartBatch",
    "StartMigration",
    "StartPromotion",
    "StartRetirement",
    "SubscriptionQuery",
    "WhyQuery",
    "check_fields",
]
