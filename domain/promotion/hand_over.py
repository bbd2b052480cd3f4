"""Whether a migration that ended hands its version over to a promotion."""

from typing import NamedTuple

from domain.policy.sections import Choices

# how a batch and the sweep name themselves in `started_by`
_BATCH = "batch-"


class EndedMigration(NamedTuple):
    """What a migration says of one version: whether it is in every region, and whether its proof passed.

    `proved` is None if there was no proof.
    """

    everywhere: bool
    proved: bool | None
    excluded: bool
    started_by: str


def why_not_by_itself(choices: Choices, ended: EndedMigration) -> str | None:
    """Why no promotion starts by itself; None if one does.

    A batch migrates old images: it never promotes anything by itself, or a backfill would become latest by surprise.
    """
    when = choices.promote.when or "never"
    reasons = {
        "the policy promotes nothing": when == "never",
        f"'{ended.started_by}' started the migration, and a batch never promotes by itself; promote the version with "
        "POST /api/promotions": _BATCH in ended.started_by,
        "the version is not in every region": not ended.everywhere,
        "the version failed its proof": ended.proved is False,
        "promote.when is after-verification, and no proof was made: set verify, or use after-replication": (
            when == "after-verification" and ended.proved is None
        ),
        "the version is not excluded from latest: it is latest already": not ended.excluded,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)
