"""The sections of a policy for what follows a migration: verify, promote, retire the source, retention, notices.

All of it is off unless the policy says otherwise.
"""

from collections import Counter
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from domain.policy.section import LONGEST_DAYS, LONGEST_HOURS, MOST_REGIONS, Section
from domain.records.addresses import is_protected
from domain.resources.ids import SubnetId
from domain.resources.regions import Region

VerifyMode = Literal["off", "boot"]
PromoteWhen = Literal["never", "after-replication", "after-verification"]
RetireWhen = Literal["never", "after-approval", "after-soak"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# a day has 1,440 minutes; a machine that takes longer does not start
LONGEST_BOOT_MINUTES = 1440
MOST_RINGS = 20
MOST_CONSUMERS = 100
MOST_DELETIONS = 1000


def _once(rings: list[list[Region]]) -> list[list[Region]]:
    named = Counter(region for ring in rings for region in ring)
    twice = sorted(region for region, times in named.items() if times > 1)
    if twice:
        raise ValueError(f"regions in two rings: {', '.join(twice)}")
    return rings


def _https(url: str) -> str:
    # http for this machine alone, as in the settings: there a test receives what is sent
    if not is_protected(url):
        raise ValueError(f"'{url}' is not an https URL")
    return url


Ring = Annotated[list[Region], Field(min_length=1, max_length=MOST_REGIONS)]
Rings = Annotated[list[Ring], Field(max_length=MOST_RINGS), AfterValidator(_once)]
HttpsUrl = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_https)]


class Verify(Section):
    """Whether a throw-away machine is started from the version, where, and how."""

    mode: VerifyMode | None = None
    """`boot` starts a machine from the version in each region asked for, and deletes it again."""
    regions: Literal["home", "all"] | Annotated[list[Region], Field(max_length=MOST_REGIONS)] | None = None
    """Where: in the image's own region, in every target region, or in those named."""
    resource_group: Name | None = None
    """The resource group of the machines, in the version's subscription. Nothing else should be in it."""
    subnets: dict[Region, SubnetId] | None = Field(default=None, max_length=MOST_REGIONS)
    """For each region, the resource id of the subnet that the machine's network interface joins."""
    sizes: list[Name] | None = Field(default=None, min_length=1, max_length=50)
    """The VM sizes to try, in this order; without them, the smallest that fit the definition."""
    agent: bool | None = None
    """Whether the image has the VM agent, which then has to report that it is ready."""
    deadline_minutes: float | None = Field(default=None, gt=0, le=LONGEST_BOOT_MINUTES)
    """How long a machine may take until it is proved. Waiting for capacity or quota does not count."""


class Promote(Section):
    """When the version becomes `latest`, and in which regions first."""

    when: PromoteWhen | None = None
    """`after-verification` promotes only what `verify` has proved."""
    rings: Rings | None = None
    """The regions of each ring, in order. Regions in no ring come last."""
    bake_hours: float | None = Field(default=None, ge=0, le=LONGEST_HOURS)
    """How long at least a ring bakes before the next one is promoted."""


class DeclaredConsumer(Section):
    """A consumer of the managed image that Azure does not show."""

    name: Name
    """What it is: a repository, another tenant, a cluster template."""
    until: date
    """The last day on which it needs the managed image."""


class RetireSource(Section):
    """When the managed image is deleted, and what has to be true before."""

    when: RetireWhen | None = None
    """`after-approval` waits for a person, `after-soak` only for the time."""
    soak_days: float | None = Field(default=None, ge=0, le=LONGEST_DAYS)
    """How long the versions are complete, proved and the image unreferenced before it is deleted."""
    approval_days: float | None = Field(default=None, gt=0, le=LONGEST_DAYS)
    """How long the retirement waits for an approval before it expires."""
    strict: bool | None = None
    """Whether an Azure Policy assignment denies new machines from the image while it is retired."""
    most_per_day: int | None = Field(default=None, ge=1, le=MOST_DELETIONS)
    """How many managed images are deleted within 24 hours at most."""
    consumers: list[DeclaredConsumer] | None = Field(default=None, max_length=MOST_CONSUMERS)
    """What else uses the image, and until when: it blocks the deletion so long."""


class Retention(Section):
    """Which versions of a definition are kept. Nothing is removed unless `keep_last` and `keep_days` are both given."""

    keep_last: int | None = Field(default=None, ge=1, le=10_000)
    """How many of the newest good versions are kept."""
    keep_days: float | None = Field(default=None, ge=0, le=LONGEST_DAYS)
    """Versions younger than this are kept."""
    grace_days: float | None = Field(default=None, ge=0, le=LONGEST_DAYS)
    """In a gallery without soft delete: how long a version is excluded from `latest` before it is deleted."""
    dry_run: bool | None = None
    """Whether it only reports what it would do."""
    most_per_run: int | None = Field(default=None, ge=1, le=MOST_DELETIONS)
    """How many versions take a step in one run at most."""
    old_replicas: int | None = Field(default=None, ge=1, le=100)
    """The replica count of versions beyond `keep_last`: they are kept, and cost less."""


class Notify(Section):
    """Where notices go, as CloudEvents."""

    topic: HttpsUrl | None = None
    """The endpoint of an Event Grid custom topic; the app's identity needs the role to send to it."""
    webhook: HttpsUrl | None = None
    """An https URL; its host has to be in the setting GALLERIST_WEBHOOK_HOSTS."""
    owner: Name | None = None
    """Who is told if the image has no tag `owner`."""
    notice_days: float | None = Field(default=None, ge=0, le=LONGEST_DAYS)
    """How long before a soak ends the owner hears of it."""
