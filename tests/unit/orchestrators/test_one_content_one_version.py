"""One content becomes one version although the listed creation time lags, misses and lies.

The orchestrator, the activities and the ledger are the real ones; Azure is in memory, with a clock that lies.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.migration.states import MigrationState
from domain.planning.numbering import Reservation, reserve
from domain.planning.version_spec import VersionSpec
from domain.resources.galleries import RegionProgress
from domain.resources.ids import ImageId
from domain.resources.images import ManagedImage
from tests.unit.app import code
from tests.unit.builders import NOW, definition, disk, gallery, image, migration_request
from tests.unit.fakes import FakeCompute, FakeDurableClient, working_with
from tests.unit.orchestrators.stepping import Call, FakeContext, run

ACTIVITIES = (
    "get_managed_image",
    "plan_migration",
    "ensure_image_definition",
    "list_image_versions",
    "begin_image_version",
    "get_replication_status",
    "update_regions",
)


@dataclass(frozen=True)
class Listing:
    """What the list of resources shows of the image: nothing, a former state, or once a wrong time."""

    kind: Literal["true", "missing", "former", "wrong once"] = "true"
    wrong_hours: int = 0


class Azure(FakeCompute):
    """One image name, whose images are created one after the other; each version is complete at once."""

    def __init__(self) -> None:
        super().__init__(galleries=[gallery()], definitions=[definition()])
        self.now = NOW
        self.created: list[tuple[str, datetime]] = []
        self.published: list[int] = []
        self.listing = Listing()
        self.reads = 0
        self.ledger: dict[str, str] = {}

    def create(self, content: str) -> None:
        """Deletes the image and creates another one of its name."""
        self.created.append((content, self.now))

    async def get_managed_image(
        self, image: ImageId, as_of: datetime | None = None, within: float = 0
    ) -> ManagedImage | None:
        content, _ = self.created[-1]
        self.reads += 1
        return _image(content, self._listed_time())

    def _listed_time(self) -> datetime | None:
        times = [time for _, time in self.created]
        if self.listing.kind == "missing":
            return None
        if self.listing.kind == "former":
            return times[-2] if len(times) > 1 else None
        wrong = self.listing.kind == "wrong once" and self.reads == 1
        return times[-1] + timedelta(hours=self.listing.wrong_hours if wrong else 0)

    async def begin_image_version(self, spec: VersionSpec) -> str | None:
        url = await super().begin_image_version(spec)
        made = self.versions[spec.id]
        made.provisioning_state, made.published_at = "Succeeded", self.now
        made.exclude_from_latest = spec.exclude_from_latest
        made.replication = [
            RegionProgress(region=region.name, state="Completed", progress=100) for region in spec.regions
        ]
        self.published.append(len(self.created))
        return url

    def migrate(self, listing: Listing) -> MigrationState:
        """Runs one migration to its end while the list shows this; time passes on its timers."""
        self.listing, self.reads = listing, 0
        context = FakeContext(migration_request().model_dump(mode="json"), current_utc_datetime=self.now)

        def reply(call: Call) -> Any:
            self.now = max(self.now, context.current_utc_datetime)
            if call.name == "version_ledger":
                reserved, self.ledger = reserve(self.ledger, Reservation.model_validate(call.input))
                return reserved.model_dump(mode="json")
            with working_with(self):
                needs = [FakeDurableClient()] if call.name == "plan_migration" else []
                return asyncio.run(code(call.name)(call.input, *needs))

        output = run(code("migrate_image"), context, dict.fromkeys((*ACTIVITIES, "version_ledger"), reply))
        self.now = max(self.now, context.current_utc_datetime)
        return MigrationState(output["state"])

    def pass_time(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


def _image(content: str, created_at: datetime | None) -> ManagedImage:
    return image(os_disk=disk(content), created_at=created_at)


LISTINGS = st.builds(
    Listing, st.sampled_from(["true", "missing", "former", "wrong once"]), st.integers(-200, 200)
)
STEPS = st.lists(st.sampled_from(["disk-a", "disk-b"]) | LISTINGS, max_size=7)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_one_content_is_one_version_whatever_the_list_of_resources_shows(steps: list[str | Listing]) -> None:
    """A string creates the image again with that disk, anything else is a migration.

    No image ever becomes two versions, also not after the list is corrected. Once it is, every image has its version.
    """
    azure = Azure()
    azure.create("disk-a")
    for step in [*steps, Listing()]:
        azure.pass_time(1)
        if isinstance(step, str):
            azure.create(step)
        else:
            assert azure.migrate(step) is MigrationState.COMPLETED
        assert max(Counter(azure.published).values(), default=0) <= 1
    assert len(azure.created) in azure.published


def test_other_content_is_another_version_while_the_list_still_shows_the_former_image() -> None:
    """And the corrected time later makes no third one."""
    azure = Azure()
    azure.create("disk-a")
    azure.migrate(Listing())
    azure.pass_time(1)
    azure.create("disk-b")
    for listing in (Listing("former"), Listing(), Listing("missing"), Listing()):
        azure.migrate(listing)
        assert sorted(version.name for version in azure.versions) == ["1.0.0", "1.0.1"]


def test_an_image_created_again_from_the_same_disks_waits_for_its_true_time() -> None:
    """While the list shows the former image, nothing tells the two apart; once it is corrected, the time does."""
    azure = Azure()
    azure.create("disk-a")
    azure.migrate(Listing())
    azure.pass_time(1)
    azure.create("disk-a")
    azure.pass_time(1)
    azure.migrate(Listing("former"))
    assert len(azure.versions) == 1
    azure.migrate(Listing())
    azure.migrate(Listing())
    assert len(azure.versions) == 2


def test_a_time_that_was_wrong_for_one_read_makes_no_version() -> None:
    azure = Azure()
    azure.create("disk-a")
    azure.migrate(Listing())
    azure.pass_time(1)
    azure.migrate(Listing("wrong once", wrong_hours=24))
    assert len(azure.versions) == 1
