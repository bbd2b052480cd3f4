"""Where notices may be sent: hosts that the settings name, and Event Grid."""

import pytest

from domain.records.addresses import is_protected, parse_host, topic_refusal, webhook_refusal

HOSTS = {"hooks.example.com", "hooks.example.com:8443", "127.0.0.1:7000", "10.0.0.4", "[::1]"}
TOPIC = "https://golden.westeurope-1.eventgrid.azure.net/api/events"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/gallerist?code=1",
        "https://HOOKS.example.com:443/",
        "https://hooks.example.com:8443/x",
        "http://127.0.0.1:7000/hook",
        "https://10.0.0.4/",
        "https://[::1]/",
    ],
)
def test_an_address_on_a_listed_host_is_allowed(url: str) -> None:
    assert webhook_refusal(url, HOSTS) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://hooks.example.com.evil.example/",
        "https://evil.example/?hooks.example.com",
        "https://sub.hooks.example.com/",
        "https://hooks.example.com:8444/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com@evil.example/",
        "https://user:secret@hooks.example.com/",
        "https://169.254.169.254/metadata/identity",
        "http://169.254.169.254/metadata/identity",
        "http://127.0.0.1:7001/hook",
        "http://localhost:7000/hook",
        "https://0x7f000001/",
        "https://[::ffff:127.0.0.1]/",
        "file:///etc/passwd",
        "https:///hook",
        "https://[/",
        "",
    ],
)
def test_every_other_address_is_refused(url: str) -> None:
    assert webhook_refusal(url, HOSTS)


def test_without_the_setting_nothing_is_allowed() -> None:
    refusal = webhook_refusal("https://hooks.example.com/", frozenset())
    assert (
        refusal == "the setting GALLERIST_WEBHOOK_HOSTS does not name the webhook's host 'hooks.example.com'"
    )


def test_a_token_for_event_grid_is_sent_to_event_grid_alone() -> None:
    assert topic_refusal(TOPIC, frozenset()) is None
    assert topic_refusal("https://t.usgovvirginia-1.eventgrid.azure.us/api/events", frozenset()) is None
    assert topic_refusal("http://127.0.0.1:7000/topic", HOSTS) is None
    for url in (
        "https://eventgrid.azure.net.evil.example/api/events",
        "https://evileventgrid.azure.net/",
        "https://evil.example/",
        "http://t.eventgrid.azure.net/",
        "https://user@t.eventgrid.azure.net/",
    ):
        assert topic_refusal(url, HOSTS)


@pytest.mark.parametrize("text", ["Hooks.Example.com", "hooks.example.com:443"])
def test_a_host_of_the_setting_is_read(text: str) -> None:
    assert parse_host(text) == "hooks.example.com"


@pytest.mark.parametrize(
    "text", ["*.example.com", "https://hooks.example.com", "a/b", "user@host", "", "host:port", "host:99999"]
)
def test_what_is_not_one_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host|port"):
        parse_host(text)


def test_only_https_and_this_machine_are_protected() -> None:
    assert is_protected("https://a.example/")
    assert is_protected("http://127.0.0.1:8080")
    assert not is_protected("http://a.example/")
    assert not is_protected("http://127.0.0.1.evil.example/")
