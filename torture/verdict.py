"""What was lost, done twice or done wrong, read from the simulated Azure and not from what the app says."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torture.estate import REGIONS, SECOND_GALLERY, Image

_VERSION = "Microsoft.Compute/galleries/images/versions"
_IN_GALLERY = re.compile(r"/images/[^/]+/versions/[^/]+$")


@dataclass(frozen=True)
class Verdict:
    """Sentences, one for each thing that should not be."""

    lost: tuple[str, ...]
    twice: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, done twice or done wrong."""
        return not (self.lost or self.twice or self.wrong)


def judge(
    images: Iterable[Image],
    resources: Iterable[Mapping[str, Any]],
    accepted: Iterable[str] = (),
    known: Iterable[str] = (),
) -> Verdict:
    """Compares the resources in the simulated Azure with what the images should have become.

    `accepted` are the ids of the migrations whose start the app has confirmed, `known` those that it knows at the end.
    """
    by_id = {str(resource["id"]).lower(): resource for resource in resources}
    versions = _versions_by_image_and_gallery(by_id)
    lost = [
        f"{migration} was accepted, and the app does not know it" for migration in set(accepted) - set(known)
    ]
    twice, wrong = [], []
    expected = set()
    for image in images:
        if image.id.lower() not in by_id:
            wrong.append(f"{image.id} is gone")
        for gallery in image.galleries:
            key = (image.id.lower(), gallery.lower())
            expected.add(key)
            found = versions.get(key, [])
            if not found:
                lost.append(f"{image.id} has no version in {gallery}")
            if len(found) > 1:
                twice.append(f"{image.id} has {len(found)} versions in {gallery}")
            wrong += [f"{version['id']} {fault}" for version in found for fault in _faults(version)]
    wrong += [
        f"{image} should have no version in {gallery}"
        for image, gallery in sorted(versions.keys() - expected)
    ]
    return Verdict(tuple(sorted(lost)), tuple(twice), tuple(wrong))


def _versions_by_image_and_gallery(
    by_id: Mapping[str, Mapping[str, Any]],
) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """A version in the second gallery is a copy of one in the first, so its source is followed once more."""
    found = defaultdict(list)
    for version_id, version in by_id.items():
        if str(version["type"]).lower() == _VERSION.lower():
            source = _source(version)
            if source in by_id and str(by_id[source]["type"]).lower() == _VERSION.lower():
                source = _source(by_id[source])
            found[source, _IN_GALLERY.sub("", version_id)].append(version)
    return found


def _source(version: Mapping[str, Any]) -> str:
    return str(version["properties"]["storageProfile"]["source"]["id"]).lower()


def _faults(version: Mapping[str, Any]) -> list[str]:
    properties = version["properties"]
    profile = properties["publishingProfile"]
    regions = {str(region["name"]).replace(" ", "").lower() for region in profile["targetRegions"]}
    copied = "/versions/" in _source(version)
    faults = {
        f"has the regions {', '.join(sorted(regions))}": regions != set(REGIONS),
        f"is {properties['provisioningState']}": properties["provisioningState"] != "Succeeded",
        "is not excluded from latest": profile.get("excludeFromLatest") is not True,
        "was built from the image again": not copied and SECOND_GALLERY.lower() in str(version["id"]).lower(),
    }
    return [fault for fault, happened in faults.items() if happened]
