"""Behaviours of the service that can be switched on and off."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """What ARM always does is on by default, what it does only sometimes is off. COVERAGE.md describes each switch.

    Recorded: every list of galleries writes the resource group in upper case, only some lists of images do.
    Where the service's refusal is reported but not recorded, the strict behaviour is on: a stand-in that is kinder than
    the service hides faults of its clients.
    """

    signed_operation_urls: bool = True
    upper_case_list_ids: tuple[str, ...] = ("Microsoft.Compute/galleries",)
    display_name_regions: bool = True
    succeeded_early: bool = False
    guard_replicated_regions: Literal["all", "completed", "off"] = "all"
    reset_unsent_fields: bool = True
    throttling: bool = True
    permissions_need_read: bool = False
    page_size: int | None = None
    parent_delete_lag_seconds: float = 0.0
    operation_retry_after_seconds: float | None = None
    resource_list_lag_seconds: float = 0.0
    unlisted_resources: tuple[str, ...] = ()
    restricted_sizes: tuple[str, ...] = ()
    regional_cores: int = 350
    family_cores: int = 350
    policy_delay_seconds: float = 900.0
    unregistered_providers: tuple[str, ...] = ()
    resource_graph_lag_seconds: float = 0.0
    resource_graph_hidden: tuple[str, ...] = ()
    resource_graph_truncates_after: int | None = None
    resource_graph_empty: bool = False
    os_upgrade_delay_seconds: float | None = None
    version_events: Literal["ended", "accepted", "both", "none"] = "ended"
    version_event_delay_seconds: float = 0.0
    tag_events_name: Literal["resource", "tags"] = "resource"
