"""Requests about retention, restorations and the lineage."""

from api.ids import AnyDefinitionId, AnyVersionId
from api.requests.fields import Body, Query


class RetentionQuery(Query):
    """Which definition."""

    definition: AnyDefinitionId
    """The image definition."""


class ApplyRetention(Body):
    """The definition whose versions are kept or take a step."""

    definition: AnyDefinitionId
    """The image definition."""
    dry_run: bool = False
    """Whether nothing is written. Where the policy says `dry_run`, nothing is written either way."""


class RestoreVersion(Body):
    """The version to bring back."""

    version: AnyVersionId
    """The image version: excluded, soft-deleted, or in its grace period."""


class LineageQuery(Query):
    """Which version."""

    version: AnyVersionId
    """The image version; it need not exist any more."""
