"""The route that describes the API."""

from api.openapi import document
from tests.unit.app import code
from tests.unit.triggers.http.requesting import body_of, request


async def test_the_app_answers_with_its_own_description() -> None:
    response = await code("get_openapi")(req=request("openapi.json"))
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert body_of(response) == document()
