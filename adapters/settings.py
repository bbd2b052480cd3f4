"""The app's settings: the only place where the environment is read. Each one is described in docs/settings.md."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.identity import AzureAuthorityHosts
from azure.mgmt.core.tools import get_arm_endpoints

from domain.errors import GalleristError

APP_ROOT = Path(__file__).parent.parent

CLOUD = "GALLERIST_CLOUD"
ARM_ENDPOINT = "GALLERIST_ARM_ENDPOINT"
ARM_AUDIENCE = "GALLERIST_ARM_AUDIENCE"
SUBSCRIPTIONS = "GALLERIST_SUBSCRIPTIONS"
POLICY_FILE = "GALLERIST_POLICY_FILE"
POLICY_BLOB = "GALLERIST_POLICY_BLOB"
SWEEP_SCHEDULE = "GALLERIST_SWEEP_SCHEDULE"
KEEP_DAYS = "GALLERIST_KEEP_DAYS"

_CLOUDS = {
    "public": (AzureClouds.AZURE_PUBLIC_CLOUD, AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
    "usgovernment": (AzureClouds.AZURE_US_GOVERNMENT, AzureAuthorityHosts.AZURE_GOVERNMENT),
    "china": (AzureClouds.AZURE_CHINA_CLOUD, AzureAuthorityHosts.AZURE_CHINA),
}


class SettingError(GalleristError):
    """A setting that cannot be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """What the environment says; endpoints without a trailing slash."""

    arm_endpoint: str
    arm_scope: str
    authority: str
    subscriptions: tuple[str, ...]
    policy_file: Path
    sweep_schedule: str
    keep_days: int
    policy_blob: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises:
            SettingError: one of them cannot be used.
        """
        cloud = (environment.get(CLOUD) or "public").lower()
        if cloud not in _CLOUDS:
            raise SettingError(f"{CLOUD} is '{cloud}'; known are {', '.join(_CLOUDS)}")
        setting, authority = _CLOUDS[cloud]
        known = get_arm_endpoints(setting)
        endpoint = environment.get(ARM_ENDPOINT) or known["resource_manager"]
        if not _may_have_a_token(endpoint):
            raise SettingError(
                f"{ARM_ENDPOINT} is '{endpoint}'; tokens are sent over https only, but for this machine"
            )
        blob = environment.get(POLICY_BLOB) or None
        if blob is not None and not _may_have_a_token(blob):
            raise SettingError(f"{POLICY_BLOB} is '{blob}'; it has to be the https URL of a blob")
        if blob is not None and environment.get(POLICY_FILE):
            raise SettingError(f"{POLICY_FILE} and {POLICY_BLOB} are both set; the policy is in one place")
        audience = environment.get(ARM_AUDIENCE)
        return cls(
            arm_endpoint=endpoint.rstrip("/"),
            arm_scope=f"{audience.rstrip('/')}/.default" if audience else known["credential_scopes"][0],
            authority=authority,
            subscriptions=tuple(environment.get(SUBSCRIPTIONS, "").replace(",", " ").lower().split()),
            policy_file=APP_ROOT / (environment.get(POLICY_FILE) or "policy.yaml"),
            policy_blob=blob,
            # 17 minutes past every hour
            sweep_schedule=environment.get(SWEEP_SCHEDULE) or "0 17 * * * *",
            keep_days=_days(environment.get(KEEP_DAYS) or "90"),
        )


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise SettingError(f"{KEEP_DAYS} is '{text}'; it has to be a number of days, 0 for ever")
    return int(text)


def _may_have_a_token(url: str) -> bool:
    """A token is sent over https only, but for this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    )
