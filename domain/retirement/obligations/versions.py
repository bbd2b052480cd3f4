"""Obligations 1 to 3: the versions are everywhere, they were proved, and nothing deletes them before the source."""

from datetime import datetime

from domain.proofs.machine import PROOF_TAG
from domain.proofs.mark import PASSED
from domain.resources.galleries import ImageVersion
from domain.resources.provenance import FINGERPRINT_TAG
from domain.retirement.obligations.rule import Facts, Verdict, met_unless
from domain.retirement.readings import LOCK_TAG, VersionReading


def replicated(facts: Facts) -> Verdict:
    """In every target gallery: succeeded, full, not in the bin, completed in every region, and this content."""
    answers, faults, passing = [], [], True
    for target in facts.retirement.targets:
        found = facts.look.version(target.version_id)
        fault, passes = _fault_of(found, target.regions, facts)
        answers.append((f"version {target.version_id}", fault or _as_text(found.version)))
        if fault:
            faults.append(f"{target.version_id}: {fault}")
            passing = passing and passes
    return met_unless(answers, faults, "whoever manages the gallery", passes=bool(faults) and passing)


def _fault_of(  # noqa: PLR0911 # a list of what can be wrong
    found: VersionReading, wanted: list[str], facts: Facts
) -> tuple[str, bool]:
    """What is wrong with a version, and whether it passes by itself; an empty text if nothing is."""
    if found.unread:
        return f"it could not be read: {found.unread}", False
    version = found.version
    if version is None:
        return "it does not exist", False
    if found.in_bin:
        return "it is soft-deleted", False
    if version.replication_mode != "Full":
        return f"its replication mode is {version.replication_mode}, so it is no whole copy", False
    image = facts.look.reading.image.image
    fingerprints = {facts.retirement.fingerprint} | ({image.dated_fingerprint} if image else set())
    if version.tags.get(FINGERPRINT_TAG) not in fingerprints:
        return f"its tag {FINGERPRINT_TAG} does not name this image's content", False
    states = {region.region: region.state for region in version.replication or []}
    missing = [region for region in wanted if states.get(region) != "Completed"]
    if missing or not wanted:
        return f"it is not completed in {', '.join(missing) or 'any region'}", False
    if version.provisioning_state != "Succeeded":
        # somebody changes it, and it stays everywhere meanwhile
        return (
            f"its provisioning state is {version.provisioning_state}",
            version.provisioning_state == "Updating",
        )
    return "", False


def _as_text(version: ImageVersion | None) -> str:
    regions = ", ".join(f"{one.region} {one.state}" for one in (version.replication or [])) if version else ""
    return f"{version.provisioning_state}; {regions}" if version else "missing"


def proved(facts: Facts) -> Verdict:
    """Where the policy asks, now or when the image was migrated, every version passed its proof."""
    if not (facts.retirement.proof_wanted or facts.look.terms.proof_wanted):
        return Verdict(met=True, answers=[("policy", "no proof is asked for")])
    proofs = {
        target.version_id: _proof(facts.look.version(target.version_id))
        for target in facts.retirement.targets
    }
    answers = [(f"tag {PROOF_TAG} of {version}", proof or "missing") for version, proof in proofs.items()]
    faults = [
        f"no machine has been proved to start from {version}"
        for version, proof in proofs.items()
        if proof.split()[:1] != [PASSED]
    ]
    return met_unless(answers, faults, "start the migration again: it proves the version")


def _proof(found: VersionReading) -> str:
    return found.version.tags.get(PROOF_TAG, "") if found.version and not found.unread else ""


def protected(facts: Facts) -> Verdict:
    """Nothing deletes the versions before the source: by the service until their end of life, or by our own tag."""
    answers, faults = [], []
    for target in facts.retirement.targets:
        found = facts.look.version(target.version_id)
        until = protected_until(found)
        answers.append(
            (f"protection of {target.version_id}", f"until {until.isoformat()}" if until else "none")
        )
        if until is None or until <= lasts_until(facts):
            faults.append(f"{target.version_id} may be deleted before the soak is over")
    return met_unless(answers, faults, "Gallerist protects it, once it may write the version", passes=True)


def lasts_until(facts: Facts) -> datetime:
    """How long the versions must be protected at least: until the soak is over, and never less than from now."""
    return max(facts.retirement.soak_ends or facts.now + facts.look.terms.soak, facts.now)


def protected_until(found: VersionReading) -> datetime | None:
    """Until when nothing deletes the version; None if it is not protected."""
    version = found.version
    if version is None or found.unread:
        return None
    tag = _moment(version.tags.get(LOCK_TAG, ""))
    # without a date there is nothing to block (documented)
    moments = [tag, version.end_of_life if found.deletion_blocked else None]
    return max((moment for moment in moments if moment), default=None)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
