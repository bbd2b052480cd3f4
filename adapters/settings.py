"""The app's settings. Only this module reads the environment; docs/settings.md describes every setting."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.identity import AzureAuthorityHosts
from azure.mgmt.core.tools import get_arm_endpoints

from domain.errors import SettingError
from domain.policy.section import LONGEST_DAYS
from domain.records.addresses import is_protected, parse_host
from domain.redaction import blob_address, without_secrets
from domain.resources.ids import check_subscription_id

APP_ROOT = Path(__file__).parent.parent

CLOUD = "GALLERIST_CLOUD"
ARM_ENDPOINT = "GALLERIST_ARM_ENDPOINT"
ARM_AUDIENCE = "GALLERIST_ARM_AUDIENCE"
SUBSCRIPTIONS = "GALLERIST_SUBSCRIPTIONS"
POLICY_FILE = "GALLERIST_POLICY_FILE"
POLICY_BLOB = "GALLERIST_POLICY_BLOB"
SWEEP_SCHEDULE = "GALLERIST_SWEEP_SCHEDULE"
RECOVERY_SCHEDULE = "GALLERIST_RECOVERY_SCHEDULE"
PROOF_SWEEP_SCHEDULE = "GALLERIST_PROOF_SWEEP_SCHEDULE"
RETENTION_SCHEDULE = "GALLERIST_RETENTION_SCHEDULE"
KEEP_DAYS = "GALLERIST_KEEP_DAYS"
EVIDENCE_FOLDER = "GALLERIST_EVIDENCE_FOLDER"
EVIDENCE_CONTAINER = "GALLERIST_EVIDENCE_CONTAINER"
WEBHOOK_HOSTS = "GALLERIST_WEBHOOK_HOSTS"
ALLOW_KEYS = "GALLERIST_ALLOW_KEYS_TO_APPROVE"
TIME_STANDS = "GALLERIST_TIME_STANDS"
SCHEDULER = "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"
AUTHENTICATION = "GALLERIST_AUTHENTICATION"
PLATFORM_AUTHENTICATION = "WEBSITE_AUTH_ENABLED"
# set by App Service: the name of the function app, which notices carry as their source
SITE_NAME = "WEBSITE_SITE_NAME"
# the host's storage, in which the app keeps a table of its own
TABLE_SERVICE = "AzureWebJobsStorage__tableServiceUri"

_CLOUDS = {
    "public": (AzureClouds.AZURE_PUBLIC_CLOUD, AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
    "usgovernment": (AzureClouds.AZURE_US_GOVERNMENT, AzureAuthorityHosts.AZURE_GOVERNMENT),
    "china": (AzureClouds.AZURE_CHINA_CLOUD, AzureAuthorityHosts.AZURE_CHINA),
}


@dataclass(frozen=True)
class Settings:
    """The settings as the app uses them; endpoints have no trailing slash."""

    arm_endpoint: str
    arm_scope: str
    authority: str
    subscriptions: tuple[str, ...]
    policy_file: Path
    sweep_schedule: str
    recovery_schedule: str
    proof_sweep_schedule: str
    keep_days: int
    evidence_folder: Path
    keys_may_approve: bool
    # App Service says so: its authentication is on
    platform_authenticates: bool
    policy_blob: str | None = None
    retention_schedule: str = "0 12 4 * * *"
    evidence_container: str | None = None
    # where signed URLs are kept while their operations run; without either, in memory
    table_service: str | None = None
    operations_folder: Path | None = None
    webhook_hosts: frozenset[str] = frozenset()
    app_name: str = "gallerist"
    has_scheduler: bool = False
    time_stands: bool = False
    # the deployment says so: callers of the API sign in with Microsoft Entra
    entra_deployed: bool = False

    @property
    def callers_sign_in(self) -> bool:
        """Whether callers need a principal of the platform, and no function key.

        The deployment and App Service must agree. If either does not say so, the key remains: authentication that
        somebody turned on by hand may accept anybody, and one that is off lets anybody write the headers.
        """
        return self.entra_deployed and self.platform_authenticates

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Reads the settings.

        Raises:
            SettingError: a setting cannot be used.
        """
        cloud = (environment.get(CLOUD) or "public").lower()
        if cloud not in _CLOUDS:
            raise SettingError(f"{CLOUD} is '{cloud}'; use one of {', '.join(_CLOUDS)}")
        setting, authority = _CLOUDS[cloud]
        known = get_arm_endpoints(setting)
        endpoint = environment.get(ARM_ENDPOINT) or known["resource_manager"]
        if not is_protected(endpoint):
            raise SettingError(
                f"{ARM_ENDPOINT} is '{without_secrets(endpoint)}'; use an https URL (http only for this machine): "
                "tokens are sent there"
            )
        blob = environment.get(POLICY_BLOB) or None
        if blob is not None and not is_protected(blob):
            raise SettingError(f"{POLICY_BLOB} is '{blob_address(blob)}'; use the https URL of a blob")
        if blob is not None and environment.get(POLICY_FILE):
            raise SettingError(f"{POLICY_FILE} and {POLICY_BLOB} are both set; set only one of them")
        audience = environment.get(ARM_AUDIENCE)
        return cls(
            arm_endpoint=endpoint.rstrip("/"),
            arm_scope=f"{audience.rstrip('/')}/.default" if audience else known["credential_scopes"][0],
            authority=authority,
            subscriptions=_subscriptions(environment.get(SUBSCRIPTIONS, "")),
            policy_file=APP_ROOT / (environment.get(POLICY_FILE) or "policy.yaml"),
            policy_blob=blob,
            # 17 minutes past every hour
            sweep_schedule=environment.get(SWEEP_SCHEDULE) or "0 17 * * * *",
            # every two minutes
            recovery_schedule=environment.get(RECOVERY_SCHEDULE) or "0 */2 * * * *",
            # 47 minutes past every hour
            proof_sweep_schedule=environment.get(PROOF_SWEEP_SCHEDULE) or "0 47 * * * *",
            # every night
            retention_schedule=environment.get(RETENTION_SCHEDULE) or "0 12 4 * * *",
            keep_days=_days(environment.get(KEEP_DAYS) or "90"),
            evidence_folder=APP_ROOT / (environment.get(EVIDENCE_FOLDER) or "evidence"),
            keys_may_approve=_flag(ALLOW_KEYS, environment.get(ALLOW_KEYS) or "false"),
            # Set while the authentication of App Service is on (documented: "Environment variables and app settings in
            # Azure App Service"). On Flex Consumption the Functions host sets it, and checks tokens itself if it is
            # true (source: HostAssignmentContext, HostEasyAuthOptionsSetup). Without it, nobody vouches for a caller.
            platform_authenticates=(environment.get(PLATFORM_AUTHENTICATION) or "").lower() == "true",
            evidence_container=_container(environment),
            table_service=_table_service(environment.get(TABLE_SERVICE, "")),
            operations_folder=_beside(environment.get(EVIDENCE_FOLDER)),
            webhook_hosts=_hosts(environment.get(WEBHOOK_HOSTS, "")),
            app_name=environment.get(SITE_NAME) or "gallerist",
            has_scheduler=bool(environment.get(SCHEDULER)),
            time_stands=_flag(TIME_STANDS, environment.get(TIME_STANDS) or "false"),
            entra_deployed=_authentication(environment.get(AUTHENTICATION) or "keys") == "entra",
        )


def _subscriptions(text: str) -> tuple[str, ...]:
    try:
        return tuple(check_subscription_id(name) for name in text.replace(",", " ").lower().split())
    except ValueError as error:
        raise SettingError(f"{SUBSCRIPTIONS}: {error}; separate ids by spaces or commas") from error


def _container(environment: Mapping[str, str]) -> str | None:
    url = (environment.get(EVIDENCE_CONTAINER) or "").rstrip("/")
    if not url:
        return None
    if environment.get(EVIDENCE_FOLDER):
        raise SettingError(f"{EVIDENCE_FOLDER} and {EVIDENCE_CONTAINER} are both set; set only one of them")
    has_path = is_protected(url) and urlsplit(url).path.strip("/")
    if not has_path or "?" in url or "#" in url:
        raise SettingError(
            f"{EVIDENCE_CONTAINER} is '{url.partition('?')[0]}'; use the https URL of a container without a query, as "
            "in https://<account>.blob.core.windows.net/<container>: the app's identity needs no key"
        )
    return url


def _table_service(url: str) -> str | None:
    if url and not is_protected(url):
        raise SettingError(
            f"{TABLE_SERVICE} is '{url.partition('?')[0]}'; use the https URL of the table endpoint"
        )
    return url.rstrip("/") or None


def _beside(evidence: str | None) -> Path | None:
    return (APP_ROOT / evidence).parent / "operations" if evidence else None


def _hosts(text: str) -> frozenset[str]:
    try:
        return frozenset(parse_host(host) for host in text.replace(",", " ").split())
    except ValueError as error:
        raise SettingError(f"{WEBHOOK_HOSTS}: {error}; separate hosts by spaces or commas") from error


def _days(text: str) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_DAYS))
    if not digits or int(text) > LONGEST_DAYS:
        raise SettingError(
            f"{KEEP_DAYS} is '{text}'; use a whole number of days up to {LONGEST_DAYS}, or 0 to keep everything"
        )
    return int(text)


def _authentication(text: str) -> str:
    if text.lower() not in ("keys", "entra"):
        raise SettingError(f"{AUTHENTICATION} is '{text}'; use keys or entra")
    return text.lower()


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise SettingError(f"{name} is '{text}'; use true or false")
    return text.lower() == "true"
