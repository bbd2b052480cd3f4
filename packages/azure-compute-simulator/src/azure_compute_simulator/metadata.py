"""ARM's description of its cloud, from which command-line tools learn where to log in. It needs no token."""

from azure_compute_simulator.models.resources import Json

PATH = "/metadata/endpoints"
# never called: managed identities get their tokens from the identity endpoint
_LOGIN = "https://login.microsoftonline.com/"


def cloud_metadata(origin: str) -> Json:
    """Returns the document (api-version 2022-09-01) of a cloud whose resource manager is at `origin`."""
    return {
        "name": "Simulated",
        "resourceManager": f"{origin}/",
        "gallery": f"{origin}/",
        "portal": f"{origin}/",
        "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "authentication": {
            "loginEndpoint": _LOGIN,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {
            "storage": "core.windows.net",
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
        },
    }
