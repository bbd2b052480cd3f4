"""The page's own files with answers that a test makes up: for what the real API seldom answers."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Request, Route

from dashboard.files import INDEX, Files
from dashboard.routes import HEADERS

HOST = "https://gallerist.test"
PAGE = f"{HOST}/api/dashboard"
Answer = Any | tuple[int, dict[str, str], Any]
EMPTY: dict[str, Any] = {
    "migrations": {"migrations": [], "unreadable": [], "next": None},
    "promotions": {"promotions": [], "unreadable": []},
    "retirements": {"retirements": [], "unreadable": [], "next": None},
    "freeze": {"frozen": False, "reason": None},
}


class FakedApi:
    """Answers every request of one window. `answers` are by path; a callable gets the query.

    `requests` are those of the API, as method, path and query; `bodies` are what was posted, by path.
    """

    def __init__(self, page: Page) -> None:
        self.answers: dict[str, Answer | Callable[[dict[str, str]], Answer]] = dict(EMPTY)
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: dict[str, Any] = {}
        self._files = Files()
        self._page = page
        page.route("**/*", self._answer)

    def _answer(self, route: Route, request: Request) -> None:
        address = urlsplit(request.url)
        file = re.fullmatch(r"/api/dashboard/?(.*)", address.path)
        if file:
            found = self._files.find(file[1] or INDEX)
            assert found is not None, request.url
            route.fulfill(headers={**HEADERS, "Content-Type": found.media_type}, body=found.body)
            return
        path = address.path.removeprefix("/api/")
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.requests.append((request.method, path, query))
        self.headers.append(request.headers)
        if request.method == "POST":
            self.bodies[path] = request.post_data_json if request.post_data else None
        answer = self.answers.get(path, (404, {}, {"detail": f"there is no {path}"}))
        answer = answer(query) if callable(answer) else answer
        status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
        route.fulfill(status=status, headers=headers, json=body)

    def lists(self, *migrations: dict[str, Any]) -> None:
        """Lets the API list these migrations, and show each of them."""
        self.answers["migrations"] = {**EMPTY["migrations"], "migrations": list(migrations)}
        for one in migrations:
            self.answers[f"migrations/{one['id']}"] = one

    def settle(self, path: str) -> None:
        """Lets the page send what it is about to send, until the last request is one for this path."""
        for _ in range(1_000):
            # a call of the page lets its requests come in
            self._page.evaluate("1")
            if self.requests and self.requests[-1][1] == path:
                return
        raise AssertionError(f"the last request is {self.requests[-1:]}, not one for {path}")

    def sent(self, path: str) -> int:
        """How many requests there were for this path."""
        return sum(one == path for _, one, _ in self.requests)


def a_migration(name: str, **changes: Any) -> dict[str, Any]:
    """A migration as the API answers it."""
    image = f"/subscriptions/1/resourceGroups/packer/providers/Microsoft.Compute/images/{name}"
    return {
        "id": f"migration-{name}",
        "image": image,
        "state": "replicating",
        "started_by": "http",
        "rule": None,
        "fingerprint": None,
        "reason": None,
        "fix": None,
        "waiting_for": None,
        "course": [],
        "warnings": [],
        "failure": None,
        "targets": [],
        "followed_by": [],
        "created": "2026-11-23T08:00:00Z",
        "updated": "2026-11-23T08:10:00Z",
        "links": {"self": f"{HOST}/api/migrations/migration-{name}"},
    } | changes


def a_target(*regions: tuple[str, int]) -> dict[str, Any]:
    """A target gallery of a migration, with the progress of its regions."""
    return {
        "gallery": "golden",
        "definition": "web",
        "version": None,
        "version_id": None,
        "outcome": "created",
        "state": "replicating",
        "regions": [
            {"region": name, "state": "Replicating", "progress": done, "details": ""}
            for name, done in regions
        ],
        "proofs": [],
        "failure": None,
    }


def a_promotion(name: str, **changes: Any) -> dict[str, Any]:
    """A promotion as the API answers it: two rings, of which the first is promoted."""
    definition = (
        f"/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/galleries/golden/images/{name}"
    )
    return {
        "id": f"promotion-{name}",
        "version": f"{definition}/versions/1.0.1",
        "definition": definition,
        "action": "promote",
        "state": "baking",
        "started_by": "http",
        "ordered_by": None,
        "rings": [["eastus2"], ["westus2", "northeurope"]],
        "ring": 1,
        "bake_hours": 6.0,
        "bake_until": "2026-11-23T14:00:00Z",
        "promoted": {"eastus2": "2026-11-23T08:00:00Z"},
        "pending": ["westus2", "northeurope"],
        "latest": {"eastus2": "1.0.1", "westus2": "1.0.0", "northeurope": None},
        "followers": [
            {"id": "/x/virtualMachineScaleSets/web", "region": "eastus2", "instances": 4, "taken": 3, "upgrade": None,
             "window": None, "opens": None},
        ],
        "before": [],
        "can_roll_back": True,
        "still_running": None,
        "superseded": None,
        "warnings": [],
        "reason": None,
        "fix": None,
        "failure": None,
        "waiting_for": None,
        "created": "2026-11-23T08:00:00Z",
        "updated": "2026-11-23T08:10:00Z",
        "links": {"self": f"{HOST}/api/promotions/promotion-{name}"},
    } | changes  # fmt: skip


def a_retirement(name: str, **changes: Any) -> dict[str, Any]:
    """A retirement as the API answers it: it waits for an approval."""
    image = f"/subscriptions/1/resourceGroups/packer/providers/Microsoft.Compute/images/{name}"
    met = {"met": True, "reason": "", "lifted_by": "", "passes": False, "ends": False, "evidence": []}
    return {
        "id": f"retirement-{name}",
        "image": image,
        "fingerprint": f"fingerprint-of-{name}",
        "state": "awaiting-approval",
        "started_by": "http",
        "by_hand": False,
        "replaced_by": [],
        "obligations": [
            {"number": 1, "name": "replicated", **met},
            {"number": 8, "name": "approved", **met} | {"met": False, "reason": "nobody has approved it"},
        ],
        "soak_since": "2026-11-16T08:00:00Z",
        "soak_ends": "2026-11-23T08:00:00Z",
        "noticed_at": None,
        "expires": "2026-12-23T08:00:00Z",
        "approval": None,
        "strict": False,
        "refusal": None,
        "certificate": None,
        "reason": None,
        "waiting_for": None,
        "created": "2026-11-16T08:00:00Z",
        "updated": "2026-11-23T08:00:00Z",
        "links": {"self": f"{HOST}/api/retirements/retirement-{name}"},
    } | changes
