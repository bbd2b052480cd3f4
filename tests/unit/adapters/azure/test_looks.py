"""Looks: a part that is odd, missing or throttled costs nothing but itself, and nothing is read twice."""

import asyncio
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from adapters.azure.arm import Page
from adapters.azure.kept import LONGEST_KEPT_SECONDS, LONGEST_SETTLED_SECONDS, MOST_KEPT, KeptLists
from adapters.azure.looks import MOST_FAILURES, MOST_REFRESHED, Look, Looks
from adapters.azure.sources import galleries
from domain.errors import ArmError
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.resources.provenance import FINGERPRINT_TAG
from tests.unit.builders import CREATED, GALLERY, NOW, OTHER_GALLERY, PROVIDER, SUBSCRIPTION, definition_id

WHOLE = f"/subscriptions/{SUBSCRIPTION}"
IMAGES = f"{WHOLE}/providers/Microsoft.Compute/images"
GALLERIES = f"{WHOLE}/providers/Microsoft.Compute/galleries"
LISTED_IMAGES = f"{WHOLE}/resources images"
LISTED_VERSIONS = f"{WHOLE}/resources galleries/images/versions"
GONE = ArmError(404, "SubscriptionNotFound", "it could not be found")
FORBIDDEN = ArmError(403, "AuthorizationFailed", "no read")
THROTTLED = ArmError(429, "TooManyRequests", "later", retry_after_seconds=17)
AWAY = ArmError(503, "HTTP503", "the service gave no reason")


class Arm:
    """ARM's lists in memory, by path, and what goes wrong with them. It notes what is asked for."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Any]] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, ArmError] = {}
        self.page_size = 1000
        self.calls: list[str] = []
        self.scarce_after: int | None = None

    async def page(self, subscription: str, url: str) -> Page:
        assert subscription == SUBSCRIPTION
        path, _, query = unquote(url).partition("?")
        if path.endswith("/resources"):
            path += " " + query.partition("Microsoft.Compute/")[2].partition("'")[0]
        start = int(query.partition("skip=")[2] or 0)
        key = f"{path}#{start}" if start else path
        self.calls.append(key)
        if key in self.errors:
            raise self.errors[key]
        scarce = "reads" if self.scarce_after is not None and len(self.calls) >= self.scarce_after else None
        if path in self.resources:
            return Page(self.resources[path], scarce)
        if path not in self.lists:
            raise ArmError(404, "ResourceNotFound", f"{path} does not exist")
        values = self.lists[path]
        end = start + self.page_size
        more = {"nextLink": f"{url.partition('&skip=')[0]}&skip={end}"} if end < len(values) else {}
        return Page({"value": values[start:end], **more}, scarce)

    def add_version(self, version_id: ImageVersionId, **changes: Any) -> None:
        """Adds a version in its definition, in the list of resources and by itself, replicated."""
        profile = {"publishedDate": CREATED.isoformat()}
        status = {"summary": [{"region": "westeurope", "state": "Completed"}]}
        resource = {
            "id": str(version_id),
            "location": "westeurope",
            "tags": {},
            "properties": {
                "provisioningState": "Succeeded",
                "publishingProfile": profile,
                "replicationStatus": status,
            },
            **changes,
        }
        self.lists.setdefault(f"{version_id.definition}/versions", []).append(resource)
        self.resources[str(version_id)] = resource
        self.lists.setdefault(LISTED_VERSIONS, []).append(
            {
                "id": str(version_id),
                "location": "westeurope",
                "tags": resource["tags"],
                "provisioningState": resource["properties"]["provisioningState"],
                "changedTime": CREATED.isoformat(),
            }
        )


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def arm() -> Arm:
    """A subscription with two images, two galleries and a definition without versions in each."""
    arm = Arm()
    arm.lists[IMAGES] = [{"id": f"{PROVIDER}/images/{name}", "location": "westeurope"} for name in ("a", "b")]
    arm.lists[LISTED_IMAGES] = [
        {"id": f"{PROVIDER}/images/{name}", "createdTime": CREATED.isoformat()} for name in ("a", "b")
    ]
    arm.lists[GALLERIES] = [{"id": str(GALLERY)}, {"id": str(OTHER_GALLERY)}]
    arm.lists[LISTED_VERSIONS] = []
    for gallery in (GALLERY, OTHER_GALLERY):
        arm.lists[f"{gallery}/images"] = [{"id": str(gallery.definition("web"))}]
        arm.lists[f"{gallery.definition('web')}/versions"] = []
    return arm


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looks(arm: Arm, clock: Clock) -> Looks:
    return Looks(KeptLists(arm, clock))


def begin(looks: Looks, clock: Clock, seconds: float = 1) -> Look:
    """Begins the next look, some time after the last one."""
    clock.seconds += seconds
    return looks.begin()


async def everything(look: Look) -> dict[str, list[str]]:
    """The names of everything that a look finds."""
    images = await look.images([SUBSCRIPTION])
    found = await look.definitions([SUBSCRIPTION])
    definitions = [definition.id for seen in found.values() for definition in seen.values]
    versions = await look.complete_versions(definitions)
    return {
        "images": [image.id.name for seen in images.values() for image in seen.values],
        "definitions": [str(name.gallery.name) for name in definitions],
        "versions": [version.id.name for seen in versions.values() for version in seen.values],
    }


WHOLE_ESTATE = {"images": ["a", "b"], "definitions": ["golden", "mirror"], "versions": ["1.0.0"]}


@pytest.mark.parametrize("record", [{"location": "westeurope"}, {"id": "nonsense"}, {"id": 7}, None, "text"])
@pytest.mark.parametrize(
    "path",
    [
        IMAGES,
        LISTED_IMAGES,
        GALLERIES,
        LISTED_VERSIONS,
        f"{GALLERY}/images",
        f"{definition_id('web')}/versions",
    ],
)
async def test_a_record_without_a_usable_id_is_left_out_of_its_list_and_named(
    arm: Arm, path: str, record: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, however often it is met."""
    clock = Clock()
    looks = Looks(KeptLists(arm, clock))
    arm.add_version(definition_id("web").version("1.0.0"))
    arm.lists[path].insert(0, record)
    for _ in range(2):
        look = begin(looks, clock)
        assert await everything(look) == WHOLE_ESTATE
        (unreadable,) = look.gaps.unreadable
        assert "is not the id of a" in unreadable.reason
        assert (unreadable.fix != "", look.gaps.unread) == (True, None)
    lines = [entry for entry in caplog.records if entry.levelno == logging.WARNING]
    assert len(lines) == 1


async def test_a_creation_time_is_found_in_the_list_of_resources(arm: Arm, looks: Looks) -> None:
    arm.lists[LISTED_IMAGES].pop()
    seen = (await looks.begin().images([SUBSCRIPTION]))[SUBSCRIPTION]
    assert [image.created_at for image in seen.values] == [CREATED, None]
    assert (seen.extent, seen.dates) == ("whole", "whole")


@pytest.mark.parametrize("error", [GONE, FORBIDDEN])
@pytest.mark.parametrize(
    ("path", "part", "left"),
    [
        (IMAGES, WHOLE, {"images": []}),
        (LISTED_IMAGES, WHOLE, {}),
        (GALLERIES, WHOLE, {"definitions": [], "versions": []}),
        (f"{GALLERY}/images", str(GALLERY), {"definitions": ["mirror"], "versions": []}),
        (f"{definition_id('web')}/versions", str(definition_id("web")), {"versions": []}),
    ],
)
async def test_a_part_that_cannot_be_read_is_named_and_the_rest_is_there(
    arm: Arm, path: str, part: str, left: dict[str, list[str]], error: ArmError
) -> None:
    arm.add_version(definition_id("web").version("1.0.0"))
    arm.errors[path] = error
    look = Looks(KeptLists(arm)).begin()
    assert await everything(look) == {**WHOLE_ESTATE, **left}
    (unreadable,) = look.gaps.unreadable
    assert (unreadable.id, unreadable.reason) == (part, str(error))
    assert (look.error, look.gaps.unread) == (error, None)


async def test_what_was_readable_and_is_not_any_more_is_not_shown_from_memory(
    arm: Arm, looks: Looks, clock: Clock
) -> None:
    await begin(looks, clock).images([SUBSCRIPTION])
    arm.errors[IMAGES] = GONE
    look = begin(looks, clock)
    assert (await look.images([SUBSCRIPTION]))[SUBSCRIPTION].values == []
    assert [part.id for part in look.gaps.unreadable] == [WHOLE]


@pytest.mark.parametrize("error", [THROTTLED, AWAY, ArmError(0, "ServiceRequestError", "no route")])
async def test_a_list_goes_on_at_the_page_that_was_not_answered(
    arm: Arm, looks: Looks, clock: Clock, error: ArmError
) -> None:
    """The pages before it are shown at once and not read again."""
    arm.page_size = 1
    arm.errors[f"{IMAGES}#1"] = error
    look = begin(looks, clock)
    seen = (await look.images([SUBSCRIPTION]))[SUBSCRIPTION]
    assert ([image.id.name for image in seen.values], seen.extent) == (["a"], "unread")
    unread = look.gaps.unread
    assert unread is not None
    assert unread.reason == str(error)
    assert unread.retry_after_seconds == (error.retry_after_seconds or 10)

    arm.errors.clear()
    arm.calls.clear()
    look = begin(looks, clock)
    seen = (await look.images([SUBSCRIPTION]))[SUBSCRIPTION]
    assert ([image.id.name for image in seen.values], seen.extent) == (["a", "b"], "whole")
    assert IMAGES not in arm.calls
    assert look.gaps.unread is None


async def test_a_page_in_the_middle_that_is_refused_is_named_and_the_list_begins_anew(
    arm: Arm, looks: Looks, clock: Clock
) -> None:
    """Links to pages expire."""
    arm.page_size = 1
    arm.errors[f"{IMAGES}#1"] = ArmError(400, "InvalidParameter", "the skip token is invalid")
    look = begin(looks, clock)
    seen = (await look.images([SUBSCRIPTION]))[SUBSCRIPTION]
    assert ([image.id.name for image in seen.values], seen.extent) == (["a"], "unreadable")
    assert [part.id for part in look.gaps.unreadable] == [WHOLE]
    arm.errors.clear()
    seen = (await begin(looks, clock).images([SUBSCRIPTION]))[SUBSCRIPTION]
    assert ([image.id.name for image in seen.values], seen.extent) == (["a", "b"], "whole")


async def test_a_list_that_azure_throttles_is_shown_as_it_was_for_some_minutes(
    arm: Arm, looks: Looks, clock: Clock
) -> None:
    await begin(looks, clock).images([SUBSCRIPTION])
    arm.errors[IMAGES] = THROTTLED
    look = begin(looks, clock)
    assert len((await look.images([SUBSCRIPTION]))[SUBSCRIPTION].values) == 2
    look = begin(looks, clock, LONGEST_KEPT_SECONDS)
    assert (await look.images([SUBSCRIPTION]))[SUBSCRIPTION].extent == "unread"


def many(arm: Arm, count: int) -> list[ImageDefinitionId]:
    """Adds definitions with a version that was made by hand: only the definition's own list tells its source."""
    definitions = [definition_id(f"many-{number}") for number in range(count)]
    for definition in definitions:
        arm.add_version(definition.version("1.0.0"))
    return definitions


async def test_looks_that_a_limit_stops_go_on_where_they_were(arm: Arm, looks: Looks, clock: Clock) -> None:
    """600 definitions, and limits for some 200 calls at a time: three looks know all, and no list is read twice."""
    definitions = many(arm, 600)
    known = []
    for _ in range(3):
        arm.scarce_after = len(arm.calls) + 200
        look = begin(looks, clock, 10)
        seen = await look.versions(definitions)
        known.append(sum(one.extent == "whole" for one in seen.values()))
        # the first look also read the list of resources
        assert look.newly_read == known[-1] - sum(known[-2:-1]) + (len(known) == 1)
        unread = look.gaps.unread
        if unread is None:
            break
        assert unread.parts == 600 - known[-1]
        assert unread.reason == "Azure's limit reads is nearly used up"
        assert unread.retry_after_seconds == 10
    arm.scarce_after = None
    assert {one.extent for one in (await begin(looks, clock).versions(definitions)).values()} == {"whole"}
    assert known[0] < known[1] < known[2]
    lists = [call for call in arm.calls if call.endswith("/versions") and "many-" in call]
    assert len(lists) == len(set(lists)) == 600


async def test_a_definition_is_read_again_when_the_list_of_resources_shows_a_change(
    arm: Arm, looks: Looks, clock: Clock
) -> None:
    (definition,) = many(arm, 1)
    await begin(looks, clock).versions([definition])
    arm.calls.clear()
    await begin(looks, clock).versions([definition])
    assert arm.calls == [LISTED_VERSIONS]
    arm.add_version(definition.version("1.0.1"))
    seen = (await begin(looks, clock).versions([definition]))[definition]
    assert [version.id.name for version in seen.values] == ["1.0.0", "1.0.1"]
    await begin(looks, clock, LONGEST_SETTLED_SECONDS).versions([definition])
    assert arm.calls.count(f"{definition}/versions") == 2


async def test_a_definition_in_which_azure_works_is_read_again(arm: Arm, looks: Looks, clock: Clock) -> None:
    (definition,) = many(arm, 1)
    arm.resources[str(definition.version("1.0.0"))]["properties"]["provisioningState"] = "Updating"
    for _ in range(2):
        await begin(looks, clock).versions([definition])
    assert arm.calls.count(f"{definition}/versions") == 2


async def test_only_some_of_what_may_have_changed_is_read_again(arm: Arm, looks: Looks, clock: Clock) -> None:
    """The limits are for what is not known, and for the migrations."""
    definitions = many(arm, MOST_REFRESHED + 20)
    for definition in definitions:
        arm.resources[str(definition.version("1.0.0"))]["properties"]["provisioningState"] = "Updating"
    await begin(looks, clock).versions(definitions)
    arm.calls.clear()
    await begin(looks, clock).versions(definitions)
    assert len(arm.calls) == 1 + MOST_REFRESHED
    arm.calls.clear()
    await begin(looks, clock).versions(definitions)
    # those that were read the longest ago come first
    assert {f"{definition}/versions" for definition in definitions[MOST_REFRESHED:]} < set(arm.calls)


async def test_the_tags_in_the_list_of_resources_spare_the_reading_of_gallerists_own_versions(
    arm: Arm, looks: Looks
) -> None:
    definition = definition_id("own")
    arm.add_version(definition.version("1.0.0"), tags={FINGERPRINT_TAG: "f"})
    seen = await looks.begin().versions([definition, definition_id("none")])
    assert [version.tags for version in seen[definition].values] == [{FINGERPRINT_TAG: "f"}]
    assert seen[definition_id("none")] == ([], "whole")
    assert arm.calls == [LISTED_VERSIONS]


async def test_a_version_that_completed_is_looked_for_in_its_definition_while_the_list_of_resources_lags(
    arm: Arm, looks: Looks, clock: Clock
) -> None:
    """A reading from before it completed does not count, and one is enough."""
    definition = definition_id("own")
    arm.lists[f"{definition}/versions"] = []
    await begin(looks, clock).versions([definition], {definition: NOW})
    arm.add_version(definition.version("1.0.0"), tags={FINGERPRINT_TAG: "f"})
    arm.lists[LISTED_VERSIONS].clear()
    assert (await begin(looks, clock).versions([definition]))[definition].values == []
    later = NOW + timedelta(seconds=1)
    for _ in range(2):
        seen = await begin(looks, clock).versions([definition], {definition: later})
        assert [version.id.name for version in seen[definition].values] == ["1.0.0"]
    assert arm.calls.count(f"{definition}/versions") == 2


async def test_definitions_are_read_one_by_one_if_the_list_of_resources_may_not_be_read(
    arm: Arm, looks: Looks
) -> None:
    (definition,) = many(arm, 1)
    arm.errors[LISTED_VERSIONS] = FORBIDDEN
    look = looks.begin()
    seen = await look.versions([definition, definition_id("none")])
    assert [version.id.name for version in seen[definition].values] == ["1.0.0"]
    assert seen[definition_id("none")] == ([], "whole")
    assert look.gaps.unreadable == []


async def test_a_list_of_resources_that_was_not_read_leaves_the_definitions_unread(
    arm: Arm, looks: Looks
) -> None:
    """To read thousands of definitions instead would not help against throttling."""
    definitions = many(arm, 3)
    arm.errors[LISTED_VERSIONS] = THROTTLED
    look = looks.begin()
    seen = await look.versions(definitions)
    assert {one.extent for one in seen.values()} == {"unread"}
    assert arm.calls == [LISTED_VERSIONS]
    assert look.gaps.unread is not None


@pytest.mark.parametrize(("state", "calls"), [("Completed", 1), ("Replicating", 2)])
async def test_a_version_that_is_everywhere_is_not_read_again(
    arm: Arm, looks: Looks, clock: Clock, state: str, calls: int
) -> None:
    version_id = definition_id("web").version("1.0.0")
    arm.add_version(version_id)
    arm.resources[str(version_id)]["properties"]["replicationStatus"]["summary"][0]["state"] = state
    for _ in range(2):
        look = begin(looks, clock)
        (version,) = (await look.complete_versions([version_id.definition]))[version_id.definition].values
        (seen,) = (await look.replicated([version]))[version_id].values
        assert seen.is_everywhere == (state == "Completed")
    assert arm.calls.count(str(version_id)) == calls


async def test_a_version_that_is_gone_is_nowhere(arm: Arm, looks: Looks) -> None:
    version_id = definition_id("web").version("1.0.0")
    arm.add_version(version_id)
    look = looks.begin()
    (version,) = (await look.complete_versions([version_id.definition]))[version_id.definition].values
    del arm.resources[str(version_id)]
    assert (await look.replicated([version]))[version_id] == ([], "whole")


async def test_a_subscription_that_does_not_answer_is_left_for_later(arm: Arm, looks: Looks) -> None:
    definitions = many(arm, 50)
    arm.errors |= {f"{definition}/versions": AWAY for definition in definitions}
    look = looks.begin()
    await look.versions(definitions)
    assert len(arm.calls) < 1 + MOST_FAILURES + 8
    assert look.gaps.unread is not None
    assert look.gaps.unread.parts == 50


class SilentArm(Arm):
    """Does not answer what is `silent`."""

    silent = ""

    async def page(self, subscription: str, url: str) -> Page:
        if self.silent and unquote(url).startswith(self.silent):
            await asyncio.Event().wait()
        return await super().page(subscription, url)


async def test_an_answer_comes_in_time_although_a_part_never_answers(arm: Arm, clock: Clock) -> None:
    silent = SilentArm()
    silent.lists, silent.silent = arm.lists, f"{GALLERY}/images"
    look = Looks(KeptLists(silent, clock), seconds=0.2).begin()
    found = await look.definitions([SUBSCRIPTION])
    assert [definition.id.gallery.name for definition in found[SUBSCRIPTION].values] == ["mirror"]
    assert look.gaps.unread is not None
    assert look.gaps.unread.reason == "the time for one answer was over"


async def test_looks_at_once_share_what_is_read(arm: Arm, looks: Looks) -> None:
    await asyncio.gather(*(looks.begin().images([SUBSCRIPTION]) for _ in range(5)))
    assert sorted(arm.calls) == sorted([IMAGES, LISTED_IMAGES])


def test_the_store_is_bounded(arm: Arm) -> None:
    lists = KeptLists(arm)
    first = lists.of(galleries("0"))
    for number in range(MOST_KEPT):
        lists.of(galleries(str(number)))
    assert lists.of(galleries("0")) is first
    lists.of(galleries("one more"))
    lists.of(galleries("and more"))
    assert lists.of(galleries("0")) is first
    assert lists.of(galleries("1")) is not lists.of(galleries("0"))


LISTED_DEFINITIONS = f"{WHOLE}/resources galleries/images"


async def test_definitions_and_versions_are_counted_with_one_list_more() -> None:
    """The forecast of limits needs no definition and no version of its own."""
    arm = Arm()
    version = definition_id("web").version("1.0.0")
    arm.add_version(version, tags={FINGERPRINT_TAG: "x"})
    entry = {"id": str(definition_id("web")), "location": "North Europe", "createdTime": CREATED.isoformat()}
    arm.lists[LISTED_DEFINITIONS] = [entry]
    look = Looks(KeptLists(arm)).begin()
    await look.versions([definition_id("web")])
    counted = (await look.counts([SUBSCRIPTION]))[SUBSCRIPTION]
    assert arm.calls == [LISTED_VERSIONS, LISTED_DEFINITIONS]
    assert counted is not None
    assert counted.definitions == [(SUBSCRIPTION, "northeurope", CREATED)]
    assert [one.region for one in counted.versions] == ["westeurope"]


@pytest.mark.parametrize("error", [FORBIDDEN, THROTTLED])
@pytest.mark.parametrize("part", [LISTED_DEFINITIONS, LISTED_VERSIONS])
async def test_a_subscription_that_is_not_listed_whole_is_not_counted(part: str, error: ArmError) -> None:
    arm = Arm()
    arm.lists |= {LISTED_DEFINITIONS: [], LISTED_VERSIONS: []}
    arm.errors[part] = error
    look = Looks(KeptLists(arm)).begin()
    assert await look.counts([SUBSCRIPTION]) == {SUBSCRIPTION: None}
