"""The request bodies and query strings of the HTTP API."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from api.ids import AnyGalleryId, AnyImageId
from domain.field_errors import FieldError, error_details, field_errors
from domain.fleet.batches import BatchRequest, Scope
from domain.fleet.coverage import CATEGORIES, Category
from domain.migration.messages import MigrationRequest
from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.planning.requests import Overrides
from domain.policy.sections import LONGEST_POLICY, Choices, DefinitionNaming
from domain.resources.galleries import TargetRegions
from domain.resources.ids import DefinitionName, SubscriptionId
from domain.resources.images import PurchasePlan
from domain.resources.versions import Version

MOST_PREVIEWS = 1000
# more than Azure's limits let anybody have
MOST_IMAGES = 1_000_000
# the task hub holds nothing older, and the SDK cannot write a year of less than four digits
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def _version(text: str) -> str:
    version = str(Version.parse(text))
    if version != text:
        raise ValueError(f"'{text}' has leading zeros; write {version}")
    return version


def _in_utc(moment: datetime) -> datetime:
    """A moment without an offset is in UTC."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"'{moment.isoformat()}' is outside the years 1 to 9999 in UTC") from None


def _since_the_beginning(moment: datetime) -> datetime:
    return max(moment, _BEGINNING)


def _one_of(choices: Iterable[str]) -> BeforeValidator:
    known = list(choices)

    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"'{value}' is not one of {', '.join(known)}")
        return value

    return BeforeValidator(check)


def _iso_date(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"'{value}' is not an ISO 8601 date") from None


class Body(BaseModel):
    """A request body. A key that is not known is an error, so that a typo does not go unnoticed."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class StartMigration(Body):
    """The image to migrate, and choices that override the policy."""

    image: AnyImageId
    """The managed image."""
    version: Annotated[str, AfterValidator(_version)] | None = None
    """The version number, `Major.Minor.Patch`."""
    definition: DefinitionName | None = None
    """The name of the image definition."""
    galleries: list[AnyGalleryId] | None = Field(default=None, min_length=1)
    """The target galleries."""
    regions: TargetRegions | None = None
    """The target regions besides the image's own, by name or with all their settings."""
    exclude_from_latest: bool | None = None
    """Whether `latest` ignores the version."""
    end_of_life: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = None
    """The version's end-of-life date."""
    plan: PurchasePlan | None = None
    """The marketplace purchase plan of the image definition."""

    def to_migration_request(self, started_by: str) -> MigrationRequest:
        """The orchestration's input."""
        choices = Choices(
            galleries=[str(gallery) for gallery in self.galleries] if self.galleries else None,
            definition=DefinitionNaming(name=self.definition),
            regions=self.regions,
            exclude_from_latest=self.exclude_from_latest,
        )
        overrides = Overrides(
            choices=choices, version=self.version, plan=self.plan, end_of_life=self.end_of_life
        )
        return MigrationRequest(image=self.image, started_by=started_by, overrides=overrides)


class AddRegions(Body):
    """The regions to add to a migration's versions."""

    regions: TargetRegions | None = None
    """The regions; without them, the regions that the policy gives the image now."""


class StartBatch(BatchRequest):
    """The images to migrate as a batch, and how many of them run at once."""

    limit: int | None = Field(default=None, ge=1, le=MOST_IMAGES)


class CheckPolicy(Body):
    """A policy, and the images to try it on."""

    policy: str | None = Field(default=None, max_length=LONGEST_POLICY)
    """The policy as YAML; without it, the policy in force."""
    scope: Scope
    """The images to try the policy on."""
    limit: int = Field(default=100, ge=1, le=MOST_PREVIEWS)
    """How many images the answer lists. It counts all of them."""


class Query(BaseModel):
    """A query string. Parameters that are not known are ignored: `code` may hold the function key."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class MigrationsQuery(Query):
    """Which migrations to list."""

    state: Annotated[MigrationState, _one_of(MigrationState)] | None = None
    """Only migrations in this state."""
    gallery: str | None = None
    """Only migrations into the gallery of this name."""
    since: (
        Annotated[
            datetime,
            BeforeValidator(_iso_date),
            AfterValidator(_in_utc),
            AfterValidator(_since_the_beginning),
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


class SubscriptionQuery(Query):
    """Which subscription to read."""

    subscription: SubscriptionId | None = None
    """The subscription's id; without it, all subscriptions of the setting GALLERIST_SUBSCRIPTIONS."""


class CoverageQuery(SubscriptionQuery):
    """Which subscription to read, and which images to list."""

    category: Annotated[Category, _one_of(CATEGORIES)] | None = None
    """Lists the images of this category in `listed`."""


Request = TypeVar("Request", bound=BaseModel)


def check_fields(
    model: type[Request], body: dict[str, Any], *required: str
) -> tuple[Request | None, list[FieldError]]:
    """Reads a body as far as it is valid: the model without its invalid fields, and their errors.

    So that further checks can report their errors together with these. The model is None if one of `required` is
    missing or invalid.
    """
    try:
        return model.model_validate(body), []
    except ValidationError as error:
        invalid = {fault["loc"][0] for fault in error_details(error) if fault["loc"]}
        errors = field_errors(error)
    valid = {name: value for name, value in body.items() if name not in invalid}
    return (model.model_validate(valid) if valid.keys() >= set(required) else None), errors
