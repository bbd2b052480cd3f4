"""The subscriptions in which an image may be used, and the records by which those seen before are remembered."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import BaseModel

from domain.policy.rules import Policy

FOLDER = "references/subscriptions/"
GRAPH_FOLDER = "references/graph/"
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IN_ID = re.compile(rf"/subscriptions/({_GUID})", re.IGNORECASE)
_WHOLE = re.compile(_GUID, re.IGNORECASE)
_RECORD = re.compile(rf"{FOLDER}({_GUID})/(seen|gone|back)(?:-(\d{{8}}T\d{{6}}Z))?\.json")


class GoneSubscription(BaseModel):
    """A person's word that a subscription exists no more: who, why and when."""

    subscription: str
    by: str
    reason: str
    at: datetime

    @property
    def name(self) -> str:
        """Where the record is kept."""
        return f"{FOLDER}{self.subscription.lower()}/gone-{_stamp(self.at)}.json"


def policy_subscriptions(policy: Policy) -> set[str]:
    """The subscriptions that the policy names, in lower case: those of galleries and of rules."""
    found = _IN_ID.findall(policy.model_dump_json())
    matched = (name for rule in policy.rules for name in rule.match.subscriptions or [])
    return {name.lower() for name in (*found, *filter(_WHOLE.fullmatch, matched))}


def subscription_of(resource_id: str) -> str | None:
    """The subscription in a resource id, in lower case."""
    found = _IN_ID.search(resource_id)
    return found[1].lower() if found else None


def seen_record(subscription: str) -> str:
    """The name of the record that a subscription was seen."""
    return f"{FOLDER}{subscription.lower()}/seen.json"


def back_record(subscription: str, at: datetime) -> str:
    """The name of the record that a subscription was seen again after somebody had declared it gone."""
    return f"{FOLDER}{subscription.lower()}/back-{_stamp(at)}.json"


def graph_record(subscription: str) -> str:
    """The name of the record that Resource Graph has shown resources of a subscription."""
    return f"{GRAPH_FOLDER}{subscription.lower()}.json"


def record_text(subscription: str) -> str:
    """The text of each of these records: always the same, so that it can be written again."""
    return f'{{"subscription": "{subscription.lower()}"}}\n'


def remembered(names: Iterable[str]) -> set[str]:
    """The subscriptions that were seen and that nobody has declared gone since."""
    names = list(names)
    return {found[1] for name in names if (found := _RECORD.fullmatch(name))} - declared_gone(names)


def declared_gone(names: Iterable[str]) -> set[str]:
    """The subscriptions that somebody declared gone, and that were not seen again since.

    A record without a time, `gone.json`, is one that somebody put there by hand.
    """
    newest: dict[str, tuple[str, bool]] = {}
    for found in filter(None, map(_RECORD.fullmatch, names)):
        if found[2] != "seen":
            # of two in one second, that it is there counts
            word = (found[3] or "", found[2] == "back")
            newest[found[1]] = max(newest.get(found[1], word), word)
    return {subscription for subscription, (_, is_back) in newest.items() if not is_back}


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
