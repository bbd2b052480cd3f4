"""Where the policy sends notices about a resource, and whom they name."""

from collections.abc import Mapping

from domain.policy.second_half import Notify
from domain.records.notices import NoticeTargets

OWNER_TAG = "owner"


def notice_targets(section: Notify | None, tags: Mapping[str, str]) -> NoticeTargets:
    """The policy's topic and webhook, and the owner: the tag `owner` of the image or version, else the policy's."""
    if section is None:
        return NoticeTargets()
    tagged = next((value for name, value in tags.items() if name.lower() == OWNER_TAG and value), None)
    return NoticeTargets(topic=section.topic, webhook=section.webhook, owner=tagged or section.owner)
