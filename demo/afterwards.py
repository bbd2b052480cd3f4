"""What follows a migration: the proof, the promotion ring by ring, the approval, the deletion and its papers."""

import re
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from api.answers import Lineage, Migration, Promotion, Retirement, RetirementCertificate
from client import Gallerist
from demo.seed import ALL_THE_WAY
from domain.promotion.states import PromotionState
from domain.retirement.states import RetirementState
from local.arm import call_arm
from local.stack import Stack

Seen = TypeVar("Seen")

REASON = "the web farm runs the version since Monday"
_MOMENT = "%d %b %H:%M"
_BEFORE_NAME = re.compile(r"/subscriptions/\S*?/providers/Microsoft\.Compute/")


def go_all_the_way(
    console: Console, stack: Stack, gallerist: Gallerist, migrations: dict[str, Migration]
) -> list[str]:
    """Shows what became of the image that goes all the way; returns what did not, in sentences."""
    migration = migrations[ALL_THE_WAY]
    console.print(f"\n[bold]{ALL_THE_WAY} goes all the way[/], by its policy and with one approval:")
    (target,) = migration.targets
    for proof in target.proofs:
        console.print(
            f"  proved      a {proof.size} started from {target.version} in {proof.region} "
            f"(VM agent {proof.agent_version}); it is deleted again"
        )
    promotion = _promoted(stack, gallerist, migration)
    for number, ring in enumerate(promotion.rings, 1):
        since = min(moment for region, moment in promotion.promoted.items() if region in ring)
        console.print(f"  promoted    ring {number}, latest in {', '.join(ring)} since {since:{_MOMENT}}")
    retirement = _retirement(stack, gallerist, migration, RetirementState.AWAITING_APPROVAL)
    unmet = "; ".join(one.reason for one in retirement.obligations if not one.met)
    met = sum(one.met for one in retirement.obligations)
    console.print(f"  soaked      {met} of {len(retirement.obligations)} obligations are met; left: {unmet}")
    gallerist.approve_retirement(retirement.id, fingerprint=retirement.fingerprint, reason=REASON)
    console.print(f"  approved    {REASON}")
    ended = _retirement(stack, gallerist, migration, RetirementState.RETIRED)
    console.print(f"  retired     the managed image is deleted; {target.version} replaces it\n")
    certificate, lineage = gallerist.certificate(ended.id), gallerist.lineage(str(target.version_id))
    console.print(_certificate(certificate))
    console.print(_lineage(lineage))
    broken = _broken(stack, migration, promotion, certificate, lineage)
    if not broken:
        console.print(
            f"{ALL_THE_WAY} is deleted as a managed image. Its version, its certificate and its lineage stay."
        )
    return broken


def _promoted(stack: Stack, gallerist: Gallerist, migration: Migration) -> Promotion:
    id_ = _followed(migration, "promotions")

    def look() -> Promotion | None:
        promotion = gallerist.promotion(id_)
        return promotion if promotion.state is PromotionState.PROMOTED else None

    return stack.until(look)


def _retirement(
    stack: Stack, gallerist: Gallerist, migration: Migration, state: RetirementState
) -> Retirement:
    id_ = _followed(migration, "retirements")

    def look() -> Retirement | None:
        retirement = gallerist.retirement(id_)
        return retirement if retirement.state is state else None

    return stack.until(look)


def _followed(migration: Migration, kind: str) -> str:
    (address,) = [one for one in migration.followed_by if f"/{kind}/" in one]
    return address.rpartition("/")[2]


def _certificate(answer: RetirementCertificate) -> Table:
    table = Table("obligation", "met", "evidence", title="Deletion certificate", show_lines=True)
    for obligation in answer.certificate["obligations"]:
        evidence = "\n".join(f"{one['what']}: {one['answer']}" for one in obligation["evidence"][:2])
        met = "yes" if obligation["met"] else "NO"
        # whole ids are in the certificate; here they would hide the rest
        table.add_row(obligation["name"], met, _BEFORE_NAME.sub("", evidence))
    table.caption = f"sha256 {answer.digest}"
    return table


def _lineage(lineage: Lineage) -> Table:
    table = Table("when", "what", "by", "where it is written", title=f"Lineage of {lineage.version.name}")
    for line in lineage.lines:
        table.add_row(f"{line.at:{_MOMENT}}" if line.at else "", line.what, line.by, line.place)
    return table


def _broken(
    stack: Stack,
    migration: Migration,
    promotion: Promotion,
    certificate: RetirementCertificate,
    lineage: Lineage,
) -> list[str]:
    """The promises of this part of the demo that were not kept."""
    told = {line.what for line in lineage.lines}
    promises: dict[str, Callable[[], bool]] = {
        "the version was proved": lambda: (
            {proof.verdict for target in migration.targets for proof in target.proofs} == {"proved"}
        ),
        "every region was promoted": lambda: not promotion.pending,
        "the managed image is deleted": lambda: (
            call_arm(stack, "GET", str(migration.image)).status_code == 404  # noqa: PLR2004 # not found
        ),
        "the version is still there": lambda: (
            call_arm(stack, "GET", str(migration.targets[0].version_id)).is_success
        ),
        "the certificate says that every obligation was met": lambda: all(
            one["met"] for one in certificate.certificate["obligations"]
        ),
        "the deletion is confirmed": lambda: certificate.deletion is not None,
        "the lineage tells it": lambda: {"migration", "proof", "promotion", "certificate"} <= told,
    }
    return [f"not kept: {promise}" for promise, kept in promises.items() if not kept()]
