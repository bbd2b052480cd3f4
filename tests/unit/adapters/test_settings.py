"""Settings: clouds, endpoints and policy sources, and the message for each value that is refused."""

import re
from pathlib import Path

import pytest

from adapters.settings import (
    APP_ROOT,
    ARM_AUDIENCE,
    ARM_ENDPOINT,
    AUTHENTICATION,
    CLOUD,
    KEEP_DAYS,
    PLATFORM_AUTHENTICATION,
    POLICY_BLOB,
    POLICY_FILE,
    SUBSCRIPTIONS,
    Settings,
)
from domain.errors import SettingError


@pytest.mark.parametrize(
    ("cloud", "endpoint", "audience", "authority"),
    [
        ("public", "management.azure.com", "management.azure.com", "login.microsoftonline.com"),
        (
            "usgovernment",
            "management.usgovcloudapi.net",
            "management.core.usgovcloudapi.net",
            "login.microsoftonline.us",
        ),
        ("CHINA", "management.chinacloudapi.cn", "management.chinacloudapi.cn", "login.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_own_endpoint_audience_and_authority(
    cloud: str, endpoint: str, audience: str, authority: str
) -> None:
    """The audience of the US Government cloud differs from its endpoint."""
    settings = Settings.from_environment({CLOUD: cloud})
    assert settings.arm_endpoint == f"https://{endpoint}"
    assert settings.arm_scope == f"https://{audience}/.default"
    assert settings.authority == authority


def test_the_defaults_are_the_public_cloud_and_the_shipped_policy() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings.from_environment({CLOUD: "public"})
    assert settings.policy_file == APP_ROOT / "policy.yaml"
    assert settings.subscriptions == ()


@pytest.mark.parametrize("deployed", ["", "keys", "entra", "Entra"])
@pytest.mark.parametrize("platform", ["", "True", "true", "False", "0", "1", "yes"])
def test_callers_need_no_key_only_if_the_deployment_and_the_platform_say_so(
    deployed: str, platform: str
) -> None:
    """App Service writes True. Whatever else stands there, the key remains."""
    settings = Settings.from_environment({AUTHENTICATION: deployed, PLATFORM_AUTHENTICATION: platform})
    assert settings.callers_sign_in == (deployed.lower() == "entra" and platform.lower() == "true")
    assert settings.platform_authenticates == (platform.lower() == "true")


def test_another_kind_of_authentication_is_refused() -> None:
    with pytest.raises(SettingError, match=r"^GALLERIST_AUTHENTICATION is 'none'; use keys or entra$"):
        Settings.from_environment({AUTHENTICATION: "none"})


def test_an_unknown_cloud_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        SettingError, match=r"^GALLERIST_CLOUD is 'mars'; use one of public, usgovernment, china$"
    ):
        Settings.from_environment({CLOUD: "mars"})


@pytest.mark.parametrize(
    "endpoint",
    ["https://arm.example", "https://arm.example/", "http://127.0.0.1:8080", "http://localhost:8080/"],
)
def test_an_endpoint_over_https_or_on_this_machine_is_accepted(endpoint: str) -> None:
    assert Settings.from_environment({ARM_ENDPOINT: endpoint}).arm_endpoint == endpoint.rstrip("/")


@pytest.mark.parametrize("endpoint", ["http://arm.example", "arm.example", "ftp://arm.example", "http://["])
def test_an_endpoint_that_would_get_tokens_unencrypted_is_refused(endpoint: str) -> None:
    reason = re.escape(f"GALLERIST_ARM_ENDPOINT is '{endpoint}'; use an https URL")
    with pytest.raises(SettingError, match=rf"^{reason}"):
        Settings.from_environment({ARM_ENDPOINT: endpoint})


@pytest.mark.parametrize("host", ["localhost.example.com", "127.0.0.1.example.com", "localhost@example.com"])
def test_a_host_that_only_starts_with_this_machines_name_is_refused(host: str) -> None:
    with pytest.raises(SettingError, match="use an https URL"):
        Settings.from_environment({ARM_ENDPOINT: f"http://{host}"})


def test_the_audience_becomes_the_scope_of_tokens() -> None:
    settings = Settings.from_environment({ARM_AUDIENCE: "https://arm.example/"})
    assert settings.arm_scope == "https://arm.example/.default"


@pytest.mark.parametrize("text", ["{A}, {B}", "{a},{b}", "{a} {b}", " {a} ,, {b} "])
def test_subscriptions_are_separated_by_commas_or_spaces(text: str) -> None:
    a, b = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
    text = text.format(a=a, b=b, A=a.upper(), B=b.upper())
    assert Settings.from_environment({SUBSCRIPTIONS: text}).subscriptions == (a, b)


def test_a_subscription_that_is_none_is_refused() -> None:
    """The sweep would fail each hour."""
    with pytest.raises(
        SettingError, match=r"^GALLERIST_SUBSCRIPTIONS: 'production' is not a subscription id; "
    ):
        Settings.from_environment({SUBSCRIPTIONS: "production"})


def test_a_policy_file_is_relative_to_the_apps_folder(tmp_path: Path) -> None:
    assert (
        Settings.from_environment({POLICY_FILE: "rules/mine.yaml"}).policy_file
        == APP_ROOT / "rules/mine.yaml"
    )
    absolute = tmp_path / "mine.yaml"
    assert Settings.from_environment({POLICY_FILE: str(absolute)}).policy_file == absolute


@pytest.mark.parametrize("name", [CLOUD, POLICY_FILE])
def test_an_empty_setting_counts_as_not_set(name: str) -> None:
    """Templates often leave application settings empty."""
    assert Settings.from_environment({name: ""}) == Settings.from_environment({})


@pytest.mark.parametrize("url", ["http://acct.blob.core.windows.net/c/policy.yaml", "policy.yaml"])
def test_a_policy_blob_must_have_an_https_url(url: str) -> None:
    with pytest.raises(SettingError, match=r"GALLERIST_POLICY_BLOB is .* https URL of a blob"):
        Settings.from_environment({POLICY_BLOB: url})


@pytest.mark.parametrize("name", [POLICY_BLOB, ARM_ENDPOINT])
def test_the_signature_in_a_setting_is_in_no_error(name: str) -> None:
    """The error is in the log of the start."""
    with pytest.raises(SettingError, match=name) as raised:
        Settings.from_environment({name: "http://acct.blob.core.windows.net/c/policy.yaml?sv=1&sig=marked"})
    assert "marked" not in str(raised.value)


def test_a_policy_file_and_a_policy_blob_exclude_each_other() -> None:
    blob = "https://acct.blob.core.windows.net/c/policy.yaml"
    assert Settings.from_environment({POLICY_BLOB: blob, POLICY_FILE: ""}).policy_blob == blob
    with pytest.raises(SettingError, match="are both set; set only one of them"):
        Settings.from_environment({POLICY_BLOB: blob, POLICY_FILE: "policy.yaml"})


@pytest.mark.parametrize(("text", "days"), [("", 90), ("0", 0), ("30", 30)])
def test_the_days_to_keep_migrations_are_a_whole_number(text: str, days: int) -> None:
    assert Settings.from_environment({KEEP_DAYS: text}).keep_days == days


@pytest.mark.parametrize("text", ["-1", "1.5", "ever", "٣", "36501", "9" * 5000])
def test_other_days_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match=rf"^GALLERIST_KEEP_DAYS is '{text}'; use a whole number of days"):
        Settings.from_environment({KEEP_DAYS: text})


@pytest.mark.parametrize(
    "url",
    [
        "https://a.blob.core.windows.net/",
        "https://a.blob.core.windows.net",
        "http://a.blob.core.windows.net/evidence",
        "https://a.blob.core.windows.net/evidence?sv=2024&sig=secret",
        "a.blob.core.windows.net/evidence",
        "https:///evidence",
    ],
)
def test_a_container_is_an_https_url_without_a_key(url: str) -> None:
    with pytest.raises(SettingError, match="GALLERIST_EVIDENCE_CONTAINER") as raised:
        Settings.from_environment({"GALLERIST_EVIDENCE_CONTAINER": url})
    assert "secret" not in str(raised.value)


def test_evidence_has_one_place() -> None:
    both = {
        "GALLERIST_EVIDENCE_CONTAINER": "http://127.0.0.1:10000/account/evidence",
        "GALLERIST_EVIDENCE_FOLDER": "evidence",
    }
    with pytest.raises(SettingError, match="set only one of them"):
        Settings.from_environment(both)
    both["GALLERIST_EVIDENCE_FOLDER"] = ""
    assert Settings.from_environment(both).evidence_container == both["GALLERIST_EVIDENCE_CONTAINER"]


def test_the_hosts_of_webhooks_are_exact() -> None:
    hosts = {"GALLERIST_WEBHOOK_HOSTS": "Hooks.example.com, 127.0.0.1:7000"}
    assert Settings.from_environment(hosts).webhook_hosts == {"hooks.example.com", "127.0.0.1:7000"}
    with pytest.raises(SettingError, match=r"GALLERIST_WEBHOOK_HOSTS: '\*\.example\.com' is not a host"):
        Settings.from_environment({"GALLERIST_WEBHOOK_HOSTS": "*.example.com"})
