"""The Gallerist function app: composition, and nothing else."""

import azure.durable_functions as df

import activities
import dashboard
import entities
import orchestrators
import triggers
from adapters.durable_backend import check_backend
from adapters.log_redaction import redact_logs
from adapters.policy_store import check_at_start
from adapters.settings import Settings
from triggers.http.authentication import auth_level

redact_logs()

# a wrong setting, policy or backend stops the app here, with the place and the reason
settings = Settings.from_environment()
check_backend(settings)
check_at_start(settings)

app = df.DFApp(http_auth_level=auth_level(callers_sign_in=settings.callers_sign_in))
for package in (triggers, dashboard, orchestrators, entities, activities):
    for blueprint in package.blueprints:
        app.register_functions(blueprint)
