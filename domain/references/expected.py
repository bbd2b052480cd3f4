"""The subscriptions in which an image may be used, and the records by which those seen before are remembered."""

import re
from collections.abc import Iterable

from domain.policy.rules import Policy

FOLDER = "references/subscriptions/"
GRAPH_FOLDER = "references/graph/"
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IN_ID = re.compile(rf"/subscriptions/({_GUID})", re.IGNORECASE)
_WHOLE = re.compile(_GUID, re.IGNORECASE)
_RECORD = re.compile(rf"{FOLDER}({_GUID})/(seen|gone)\.json")


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


def gone_record(subscription: str) -> str:
    """The name of the record that a person writes if a subscription exists no more."""
    return f"{FOLDER}{subscription.lower()}/gone.json"


def graph_record(subscription: str) -> str:
    """The name of the record that Resource Graph has shown resources of a subscription."""
    return f"{GRAPH_FOLDER}{subscription.lower()}.json"


def record_text(subscription: str) -> str:
    """The text of each of these records: always the same, so that it can be written again."""
    return f'{{"subscription": "{subscription.lower()}"}}\n'


def remembered(names: Iterable[str]) -> set[str]:
    """The subscriptions that were seen and that nobody has declared gone."""
    records = [found for name in names if (found := _RECORD.fullmatch(name))]
    gone = {found[1] for found in records if found[2] == "gone"}
    return {found[1] for found in records} - gone
