"""Secrets are taken out of what others wrote, and nothing else is."""

import time

import pytest

from domain.errors import ArmError
from domain.records.notices import NoticeTargets
from domain.redaction import blob_address, webhook_address, without_secrets
from domain.results import CurrentWait, Failure
from tests.unit.builders import NOW

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQifQ.c2VjcmV0LXNpZ25hdHVyZQ"
SAS = "https://a.blob.core.windows.net/vhds/os.vhd?sv=2024-11-04&se=2027&sr=b&sp=r&sig=secret%2Fsignature%3D"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (
            f"cannot read {SAS}: denied",
            "cannot read https://a.blob.core.windows.net/vhds/os.vhd?sv=***&se=***&sr=***&sp=***&sig=***: denied",
        ),
        (
            "GET https://m/operations/1?p=6&api-version=1&t=638&c=MIIC&s=secret_-&h=hash failed",
            "GET https://m/operations/1?p=6&api-version=1&t=***&c=***&s=***&h=*** failed",
        ),
        ("'https://hooks.example.com/x?code=secret'", "'https://hooks.example.com/x?code=***'"),
        (f"the token {TOKEN} has expired", "the token *** has expired"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer ***"),
        ("Bearer secret-opaque-token", "Bearer ***"),
        ('{"adminPassword": "secret4!x", "size": "B1"}', '{"adminPassword": "***", "size": "B1"}'),
        (
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=secret==;EndpointSuffix=x",
            "DefaultEndpointsProtocol=https;AccountName=***;AccountKey=***;EndpointSuffix=***",
        ),
        ("InstrumentationKey=00000000-secret;Ingestion", "InstrumentationKey=***;Ingestion"),
        ("x-functions-key: secret-key", "x-functions-key: ***"),
        ("X-IDENTITY-HEADER: secret-key", "X-IDENTITY-HEADER: ***"),
    ],
)
def test_a_secret_is_replaced(text: str, safe: str) -> None:
    assert without_secrets(text) == safe
    assert "secret" not in safe
    assert without_secrets(safe) == safe


NAMES = [
    *[
        f"{whose} key"
        for whose in (
            "account",
            "shared access",
            "sharedaccess",
            "instrumentation",
            "ingestion",
            "master",
            "function",
            "system",
            "api",
            "access",
            "primary",
        )
    ],
    "x-functions-key",
    "x-identity-header",
    "aeg-sas-key",
    "aeg-sas-token",
    "password",
    "adminpassword",
    "pwd",
    "passphrase",
    "client secret",
    "access token",
    "refresh token",
    "id token",
    "connectionstring",
    "connection string",
]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_it_is_called_and_however_that_is_written(name: str) -> None:
    # a long s and a Kelvin sign are letters of these words, too, wherever upper and lower case are the same
    ways = [
        name,
        name.upper(),
        name.replace(" ", "_"),
        name.replace("s", "\u017f"),
        name.replace("k", "\u212a"),
    ]
    for written in ways:
        assert without_secrets(f"{written}=12345678") == f"{written}=***"


@pytest.mark.parametrize("scheme", ["Bearer", "SharedAccessSignature", "SharedKey", "SharedKeyLite"])
def test_a_header_keeps_its_scheme(scheme: str) -> None:
    for written in (scheme, scheme.lower(), scheme.upper()):
        assert without_secrets(f"{written} 12345678") == f"{written} ***"


@pytest.mark.parametrize(
    "text",
    [
        "https://management.azure.com/subscriptions/s/images?api-version=2024-07-01&$expand=ReplicationStatus",
        "The access token expiry UTC time '1/1/2026' is earlier than current UTC time.",
        "the password is too short; use a key of at least 16 characters",
        "Is it done? yes = fine",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/eyJ",
        "a version 1.2.3 of x.y.z",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "piece",
    ["eyJ-", "eyJaaaaaaaaa.", "?a=", "Bearer ", "password ", "&" + "a" * 64, "x-functions-key:", "?a=:"],
)
def test_a_long_text_takes_as_long_as_it_is_long(piece: str) -> None:
    """A message of ARM may be a page of anything."""
    began = time.process_time()
    without_secrets(piece * (200_000 // len(piece)))
    assert time.process_time() - began < 2


def test_what_carries_texts_of_others_carries_no_secret() -> None:
    message = f"reading {SAS} with Bearer {TOKEN} failed"
    error = ArmError(403, "AuthorizationFailed", message)
    carried = (
        str(error),
        error.message,
        Failure(code="c", message=message).message,
        CurrentWait(reason=message, until=NOW).reason,
    )
    assert all("secret" not in text and TOKEN not in text for text in carried), carried


def test_the_address_of_a_blob_keeps_its_snapshot() -> None:
    assert blob_address(SAS) == "https://a.blob.core.windows.net/vhds/os.vhd"
    assert blob_address(f"{SAS}&snapshot=2026-01-01T00:00:00Z") == (
        "https://a.blob.core.windows.net/vhds/os.vhd?snapshot=2026-01-01T00:00:00Z"
    )
    assert blob_address("https://a/b.vhd") == "https://a/b.vhd"
    assert blob_address("") == ""


def test_webhooks_of_one_path_are_told_apart_without_their_keys() -> None:
    first, second = (webhook_address(f"https://h.example/x?code=secret{number}") for number in (1, 2))
    assert first != second
    assert first.startswith("https://h.example/x#")
    assert "secret" not in first
    assert webhook_address(first) == first
    assert webhook_address("https://h.example/x") == "https://h.example/x"
    assert NoticeTargets(webhook="https://h.example/x?code=secret1").webhook == first
