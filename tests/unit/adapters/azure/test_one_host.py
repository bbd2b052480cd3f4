"""Wherever an answer leads, the app's token goes to Azure Resource Manager alone."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken

from adapters.azure.arm import Arm
from adapters.settings import Settings
from domain.arm_errors import diagnose
from domain.errors import ArmError

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
LIST = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/images"


class Credential:
    """Hands out one token for ever."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # the SDK's signature
        return AccessToken("secret", 2**40)

    async def close(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None: ...


@asynccontextmanager
async def server(answers: dict[str, web.Response], seen: list[str]) -> AsyncIterator[str]:
    """A host that answers by path, and notes who asked with which token."""

    async def handle(request: web.Request) -> web.Response:
        seen.append(f"{request.path} {request.headers.get('Authorization')}")
        return answers[request.path]

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def arm_at(endpoint: str) -> Arm:
    settings = dataclasses.replace(Settings.from_environment({}), arm_endpoint=endpoint)
    return Arm(settings, Credential())


@pytest.mark.parametrize("leads", ["a next page", "a redirection"])
async def test_an_answer_that_leads_to_another_host_ends_there(leads: str) -> None:
    asked: list[str] = []
    elsewhere: list[str] = []
    answers: dict[str, web.Response] = {}
    async with server({"/next": web.json_response({"value": [2]})}, elsewhere) as foreign:
        link = f"{foreign}/next?code=secret"
        answers[LIST] = (
            web.json_response({"value": [1], "nextLink": link})
            if leads == "a next page"
            else web.Response(status=307, headers={"Location": link})
        )
        async with server(answers, asked) as endpoint:
            arm = arm_at(endpoint)
            with pytest.raises(ArmError, match="is not at the address of Azure Resource Manager") as refused:
                _ = [item async for item in arm.pages(SUBSCRIPTION, LIST)]
            await arm.client(SUBSCRIPTION).close()
    assert asked == [f"{LIST} Bearer secret"]
    assert elsewhere == []
    assert "code=secret" not in refused.value.message
    assert diagnose(refused.value).retry == "never"


async def test_the_pages_of_the_sdk_are_held_to_the_endpoint_as_well() -> None:
    asked: list[str] = []
    elsewhere: list[str] = []
    answers: dict[str, web.Response] = {}
    async with server({}, elsewhere) as foreign, server(answers, asked) as endpoint:
        answers[LIST] = web.json_response({"value": [], "nextLink": f"{foreign}/next"})
        client = arm_at(endpoint).client(SUBSCRIPTION)
        with pytest.raises(ArmError, match="is not at the address"):
            _ = [image async for image in client.images.list()]
        await client.close()
    assert len(asked) == 1
    assert elsewhere == []


async def test_the_next_page_at_the_endpoint_is_read() -> None:
    asked: list[str] = []
    answers: dict[str, web.Response] = {}
    async with server(answers, asked) as endpoint:
        answers[LIST] = web.json_response({"value": [1], "nextLink": f"{endpoint}/next"})
        answers["/next"] = web.json_response({"value": [2]})
        arm = arm_at(endpoint)
        assert [item async for item in arm.pages(SUBSCRIPTION, LIST)] == [1, 2]
        await arm.client(SUBSCRIPTION).close()


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://management.azure.com/subscriptions", True),
        ("https://management.azure.com:443/subscriptions", True),
        ("https://MANAGEMENT.azure.com/subscriptions", True),
        ("http://management.azure.com/subscriptions", False),
        ("https://management.azure.com:8443/subscriptions", False),
        ("https://management.azure.com:port/subscriptions", False),
        ("https://management.azure.com.evil.example/subscriptions", False),
        ("https://management.azure.com@evil.example/subscriptions", False),
        ("https://user@management.azure.com/subscriptions", False),
        ("https://evil.example\\@management.azure.com/subscriptions", False),
        ("//management.azure.com/subscriptions", False),
        ("/subscriptions", False),
        ("", False),
    ],
)
def test_an_address_of_the_endpoint_has_its_scheme_its_host_and_its_port(url: str, own: bool) -> None:
    assert arm_at("https://management.azure.com").owns(url) is own
