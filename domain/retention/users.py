"""Which of the scanned versions each consumer uses."""

import re
from collections.abc import Sequence

from domain.references.scan import Consumer, Scan
from domain.resources.ids import ImageVersionId
from domain.retention.decide import References

_EXACT_VERSION = re.compile(r'"exactVersion"\s*:\s*"([^"]+)"', re.IGNORECASE)


def references_of(scan: Scan, versions: Sequence[ImageVersionId]) -> References:
    """What a scan for these versions says.

    A consumer that blocks and names one version keeps that one. One that names none of them by its id, such as a
    shared image or a definition, keeps all of them: which one it uses is not known.
    """
    consumers: dict[str, list[str]] = {}
    for consumer in scan.consumers:
        if consumer.blocks:
            for version in _named(consumer, versions):
                consumers.setdefault(version.key, []).append(f"{consumer.kind} {consumer.id}")
    unread = [f"{one.kind} in {one.subscription}: {one.reason}" for one in scan.unread]
    return References(consumers=consumers, unread=unread)


def _named(consumer: Consumer, versions: Sequence[ImageVersionId]) -> Sequence[ImageVersionId]:
    by_id = [version for version in versions if version.key == consumer.names.lower().rstrip("/")]
    if by_id:
        return by_id
    exact = _EXACT_VERSION.search(consumer.text)
    by_number = [version for version in versions if exact and version.name == exact[1]]
    return by_number or versions
