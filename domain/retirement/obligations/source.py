"""Obligations 5 and 6: no lock holds the image, and it is the one that was migrated."""

from datetime import datetime

from domain.retirement.obligations.rule import OPERATOR, OWNER, Facts, Verdict, met_unless, named


def unlocked(facts: Facts) -> Verdict:
    """No lock, of whatever level, on the image, its group or its subscription."""
    locks = facts.look.reading.locks
    if locks.unread:
        return met_unless(
            [("locks", locks.unread)], [f"the locks could not be read: {locks.unread}"], OPERATOR
        )
    faults = [f"lock {one.id} ({one.level})" for one in locks.values]
    return met_unless([("locks", named(faults) or "none")], faults, "whoever set the lock")


def unchanged(facts: Facts) -> Verdict:  # noqa: PLR0911 # a list of what can be wrong
    """The same resource with the same content. ARM has no etag for images, so content and creation time tell."""
    read = facts.look.reading.image
    if read.unread:
        return met_unless([("image", read.unread)], [f"the image could not be read: {read.unread}"], OPERATOR)
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
        return met_unless(answers, [reason], "nobody: it passes, or the image has to be deleted by hand")
    known = facts.retirement.created_at
    if known is not None and known != image.created_at:
        reason = (
            f"the image is listed as created at {image.created_at}, and was when it was migrated at {known}"
        )
        return met_unless(answers, [reason], "an operator: cancel the retirement and begin it again")
    if image.provisioning_state != "Succeeded":
        reason = f"the image's provisioning state is {image.provisioning_state}"
        return met_unless(answers, [reason], OWNER, passes=True)
    return Verdict(met=True, answers=answers)


def _first_published(facts: Facts) -> datetime | None:
    versions = [facts.look.version(target.version_id).version for target in facts.retirement.targets]
    moments = [version.published_at for version in versions if version and version.published_at]
    return min(moments, default=None)
