"""The fleet whose instances a release saves: some have ended, and some are in the midst of their work.

It is begun over plain HTTP, so that it can be begun on the app of any release.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from domain.fleet.states import BatchState
from domain.migration import states as migration
from domain.promotion import states as promotion
from domain.retirement import states as retirement
from local.capture import TENANT, captured
from local.stack import Stack

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
GALLERY = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
POLICY = f"""\
defaults:
  galleries: [{GALLERY}]
  regions: [westus2]
  retire_source: {{when: never, soak_days: 0.05, approval_days: 10}}
  notify: {{notice_days: 0.25}}
  retention: {{keep_last: 2, keep_days: 30, grace_days: 3, dry_run: false}}
rules:
  - name: ignored
    match: {{names: ["scratch"]}}
    action: ignore
"""
PACE = "seconds:428"
REASON = "the fleet moved"
_OLD = "2025-03-01T00:00:00+00:00"
_REGIONS = ("eastus2", "westus2")
_ENDS: dict[str, Collection[str]] = {
    "migrations": migration.ENDS,
    "batches": [state for state in BatchState if state is not BatchState.RUNNING],
    "promotions": promotion.ENDS,
    "retirements": retirement.ENDS,
}
_MOST_LOOKS = 7 * 48
_BATCH = [f"of-a-batch-{number}" for number in range(2)]


class Fleet:
    """Works on the fleet of one stack, on its one clock."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def end_some(self) -> None:
        """Migrations, retirements, a promotion and a run of retention, each with its end."""
        migrations = [
            self.migrate(name) for name in ("done", "gone", "kept", "awaiting", "scratch", "too-large")
        ]
        self.until(lambda: all(self.ended("migrations", one) for one in migrations))
        gone, kept, _ = (self.retire(name) for name in ("gone", "kept", "awaiting"))
        self.until(lambda: self.state("retirements", kept) == "awaiting-approval")
        self.approve(gone)
        self.post(f"retirements/{kept}/reject", reason=REASON)
        promotion = self.promote("web", bake_hours=1)
        run = self.post("retention/apply", definition=f"{GALLERY}/images/old")["id"]
        self.until(lambda: self.state("retirements", gone) == "retired")
        self.until(lambda: self.state("promotions", promotion) == "promoted")
        self.until(lambda: self.state("retention", run) == "done")
        self.post("freeze", frozen=True, reason=REASON)
        self.post("freeze", frozen=False, reason=REASON)

    def interrupt_one(self) -> None:
        """The worker dies in an episode of the migration that is begun next; Gallerist continues it."""
        fault = {"kind": "worker-dies", "during": "episode", "function": "migrate_image"}
        self.stack.http.post(f"{self.stack.host['url']}/_host/faults", json=fault).raise_for_status()
        self.migrate("interrupted")

    def begin_some(self, suffix: str = "") -> None:
        """A promotion bakes, a retirement soaks, migrations replicate, and a batch is in flight."""
        soaking = f"soaking{suffix}"
        migration = self.migrate(soaking)
        self.until(lambda: self.ended("migrations", migration))
        promotion = self.promote(f"db{suffix}", bake_hours=1)
        self.until(lambda: self.state("promotions", promotion) == "baking")
        self.retire(soaking)
        moving = self.migrate(f"moving{suffix}")
        scope = {"subscription": SUBSCRIPTION, "resource_group": f"batch{suffix}"}
        self.post("batches", scope=[scope])
        self.until(lambda: self.state("migrations", moving) == "replicating")

    def finish(self) -> None:
        """Lets everything end that was begun, with the approvals that it waits for."""
        self.pass_until(
            lambda: not any(self.running(kind) for kind in ("migrations", "batches", "promotions"))
        )
        waiting = "awaiting-approval"
        self.pass_until(lambda: all(one["state"] == waiting for one in self.running("retirements")))
        for waits in self.running("retirements"):
            self.approve(waits["id"])
        self.pass_until(lambda: not self.running("retirements"))

    def migrate(self, name: str) -> str:
        """Starts the migration of an image; returns its id."""
        return str(self.post("migrations", image=_image(name))["id"])

    def retire(self, name: str) -> str:
        return str(self.post("retirements", image=_image(name))["id"])

    def promote(self, name: str, *, bake_hours: int) -> str:
        version = f"{GALLERY}/images/{name}/versions/1.0.1"
        rings = [[region] for region in _REGIONS]
        return str(self.post("promotions", version=version, rings=rings, bake_hours=bake_hours)["id"])

    def approve(self, retirement: str) -> None:
        fingerprint = self.get(f"retirements/{retirement}")["fingerprint"]
        self.post(f"retirements/{retirement}/approve", fingerprint=fingerprint, reason=REASON)

    def state(self, kind: str, item: str) -> str:
        return str(self.get(f"{kind}/{item}")["state"])

    def ended(self, kind: str, item: str) -> bool:
        return self.state(kind, item) in _ENDS[kind]

    def running(self, kind: str) -> list[dict[str, Any]]:
        """Lists what has not ended."""
        return [one for one in self.get(kind)[kind] if one["state"] not in _ENDS[kind]]

    def until(self, look: Callable[[], object]) -> None:
        """Lets time pass from one thing that is due to the next, until it is so."""
        self.stack.until(look, within=timedelta(days=20))

    def pass_until(self, look: Callable[[], object]) -> None:
        """Lets half an hour pass and looks, again and again: that takes less work than to look at every moment."""
        for _ in range(_MOST_LOOKS):
            if look():
                return
            self.stack.let_pass(timedelta(minutes=30))
        raise TimeoutError("what was waited for has not happened in a week")

    def get(self, path: str) -> Any:
        return self.stack.http.get(f"{self.stack.api}/{path}").raise_for_status().json()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Posts a request, and lets what it starts begin; returns the answer."""
        answer: dict[str, Any] = (
            self.stack.http.post(f"{self.stack.api}/{path}", json=body).raise_for_status().json()
        )
        self.stack.let_pass(timedelta())
        return answer


def seed(*suffixes: str) -> dict[str, Any]:
    """Returns the seed of the fleet; each suffix is for what is begun once more."""
    names = ["source", "interrupted", "done", "gone", "kept", "awaiting", "scratch"]
    begun = [f"{name}{suffix}" for suffix in ("", *suffixes) for name in ("soaking", "moving")]
    captures = [
        *(captured(SUBSCRIPTION, "images", name) for name in (*names, *begun)),
        captured(SUBSCRIPTION, "images", "too-large", data_disks_gb=(4095,)),
        *(
            captured(SUBSCRIPTION, f"batch{suffix}", f"{name}{suffix}")
            for suffix in ("", *suffixes)
            for name in _BATCH
        ),
    ]
    groups = ["images", *(f"batch{suffix}" for suffix in ("", *suffixes))]
    promoted = ["web", *(f"db{suffix}" for suffix in ("", *suffixes))]
    return {
        "subscriptions": [{"id": SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [
            {"subscription": SUBSCRIPTION, "name": group, "location": "eastus2"} for group in groups
        ],
        "resources": [
            {"id": GALLERY, "location": "eastus2", "properties": {}},
            *(capture.machine for capture in captures),
            *(capture.image for capture in captures),
            *(one for name in promoted for one in _promoted(name)),
            _definition("old"),
            *(_version("old", f"1.0.{patch}") for patch in range(4)),
        ],
    }


def _image(name: str) -> str:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
    return f"{group}/images/{name}"


def _promoted(name: str) -> list[dict[str, Any]]:
    """A definition whose second version is to be promoted."""
    return [_definition(name), _version(name, "1.0.0", excluded=False), _version(name, "1.0.1")]


def _definition(name: str) -> dict[str, Any]:
    properties = {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "p", "offer": "o", "sku": name},
    }
    return {"id": f"{GALLERY}/images/{name}", "location": "eastus2", "properties": properties}


def _version(name: str, number: str, *, excluded: bool = True) -> dict[str, Any]:
    """A version that Gallerist made long ago."""
    own = {
        "gallerist-migration": "migration-1",
        "gallerist-fingerprint": f"f-{number}",
        "gallerist-source": _image("source"),
        "gallerist-started-by": "anna",
        "gallerist-rule": "defaults",
    }
    regions = [{"name": region} for region in _REGIONS]
    profile = {"targetRegions": regions, "excludeFromLatest": excluded, "publishedDate": _OLD}
    return {
        "id": f"{GALLERY}/images/{name}/versions/{number}",
        "location": "eastus2",
        "tags": own,
        "properties": {"publishingProfile": profile, "storageProfile": {"source": {"id": _image("source")}}},
    }
