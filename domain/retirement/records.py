"""The record that a retirement leaves at its end: it outlives the task hub, which forgets after a while."""

from datetime import datetime

from pydantic import ValidationError

from domain.records.evidence import Evidence, EvidenceKind
from domain.retirement.retirement import Retirement
from domain.retirement.states import RetirementState

# what a person ended, or let pass, only a person begins again
ENDED_BY_PERSONS = (RetirementState.KEPT, RetirementState.EXPIRED, RetirementState.CANCELLED)
KIND: EvidenceKind = "retirement"


def end_record(retirement: Retirement, at: datetime) -> Evidence:
    """How the retirement ended, in the lineage of its image."""
    return Evidence(
        subject=str(retirement.image),
        kind=KIND,
        at=at,
        by=retirement.started_by,
        key=f"{retirement.id} {retirement.start_id}",
        details={
            "retirement": retirement.id,
            "image": str(retirement.image),
            "fingerprint": retirement.fingerprint,
            "state": str(retirement.state),
            "reason": retirement.reason,
            "replaced_by": [str(target.version_id) for target in retirement.targets],
        },
    )


def says_ended(text: str | None, retirement: str) -> bool:
    """Whether a record says that this retirement was ended by a person. One that cannot be read may say so."""
    try:
        details = Evidence.model_validate_json(text or "").details
    except ValidationError:
        return True
    return details.get("retirement") == retirement and details.get("state") in ENDED_BY_PERSONS
