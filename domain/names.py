"""The names under which orchestrators and clients call the app's functions."""

# orchestrators
MIGRATE_IMAGE = "migrate_image"
MIGRATE_BATCH = "migrate_batch"
ADD_REGIONS = "add_regions"
PREPARE_DEFINITION = "prepare_definition"
PUBLISH_VERSION = "publish_version"
REPLICATE_VERSION = "replicate_version"
# activities
GET_MANAGED_IMAGE = "get_managed_image"
PLAN_MIGRATION = "plan_migration"
ENSURE_IMAGE_DEFINITION = "ensure_image_definition"
LIST_IMAGE_VERSIONS = "list_image_versions"
BEGIN_IMAGE_VERSION = "begin_image_version"
GET_REPLICATION_STATUS = "get_replication_status"
UPDATE_REGIONS = "update_regions"
ADVANCE_BATCH = "advance_batch"
# entities
VERSION_LEDGER = "version_ledger"
RESERVE = "reserve"
INTERRUPTIONS = "interruptions"
KEEP = "keep"
