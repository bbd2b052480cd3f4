"""Requests about migrations."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, FailFast, Field, StringConstraints

from api.ids import AnyGalleryId, AnyImageId, AnyVersionId
from api.requests.fields import Body, Query, in_utc, iso_date, one_of, since_the_beginning, version_number
from domain.migration.messages import MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.planning.facts import LONGEST_FACT
from domain.planning.requests import Overrides
from domain.policy.sections import MOST_GALLERIES, Choices, DefinitionNaming
from domain.resources.galleries import TargetRegions
from domain.resources.ids import DefinitionName
from domain.resources.images import PurchasePlan

# two for each gallery, and what the versions in all of them have in common
MOST_FACTS = 100
# as many as a body has room for, with ids of 200 characters
MOST_BESIDES = 5_000
FactName = Annotated[str, StringConstraints(max_length=LONGEST_FACT)]
FactText = Annotated[str, StringConstraints(max_length=LONGEST_FACT)]


class StartMigration(Body):
    """The image to migrate, and choices that override the policy."""

    image: AnyImageId
    """The managed image."""
    version: Annotated[str, AfterValidator(version_number)] | None = None
    """The version number, `Major.Minor.Patch`."""
    definition: DefinitionName | None = None
    """The name of the image definition."""
    galleries: list[AnyGalleryId] | None = Field(default=None, min_length=1, max_length=MOST_GALLERIES)
    """The target galleries."""
    regions: TargetRegions | None = None
    """The target regions besides the image's own, by name or with all their settings."""
    exclude_from_latest: bool | None = None
    """Whether `latest` ignores the version."""
    end_of_life: Annotated[AwareDatetime, AfterValidator(in_utc)] | None = None
    """The version's end-of-life date."""
    plan: PurchasePlan | None = None
    """The marketplace purchase plan of the image definition."""
    facts: Annotated[dict[FactName, FactText], Field(min_length=1, max_length=MOST_FACTS)] | None = None
    """The `facts` of a plan that was made with the same choices: start only if all of them are still true."""

    def to_migration_request(self, started_by: str) -> MigrationRequest:
        """The orchestration's input."""
        choices = Choices(
            galleries=[str(gallery) for gallery in self.galleries] if self.galleries else None,
            definition=DefinitionNaming(name=self.definition),
            regions=self.regions,
            exclude_from_latest=self.exclude_from_latest,
        )
        overrides = Overrides(
            choices=choices,
            version=self.version,
            plan=self.plan,
            end_of_life=self.end_of_life,
            facts=self.facts or {},
        )
        return MigrationRequest(image=self.image, started_by=started_by, overrides=overrides)


class PlanMigration(StartMigration):
    """The image to plan, and the plans beside which it is made."""

    # to say what is wrong with each would take a quarter of a second
    besides: Annotated[list[AnyVersionId], FailFast()] = Field(default=[], max_length=MOST_BESIDES)
    """The versions that other plans make: this one gets another number, so that all of them can be started."""


class AddRegions(Body):
    """The regions to add to a migration's versions."""

    regions: TargetRegions | None = None
    """The regions; without them, the regions that the policy gives the image now."""


class MigrationsQuery(Query):
    """Which migrations to list."""

    state: Annotated[MigrationState, one_of(MigrationState)] | None = None
    """Only migrations in this state."""
    gallery: str | None = None
    """Only migrations into the gallery of this name."""
    since: (
        Annotated[
            datetime,
            BeforeValidator(iso_date),
            AfterValidator(in_utc),
            AfterValidator(since_the_beginning),
        ]
        | None
    ) = None
    """Only migrations started since this moment (ISO 8601; UTC if it has no offset)."""
    page: str | None = None
    """Where the page starts: follow `next` instead of setting it."""

    def selects(self, status: MigrationStatus) -> bool:
        """Whether the list shows a migration of this status."""
        galleries = {target.definition.gallery.name.lower() for target in status.targets}
        in_state = self.state in (None, status.state)
        return in_state and (self.gallery is None or self.gallery.lower() in galleries)
