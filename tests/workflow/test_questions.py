"""Plans that are applied later, and questions to the app about what it decides and what is in Azure."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure_compute_simulator.identity import SYSTEM_ASSIGNED_CLIENT_ID

from api.answers import VersionInRegion
from client import ProblemError
from domain.promotion.states import PromotionState
from local.arm import access_token
from tests.workflow.estate import GALLERY, HERE, THERE, Estate, an_image


@pytest.fixture
def quiet(estate: Estate) -> Iterator[Estate]:
    """The estate, whose images start no migrations by their events."""
    estate.stack.control("POST", "events", {"lose_next": 10})
    yield estate
    estate.stack.control("POST", "events", {"lose_next": 0})


def planned(estate: Estate, image: str, **choices: Any) -> dict[str, str]:
    return estate.gallerist.plan(image, **choices).facts


def test_plans_of_one_family_are_applied_in_any_order_with_the_numbers_that_they_named(quiet: Estate) -> None:
    first, second = (quiet.write(an_image(name)) for name in ("family-1", "family-2"))
    facts = planned(quiet, first)
    others = planned(quiet, second, version="1.0.1")
    quiet.start(second, version="1.0.1", facts=others)
    assert quiet.ended(second)["targets"][0]["version"] == "1.0.1"
    quiet.start(first, facts=facts)
    assert quiet.ended(first)["targets"][0]["version"] == "1.0.0"
    again = quiet.gallerist.plan(first, facts=facts)
    assert (again.outcome, again.changes) == ("migrate", [])


def test_a_plan_is_refused_after_somebody_published_under_its_number(quiet: Estate) -> None:
    image = quiet.write(an_image("raced"))
    other = quiet.write(an_image("raced-by", blob="other"))
    facts = planned(quiet, image)
    quiet.start(other, definition="raced")
    quiet.ended(other)
    before = len(quiet.writes(GALLERY))
    with pytest.raises(ProblemError) as refused:
        quiet.start(image, facts=facts)
    assert refused.value.status == 409
    assert "version 1.0.0 belongs to another image" in refused.value.problem.detail
    assert refused.value.errors[0].field == "facts.outcome"
    assert quiet.migration(image) is None
    assert len(quiet.writes(GALLERY)) == before


def test_what_moves_between_the_check_and_the_write_blocks_the_migration(quiet: Estate) -> None:
    """The ledger knows a number that no gallery shows yet: both plans named it, and one of them gets it."""
    image, other = quiet.write(an_image("close")), quiet.write(an_image("close-by", blob="other"))
    facts, others = planned(quiet, image, definition="tie"), planned(quiet, other, definition="tie")
    quiet.start(image, definition="tie", facts=facts)
    quiet.start(other, definition="tie", facts=others)
    ends = [quiet.ended(one) for one in (image, other)]
    assert sorted(end["state"] for end in ends) == ["blocked", "completed"]
    (blocked,) = [end for end in ends if end["state"] == "blocked"]
    assert "1.0.0" in blocked["reason"]
    assert blocked["fix"]
    assert list(quiet.versions("tie")) == ["1.0.0"]


def verdicts(found: VersionInRegion) -> dict[str, str]:
    return {one.name: one.verdict for one in found.findings}


def test_why_says_what_is_in_the_way_of_a_version(quiet: Estate) -> None:
    image = quiet.write(an_image("asked"))
    quiet.start(image)
    quiet.ended(image)
    version = f"{GALLERY}/images/asked/versions/1.0.0"
    why = quiet.gallerist.why
    there = why(version, "West US 2", subscription=THERE)
    assert (there.usable, there.region) == ("yes", "westus2")
    assert verdicts(there) | {"latest": "warned", "access": "unknown"} == verdicts(there)
    assert verdicts(there)["excluded from latest"] == "warned"
    elsewhere = why(version, "japaneast")
    assert (elsewhere.usable, verdicts(elsewhere)["target region"]) == ("no", "failed")
    assert why(version, "moonbase").usable == "no"
    missing = why(f"{GALLERY}/images/asked/versions/9.9.9", "westus2")
    assert (missing.usable, missing.findings[-2].fix) == ("no", "name one that exists: 1.0.0")
    nothing = why(f"{GALLERY}/images/asked/versions/latest", "westus2")
    assert (nothing.usable, nothing.latest.version if nothing.latest else "") == ("no", None)


def test_an_explanation_is_about_the_image_as_it_is(quiet: Estate) -> None:
    found = quiet.gallerist.explain(quiet.write(an_image("twin-1", tags={"gallerist:regions": "japaneast"})))
    assert [(rule.name, rule.verdict) for rule in found.rules][:2] == [
        ("twins", "matched"),
        ("one family", "not-reached"),
    ]
    assert found.names is not None
    assert [region.name for region in found.names.regions] == ["eastus2", "japaneast"]
    (regions,) = [one for one in found.choices if one.choice == "regions"]
    assert (regions.by, [one.by for one in regions.instead_of]) == ("gallerist:regions", ["defaults"])


def test_a_diff_tells_what_is_wanted_from_how_it_is(quiet: Estate) -> None:
    done, wanted = quiet.write(an_image("done")), quiet.write(an_image("wanted"))
    ignored = quiet.write(an_image("scratch", tags={"environment": "scratch"}))
    quiet.start(done)
    quiet.ended(done)
    before = len(quiet.writes(""))
    rows = {str(row.image): row for page in quiet.gallerist.diff(HERE) for row in page.images}
    assert [(rows[one].sync, rows[one].health) for one in (done, wanted, ignored)] == [
        ("in-sync", "healthy"),
        ("out-of-sync", "missing"),
        ("ignored", None),
    ]
    assert [change.sign for change in rows[wanted].changes] == ["+", "+"]
    assert [region.region for region in rows[done].versions[0].regions] == [
        "eastus2",
        "westus2",
        "northeurope",
    ]
    assert len(quiet.writes("")) == before
    check = quiet.gallerist.check(f"{GALLERY}/images/done", "westus2")
    assert {one.name for one in check.findings if one.verdict == "failed"} == {
        "excluded from latest in westus2",
        "latest in westus2",
    }


def test_the_doctor_names_what_a_deployment_lacks(quiet: Estate) -> None:
    before = len(quiet.writes(""))
    found = {one.name: one for one in quiet.gallerist.doctor().findings}
    assert len(quiet.writes("")) == before
    good = (
        "identity",
        "policy",
        "task hub",
        "gallery golden",
        "permissions on gallery golden",
        "Resource Graph",
    )
    assert {found[name].verdict for name in good} == {"passed"}
    assert found[f"events of images in {HERE}"].verdict == "warned"
    _send_events_of_images(quiet)
    found = {one.name: one for one in quiet.gallerist.doctor().findings}
    assert found[f"events of images in {HERE}"].verdict == "passed"
    assert found[f"events of image versions in {HERE}"].verdict == "warned"
    lacking = {
        "principal": SYSTEM_ASSIGNED_CLIENT_ID,
        "scope": "/",
        "actions": ["*"],
        "notActions": ["*/write"],
    }
    quiet.stack.control("POST", "roles", {"roles": [lacking]})
    try:
        rights = {one.name: one for one in quiet.gallerist.doctor().findings}["permissions on gallery golden"]
    finally:
        quiet.stack.control("POST", "roles", {"roles": []})
    assert rights.verdict == "failed"
    assert "Microsoft.Compute/galleries/images/versions/write" in rights.detail


def _send_events_of_images(estate: Estate) -> None:
    """Writes the topic and the event subscription that infra/ deploys."""
    topic = f"/subscriptions/{HERE}/resourceGroups/images/providers/Microsoft.EventGrid/systemTopics/writes"
    source = {"source": f"/subscriptions/{HERE}", "topicType": "Microsoft.Resources.Subscriptions"}
    operation = {"key": "data.operationName", "values": ["Microsoft.Compute/images/write"]}
    destination = {"endpointType": "AzureFunction", "properties": {"resourceId": "/x/functions/image_events"}}
    images = {"destination": destination, "filter": {"advancedFilters": [operation]}}
    for path, body in (
        (topic, {"location": "global", "properties": source}),
        (f"{topic}/eventSubscriptions/images", {"properties": images}),
    ):
        response = estate.http.put(
            f"{estate.stack.simulator['arm']}{path}",
            params={"api-version": "2022-06-15"},
            headers={"Authorization": f"Bearer {access_token(estate.stack)}"},
            json=body,
        )
        assert response.status_code == 201, response.text
    estate.eventually(
        lambda: (
            estate.arm(f"{topic}/eventSubscriptions/images")["properties"]["provisioningState"] == "Succeeded"
        )
    )


def test_a_history_says_what_was_latest_and_who_made_it_so(quiet: Estate) -> None:
    gallerist = quiet.gallerist
    image = quiet.write(an_image("told"))
    quiet.start(image)
    quiet.ended(image)
    version = f"{GALLERY}/images/told/versions/1.0.0"
    (line,) = gallerist.history(f"{GALLERY}/images/told").versions
    assert (line.version, line.source, line.by) == ("1.0.0", image, "http")
    assert line.excluded_in == line.regions == ["eastus2", "westus2", "northeurope"]
    promotion = gallerist.start_promotion(version, bake_hours=0)
    quiet.eventually(lambda: gallerist.promotion(promotion.id).state is PromotionState.PROMOTED)
    gallerist.roll_back_promotion(promotion.id)
    quiet.eventually(lambda: gallerist.promotion(promotion.id).state is PromotionState.ROLLED_BACK)
    told = gallerist.history(f"{GALLERY}/images/told")
    assert [(one.what, one.state, one.version) for one in told.promotions] == [
        ("rollback", "rolled-back", "1.0.0"),
        ("promotion", "promoted", "1.0.0"),
    ]
    assert told.promotions[1].latest == dict.fromkeys(["eastus2", "westus2", "northeurope"], "1.0.0")
    assert {one.version for one in told.latest} == {None}
    assert told.missing == []
