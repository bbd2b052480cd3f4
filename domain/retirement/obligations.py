"""The nine obligations: what must be true, as it was read, before a managed image is deleted.

Each rule turns one look into one obligation with its evidence, and reads nothing itself. What is unknown is unmet.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from domain.proofs.machine import PROOF_TAG
from domain.proofs.mark import PASSED
from domain.references.scan import Consumer
from domain.resources.galleries import ImageVersion
from domain.resources.provenance import FINGERPRINT_TAG, MIGRATION_ID_PREFIX
from domain.retirement.messages import Decision
from domain.retirement.readings import CAP_PERIOD, LOCK_TAG, Look, Terms, VersionReading
from domain.retirement.retirement import Answer, Approval, Obligation, Retirement

# the soak counts from when the last of these became true
SOAKING = frozenset({1, 2, 4})
SOAK, APPROVAL = 7, 8
# an image's status that is kept in an orchestration has no room for more
MOST_NAMED = 10
# a notice that went out late leaves the owner so much time at least
LEAST_NOTICE = timedelta(days=1)
OWNER = "the owner of the image"
OPERATOR = "an operator of Gallerist"


class Facts(NamedTuple):
    """What the rules judge: the retirement, the look, and the present time."""

    retirement: Retirement
    look: Look
    now: datetime


class Rule(NamedTuple):
    """One obligation: its number in the certificate, its name, and how it is judged."""

    number: int
    name: str
    judge: Callable[[Facts], "Verdict"]

    def check(self, facts: Facts) -> Obligation:
        """The obligation as the look shows it. A look that is too old shows nothing."""
        verdict = self.judge(facts)
        if verdict.met and not facts.look.is_fresh(facts.now):
            verdict = verdict._replace(met=False, reason="it was read more than ten minutes ago", passes=True)
        return Obligation(
            number=self.number,
            name=self.name,
            met=verdict.met,
            reason=verdict.reason,
            lifted_by=verdict.lifted_by,
            passes=verdict.passes,
            ends=verdict.ends,
            evidence=[
                Answer(what=what, at=facts.look.begun_at, answer=text) for what, text in verdict.answers
            ],
        )


class Verdict(NamedTuple):
    """How a rule judges: `answers` are pairs of what was read and what the answer was."""

    met: bool
    answers: list[tuple[str, str]]
    reason: str = ""
    lifted_by: str = ""
    passes: bool = False
    ends: bool = False


def check_all(rules: Iterable[Rule], facts: Facts) -> list[Obligation]:
    """All obligations, in their order."""
    return [rule.check(facts) for rule in rules]


def _no(
    answers: list[tuple[str, str]], reasons: list[str], lifted_by: str, *, passes: bool = False
) -> Verdict:
    """Unmet for these reasons; met if there is none."""
    if not reasons:
        return Verdict(met=True, answers=answers)
    return Verdict(met=False, answers=answers, reason=named(reasons), lifted_by=lifted_by, passes=passes)


def named(texts: list[str]) -> str:
    """The first texts, and how many more there are."""
    more = len(texts) - MOST_NAMED
    return "; ".join(texts[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


# 1. the version is everywhere


def _replicated(facts: Facts) -> Verdict:
    """In every target gallery: succeeded, full, not in the bin, completed in every region, and this content."""
    answers, faults, passing = [], [], True
    for target in facts.retirement.targets:
        found = facts.look.version(target.version_id)
        fault, passes = _fault_of(found, target.regions, facts)
        answers.append((f"version {target.version_id}", fault or _as_text(found.version)))
        if fault:
            faults.append(f"{target.version_id}: {fault}")
            passing = passing and passes
    return _no(answers, faults, "whoever manages the gallery", passes=bool(faults) and passing)


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


# 2. it was proved


def _proved(facts: Facts) -> Verdict:
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
    return _no(answers, faults, "start the migration again: it proves the version")


def _proof(found: VersionReading) -> str:
    return found.version.tags.get(PROOF_TAG, "") if found.version and not found.unread else ""


# 3. it is protected


def _protected(facts: Facts) -> Verdict:
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
    return _no(answers, faults, "Gallerist protects it, once it may write the version", passes=True)


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


# 4. nothing needs the image


def _unreferenced(facts: Facts) -> Verdict:
    """No consumer in any subscription expected, none declared, and no version that is still built from the image."""
    look, terms = facts.look, facts.look.terms
    scan = look.scan
    if scan is None:
        why = look.scan_unread or "the references were not read"
        return _no([("references", why)], [why], OPERATOR)
    answers = [
        ("subscriptions", ", ".join(scan.subscriptions) or "none"),
        ("consumers", named([f"{one.kind} {one.id} ({one.relation})" for one in scan.consumers]) or "none"),
        (
            "versions being built",
            look.reading.building.unread or named(look.reading.building.values) or "none",
        ),
    ]
    faults = [f"{one.kind} in {one.subscription} could not be read: {one.reason}" for one in scan.unread]
    if not scan.subscriptions:
        faults.append("no subscription was scanned")
    for consumer in scan.blocking:
        accepted = acknowledgement_of(facts, consumer)
        if accepted:
            answers.append((f"acknowledged {consumer.id} ({consumer.digest})", accepted))
        else:
            verb = {"uses": "uses it", "makes": "makes it again"}.get(
                consumer.relation, "names it: unknown use"
            )
            faults.append(f"{consumer.kind} {consumer.id} {verb} ({consumer.digest})")
    faults += [
        f"declared consumer '{one.name}' needs it until {one.until}"
        for one in terms.consumers
        if one.until >= _day(facts.now)
    ]
    building = look.reading.building
    # the migration that began the retirement ends in a moment
    passes = not faults and not building.unread and all(is_migration(one) for one in building.values)
    built = [f"{one} is being built from it" for one in building.values]
    faults += [building.unread] if building.unread else built
    lifted_by = "the owners of the consumers; an operator may acknowledge an unknown one"
    return _no(answers, faults, lifted_by, passes=passes)


def is_migration(building: str) -> bool:
    """Whether what is being built is this image's own migration."""
    return building.startswith(MIGRATION_ID_PREFIX)


def _day(moment: datetime) -> date:
    return moment.date()


def is_for(retirement: Retirement, decision: Decision) -> bool:
    """Whether somebody decided this about this retirement, since it was begun."""
    return (decision.retirement, decision.run) == (retirement.id, retirement.start_id)


def acknowledgement_of(facts: Facts, consumer: Consumer) -> str | None:
    """Who acknowledged this consumer as it is now; only an unknown one can be."""
    if consumer.relation != "unknown":
        return None
    for decision in facts.look.reading.decisions:
        same = (decision.consumer or "").lower() == consumer.id.lower() and decision.digest == consumer.digest
        if decision.kind == "acknowledge" and is_for(facts.retirement, decision) and same:
            return f"by {decision.by} at {decision.at.isoformat()}: {decision.reason}"
    return None


# 5. no lock


def _unlocked(facts: Facts) -> Verdict:
    """No lock, of whatever level, on the image, its group or its subscription."""
    locks = facts.look.reading.locks
    if locks.unread:
        return _no([("locks", locks.unread)], [f"the locks could not be read: {locks.unread}"], OPERATOR)
    faults = [f"lock {one.id} ({one.level})" for one in locks.values]
    return _no([("locks", named(faults) or "none")], faults, "whoever set the lock")


# 6. it is the image that was migrated


def _unchanged(facts: Facts) -> Verdict:  # noqa: PLR0911 # a list of what can be wrong
    """The same resource with the same content. ARM has no etag for images, so content and creation time tell."""
    read = facts.look.reading.image
    if read.unread:
        return _no([("image", read.unread)], [f"the image could not be read: {read.unread}"], OPERATOR)
    image = read.image
    if image is None:
        reason = "the managed image does not exist any more, and Gallerist did not delete it"
        return Verdict(met=False, answers=[("image", "missing")], reason=reason, ends=True)
    answers = [("image", f"{image.fingerprint}, created {image.created_at}, {image.provisioning_state}")]
    published = _first_published(facts)
    later = bool(image.created_at and published and image.created_at > published)
    if image.fingerprint != facts.retirement.fingerprint or later:
        return Verdict(met=False, answers=answers, reason="the image was re-created", ends=True)
    if image.created_at is None or published is None:
        reason = (
            "Azure does not list when the image was created, so a new one of its name would look the same"
        )
        return _no(answers, [reason], "nobody: it passes, or the image has to be deleted by hand")
    known = facts.retirement.created_at
    if known is not None and known != image.created_at:
        reason = (
            f"the image is listed as created at {image.created_at}, and was when it was migrated at {known}"
        )
        return _no(answers, [reason], "an operator: cancel the retirement and begin it again")
    if image.provisioning_state != "Succeeded":
        reason = f"the image's provisioning state is {image.provisioning_state}"
        return _no(answers, [reason], OWNER, passes=True)
    return Verdict(met=True, answers=answers)


def _first_published(facts: Facts) -> datetime | None:
    versions = [facts.look.version(target.version_id).version for target in facts.retirement.targets]
    moments = [version.published_at for version in versions if version and version.published_at]
    return min(moments, default=None)


# 7. the soak has passed


def _soaked(facts: Facts) -> Verdict:
    """The time has passed since the last of the obligations 1, 2 and 4 became true."""
    since, ends = facts.retirement.soak_since, facts.retirement.soak_ends
    if since is None or ends is None:
        return _no([("soak", "has not begun")], ["the soak has not begun"], "nobody: time passes")
    answers = [("soak", f"since {since.isoformat()}, until {ends.isoformat()}")]
    reasons = [f"the soak lasts until {ends.isoformat()}"] if facts.now < ends else []
    return _no(answers, reasons, "nobody: time passes")


# 8. it may be done: policy, notice, approval


def _approved(facts: Facts) -> Verdict:
    """The policy wants it, the owner was told in time, and a person approved where the policy asks for one."""
    retirement, terms = facts.retirement, facts.look.terms
    approval = approval_of(facts)
    told = retirement.noticed_at
    answers = [
        ("policy", f"retire_source.when: {terms.when}{' (begun by hand)' if retirement.by_hand else ''}"),
        ("notice", f"sent {told.isoformat()}" if told else "not sent"),
        (
            "approval",
            f"by {approval.by} at {approval.at.isoformat()}: {approval.reason}" if approval else "none",
        ),
    ]
    if is_forbidden(facts):
        reasons = terms.faults or ["the policy no longer retires this image"]
        return _no(answers, reasons, "whoever writes the policy and the image's tags")
    if told is None:
        return _no(answers, ["the owner has not been told"], "nobody: Gallerist tells the owner in time")
    if needs_approval(facts) and approval is None:
        return _no(answers, ["nobody has approved it"], OPERATOR)
    if not needs_approval(facts) and not terms.notify.any:
        reason = "nobody approves it, and the policy names neither notify.topic nor notify.webhook to tell the owner"
        return _no(answers, [reason], "whoever writes the policy")
    reasons = (
        [] if facts.now >= notice_ends(told, terms) else [f"the owner was told at {told.isoformat()} only"]
    )
    return _no(answers, reasons, "nobody: time passes")


def notice_ends(told: datetime, terms: Terms) -> datetime:
    """Until when nothing is deleted after the notice; one that went out late still leaves a day."""
    return told + min(terms.notice, LEAST_NOTICE)


def is_forbidden(facts: Facts) -> bool:
    """Whether the policy, or a tag that cannot be read, stands against the retirement as such."""
    unwanted = facts.look.terms.when == "never" and not facts.retirement.by_hand
    return bool(facts.look.terms.faults) or unwanted


def needs_approval(facts: Facts) -> bool:
    """Whether a person has to approve. What a person began by hand is never deleted by time alone."""
    return facts.retirement.by_hand or facts.look.terms.when != "after-soak"


def approval_of(facts: Facts) -> Approval | None:
    """The first approval of this retirement in its present round; those for another soak or image are void."""
    for decision in facts.look.reading.decisions:
        is_own = is_for(facts.retirement, decision) and decision.round == facts.retirement.round
        if decision.kind == "approve" and is_own:
            return Approval(by=decision.by, at=decision.at, reason=decision.reason)
    return None


# 9. it is its turn


def _permitted(facts: Facts) -> Verdict:
    """No freeze, the cap of the day is not reached, and no older image of the family is left."""
    reading, terms = facts.look.reading, facts.look.terms
    before = _attempts_before(facts)
    answers = [
        ("freeze", reading.frozen or "none"),
        ("deletions in 24 hours", f"{before} of {terms.most_per_day}"),
        ("older images of the family", reading.older.unread or named(reading.older.values) or "none"),
    ]
    faults = [reading.frozen] if reading.frozen else []
    if before >= terms.most_per_day:
        faults.append(f"{before} images were deleted within 24 hours, the most that the policy allows")
    if reading.older.unread:
        faults.append(reading.older.unread)
    # tools that take the newest by name fall back to an older one in silence [terraform azurerm_image]
    faults += [f"the older image {one} of the family goes first" for one in reading.older.values]
    return _no(answers, faults, OPERATOR)


def _attempts_before(facts: Facts) -> int:
    """How many other retirements got a certificate within 24 hours, and before this one got its present one."""
    mine = (facts.retirement.certified_at or facts.now, facts.retirement.id)
    since = facts.now - CAP_PERIOD
    return len(
        {
            one.retirement
            for one in facts.look.reading.attempts
            if one.retirement != facts.retirement.id and one.at > since and (one.at, one.retirement) < mine
        }
    )


OBLIGATIONS: tuple[Rule, ...] = (
    Rule(1, "replicated", _replicated),
    Rule(2, "proved", _proved),
    Rule(3, "protected", _protected),
    Rule(4, "unreferenced", _unreferenced),
    Rule(5, "unlocked", _unlocked),
    Rule(6, "unchanged", _unchanged),
    Rule(7, "soaked", _soaked),
    Rule(8, "approved", _approved),
    Rule(9, "permitted", _permitted),
)
