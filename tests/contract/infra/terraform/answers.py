"""What Azure answers with after it made a resource: what `reference(…)` in a snapshot and outputs of Terraform read."""

import uuid
from typing import Any

from scripts.compile_infra import SUBSCRIPTION, TENANT

CLIENT = {"subscription_id": SUBSCRIPTION, "tenant_id": TENANT}


def answer(kind: str, identifier: str) -> dict[str, Any]:
    """Returns the properties that Azure sets itself."""
    name = identifier.rsplit("/", 1)[-1]
    match kind:
        case "Microsoft.ManagedIdentity/userAssignedIdentities":
            # each identity has its own
            return {
                part: str(uuid.uuid5(uuid.NAMESPACE_URL, part + identifier))
                for part in ("clientId", "principalId")
            }
        case "Microsoft.Storage/storageAccounts":
            return {
                "primaryEndpoints": {
                    part: f"https://{name}.{part}.core.windows.net/" for part in ("blob", "queue", "table")
                }
            }
        case "Microsoft.Insights/components":
            return {"ConnectionString": f"InstrumentationKey={name}"}
        case "Microsoft.Web/sites":
            return {"defaultHostName": f"{name}.azurewebsites.net"}
        case "Microsoft.DurableTask/schedulers":
            return {"endpoint": f"https://{name}.durabletask.io"}
    return {}
