"""The step of a migration that proves its versions: which proofs are made, by children, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain import names
from domain.migration.states import MigrationState
from domain.migration.target import PlannedTarget
from domain.planning.verification import Verification
from domain.proofs.mark import MarkQuery, MarkRequest, VersionMark, mark_of, passed_regions
from domain.proofs.proof import ProofRequest, ProofStatus
from domain.proofs.sizes import SizeNeeds, controllers_to_prove
from domain.records.notices import Notice, NoticeTargets
from domain.resources.ids import ImageVersionId
from domain.results import Failure
from orchestrators.run.activity_calls import Orchestration, StepFailedError, call_activity
from orchestrators.run.children import call_children
from orchestrators.run.migration_run import MigrationRun
from orchestrators.run.records import announce


@dataclass
class Proof:
    """One proof of a target's version."""

    target: PlannedTarget
    request: ProofRequest

    @property
    def child_key(self) -> str:
        """What tells the proof's child orchestration from the others."""
        return f"{self.request.version_id.key}/{self.request.region}/{self.request.controller}"


def verify_versions(
    run: MigrationRun,
    targets: Sequence[PlannedTarget],
    verification: Verification | None,
    told: NoticeTargets,
) -> Orchestration[None]:
    """Proves the targets' versions side by side, in the regions that have them; marks each version with what was seen.

    A version that was proved before, by its mark, is not proved again.
    """
    usable = [target for target in targets if target.failure is None and target.usable_version]
    if verification is None or not usable:
        return
    run.move(MigrationState.VERIFYING)
    proofs: list[Proof] = []
    for target in usable:
        target.move(MigrationState.VERIFYING)
        passed = yield from _passed_before(run, target)
        proofs += _proofs(run, target, verification, passed)
    run.show_targets(targets)
    if proofs:
        yield from _prove_by_children(run, targets, proofs)
    for target in usable:
        yield from _mark(run, target)
        yield from _tell(run, target, told)
    run.show_targets(targets)


def _passed_before(run: MigrationRun, target: PlannedTarget) -> Orchestration[frozenset[str]]:
    """The regions in which a version that this run did not create was proved already."""
    if target.status.outcome == "created":
        return frozenset()
    try:
        query = MarkQuery(version_id=_version(target))
        mark = yield from call_activity(run.context, names.READ_MARK, query, VersionMark, run.show_waiting)
    except StepFailedError:
        return frozenset()
    return passed_regions(mark.value)


def _proofs(
    run: MigrationRun, target: PlannedTarget, verification: Verification, passed: frozenset[str]
) -> list[Proof]:
    """The proofs to make; those of regions that do not have the version are left out."""
    served = {region.region for region in target.status.regions if region.state == "Completed"}
    definition = target.plan.definition
    first, *others = controllers_to_prove(definition)
    target.status.proofs = []
    proofs = []
    for position, region in enumerate(name for name in verification.regions if name in served):
        # one machine with the other controller is enough: the driver is the same everywhere
        for controller in [first, *others] if position == 0 else [first]:
            status = ProofStatus(region=region, controller=controller)
            if region in passed:
                status.verdict = "proved"
            else:
                proofs.append(Proof(target, _request(run, target, verification, status)))
            target.status.proofs.append(status)
    return proofs


def _request(
    run: MigrationRun, target: PlannedTarget, verification: Verification, status: ProofStatus
) -> ProofRequest:
    version, luns = _version(target), target.plan.version.data_disk_luns
    return ProofRequest(
        version_id=version,
        region=status.region,
        controller=status.controller,
        resource_group=verification.resource_group,
        subnet=verification.subnets[status.region],
        needs=SizeNeeds.of(target.plan.definition, status.controller, len(luns)),
        data_disk_luns=luns,
        plan=target.plan.definition.purchase_plan,
        wanted_sizes=verification.sizes,
        agent=verification.agent,
        deadline_minutes=verification.deadline_minutes,
        migration=run.context.instance_id,
        started_by=run.status.started_by,
        status=status,
    )


def _prove_by_children(
    run: MigrationRun, targets: Sequence[PlannedTarget], proofs: Sequence[Proof]
) -> Orchestration[None]:
    """Makes the proofs side by side. A child whose worker died is started again, and finds its machine."""

    def show(children: Mapping[int, str]) -> None:
        for index, child in children.items():
            proofs[index].request.status.watched_by = child
        run.show_targets(targets)

    requests = [proof.request for proof in proofs]
    replies = yield from call_children(run, names.VERIFY_VERSION, proofs, requests, show)
    for proof, reply in zip(proofs, replies, strict=True):
        if isinstance(reply, Failure):
            status = proof.request.status.ended("unproved", run.context.current_utc_datetime, reply)
        else:
            status = ProofStatus.model_validate(reply)
        _replace(proof.target, status)
        run.status.warnings = [*run.status.warnings, *status.warnings]


def _replace(target: PlannedTarget, status: ProofStatus) -> None:
    target.status.proofs = [
        status if (one.region, one.controller) == (status.region, status.controller) else one
        for one in target.status.proofs
    ]


def _mark(run: MigrationRun, target: PlannedTarget) -> Orchestration[None]:
    """Writes the result into the version's tags. Without the mark a proof still holds for this migration."""
    if not target.status.proofs:
        return
    request = MarkRequest(
        version_id=_version(target),
        value=mark_of(target.status.proofs, run.context.current_utc_datetime),
    )
    warning = None
    try:
        mark = yield from call_activity(
            run.context, names.MARK_VERSION, request, VersionMark, run.show_waiting
        )
        if mark.no_room:
            warning = (
                f"version {request.version_id} has no room for the tag of its proof: remove one of its tags"
            )
    except StepFailedError as error:
        warning = f"version {request.version_id} could not be marked with its proof: {error.failure.message}"
    if warning:
        run.status.warnings = [*run.status.warnings, warning]


def _tell(run: MigrationRun, target: PlannedTarget, told: NoticeTargets) -> Orchestration[None]:
    """Announces that the version was not proved."""
    failure = target.status.unproved
    if failure is None:
        return
    version, now = _version(target), run.context.current_utc_datetime
    data = {"code": failure.code, "reason": failure.message, "fix": failure.fix}
    notice = Notice(
        type="proof.failed",
        subject=str(version),
        at=now,
        key=f"{run.context.instance_id}/{now.isoformat()}",
        data=data,
        targets=told,
    )
    yield from announce(run.context, notice)


def _version(target: PlannedTarget) -> ImageVersionId:
    assert target.status.version_id is not None  # noqa: S101 # only versions that exist are proved
    return target.status.version_id
