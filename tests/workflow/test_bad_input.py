"""Invalid requests get a 4xx problem that names every invalid field, and start nothing."""

import gzip
from typing import Any

import pytest

from tests.workflow.estate import GALLERY, HERE, Estate, an_image

IMAGE = f"/subscriptions/{HERE}/resourceGroups/packer/providers/Microsoft.Compute/images/base"

INVALID_BODIES: dict[str, tuple[Any, int, dict[str, str]]] = {
    "unknown fields": (
        {"image": IMAGE, "imge": "x", "verzion": "1.0.0"},
        400,
        {"imge": "Extra inputs are not permitted", "verzion": "Extra inputs are not permitted"},
    ),
    "no image": ({}, 400, {"image": "Field required"}),
    "a malformed id": (
        {"image": "/subscriptions/x/images/y"},
        400,
        {"image": "it does not have the form /subscriptions/{id}/resourceGroups/{name}/providers/"},
    ),
    "an id of another type": ({"image": GALLERY}, 400, {"image": "not 'Microsoft.Compute/images'"}),
    "an id that is not text": ({"image": 7}, 400, {"image": "it is not a string"}),
    "a missing image": (
        {"image": f"{IMAGE}-missing"},
        404,
        {"image": "base-missing does not exist"},
    ),
    "regions that do not exist": (
        {"image": IMAGE, "regions": ["westus2", "atlantis", {"name": "El Dorado"}]},
        400,
        {"regions[1].name": "no region 'atlantis'", "regions[2].name": "no region 'eldorado'"},
    ),
    "a region twice, in two spellings": (
        {"image": IMAGE, "regions": ["West US 2", "westus2"]},
        400,
        {"regions": "regions named twice: westus2"},
    ),
    "several errors at once": (
        {
            "image": GALLERY,
            "version": "1.2",
            "definition": "-x-",
            "galleries": [IMAGE],
            "regions": [{"name": "westus2", "replicas": 0, "storage_account_type": "Gold"}],
            "end_of_life": "tomorrow",
        },
        400,
        {
            "image": "is not the id of a managed image",
            "version": "three integers from 0 to 2147483647",
            "definition": "cannot be the name of an image definition",
            "galleries[0]": "is not the id of a gallery",
            "regions[0].replicas": "greater than or equal to 1",
            "regions[0].storage_account_type": "'Standard_LRS', 'Standard_ZRS' or 'Premium_LRS'",
            "end_of_life": "datetime",
        },
    ),
    "malformed and missing at once": (
        {"image": f"{IMAGE}-missing", "version": "1.2", "regions": ["atlantis"]},
        400,
        {"version": "three integers", "regions[0].name": "no region", "image": "does not exist"},
    ),
    "a list": (["image"], 400, {"body": "must be a JSON object"}),
}


@pytest.fixture(scope="module", autouse=True)
def base(estate: Estate) -> None:
    """An image that exists and is migrated."""
    estate.ended(estate.write(an_image("base")))


@pytest.mark.parametrize("case", INVALID_BODIES)
def test_every_invalid_field_is_named_and_nothing_is_started(estate: Estate, case: str) -> None:
    body, status, expected = INVALID_BODIES[case]
    before = estate.http.get(f"{estate.stack.api}/migrations").json()

    response = estate.http.post(f"{estate.stack.api}/migrations", json=body)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    messages = {error["field"]: error["message"] for error in problem["errors"]}
    assert messages.keys() == expected.keys()
    assert all(words in messages[field] for field, words in expected.items()), messages
    assert estate.http.get(f"{estate.stack.api}/migrations").json() == before


def test_a_body_that_is_not_json_is_refused_as_such(estate: Estate) -> None:
    response = estate.http.post(f"{estate.stack.api}/migrations", content=b"{image: x")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "body"
    assert "not JSON" in response.json()["detail"]


@pytest.mark.parametrize("path", ["migrations", "migrations/plan", "batches", "policy/check"])
@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"[" * 100_000, {}, 400),
        (b'{"a":' * 20_000, {}, 400),
        (b'{"image": "\\ud800"}', {}, 400),
        (b'{"limit": NaN}', {}, 400),
        (gzip.compress(b"{}"), {"Content-Encoding": "gzip"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b" " * 2_000_000, {}, 413),
        (b"{}", {"Content-Type": "application/json; charset=bogus"}, 400),
    ],
    ids=[
        "deep list",
        "deep object",
        "surrogate",
        "NaN",
        "compressed",
        "said to be compressed",
        "too long",
        "unknown charset",
    ],
)
def test_a_body_that_nobody_can_read_is_refused_with_the_reason(
    estate: Estate, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    response = estate.http.post(f"{estate.stack.api}/{path}", content=content, headers=headers)

    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")
    assert response.json()["detail"]


def test_a_body_in_chunks_gets_the_reason_why_it_is_empty(estate: Estate) -> None:
    response = estate.http.post(f"{estate.stack.api}/migrations", content=iter([b"{}"]))

    assert response.status_code == 400
    assert response.json()["detail"] == "body: is empty; send a JSON object, with its Content-Length"


@pytest.mark.parametrize(
    "policy",
    [
        "defaults: !!bool maybe",
        "defaults: " + "[" * 3000,
        f"defaults: {{galleries: [{GALLERY}]}}\nrules: [{{name: a, match: {{older_than_days: .inf}}}}]",
        f"defaults: {{galleries: [{GALLERY}]}}\nrules: [{{name: a, name_pattern: 'a{{99999}}'}}]",
    ],
)
def test_a_policy_that_cannot_be_read_is_refused_with_its_line(estate: Estate, policy: str) -> None:
    body = {"policy": policy, "scope": {"subscription": HERE}}
    response = estate.http.post(f"{estate.stack.api}/policy/check", json=body)

    assert response.status_code == 400
    assert [error["line"] for error in response.json()["errors"]] == [policy.count("\n") + 1]


def test_a_batch_with_a_number_that_no_time_can_be_is_refused(estate: Estate) -> None:
    for number in (1e10, 1e308):
        body = {"scope": [{"subscription": HERE}], "filter": {"older_than_days": number}}
        response = estate.http.post(f"{estate.stack.api}/batches", json=body)
        assert [error["field"] for error in response.json()["errors"]] == ["filter.older_than_days"]


def test_a_second_start_gets_the_address_of_the_running_migration(estate: Estate) -> None:
    """409 with Location, whatever the case of the id."""
    estate.stack.control("POST", "events", {"lose_next": 1})
    image = estate.write(an_image("busy"))
    estate.stack.control(
        "POST", "transitions", {"override": {"id": f"{GALLERY}/images/busy/versions/1.0.0", "pace": "manual"}}
    )
    first = estate.post_migration(image)

    second = estate.post_migration(
        image.upper().replace("MICROSOFT.COMPUTE/IMAGES", "Microsoft.Compute/images")
    )

    assert (first.status_code, second.status_code) == (202, 409)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.json()["id"] == first.json()["id"]
    assert estate.http.get(second.headers["Location"]).json()["image"] == image
    estate.stack.control("POST", "transitions", {"advance": {"id": f"{GALLERY}/images/busy/versions/1.0.0"}})
    assert estate.ended(image)["state"] == "completed"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=done", "state"),
        ("since=yesterday", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("since=9999-12-31T23:59:59-14:00", "since"),
    ],
)
def test_an_invalid_filter_is_refused(estate: Estate, query: str, field: str) -> None:
    response = estate.http.get(f"{estate.stack.api}/migrations?{query}")

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_the_first_and_the_last_day_of_all_are_answered(estate: Estate) -> None:
    """.NET's smallest date selects everything, its largest one nothing."""
    listed = [
        estate.http.get(f"{estate.stack.api}/migrations?since={since}").json()["migrations"]
        for since in ("0001-01-01", "2017-01-01", "9999-12-31T23:59:59Z")
    ]
    assert listed[0] == listed[1]
    assert listed[2] == []


def test_an_unknown_migration_is_not_found(estate: Estate) -> None:
    response = estate.http.get(f"{estate.stack.api}/migrations/migration-0000")

    assert response.status_code == 404
    assert response.json()["detail"] == "there is no migration 'migration-0000'"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["scope"]),
        ({"scope": []}, ["scope"]),
        ({"scope": [{"subscription": "production"}]}, ["scope[0].subscription"]),
        ({"scope": [{"subscription": HERE}], "filter": {"name": "x"}, "limit": 0}, ["filter.name", "limit"]),
    ],
)
def test_an_invalid_batch_is_refused(estate: Estate, body: dict[str, Any], fields: list[str]) -> None:
    response = estate.http.post(f"{estate.stack.api}/batches", json=body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == fields


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("migration-0/regions", {}, 404),
        ("{id}/regions", {"regions": ["westus2", "West US 2"]}, 400),
        ("{id}/regions", {"region": "westus2"}, 400),
        ("{id}/regions", {"regions": ["atlantis"]}, 400),
    ],
)
def test_adding_regions_refuses_invalid_requests(
    estate: Estate, path: str, body: dict[str, Any], status: int
) -> None:
    migration = estate.migration(IMAGE)
    assert migration is not None
    response = estate.http.post(f"{estate.stack.api}/migrations/{path.format(id=migration['id'])}", json=body)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
