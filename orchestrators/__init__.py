"""Deterministic generators that put activities, entities and timers in order."""

from orchestrators import (
    add_regions,
    apply_retention,
    find_users,
    migrate_batch,
    migrate_image,
    prepare_definition,
    promote_version,
    publish_version,
    repoint_consumers,
    restore_version,
    retire_image,
    send_notice,
    verify_version,
)

blueprints = [
    add_regions.blueprint,
    apply_retention.blueprint,
    find_users.blueprint,
    migrate_batch.blueprint,
    migrate_image.blueprint,
    prepare_definition.blueprint,
    promote_version.blueprint,
    publish_version.blueprint,
    verify_version.blueprint,
    retire_image.blueprint,
    restore_version.blueprint,
    send_notice.blueprint,
    repoint_consumers.blueprint,
]
