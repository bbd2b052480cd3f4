"""Obligation 4: nothing needs the image."""

from datetime import date, datetime

from domain.references.scan import Consumer
from domain.resources.provenance import MIGRATION_ID_PREFIX
from domain.retirement.obligations.decisions import acknowledgement_of
from domain.retirement.obligations.rule import OPERATOR, Facts, Verdict, met_unless, named


def unreferenced(facts: Facts) -> Verdict:
    """No consumer in any subscription expected, none declared, and no version that is still built from the image."""
    look, terms = facts.look, facts.look.terms
    scan = look.scan
    if scan is None:
        why = look.scan_unread or "the references were not read"
        return met_unless([("references", why)], [why], OPERATOR)
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
            faults.append(f"{consumer.kind} {consumer.id} {_need(consumer)} ({consumer.digest})")
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
    return met_unless(answers, faults, lifted_by, passes=passes)


def _need(consumer: Consumer) -> str:
    """How a consumer needs the image."""
    match consumer.relation:
        case "uses":
            return "uses it"
        case "makes":
            return "makes it again"
        case "made-from":
            # it is not unknown, so nobody can acknowledge it: what it lacks says what to do
            return f"is made from it: {consumer.why}"
        case _:
            return "names it: unknown use"


def is_migration(building: str) -> bool:
    """Whether what is being built is this image's own migration."""
    return building.startswith(MIGRATION_ID_PREFIX)


def _day(moment: datetime) -> date:
    return moment.date()
