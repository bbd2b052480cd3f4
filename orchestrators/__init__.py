"""Deterministic generators that put activities, entities and timers in order."""

from orchestrators import (
    add_regions,
    migrate_batch,
    migrate_image,
    prepare_definition,
    promote_version,
    publish_version,
    replicate_version,
    repoint_consumers,
    retire_image,
    verify_version,
)

blueprints = [
    add_regions.blueprint,
    migrate_batch.blueprint,
    migrate_image.blueprint,
    prepare_definition.blueprint,
    promote_version.blueprint,
    publish_version.blueprint,
    replicate_version.blueprint,
    verify_version.blueprint,
    retire_image.blueprint,
    repoint_consumers.blueprint,
]
