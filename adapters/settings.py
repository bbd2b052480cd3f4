"""The app's settings: the only place where the environment is read. Each one is described in docs/settings.md."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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
SWEEP_SCHEDULE = "GALLERIST_SWEEP_SCHEDULE"

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

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises:
            SettingError: one of them cannot be used.
        """
        cloud = environment.get(CLOUD, "public").lower()
        if cloud not in _CLOUDS:
            raise SettingError(f"{CLOUD} is '{cloud}'; known are {', '.join(_CLOUDS)}")
        setting, authority = _CLOUDS[cloud]
        known = get_arm_endpoints(setting)
        endpoint = environment.get(ARM_ENDPOINT) or known["resource_manager"]
        if not endpoint.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise SettingError(
                f"{ARM_ENDPOINT} is '{endpoint}'; tokens are sent over https only, but for this machine"
            )
        audience = environment.get(ARM_AUDIENCE)
        return cls(
            arm_endpoint=endpoint.rstrip("/"),
            arm_scope=f"{audience.rstrip('/')}/.default" if audience else known["credential_scopes"][0],
            authority=authority,
            subscriptions=tuple(environment.get(SUBSCRIPTIONS, "").replace(",", " ").lower().split()),
            policy_file=APP_ROOT / environment.get(POLICY_FILE, "policy.yaml"),
            # 17 minutes past every hour
            sweep_schedule=environment.get(SWEEP_SCHEDULE, "0 17 * * * *"),
        )
