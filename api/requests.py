"""The request bodies of the HTTP API."""

from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domain.field_errors import FieldError, field_errors
from domain.fleet.batches import BatchRequest, Scope
from domain.migration.messages import MigrationRequest
from domain.planning.requests import Overrides
from domain.policy.sections import Choices, DefinitionNaming
from domain.resources.galleries import TargetRegions
from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId
from domain.resources.images import PurchasePlan
from domain.resources.versions import Version


def _version(text: str) -> str:
    version = str(Version.parse(text))
    if version != text:
        raise ValueError(f"'{text}' has leading zeros: the version would be called {version}")
    return version


def _definition_name(text: str) -> str:
    if not ImageDefinitionId.name_pattern.fullmatch(text):
        raise ValueError(f"'{text}' cannot be the name of an image definition")
    return text


class StartMigration(BaseModel):
    """The body of `POST /api/migrations`: the image, and what is decided otherwise than the policy does."""

    model_config = ConfigDict(extra="forbid")

    image: ImageId
    version: Annotated[str, AfterValidator(_version)] | None = None
    definition: Annotated[str, AfterValidator(_definition_name)] | None = None
    galleries: list[GalleryId] | None = Field(default=None, min_length=1)
    regions: TargetRegions | None = None
    exclude_from_latest: bool | None = None
    end_of_life: AwareDatetime | None = None
    plan: PurchasePlan | None = None

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


class StartBatch(BatchRequest):
    """The body of `POST /api/batches`."""


class AddRegions(BaseModel):
    """The body of `POST /api/migrations/{id}/regions`: the regions to add, or none for those of the policy."""

    model_config = ConfigDict(extra="forbid")

    regions: TargetRegions | None = None


def form_errors(body: dict[str, Any]) -> tuple[list[FieldError], StartMigration | None]:
    """The fields of the wrong form, and what is left of the body without them; None where the image is among them."""
    try:
        return [], StartMigration.model_validate(body)
    except ValidationError as error:
        faulty = {fault["loc"][0] for fault in error.errors() if fault["loc"]}
        rest = {name: value for name, value in body.items() if name not in faulty}
        errors = field_errors(error)
    return errors, StartMigration.model_validate(rest) if "image" in rest else None


LONGEST_POLICY = 256 * 1024


class CheckPolicy(BaseModel):
    """The body of `POST /api/policy/check`: a policy's text, or none for the one in force."""

    model_config = ConfigDict(extra="forbid")

    policy: str | None = Field(default=None, max_length=LONGEST_POLICY)
    scope: Scope
    limit: int = Field(default=100, ge=1, le=1000)
