"""The inputs and answers of the activities of a retirement."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from domain.records.evidence import Stored
from domain.resources.ids import ImageId, ImageVersionId
from domain.resources.operations import OperationUrl
from domain.results import Failure
from domain.retirement.certificate import Certificate, Deletion
from domain.retirement.protection import Protection
from domain.retirement.readings import Look
from domain.retirement.retirement import Retirement


class ReadRequest(BaseModel):
    """The input of `read_retirement`: whose retirement, and the subscriptions that were scanned."""

    retirement: str
    image: ImageId
    fingerprint: str
    version_ids: list[ImageVersionId]
    proof_wanted: bool
    subscriptions: list[str]
    now: datetime

    @classmethod
    def of(cls, retirement: Retirement, subscriptions: list[str], now: datetime) -> Self:
        """What has to be read for a retirement."""
        return cls(
            retirement=retirement.id,
            image=retirement.image,
            fingerprint=retirement.fingerprint,
            version_ids=[target.version_id for target in retirement.targets],
            proof_wanted=retirement.proof_wanted,
            subscriptions=subscriptions,
            now=now,
        )


class DeleteRequest(BaseModel):
    """The input of `delete_managed_image`: the retirement and the last look, which is taken again but for the scan."""

    retirement: Retirement
    look: Look
    read: ReadRequest


class DeleteAnswer(BaseModel):
    """What became of the DELETE: see `domain.retirement.events.DeleteAnswered`."""

    operation_url: OperationUrl | None = None
    moved: str | None = None
    failure: Failure | None = None
    unanswered: bool = False


class ProtectRequest(BaseModel):
    """The input of `protect_versions`."""

    writes: list[Protection]


class GuardRequest(BaseModel):
    """The input of `place_guards` and `remove_guards`: where new machines from the image are, or were, denied.

    Without subscriptions, they are removed wherever Gallerist looks.
    """

    retirement: str
    image: ImageId
    subscriptions: list[str] = Field(default=[])


class CertifyRequest(BaseModel):
    """The input of `store_certificate`."""

    certificate: Certificate


class CompleteRequest(BaseModel):
    """The input of `complete_certificate`."""

    deletion: Deletion
    replaced_by: list[ImageVersionId]
    approved_by: str = ""


class SeeRequest(BaseModel):
    """The input of `see_image`: whether it is gone after its DELETE."""

    image: ImageId
    fingerprint: str
    sent_at: datetime
    operation_url: OperationUrl | None = None


class Sight(BaseModel):
    """The answer of `see_image`; `failure` is why the deletion failed."""

    outcome: Literal["gone", "re-created", "there"]
    failure: Failure | None = None


class Done(BaseModel):
    """The answer of an activity that has nothing else to say."""

    stored: Stored | None = None
