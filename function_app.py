"""The Gallerist function app: composition, and nothing else."""

import azure.durable_functions as df
import azure.functions as func

from activities import batches, images, versions
from adapters.policy_store import check_at_start
from adapters.settings import Settings
from entities import version_ledger
from orchestrators import migrate_batch, migrate_image, prepare_definition, publish_version, watch_replication
from triggers import fleet_api, housekeeping, http_api, image_events, plan_api, policy_api, sweep

# a wrong setting or policy stops the app here, with the place and the reason
check_at_start(Settings.from_environment())

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
for module in (
    http_api,
    plan_api,
    fleet_api,
    policy_api,
    image_events,
    sweep,
    housekeeping,
    migrate_image,
    migrate_batch,
    prepare_definition,
    publish_version,
    watch_replication,
    version_ledger,
    images,
    versions,
    batches,
):
    app.register_functions(module.blueprint)
