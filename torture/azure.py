"""What others do in Azure while the app works: they write images, use them, lock them, and delete what they made."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

from local.arm import access_token
from torture.estate import SUBSCRIPTIONS, Image
from torture.record import Record
from torture.stack import TorturedStack
from torture.world import Json

_API_VERSION = "2024-07-01"
_TOKEN_LIVES = timedelta(hours=6)
_SWITCHED_OFF: Json = {
    "resource_graph_lag_seconds": 0.0,
    "resource_graph_empty": False,
    "resource_graph_truncates_after": None,
    "resource_graph_hidden": [],
    "resource_list_lag_seconds": 0.0,
    "unlisted_resources": [],
}


class Others:
    """Everybody but the app."""

    def __init__(self, stack: TorturedStack, record: Record) -> None:
        self.stack = stack
        self.record = record
        self.builds: dict[int, int] = {}
        self._token = ""
        self._token_until: datetime | None = None
        self._no_token_until: datetime | None = None
        self._locks: list[Json] = []
        self._lies: list[Json] = []
        self._references: dict[str, str] = {}

    def write(self, image: Image, build: int | None = None, tags: dict[str, str] | None = None) -> bool:
        """Writes an image, with other disks if the build is another one; False if Azure refuses it now."""
        build = self.builds.get(image.number, 0) if build is None else build
        answer = self.send("PUT", image.id, image.resource(build, tags))
        if answer.is_error:
            return False
        self.builds[image.number] = build
        self.record.note("image written", image.id, {"build": build})
        return True

    def delete(self, image: Image) -> bool:
        """Deletes an image, to make it anew; False if it is not there, or locked."""
        exists = self.send("GET", image.id).status_code == HTTPStatus.OK
        if not exists or self.send("DELETE", image.id).is_error:
            return False
        self.record.note("image deleted", image.id)
        return True

    def change_tags(self, image: Image, value: str) -> None:
        """Writes an image that exists with another tag, which announces it once more."""
        if self.send("GET", image.id).status_code == HTTPStatus.OK:
            self.write(image, tags={"changed": value})

    def use(self, image: Image, kind: str) -> None:
        """Creates something that uses an image, unless Azure or a policy forbids it."""
        group = f"/subscriptions/{SUBSCRIPTIONS[image.number % 3]}/resourceGroups/machines/providers"
        parent, resource = _reference(group, kind, image)
        if parent:
            self.send("PUT", parent, {"location": "eastus2", "properties": {}})
        answer = self.send("PUT", resource["id"], {**resource, "id": None})
        if not answer.is_error:
            self._references[resource["id"]] = image.id
            self.record.note("reference there", image.id, {"by": resource["id"], "kind": kind})

    def use_no_more(self, image: Image) -> None:
        """Deletes what uses an image."""
        for resource_id in [one for one, used in self._references.items() if used == image.id]:
            if not self.send("DELETE", resource_id).is_error:
                del self._references[resource_id]
                self.record.note("reference gone", image.id, {"by": resource_id})

    def used(self) -> list[str]:
        """The images that something uses."""
        return sorted(set(self._references.values()))

    def lock(self, image: Image, scope: str) -> str:
        """Locks an image or its resource group; returns what is locked."""
        locked = image.id if scope == "image" else image.id.partition("/providers/")[0]
        self._locks.append({"scope": locked, "level": "CanNotDelete", "name": "keep"})
        self._set_locks()
        self.record.note("lock there", locked)
        return locked

    def unlock(self, locked: str) -> None:
        """Removes a lock."""
        self._locks = [one for one in self._locks if one["scope"] != locked]
        self._set_locks()
        self.record.note("lock gone", locked)

    def lie(self, switches: Json, *, about_references: bool) -> None:
        """Lets Azure's lists lag or lie, besides other lies."""
        self._lies.append(switches)
        self._set_switches()
        if about_references:
            self.record.note("graph lies", "azure", switches)

    def tell_the_truth(self, switches: Json, *, about_references: bool) -> None:
        """Ends one lie."""
        self._lies.remove(switches)
        self._set_switches()
        if about_references:
            self.record.note("graph tells", "azure")

    def take_tokens(self, way: str, seconds: float) -> None:
        """Lets the identity endpoint fail the app, and whoever else asks."""
        self._token_of_others()
        self._no_token_until = self.stack.now() + timedelta(seconds=seconds)
        self.stack.control("POST", "faults", {"identity": way, "seconds": seconds})

    def send(self, method: str, resource_id: str, body: Any = None) -> httpx.Response:
        """Sends a request to ARM; the answer may be a refusal."""
        return self.stack.http.request(
            method,
            f"{self.stack.simulator['arm']}{resource_id}",
            params={"api-version": _API_VERSION},
            headers={"Authorization": f"Bearer {self._token_of_others()}"},
            json=body,
        )

    def _token_of_others(self) -> str:
        now = self.stack.now()
        fails = self._no_token_until is not None and now < self._no_token_until
        if not fails and (self._token_until is None or now > self._token_until):
            self._token = access_token(self.stack)
            self._token_until = now + _TOKEN_LIVES
        return self._token

    def _set_locks(self) -> None:
        self.stack.control("POST", "locks", {"locks": self._locks})

    def _set_switches(self) -> None:
        switches = dict(_SWITCHED_OFF)
        for lie in self._lies:
            for name, value in lie.items():
                switches[name] = [*switches[name], *value] if isinstance(value, list) else value
        self.stack.control("POST", "switches", switches)


def _reference(providers: str, kind: str, image: Image) -> tuple[str | None, Json]:
    """What uses an image, and its parent. Only Resource Graph shows one of unknown kind."""
    match kind:
        case "scale set":
            properties: Json = {
                "virtualMachineProfile": {"storageProfile": {"imageReference": {"id": image.id}}}
            }
            resource_id = f"{providers}/Microsoft.Compute/virtualMachineScaleSets/user-{image.number}"
            return None, {"id": resource_id, "location": "eastus2", "properties": properties}
        case "pool":
            account = f"{providers}/Microsoft.Batch/batchAccounts/user{image.number}"
            configuration = {"virtualMachineConfiguration": {"imageReference": {"id": image.id}}}
            properties = {"deploymentConfiguration": configuration}
            return account, {"id": f"{account}/pools/p", "location": "eastus2", "properties": properties}
        case _:
            cluster = f"{providers}/Microsoft.ServiceFabric/managedClusters/user-{image.number}"
            properties = {"vmImageResourceId": image.id}
            return cluster, {"id": f"{cluster}/nodeTypes/n", "location": "eastus2", "properties": properties}
