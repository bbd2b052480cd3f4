"""When a migration hands its image over to a retirement, and what the retirement is told. Pure."""

from domain.migration.states import MigrationState
from domain.migration.status import MigrationStatus
from domain.policy.sections import Choices
from domain.resources.images import ManagedImage
from domain.retirement.messages import RetiredTarget, RetirementRequest
from domain.retirement.readings import BOOT


def obstacle(status: MigrationStatus) -> str | None:
    """Why the image of a migration cannot be retired; None if it can.

    Only a migration that completed in every target gallery retires its image: `partial` and `unverified` ones never do.
    """
    if status.state is not MigrationState.COMPLETED:
        return f"its migration is {status.state}, not completed"
    lacking = [str(one.definition) for one in status.targets if one.state is not MigrationState.COMPLETED]
    lacking += [str(one.definition) for one in status.targets if not one.version_id or not one.regions]
    if lacking or not status.targets:
        return f"its migration made no complete version in {', '.join(lacking) or 'any gallery'}"
    return None


def retirement_after(
    migration: str, status: MigrationStatus, image: ManagedImage, choices: Choices
) -> RetirementRequest | None:
    """The retirement that follows a migration by itself; None if none does."""
    if choices.retire_source.when in (None, "never") or obstacle(status) is not None:
        return None
    if status.fingerprint != image.fingerprint:
        return None
    return retirement_request(migration, status, image, choices)


def retirement_request(
    migration: str,
    status: MigrationStatus,
    image: ManagedImage,
    choices: Choices,
    *,
    started_by: str | None = None,
) -> RetirementRequest:
    """The request for an image whose migration completed; `started_by` is the person who began it by hand."""
    return RetirementRequest(
        image=image.id,
        fingerprint=image.fingerprint,
        created_at=image.created_at,
        targets=[
            RetiredTarget(version_id=one.version_id, regions=[region.region for region in one.regions])
            for one in status.targets
            if one.version_id
        ],
        migration=migration,
        started_by=started_by or status.started_by,
        rule=status.rule,
        proof_wanted=choices.verify.mode == BOOT,
        by_hand=started_by is not None,
    )
