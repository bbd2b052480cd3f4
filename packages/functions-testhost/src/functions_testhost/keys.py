"""Access keys of the Functions host: who may call a function or a webhook. Off by default, as in Core Tools."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


def _new_key() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Keys:
    """The keys of one host. They stay the same as long as its task hub exists."""

    master: str = field(default_factory=_new_key)
    function: str = field(default_factory=_new_key)
    durabletask_extension: str = field(default_factory=_new_key)
    eventgrid_extension: str = field(default_factory=_new_key)

    @classmethod
    def parse(cls, document: dict[str, str]) -> "Keys":
        """Reads what `to_json` returned."""
        return cls(
            master=document["master"],
            function=document["function"],
            durabletask_extension=document["durabletask_extension"],
            eventgrid_extension=document["eventgrid_extension"],
        )

    def to_json(self) -> dict[str, str]:
        """Returns the keys by name."""
        return asdict(self)


class AccessControl:
    """Admits or rejects a request by the key it brings, in `?code=` or `x-functions-key`."""

    def __init__(self, keys: Keys, *, enforced: bool) -> None:
        self.keys = keys
        self._enforced = enforced

    def admits(self, level: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether a request may pass. `level` is an auth level or the name of a system key."""
        if not self._enforced or level == "anonymous":
            return True
        accepted = {
            "function": [self.keys.function, self.keys.master],
            "admin": [self.keys.master],
            "durabletask_extension": [self.keys.durabletask_extension, self.keys.master],
            "eventgrid_extension": [self.keys.eventgrid_extension, self.keys.master],
        }[level]
        given = headers.get("x-functions-key") or query.get("code") or ""
        # the bytes of a header need not be UTF-8
        key_bytes = given.encode("utf-8", "surrogateescape")
        return any(secrets.compare_digest(key_bytes, key.encode()) for key in accepted)
