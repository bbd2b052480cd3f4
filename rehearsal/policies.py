"""A policy as a rehearsal uses it: without notices, which would leave this machine."""

from typing import Any, NamedTuple

import yaml

from adapters.policy_file import parse_policy
from adapters.policy_yaml import read_yaml

# where notices would be sent: the rehearsal runs the real app, which would really send them
_ADDRESSES = ("topic", "webhook")


class Rehearsed(NamedTuple):
    """The text of a policy, and what is different from the user's, in sentences."""

    text: str
    changes: list[str]


def for_rehearsal(text: str, source: str) -> Rehearsed:
    """Returns the policy without the addresses of notices.

    Raises:
        PolicyError: the policy is not valid.
    """
    parse_policy(text, source)
    document: dict[str, Any] = read_yaml(text).value
    rules = document.get("rules") or []
    removed = sum(_remove_addresses(section) for section in (document.get("defaults") or {}, *rules))
    if not removed:
        return Rehearsed(text, [])
    rest = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return Rehearsed(
        rest, ["no notices are sent: `notify.topic` and `notify.webhook` are left out of the policy"]
    )


def _remove_addresses(section: dict[str, Any]) -> int:
    notify = section.get("notify") or {}
    return sum(notify.pop(name, None) is not None for name in _ADDRESSES)
