"""Creates and deletes managed images in the simulated Azure, as Packer does, through ARM."""

from http import HTTPStatus
from typing import Any

import httpx

from local.stack import Stack

_API_VERSION = "2024-07-01"
_GALLERIES_API_VERSION = "2024-03-03"


def write_image(stack: Stack, resource: dict[str, Any]) -> None:
    """Creates the managed image. The simulated Event Grid sends an event to its subscribers."""
    body = {key: resource[key] for key in ("location", "tags", "properties")}
    call_arm(stack, "PUT", resource["id"], body).raise_for_status()


def delete_image(stack: Stack, image_id: str) -> None:
    """Deletes the managed image, as `packer -force` does before a build; waits until it is gone."""
    call_arm(stack, "DELETE", image_id).raise_for_status()

    def is_gone() -> bool:
        return call_arm(stack, "GET", image_id).status_code == HTTPStatus.NOT_FOUND

    if stack.one_clock:
        stack.until(is_gone)
    else:
        while not is_gone():
            pass


def call_arm(
    stack: Stack, method: str, resource_id: str, body: Any = None, **parameters: str
) -> httpx.Response:
    """Sends a request for a resource to the simulated ARM; returns the answer, whatever its status."""
    api_version = _GALLERIES_API_VERSION if "/galleries/" in resource_id.lower() else _API_VERSION
    return stack.http.request(
        method,
        f"{stack.simulator['arm']}{resource_id}",
        params={"api-version": api_version, **parameters},
        headers={"Authorization": f"Bearer {access_token(stack)}"},
        json=body,
    )


def access_token(stack: Stack) -> str:
    """Returns a token for ARM from the simulated managed identity."""
    response = stack.http.get(
        stack.simulator["identity_endpoint"],
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": stack.simulator["identity_header"]},
    )
    response.raise_for_status()
    token: str = response.json()["access_token"]
    return token
