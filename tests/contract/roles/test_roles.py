"""The roles have exactly the required actions: the app works with all of them, and misses each single one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from domain.migration.states import ENDS
from domain.resources import permissions
from local.stack import Stack
from tests.contract.infra.bicep import INFRA, ROOT

# what every deployment has; the roles of what can be switched on have tests of their own
GIVEN = ("gallery-publisher", "gallery-reader", "image-reader")
ROLES = {name: json.loads((INFRA / "roles" / f"{name}.json").read_text(encoding="utf-8")) for name in GIVEN}
GRANTS = [(name, action) for name, role in ROLES.items() for action in role["actions"]]
# where Bicep assigns the roles: on the galleries, or on a whole subscription
ON_GALLERIES = {"gallery-publisher"}
ON_SOURCE = {"image-reader"}
# The simulated ARM requires the same action for both lists of resources; Azure documents two.
# So nothing can fail here without the second one.
INDISTINGUISHABLE = {("image-reader", "Microsoft.Resources/subscriptions/resourceGroups/resources/read")}
# Without these a migration continues and knows less: why a version failed, which regions the gallery's subscription
# can use, how many resources it has, what the app may do. Only the refused requests show that the action is missing.
OPTIONAL = {
    ("image-reader", "Microsoft.Authorization/permissions/read"),
    ("gallery-reader", "Microsoft.Authorization/permissions/read"),
    ("gallery-reader", "Microsoft.Compute/locations/capsOperations/read"),
    ("gallery-reader", "Microsoft.Resources/subscriptions/locations/read"),
    ("gallery-reader", "Microsoft.Resources/subscriptions/resources/read"),
}
# the actions that only a migration needs whose version fails late, and the case in which nothing is missing
LATE = {None, ("gallery-reader", "Microsoft.Compute/locations/capsOperations/read")}


@dataclass(frozen=True)
class Case:
    """A source subscription and a gallery subscription, in which the identity has the roles without one action."""

    number: int
    lacking: tuple[str, str] | None

    @property
    def source(self) -> str:
        return f"{self.number:08d}-0000-4000-8000-000000000000"

    @property
    def home(self) -> str:
        """The subscription of the galleries."""
        return f"{self.number:08d}-0000-4000-8000-000000000001"

    @property
    def images(self) -> list[str]:
        """One image for both galleries, and one with customer-managed keys for a single gallery."""
        return [f"{compute(self.source)}/images/{name}" for name in ("plain", "encrypted")]

    @property
    def bought(self) -> str:
        """An image whose version fails after Azure accepted it: its disk has a plan that nobody stated (recorded)."""
        return f"{compute(self.source)}/images/bought"

    @property
    def galleries(self) -> list[str]:
        return [f"{compute(self.home)}/galleries/{name}" for name in ("golden", "twin")]

    def resources(self) -> list[dict[str, Any]]:
        os_disk = {
            "osType": "Linux",
            "osState": "Generalized",
            "diskSizeGB": 30,
            "managedDisk": {"id": f"{compute(self.source)}/disks/os"},
        }
        image = {"hyperVGeneration": "V2", "storageProfile": {"osDisk": os_disk}}
        return [
            *({"id": id_, "location": "eastus2", "properties": image} for id_ in self.images),
            {
                "id": self.bought,
                "location": "eastus2",
                "properties": image,
                "_simulator": {"plan": {"name": "gen1", "product": "rocky", "publisher": "resf"}},
            },
            *({"id": id_, "location": "eastus2", "properties": {}} for id_ in self.galleries),
        ]

    def assignments(self) -> list[dict[str, Any]]:
        """Returns the role assignments that Bicep creates."""
        return [
            {
                "principal": SYSTEM_ASSIGNED_CLIENT_ID,
                "scope": scope,
                "actions": [action for action in role["actions"] if (name, action) != self.lacking],
            }
            for name, role in ROLES.items()
            for scope in self._scopes(name)
        ]

    def rules(self) -> list[dict[str, Any]]:
        keys = f"{compute(self.home)}/diskEncryptionSets/keys"
        encrypted = {
            "name": f"{self.number} encrypted",
            "match": {"subscriptions": [self.source], "names": ["encrypted"]},
            "galleries": self.galleries[:1],
            "regions": [{"name": "eastus2", "disk_encryption_set": keys}],
        }
        plain = {
            "name": f"{self.number} plain",
            "match": {"subscriptions": [self.source]},
            "galleries": self.galleries,
        }
        return [encrypted, plain]

    def _scopes(self, role: str) -> list[str]:
        if role in ON_GALLERIES:
            return self.galleries
        return [f"/subscriptions/{self.source if role in ON_SOURCE else self.home}"]


def compute(subscription: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/images/providers/Microsoft.Compute"


CASES = [Case(number, lacking) for number, lacking in enumerate([None, *GRANTS])]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One app for the subscriptions of all cases."""
    subscriptions = [name for case in CASES for name in (case.source, case.home)]
    seed = {
        "subscriptions": [{"id": name, "name": name} for name in subscriptions],
        "resourceGroups": [
            {"subscription": name, "name": "images", "location": "eastus2"} for name in subscriptions
        ],
        "resources": [resource for case in CASES for resource in case.resources()],
        "roles": [assignment for case in CASES for assignment in case.assignments()],
    }
    # JSON is YAML
    policy = json.dumps(
        {"defaults": {"action": "ignore"}, "rules": [rule for case in CASES for rule in case.rules()]}
    )
    folder = tmp_path_factory.mktemp("roles")
    with Stack(folder, seed, policy, "polls:2", host_options=["--clock", "skip"]) as stack:
        # short operation URLs: the size limit of a status does not matter for roles
        # whether permissions need a right is not documented: here they do
        stack.control("POST", "switches", {"signed_operation_urls": False, "permissions_need_read": True})
        yield stack


@pytest.mark.parametrize("case", CASES, ids=lambda case: ":".join(case.lacking or ("all",)))
def test_the_app_works_with_its_roles_and_misses_every_single_action(case: Case, stack: Stack) -> None:
    """The test does what an engineer and a runbook do: it lists images and galleries and migrates images."""
    with httpx.Client(base_url=stack.api, timeout=60) as http:
        problems = [
            *refusal(http.get("images", params={"subscription": case.source})),
            *(problem for image in case.images for problem in migrate(http, image)),
            *(late_failure(http, case.bought) if case.lacking in LATE else []),
            *refusal(http.get("galleries", params={"subscription": case.home})),
        ]
    if case.lacking is None or case.lacking in INDISTINGUISHABLE:
        assert (problems, forbidden(stack, case)) == ([], [])
    elif case.lacking in OPTIONAL:
        assert problems == []
        assert forbidden(stack, case)
    else:
        _, action = case.lacking
        assert [problem for problem in problems if action.lower() in problem.lower()]


def migrate(http: httpx.Client, image: str) -> list[str]:
    started = http.post("migrations", json={"image": image})
    if problem := refusal(started):
        return problem
    while (migration := http.get(started.headers["location"]).json())["state"] not in ENDS:
        pass
    return [] if migration["state"] == "completed" else [json.dumps(migration)]


def late_failure(http: httpx.Client, image: str) -> list[str]:
    """Why a version failed after Azure had accepted it, its operation alone knows. Returns nothing if it failed."""
    (ended,) = migrate(http, image)
    return [] if json.loads(ended)["state"] == "failed" else [ended]


def refusal(response: httpx.Response) -> list[str]:
    return [response.text] if response.is_error else []


def forbidden(stack: Stack, case: Case) -> list[str]:
    """Returns the requests that ARM refused in the subscriptions of the case."""
    return [
        request["path"]
        for request in stack.control("GET", "requests")
        if request["status"] == HTTPStatus.FORBIDDEN
        and (case.source in request["path"] or case.home in request["path"])
    ]


def test_no_role_has_a_wildcard_or_an_action_twice() -> None:
    assert not [action for _, action in GRANTS if "*" in action]
    assert len(set(GRANTS)) == len(GRANTS)


def test_the_security_page_lists_the_actions_of_every_role() -> None:
    document = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(Microsoft\.[\w./]+)` \| ([\w-]+) \|", document, re.MULTILINE)
    roles = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (INFRA / "roles").glob("*.json")
    }
    granted = [
        (action, name)
        for name, role in roles.items()
        for action in [*role["actions"], *role.get("dataActions", [])]
    ]
    assert sorted(rows) == sorted(granted)


def test_the_security_page_says_where_every_role_is_assigned() -> None:
    document = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assigned = document.partition("| role | assigned on |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (\w[\w-]+) \| .+ \|$", assigned, re.MULTILINE)
    assert sorted(rows) == sorted(path.stem for path in (INFRA / "roles").glob("*.json"))


@pytest.mark.parametrize("name", sorted(ON_GALLERIES))
def test_bicep_assigns_a_writing_role_on_galleries_only(name: str) -> None:
    """A role that can write is never assigned on a whole subscription."""
    text = (INFRA / "modules" / "gallery-roles.bicep").read_text(encoding="utf-8")
    publisher = text.partition(f"{name}.json")[0].rpartition("module ")[2]
    assert "'role-definition.bicep'" in publisher
    assert "module assignments 'gallery-assignment.bicep'" in text
    assert "scope: gallery\n" in (INFRA / "modules" / "gallery-assignment.bicep").read_text(encoding="utf-8")


def test_the_roles_have_every_action_that_a_plan_checks() -> None:
    """Without one of these actions a plan is blocked."""
    actions = {name: set(role["actions"]) for name, role in ROLES.items()}
    assert set(permissions.SOURCE_ACTIONS) <= actions["image-reader"]
    assert set(permissions.GALLERY_ACTIONS) <= actions["gallery-reader"] | actions["gallery-publisher"]
