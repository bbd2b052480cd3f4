"""The roles hold exactly the actions that are needed: with them everything works, without any one something fails."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID
from local.stack import Stack
from tests.contract.infra.bicep import INFRA, ROOT

ROLES = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((INFRA / "roles").glob("*"))
}
ACTIONS = [action for role in ROLES.values() for action in role["actions"]]
# where Bicep assigns them: below the gallery alone, or on the subscription
ON_GALLERIES = {"gallery-publisher"}
# The simulated ARM asks for the same action for both lists of resources; Azure names two (documented).
# (so that nothing can fail here without the second one)
NOT_TOLD_APART = {"Microsoft.Resources/subscriptions/resourceGroups/resources/read"}
# Without it a migration goes on, and only cannot say why a version failed: seen in the refused requests alone.
ONLY_LOOKED_AT = {"Microsoft.Compute/locations/capsOperations/read"}

ENDS = {"completed", "skipped", "blocked", "partial", "failed", "cancelled"}


@dataclass
class Tenant:
    """One subscription for each case: the identity has the roles there, less one action."""

    lacking: str | None
    id: str

    @property
    def compute(self) -> str:
        return f"/subscriptions/{self.id}/resourceGroups/images/providers/Microsoft.Compute"

    @property
    def image(self) -> str:
        return f"{self.compute}/images/ubuntu"

    @property
    def galleries(self) -> list[str]:
        return [f"{self.compute}/galleries/{name}" for name in ("golden", "twin")]

    @property
    def encryption_set(self) -> str:
        return f"{self.compute}/diskEncryptionSets/keys"

    def resources(self) -> list[dict[str, Any]]:
        image = {
            "hyperVGeneration": "V2",
            "storageProfile": {
                "osDisk": {
                    "osType": "Linux",
                    "osState": "Generalized",
                    "diskSizeGB": 30,
                    "managedDisk": {"id": f"{self.compute}/disks/os"},
                }
            },
        }
        galleries = [{"id": id_, "location": "eastus2", "properties": {}} for id_ in self.galleries]
        return [{"id": self.image, "location": "eastus2", "properties": image}, *galleries]

    def assignments(self) -> list[dict[str, Any]]:
        """The roles as Bicep assigns them."""
        return [
            {
                "principal": SYSTEM_ASSIGNED_CLIENT_ID,
                "scope": scope,
                "actions": [action for action in role["actions"] if action != self.lacking],
            }
            for name, role in ROLES.items()
            for scope in (self.galleries if name in ON_GALLERIES else [f"/subscriptions/{self.id}"])
        ]

    def rule(self) -> dict[str, Any]:
        region = {"name": "eastus2", "disk_encryption_set": self.encryption_set}
        match = {"subscriptions": [self.id]}
        return {"name": self.id, "match": match, "galleries": self.galleries, "regions": [region]}


TENANTS = [
    Tenant(lacking, f"{number:08d}-0000-4000-8000-000000000000")
    for number, lacking in enumerate([None, *ACTIONS], 1)
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One app over the subscriptions of all cases."""
    seed = {
        "subscriptions": [{"id": tenant.id, "name": tenant.id} for tenant in TENANTS],
        "resourceGroups": [
            {"subscription": tenant.id, "name": "images", "location": "eastus2"} for tenant in TENANTS
        ],
        "resources": [resource for tenant in TENANTS for resource in tenant.resources()],
        "roles": [assignment for tenant in TENANTS for assignment in tenant.assignments()],
    }
    # JSON is YAML
    policy = json.dumps({"defaults": {"action": "ignore"}, "rules": [tenant.rule() for tenant in TENANTS]})
    folder = tmp_path_factory.mktemp("roles")
    with Stack(folder, seed, policy, "polls:2", host_options=["--clock", "skip"]) as stack:
        yield stack


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.lacking or "all")
def test_everything_works_with_the_roles_and_something_fails_without(tenant: Tenant, stack: Stack) -> None:
    """What an engineer and a runbook do: list images and galleries, migrate an image into two galleries."""
    with httpx.Client(base_url=stack.api, timeout=60) as http:
        problems = [
            *refusal(http.get("images", params={"subscription": tenant.id})),
            *migrate(http, tenant),
            *refusal(http.get("galleries", params={"subscription": tenant.id})),
        ]
    forbidden = [
        request["path"]
        for request in stack.control("GET", "requests")
        if request["status"] == HTTPStatus.FORBIDDEN and tenant.id in request["path"]
    ]
    if tenant.lacking is None or tenant.lacking in NOT_TOLD_APART:
        assert (problems, forbidden) == ([], [])
    elif tenant.lacking in ONLY_LOOKED_AT:
        assert problems == []
        assert forbidden
    else:
        assert [problem for problem in problems if "AuthorizationFailed" in problem]
        assert [problem for problem in problems if tenant.lacking.lower() in problem.lower()]


def migrate(http: httpx.Client, tenant: Tenant) -> list[str]:
    started = http.post("migrations", json={"image": tenant.image})
    if problem := refusal(started):
        return problem
    while (migration := http.get(started.headers["location"]).json())["state"] not in ENDS:
        pass
    return [] if migration["state"] == "completed" else [json.dumps(migration)]


def refusal(response: httpx.Response) -> list[str]:
    return [response.text] if response.is_error else []


def test_no_role_has_a_wildcard_or_an_action_twice() -> None:
    assert not [action for action in ACTIONS if "*" in action]
    assert len(set(ACTIONS)) == len(ACTIONS)


def test_document_lists_the_same_actions() -> None:
    """docs/security.md says of each action in which role it is."""
    document = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(Microsoft\.[\w./]+)` \| ([\w-]+) \|", document, re.MULTILINE)
    assert sorted(rows) == sorted(
        (action, name) for name, role in ROLES.items() for action in role["actions"]
    )


@pytest.mark.parametrize("name", sorted(ON_GALLERIES))
def test_bicep_assigns_it_on_galleries_alone(name: str) -> None:
    """Writing is given where it is needed, not on a whole subscription."""
    text = Path(INFRA / "modules" / "gallery-roles.bicep").read_text(encoding="utf-8")
    publisher = text.partition(f"{name}.json")[0].rpartition("module ")[2]
    assert "'role-definition.bicep'" in publisher
    assert "scope: gallery\n" in (INFRA / "modules" / f"{name}.bicep").read_text(encoding="utf-8")
