"""What people and pipelines ask of the app over HTTP, until it has answered: starts, decisions, orders."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

from domain.promotion.messages import promotion_id
from domain.resources.ids import ImageDefinitionId
from torture.estate import GALLERY, SUBSCRIPTIONS, Decision, Image
from torture.host import HostIsDeadError, TorturedHost
from torture.record import Record
from torture.world import Instance, Json

_MOST_TRIES = 60
_BETWEEN_TRIES = timedelta(seconds=30)
_PAGE = 200


class Operators:
    """Callers who repeat a call that was not answered, as the documents say."""

    def __init__(self, host: TorturedHost, record: Record, fleet: Iterable[Image]) -> None:
        self.host = host
        self.record = record
        self._decisions: dict[str, Decision] = {image.id.lower(): image.decision for image in fleet}

    def start_batch(self) -> None:
        """Starts a batch over all subscriptions."""
        scope = [{"subscription": subscription} for subscription in SUBSCRIPTIONS]
        self._accept("POST", "batches", {"scope": scope, "per_subscription": 40, "per_gallery": 80})

    def start(self, image: Image) -> None:
        """Starts the migration of an image, unless it is running."""
        self._accept("POST", "migrations", {"image": image.id})

    def decide(self) -> None:
        """Decides about each retirement that waits for an approval."""
        for retirement in self._retirements("awaiting-approval"):
            subject, decision = str(retirement["image"]), self._decisions[str(retirement["image"]).lower()]
            path = f"retirements/{retirement['id']}"
            if decision in ("approve", "approve twice"):
                body = {"fingerprint": retirement["fingerprint"], "reason": "the fleet moved"}
                for _ in range(2 if decision == "approve twice" else 1):
                    self.record.note("approval sent", subject, {"retirement": retirement["id"]})
                    self._accept("POST", f"{path}/approve", body)
            elif decision in ("reject", "cancel"):
                self._accept("POST", f"{path}/{decision}", {"reason": "still needed"})

    def keep_what_is_blocked(self) -> None:
        """Cancels the retirements that only somebody else could let go on, such as the owner of a failed version."""
        for retirement in self._retirements("blocked"):
            self._accept("POST", f"retirements/{retirement['id']}/cancel", {"reason": "blocked for days"})

    def order(self, image: Image, order: str) -> None:
        """Pauses, resumes or rolls back the promotion of the image's definition, if there is one."""
        definition = ImageDefinitionId.parse(f"{GALLERY}/images/{image.definition}")
        self._accept("POST", f"promotions/{promotion_id(definition)}/{order}")

    def freeze(self, *, frozen: bool) -> None:
        """Stops or allows all deletions."""
        if frozen:
            self.request("POST", "freeze", {"frozen": True, "reason": "an incident"})
            self.record.note("frozen", "app")
        else:
            self.record.note("thawed", "app")
            self.request("POST", "freeze", {"frozen": False, "reason": "over"})

    def request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Calls the API until it answers with something other than a 5xx, or for half an hour; returns the answer."""
        tries = 0
        while True:
            try:
                answer = self.host.call(
                    lambda: self.host.stack.http.request(method, f"{self.host.stack.api}/{path}", json=body)
                )
            except HostIsDeadError:
                continue
            tries += 1
            if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR or tries == _MOST_TRIES:
                return answer
            self.host.let_pass(_BETWEEN_TRIES)

    def instances(self, **filters: str) -> list[Instance]:
        """The orchestrations in the task hub, as the durable API shows and filters them."""
        url = f"{self.host.stack.host['url']}/runtime/webhooks/durabletask/instances"
        found: list[Instance] = []
        token = ""
        while True:
            answer = self.host.stack.http.get(
                url,
                params={"top": _PAGE, "showInput": "false", **filters},
                headers={"x-ms-continuation-token": token} if token else {},
            ).raise_for_status()
            found += [_instance(one) for one in answer.json()]
            token = answer.headers.get("x-ms-continuation-token", "")
            if not token:
                return found

    def _retirements(self, state: str) -> list[Json]:
        found: list[Json] = []
        path = f"retirements?state={state}"
        while path:
            answer = self.request("GET", path)
            if answer.is_error:
                # they ask again an hour later
                break
            page = answer.json()
            found += page["retirements"]
            path = str(page["next"] or "").rpartition("/api/")[2]
        return found

    def _accept(self, method: str, path: str, body: Any = None) -> None:
        answer = self.request(method, path, body)
        if answer.status_code == HTTPStatus.ACCEPTED:
            self.record.note("accepted", str(answer.json()["id"]), {"path": path})


def _instance(document: Json) -> Instance:
    return Instance(
        id=document["instanceId"],
        name=document["name"],
        status=document["runtimeStatus"],
        created=datetime.fromisoformat(document["createdTime"]),
        updated=datetime.fromisoformat(document["lastUpdatedTime"]),
        custom_status=document["customStatus"],
        output=document["output"],
    )
