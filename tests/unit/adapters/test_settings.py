"""Settings: the clouds, the endpoints that may be given, and what is refused by name."""

import re
from pathlib import Path

import pytest

from adapters.settings import (
    APP_ROOT,
    ARM_AUDIENCE,
    ARM_ENDPOINT,
    CLOUD,
    POLICY_BLOB,
    POLICY_FILE,
    SUBSCRIPTIONS,
    SettingError,
    Settings,
)


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
def test_each_cloud_has_its_endpoint_its_audience_and_its_authority(
    cloud: str, endpoint: str, audience: str, authority: str
) -> None:
    """The audience of the US Government's cloud is not its endpoint."""
    settings = Settings.from_environment({CLOUD: cloud})
    assert settings.arm_endpoint == f"https://{endpoint}"
    assert settings.arm_scope == f"https://{audience}/.default"
    assert settings.authority == authority


def test_nothing_set_is_the_public_cloud_and_the_shipped_policy() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings.from_environment({CLOUD: "public"})
    assert settings.policy_file == APP_ROOT / "policy.yaml"
    assert settings.subscriptions == ()


def test_a_cloud_that_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(
        SettingError, match=r"^GALLERIST_CLOUD is 'mars'; known are public, usgovernment, china$"
    ):
        Settings.from_environment({CLOUD: "mars"})


@pytest.mark.parametrize(
    "endpoint",
    ["https://arm.example", "https://arm.example/", "http://127.0.0.1:8080", "http://localhost:8080/"],
)
def test_an_endpoint_may_be_given(endpoint: str) -> None:
    """Over https, or on this machine."""
    assert Settings.from_environment({ARM_ENDPOINT: endpoint}).arm_endpoint == endpoint.rstrip("/")


@pytest.mark.parametrize("endpoint", ["http://arm.example", "arm.example", "ftp://arm.example"])
def test_an_endpoint_that_would_send_tokens_in_the_open_is_refused(endpoint: str) -> None:
    reason = re.escape(f"GALLERIST_ARM_ENDPOINT is '{endpoint}'; tokens are sent over https only")
    with pytest.raises(SettingError, match=rf"^{reason}"):
        Settings.from_environment({ARM_ENDPOINT: endpoint})


@pytest.mark.parametrize("host", ["localhost.example.com", "127.0.0.1.example.com", "localhost@example.com"])
def test_a_host_that_only_begins_like_this_machine_is_refused(host: str) -> None:
    with pytest.raises(SettingError, match="over https only"):
        Settings.from_environment({ARM_ENDPOINT: f"http://{host}"})


def test_an_audience_may_be_given() -> None:
    settings = Settings.from_environment({ARM_AUDIENCE: "https://arm.example/"})
    assert settings.arm_scope == "https://arm.example/.default"


@pytest.mark.parametrize("text", ["A, B", "a,b", "a b", " a ,, b "])
def test_subscriptions_are_separated_by_commas_or_spaces(text: str) -> None:
    assert Settings.from_environment({SUBSCRIPTIONS: text}).subscriptions == ("a", "b")


def test_a_policy_file_is_found_from_the_apps_folder(tmp_path: Path) -> None:
    assert (
        Settings.from_environment({POLICY_FILE: "rules/mine.yaml"}).policy_file
        == APP_ROOT / "rules/mine.yaml"
    )
    absolute = tmp_path / "mine.yaml"
    assert Settings.from_environment({POLICY_FILE: str(absolute)}).policy_file == absolute


@pytest.mark.parametrize("name", [CLOUD, POLICY_FILE])
def test_a_setting_that_is_empty_is_not_set(name: str) -> None:
    """Application settings are often left empty by templates."""
    assert Settings.from_environment({name: ""}) == Settings.from_environment({})


@pytest.mark.parametrize("url", ["http://acct.blob.core.windows.net/c/policy.yaml", "policy.yaml"])
def test_a_policy_blob_is_read_over_https_only(url: str) -> None:
    with pytest.raises(SettingError, match=r"GALLERIST_POLICY_BLOB is .* https URL of a blob"):
        Settings.from_environment({POLICY_BLOB: url})


def test_the_policy_is_in_one_place() -> None:
    blob = "https://acct.blob.core.windows.net/c/policy.yaml"
    assert Settings.from_environment({POLICY_BLOB: blob, POLICY_FILE: ""}).policy_blob == blob
    with pytest.raises(SettingError, match="both set"):
        Settings.from_environment({POLICY_BLOB: blob, POLICY_FILE: "policy.yaml"})
