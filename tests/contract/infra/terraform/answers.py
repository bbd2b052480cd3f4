"""What Azure answers with after it made a resource: for what a snapshot leaves as `reference(…)`, and for outputs of Terraform."""

from typing import Any

from scripts.compile_infra import SUBSCRIPTION, TENANT

CLIENT = {"subscription_id": SUBSCRIPTION, "tenant_id": TENANT}
PRINCIPAL = "77777777-7777-4777-8777-777777777777"


def answer(kind: str, identifier: str) -> dict[str, Any]:
    """Returns the properties that Azure sets itself."""
    name = identifier.rsplit("/", 1)[-1]
    match kind:
        case "Microsoft.ManagedIdentity/userAssignedIdentities":
            return {"clientId": "88888888-8888-4888-8888-888888888888", "principalId": PRINCIPAL}
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
