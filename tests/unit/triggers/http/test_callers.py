"""Who a caller is believed to be, and who may decide what cannot be undone."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from services.container import Services, services, using
from tests.unit.fakes import SETTINGS, FakeCompute, working_with
from tests.unit.triggers.http.requesting import request
from triggers.http.callers import OPERATOR_ROLE, caller, operator
from triggers.http.problems import ProblemError

NAME = "x-ms-client-principal-name"
ID = "x-ms-client-principal-id"
PRINCIPAL = "x-ms-client-principal"
APP = "0f8fad5b-d9cb-469f-a165-70867728950e"


def app(**settings: Any) -> Services:
    return replace(services(), settings=replace(SETTINGS, **settings))


@pytest.fixture(autouse=True)
def _azure() -> Iterator[None]:
    with working_with(FakeCompute()):
        yield


def principal(*roles: str, role_type: str = "roles") -> str:
    claims = [{"typ": "name", "val": "Ann"}, *({"typ": role_type, "val": role} for role in roles)]
    return base64.b64encode(json.dumps({"role_typ": role_type, "claims": claims}).encode()).decode()


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({NAME: "ann@contoso.com", ID: APP}, "ann@contoso.com"),
        ({ID: APP}, APP),
        ({}, "http"),
        ({NAME: "a\udcffb\nc"}, "a?b?c"),
    ],
)
def test_the_caller_is_whom_the_platform_names(headers: dict[str, str], shown: str) -> None:
    with using(app(platform_authenticates=True)):
        assert caller(request("migrations", headers=headers)) == shown
        assert len(caller(request("migrations", headers={NAME: "n" * 5000}))) <= 128


def test_a_name_is_not_believed_while_the_platform_authenticates_nobody() -> None:
    assert caller(request("migrations", headers={NAME: "ann@contoso.com", ID: APP})) == "http"


@pytest.mark.parametrize(
    "role_type", ["roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"]
)
def test_an_operator_has_the_app_role(role_type: str) -> None:
    headers = {NAME: "ann@contoso.com", PRINCIPAL: principal("Reader", OPERATOR_ROLE, role_type=role_type)}
    with using(app(platform_authenticates=True)):
        assert operator(request("x", headers=headers)) == "ann@contoso.com"


@pytest.mark.parametrize("text", ["", "bm90IGpzb24=", "bnVsbA==", "%%%", principal("Reader"), "e30=", "W10="])
def test_whoever_lacks_the_role_is_refused(text: str) -> None:
    headers = {NAME: "bob@contoso.com", PRINCIPAL: text}
    with (
        using(app(platform_authenticates=True, keys_may_approve=True)),
        pytest.raises(ProblemError) as refused,
    ):
        operator(request("x", headers=headers))
    assert (refused.value.problem.status, "bob@contoso.com" in refused.value.problem.detail) == (403, True)


def test_a_forged_principal_is_refused_while_the_platform_authenticates_nobody() -> None:
    headers = {NAME: "ann@contoso.com", PRINCIPAL: principal(OPERATOR_ROLE)}
    with pytest.raises(ProblemError, match="a function key names nobody"):
        operator(request("x", headers=headers))


@pytest.mark.parametrize("platform", [True, False])
def test_a_key_decides_only_if_a_setting_allows_it(platform: bool) -> None:
    with using(app(platform_authenticates=platform)), pytest.raises(ProblemError, match="names nobody"):
        operator(request("x"))
    with using(app(platform_authenticates=platform, keys_may_approve=True)):
        assert operator(request("x")) == "http"
