"""Definitions, versions and scale sets for the workflow tests of promotions, and what a test does with them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx

from domain.promotion.messages import promotion_id
from domain.promotion.states import ENDS
from domain.resources.ids import ImageDefinitionId
from local.arm import call_arm
from local.stack import Stack
from tests.workflow.estate import GALLERY, HERE, SEED, an_image

COMPUTE = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Compute"
MAINTENANCE = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.Maintenance"
REGIONS = ("eastus2", "westus2", "northeurope")
SOURCE = an_image("promoted-source")
ENDED = frozenset(str(state) for state in ENDS)
# of virtual time, between two looks of a test
STEP = timedelta(minutes=30)


def a_definition(name: str, versions: Iterable[tuple[str, bool]], tags: Any = None) -> list[dict[str, Any]]:
    """Returns a definition with versions: each with its number, and whether it is excluded from latest."""
    definition = f"{GALLERY}/images/{name}"
    properties = {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "p", "offer": "o", "sku": name},
    }
    return [
        {"id": definition, "location": "eastus2", "properties": properties},
        *(a_version(name, number, excluded, tags) for number, excluded in versions),
    ]


def a_version(name: str, number: str, excluded: bool, tags: Any = None) -> dict[str, Any]:
    """Returns a version of a definition in all three regions."""
    return {
        "id": f"{GALLERY}/images/{name}/versions/{number}",
        "location": "eastus2",
        "tags": tags or {},
        "properties": {
            "publishingProfile": {
                "targetRegions": [{"name": region} for region in REGIONS],
                "excludeFromLatest": excluded,
            },
            "storageProfile": {"source": {"id": SOURCE["id"]}},
        },
    }


def a_scale_set(name: str, definition: str, region: str, runs: list[str], **more: Any) -> dict[str, Any]:
    """Returns a scale set that follows latest of a definition."""
    reference = {"id": f"{GALLERY}/images/{definition}"}
    return {
        "id": f"{COMPUTE}/virtualMachineScaleSets/{name}",
        "location": region,
        "sku": {"name": "Standard_D2s_v5", "capacity": len(runs)},
        "properties": {
            "upgradePolicy": {"automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}},
            "virtualMachineProfile": {"storageProfile": {"imageReference": reference}},
            **more,
        },
        "_simulator": {"instances": runs},
    }


def a_weekly_window(scale_set: str) -> list[dict[str, Any]]:
    """Returns a maintenance configuration of Wednesdays, and its assignment to a scale set."""
    configuration = f"{MAINTENANCE}/maintenanceConfigurations/wednesdays-of-{scale_set}"
    owner = f"{COMPUTE}/virtualMachineScaleSets/{scale_set}"
    # the one clock begins on a Monday
    window = {
        "startDateTime": "2025-12-31 02:00",
        "duration": "05:00",
        "recurEvery": "1Week Wednesday",
        "timeZone": "W. Europe Standard Time",
    }
    properties = {"maintenanceScope": "OSImage", "maintenanceWindow": window}
    assigned = {"maintenanceConfigurationId": configuration, "resourceId": owner}
    return [
        {"id": configuration, "location": "eastus2", "properties": properties},
        {
            "id": f"{owner}/providers/Microsoft.Maintenance/configurationAssignments/a",
            "location": "eastus2",
            "properties": assigned,
        },
    ]


def a_seed(*resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the seed of the workflow tests with these resources."""
    return {**SEED, "resources": [*SEED["resources"], SOURCE, *(one for some in resources for one in some)]}


class Promoter:
    """Promotes versions of one definition, and looks at what becomes of it."""

    def __init__(self, stack: Stack, definition: str) -> None:
        self.stack = stack
        self.definition = f"{GALLERY}/images/{definition}"
        self.id = promotion_id(ImageDefinitionId.parse(self.definition))

    def version(self, number: str) -> str:
        return f"{self.definition}/versions/{number}"

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.stack.http.post(f"{self.stack.api}/promotions{path}", json=body)

    def start(self, number: str, **choices: Any) -> None:
        """Starts a promotion or an election."""
        started = self.post("", version=self.version(number), **choices)
        assert started.status_code == httpx.codes.ACCEPTED, started.text

    def order(self, order: str) -> None:
        """Pauses, resumes, aborts or rolls back, and lets it arrive."""
        ordered = self.post(f"/{self.id}/{order}")
        assert ordered.status_code == httpx.codes.ACCEPTED, ordered.text
        self.stack.let_pass(timedelta())

    def look(self) -> dict[str, Any]:
        """Returns the promotion."""
        answer = self.stack.http.get(f"{self.stack.api}/promotions/{self.id}")
        assert answer.status_code == httpx.codes.OK, answer.text
        promotion: dict[str, Any] = answer.json()
        return promotion

    def until(
        self,
        *states: str,
        ring: int | None = None,
        step: timedelta = STEP,
        within: timedelta = timedelta(days=20),
    ) -> dict[str, Any]:
        """Lets time pass until the promotion is in one of these states, and in this ring."""
        end = self.stack.now() + within
        self.stack.let_pass(timedelta())
        while True:
            promotion = self.look()
            if promotion["state"] in states and ring in (None, promotion["ring"]):
                return promotion
            stuck = promotion["state"] in ENDED or self.stack.now() > end
            assert not stuck, f"{promotion['state']}: {promotion['reason']}, {promotion['waiting_for']}"
            self.stack.let_pass(step)

    def ended(self, step: timedelta = STEP) -> dict[str, Any]:
        """Lets time pass until the promotion has ended."""
        return self.until(*ENDED, step=step)

    def adoption(self) -> dict[str, Any]:
        """Returns the adoption of the definition."""
        answer = self.stack.http.get(f"{self.stack.api}/adoption", params={"definition": self.definition})
        assert answer.status_code == httpx.codes.OK, answer.text
        adoption: dict[str, Any] = answer.json()
        return adoption

    def latest(self) -> dict[str, str | None]:
        """What latest resolves to in each region."""
        return {one["region"]: one["version"] for one in self.adoption()["latest"]}

    def flags(self, number: str) -> tuple[bool, dict[str, bool | None]]:
        """The version's own flag and those of its regions, as ARM shows them."""
        profile = self.arm(number)["properties"]["publishingProfile"]
        regions = {
            region["name"].lower().replace(" ", ""): region.get("excludeFromLatest")
            for region in profile["targetRegions"]
        }
        return profile["excludeFromLatest"], regions

    def arm(self, number: str) -> dict[str, Any]:
        """The version as ARM shows it."""
        answer = call_arm(self.stack, "GET", self.version(number))
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def exclude(self, number: str, region: str, *, excluded: bool) -> None:
        """Changes a region's flag as somebody else would."""
        document = self.arm(number)
        for target in document["properties"]["publishingProfile"]["targetRegions"]:
            if target["name"].lower().replace(" ", "") == region:
                target["excludeFromLatest"] = excluded
        body = {name: document[name] for name in ("location", "tags", "properties") if name in document}
        call_arm(self.stack, "PUT", self.version(number), body).raise_for_status()
