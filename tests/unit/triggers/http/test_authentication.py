"""Whether the platform vouches for a caller: what is missing or doubtful is refused, whatever the path."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from azure.functions import AuthLevel

from services.container import Services, services, using
from tests.unit.fakes import SETTINGS, FakeCompute, working_with
from tests.unit.triggers.http.requesting import request
from triggers.http.authentication import auth_level, refusal
from triggers.http.callers import OPERATOR_ROLE, caller, operator
from triggers.http.problems import ProblemError

ID = "x-ms-client-principal-id"
NAME = "x-ms-client-principal-name"
PROVIDER = "x-ms-client-principal-idp"
ANN = {ID: "3f0c9a5e-0000-4000-8000-00000000a111", PROVIDER: "aad"}


@pytest.fixture(autouse=True)
def _azure() -> Iterator[None]:
    with working_with(FakeCompute()):
        yield


def app(**settings: Any) -> Services:
    signed_in = replace(SETTINGS, platform_authenticates=True, entra_deployed=True)
    return replace(services(), settings=replace(signed_in, **settings))


def test_the_host_asks_for_a_key_unless_callers_sign_in() -> None:
    assert auth_level(callers_sign_in=True) == AuthLevel.ANONYMOUS
    assert auth_level(callers_sign_in=False) == AuthLevel.FUNCTION


@pytest.mark.parametrize("headers", [ANN, {**ANN, PROVIDER: "AAD"}, {**ANN, NAME: "ann@contoso.com"}])
def test_whom_the_platform_names_gets_in(headers: dict[str, str]) -> None:
    with using(app()):
        assert refusal(request("migrations", headers=headers)) is None


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "nobody is signed in"),
        ({PROVIDER: "aad"}, "nobody is signed in"),
        ({NAME: "ann@contoso.com", PROVIDER: "aad"}, "nobody is signed in"),
        ({**ANN, ID: "  "}, "nobody is signed in"),
        ({"x-functions-key": "key"}, "nobody is signed in"),
        ({"authorization": "Bearer token"}, "nobody is signed in"),
        ({ID: ANN[ID]}, "the caller is not signed in with Microsoft Entra"),
        ({**ANN, PROVIDER: "github"}, "the caller is not signed in with Microsoft Entra"),
        ({**ANN, PROVIDER: "aad,github"}, "the caller is not signed in with Microsoft Entra"),
    ],
)
def test_everybody_else_is_refused(headers: dict[str, str], detail: str) -> None:
    with using(app()):
        problem = refusal(request("migrations", headers=headers))
    assert problem is not None
    assert (problem.status, problem.detail) == (401, detail)
    assert problem.cause
    assert problem.fix


@pytest.mark.parametrize(
    "settings", [{"platform_authenticates": False}, {"entra_deployed": False}], ids=["platform", "deployment"]
)
def test_where_the_two_disagree_the_host_asks_for_the_key(settings: dict[str, bool]) -> None:
    services_now = app(**settings)
    assert not services_now.settings.callers_sign_in
    with using(services_now):
        assert refusal(request("migrations")) is None


def test_somebody_who_is_called_as_a_key_is_shown_is_no_key() -> None:
    """A key may approve if a setting says so; somebody without the role may not, whatever the name."""
    with using(app(keys_may_approve=True)):
        named = request("x", headers={**ANN, NAME: "http"})
        assert caller(named) == "http"
        with pytest.raises(ProblemError, match=OPERATOR_ROLE):
            operator(named)
