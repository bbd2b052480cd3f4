"""An outage of the identity endpoint: migrations wait for a token and go on, and the API says that it waits."""

from typing import Any

import pytest

from tests.workflow.estate import Estate, an_image

# a throttled endpoint may say how long to wait; `expired` is a token that ARM refuses
WAYS = [
    "failing",
    "expired",
    *(pytest.param(way, marks=pytest.mark.slow) for way in ("throttled", "unavailable", "drop")),
]
# more than the identity library tries by itself, fewer than a migration does
TOKENS_REFUSED = 12


@pytest.mark.parametrize("way", WAYS)
def test_an_image_migrates_through_an_outage_of_the_identity_endpoint(own_estate: Estate, way: str) -> None:
    """The outage begins before the app has its first token; the event starts the migration all the same."""
    estate = own_estate
    image = estate.write(an_image(f"without-{way}"))
    fault(estate, way, times=TOKENS_REFUSED)

    send_event(estate, image)

    assert estate.ended(image)["state"] == "completed"
    assert estate.stack.control("GET", "faults")["identity"] == []


def test_an_outage_in_the_middle_of_replication_is_waited_for(own_estate: Estate) -> None:
    """A host that starts anew has no token; Azure finishes the copy meanwhile."""
    estate = own_estate
    version = estate.stack.seed["resources"][0]["id"] + "/images/interrupted/versions/1.0.0"
    estate.stack.control("POST", "transitions", {"override": {"id": version, "pace": "manual"}})
    image = estate.write(an_image("interrupted"))
    estate.start(image)
    estate.eventually(lambda: estate.migration(image)["state"] == "replicating")

    estate.stack.kill_host()
    fault(estate, "unavailable", times=TOKENS_REFUSED)
    estate.stack.start_host()
    waits = estate.eventually(lambda: estate.migration(image)["waiting_for"])
    estate.stack.control("POST", "transitions", {"advance": {"id": version}})

    assert waits["reason"].startswith("IdentityUnavailable: Gallerist's identity gets no token")
    assert estate.ended(image)["state"] == "completed"


def test_an_outage_that_does_not_end_fails_the_migration_with_the_way_to_the_identity(
    own_estate: Estate,
) -> None:
    estate = own_estate
    image = estate.write(an_image("hopeless"))
    fault(estate, "failing", times=1000)

    send_event(estate, image)

    migration = estate.ended(image)
    assert (migration["state"], migration["failure"]["code"]) == ("failed", "IdentityUnavailable")
    assert "check that a managed identity is assigned to the app" in migration["fix"]


@pytest.mark.parametrize("way", WAYS)
def test_a_call_that_needs_a_token_is_answered_503(own_estate: Estate, way: str) -> None:
    estate = own_estate
    image = estate.write(an_image("asked"))
    fault(estate, way, times=1000)

    for response in (estate.http.get(f"{estate.stack.api}/images"), estate.post_migration(image)):
        problem = response.json()
        assert (response.status_code, response.headers["Content-Type"]) == (503, "application/problem+json")
        assert problem["code"] in ("IdentityUnavailable", "ExpiredAuthenticationToken")
        assert "check that" in problem["fix"]
        assert int(response.headers["Retry-After"]) > 0
    assert estate.migration(image) is None


def send_event(estate: Estate, image: str) -> None:
    """Lets Event Grid deliver the event of the image's creation, for which the app needs no token."""
    estate.stack.subscribe_to_events()
    estate.stack.control("POST", "publish", {"resourceId": image})


def fault(estate: Estate, way: str, **fields: Any) -> None:
    estate.stack.control("POST", "faults", {"identity": way, **fields})
