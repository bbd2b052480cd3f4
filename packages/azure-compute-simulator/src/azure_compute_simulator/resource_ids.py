"""ARM resource ids: parsed, written, compared without regard to case."""

from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True)
class ResourceId:
    """The id of a resource inside a resource group. `type` has one segment, `names` one name per level."""

    subscription: str
    group: str
    type: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]

    @property
    def key(self) -> str:
        """The id in lower case. Ids that differ only in case are the same resource."""
        return str(self).lower()

    @property
    def group_key(self) -> tuple[str, str]:
        """The subscription and the resource group in lower case."""
        return self.subscription.lower(), self.group.lower()

    @property
    def parent(self) -> "ResourceId | None":
        """The id of the resource above this one, or None at the top level."""
        if len(self.names) == 1:
            return None
        return ResourceId(self.subscription, self.group, self.type.rsplit("/", 1)[0], self.names[:-1])

    @property
    def path(self) -> str:
        """The part after `/providers/`, which ARM's messages use."""
        namespace, *segments = self.type.split("/")
        return "/".join([namespace, *chain.from_iterable(zip(segments, self.names, strict=True))])

    def child(self, segment: str, name: str) -> "ResourceId":
        """Returns the id of a resource below this one."""
        return ResourceId(self.subscription, self.group, f"{self.type}/{segment}", (*self.names, name))

    def __str__(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{self.path}"


def parse_resource_id(text: str) -> ResourceId:
    """Parses an ARM resource id, its fixed segments in any case. Raises ValueError."""
    empty, *segments = text.rstrip("/").split("/")
    well_formed = len(segments) >= 8 and len(segments) % 2 == 0 and empty == "" and all(segments)  # noqa: PLR2004 - an id has at least four pairs
    if not well_formed or [segment.lower() for segment in segments[0:6:2]] != [
        "subscriptions",
        "resourcegroups",
        "providers",
    ]:
        raise ValueError(f"{text!r} is not an ARM resource id.")
    return ResourceId(
        subscription=segments[1],
        group=segments[3],
        type="/".join([segments[5], *segments[6::2]]),
        names=tuple(segments[7::2]),
    )
