"""The identity that the app uses: the managed identity in Azure, the developer's own on a developer's machine."""

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential

from adapters.settings import Settings


def default_credential(settings: Settings) -> AsyncTokenCredential:
    """Returns the credential for the settings' cloud; AZURE_CLIENT_ID selects a user-assigned identity."""
    return DefaultAzureCredential(authority=settings.authority)
