"""The request bodies: every invalid field is named as in the body, and every choice reaches the orchestration."""

from typing import Any

import pytest
from pydantic import ValidationError

from api.requests import MigrationsQuery, StartMigration, check_fields
from domain.field_errors import FieldError, field_errors
from domain.resources.images import PurchasePlan
from tests.unit.builders import GALLERY, PROVIDER, image_id

IMAGE = {"image": str(image_id())}


def errors_of(body: dict[str, Any]) -> list[FieldError]:
    with pytest.raises(ValidationError) as raised:
        StartMigration.model_validate(body)
    return field_errors(raised.value)


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "image", "Field required"),
        ({"image": "web"}, "image", "'web' is not the id of a managed image: it does not have the form"),
        ({"image": 7}, "image", "'7' is not the id of a managed image: it is not a string"),
        (
            {"image": f"{PROVIDER}/galleries/golden"},
            "image",
            f"'{PROVIDER}/galleries/golden' is not the id of a managed image: its type is",
        ),
        ({**IMAGE, "colour": "red"}, "colour", "Extra inputs are not permitted"),
        ({**IMAGE, "version": "1.2"}, "version", "'1.2' is not a version"),
        ({**IMAGE, "version": 1.2}, "version", "Input should be a valid string"),
        ({**IMAGE, "definition": "web-"}, "definition", "'web-' cannot be the name of an image definition"),
        ({**IMAGE, "galleries": []}, "galleries", "List should have at least 1 item"),
        ({**IMAGE, "galleries": [str(GALLERY), "x"]}, "galleries[1]", "'x' is not the id of a gallery"),
        ({**IMAGE, "regions": "eastus2"}, "regions", "Input should be a valid list"),
        ({**IMAGE, "regions": ["eastus2", "East US 2"]}, "regions", "regions named twice: eastus2"),
        ({**IMAGE, "regions": [{"name": ""}]}, "regions[0].name", "Value should have at least 1 item"),
        ({**IMAGE, "regions": [""]}, "regions[0].name", "Value should have at least 1 item"),
        (
            {**IMAGE, "regions": ["a", {"name": "b", "replicas": 0}]},
            "regions[1].replicas",
            "Input should be greater",
        ),
        ({**IMAGE, "regions": [{"name": "a", "copies": 2}]}, "regions[0].copies", "Extra inputs"),
        (
            {**IMAGE, "exclude_from_latest": "perhaps"},
            "exclude_from_latest",
            "Input should be a valid boolean",
        ),
        ({**IMAGE, "end_of_life": "2030-01-01T00:00:00"}, "end_of_life", "Input should have timezone info"),
        ({**IMAGE, "end_of_life": "soon"}, "end_of_life", "Input should be a valid datetime"),
        ({**IMAGE, "plan": {"name": "n", "product": "p"}}, "plan.publisher", "Field required"),
    ],
)
def test_an_invalid_field_is_named_with_its_reason(body: dict[str, Any], field: str, message: str) -> None:
    (error,) = errors_of(body)
    assert error.field == field
    assert error.message.startswith(message)


def test_every_invalid_field_is_named_at_once() -> None:
    body = {"image": "web", "colour": "red", "version": "x", "regions": [{"name": "a"}, {"replicas": 0}]}
    assert {error.field for error in errors_of(body)} == {
        "image",
        "colour",
        "version",
        "regions[1].name",
        "regions[1].replicas",
    }


def test_a_body_that_is_not_an_object_is_invalid_as_a_whole() -> None:
    with pytest.raises(ValidationError) as raised:
        StartMigration.model_validate(["image"])
    assert [error.field for error in field_errors(raised.value)] == ["body"]


def test_a_version_is_not_silently_rewritten() -> None:
    """`01.2.3` is another resource name for the service, or an invalid one; `1.2.3` is not what the caller wrote."""
    assert [error.field for error in errors_of({**IMAGE, "version": "01.2.3"})] == ["version"]


def test_the_image_alone_leaves_everything_to_the_policy() -> None:
    request = StartMigration.model_validate(IMAGE).to_migration_request("me")
    assert (request.image, request.started_by) == (image_id(), "me")
    assert request.overrides.version is None
    assert request.overrides.choices.galleries is None
    assert request.overrides.choices.regions is None
    assert request.overrides.choices.definition.name is None


def test_every_choice_of_the_caller_reaches_the_orchestration() -> None:
    body = {
        **IMAGE,
        "version": "2.0.0",
        "definition": "mine",
        "galleries": [str(GALLERY)],
        "regions": ["East US 2", {"name": "westeurope", "replicas": 2}],
        "exclude_from_latest": False,
        "end_of_life": "2030-01-01T00:00:00Z",
        "plan": {"name": "n", "product": "p", "publisher": "q"},
    }
    overrides = StartMigration.model_validate(body).to_migration_request("me").overrides
    assert (overrides.version, overrides.choices.definition.name) == ("2.0.0", "mine")
    assert overrides.choices.galleries == [str(GALLERY)]
    assert [region.name for region in overrides.choices.regions or []] == ["eastus2", "westeurope"]
    assert overrides.choices.exclude_from_latest is False
    assert overrides.plan == PurchasePlan(name="n", product="p", publisher="q")
    assert overrides.end_of_life is not None
    assert overrides.end_of_life.isoformat() == "2030-01-01T00:00:00+00:00"


def test_an_empty_list_of_regions_overrides_the_policy() -> None:
    """The version then gets the image's own region alone."""
    request = StartMigration.model_validate({**IMAGE, "regions": []}).to_migration_request("me")
    assert request.overrides.choices.regions == []


def test_the_valid_fields_of_an_invalid_body_are_kept_for_further_checks() -> None:
    body, errors = check_fields(StartMigration, {**IMAGE, "version": "x", "regions": ["eastus2"]}, "image")
    assert body is not None
    assert (body.image, body.version) == (image_id(), None)
    assert [region.name for region in body.regions or []] == ["eastus2"]
    assert [error.field for error in errors] == ["version"]


@pytest.mark.parametrize("document", [{"version": "x"}, {"image": "web", "version": "x"}])
def test_nothing_is_kept_of_a_body_whose_image_is_invalid(document: dict[str, Any]) -> None:
    body, errors = check_fields(StartMigration, document, "image")
    assert body is None
    assert {error.field for error in errors} == {"image", "version"}


def test_a_valid_body_has_no_errors() -> None:
    assert check_fields(StartMigration, IMAGE, "image") == (StartMigration.model_validate(IMAGE), [])


def test_an_unknown_query_parameter_is_ignored() -> None:
    """`code` may hold the function key."""
    assert MigrationsQuery.model_validate({"code": "key"}) == MigrationsQuery()
