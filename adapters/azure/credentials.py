"""The identity that the app acts as: the managed identity in Azure, the developer's own on a desk."""

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential

from adapters.settings import Settings


def default_credential(settings: Settings) -> AsyncTokenCredential:
    """`DefaultAzureCredential` for the settings' cloud; AZURE_CLIENT_ID chooses a user-assigned identity."""
    return DefaultAzureCredential(authority=settings.authority)
