"""The oddities of the service that can be turned on and off; each module asks here, nobody else decides."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class Switches:
    """What ARM shows always is on by default, what it shows sometimes is off.

    Recorded: all lists of galleries write the resource group in upper case, lists of images only some of them.
    """

    signed_operation_urls: bool = True
    upper_case_list_ids: tuple[str, ...] = ("Microsoft.Compute/galleries",)
    display_name_regions: bool = True
    succeeded_early: bool = False
    throttling: bool = True
    page_size: int | None = None
    parent_delete_lag_seconds: float = 0.0
    operation_retry_after_seconds: float | None = None

    def change(self, **changes: Any) -> None:
        """Set some switches. Raises ValueError for an unknown name or a value of another type."""
        known = {field.name for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"{name!r} is not a switch: use {', '.join(sorted(known))}.")
            setattr(self, name, tuple(value) if isinstance(value, list) else value)

    def as_json(self) -> dict[str, Any]:
        """All switches and their values."""
        return asdict(self)
