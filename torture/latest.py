"""What `latest` resolves to, read from Azure's state."""

from typing import Any


def latest_of(resources: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """What `latest` resolves to in each region of each definition: the highest version that is there, not excluded.

    The flag of a region wins over the version's, where it has one.
    """
    found: dict[str, dict[str, tuple[tuple[int, ...], str]]] = {}
    for resource in resources:
        if str(resource["type"]).lower() != "microsoft.compute/galleries/images/versions":
            continue
        definition, _, name = str(resource["id"]).rpartition("/versions/")
        number = tuple(int(part) for part in name.split("."))
        profile = resource["properties"]["publishingProfile"]
        status = resource["properties"].get("replicationStatus") or {}
        complete = {
            _region(one["region"]) for one in status.get("summary", []) if one["state"] == "Completed"
        }
        for target in profile["targetRegions"]:
            region, own = _region(target["name"]), target.get("excludeFromLatest")
            excluded = profile.get("excludeFromLatest", False) if own is None else own
            best = found.setdefault(definition.lower(), {})
            if not excluded and region in complete and number > best.get(region, ((-1,), ""))[0]:
                best[region] = (number, name)
    return {
        definition: {region: name for region, (_, name) in sorted(regions.items())}
        for definition, regions in sorted(found.items())
    }


def _region(name: str) -> str:
    return name.replace(" ", "").lower()
