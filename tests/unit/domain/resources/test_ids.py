"""Resource ids: parsed in any case, refused with the reason. Also the names inside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.errors import ResourceIdError
from domain.resources.ids import (
    GalleryId,
    ImageDefinitionId,
    ImageId,
    ImageVersionId,
    ResourceId,
    check_definition_name,
    check_subscription_id,
    does_not_exist,
)
from domain.resources.provenance import migration_id
from tests.unit.builders import GALLERY, PROVIDER, SUBSCRIPTION, definition_id, image_id

IMAGE = f"{PROVIDER}/images/web"


@pytest.mark.parametrize(
    ("kind", "tail", "name"),
    [
        (ImageId, "images/web", "web"),
        (GalleryId, "galleries/golden", "golden"),
        (ImageDefinitionId, "galleries/golden/images/web", "web"),
        (ImageVersionId, "galleries/golden/images/web/versions/1.2.3", "1.2.3"),
    ],
)
def test_each_resource_type_parses_its_own_ids(kind: type[ResourceId], tail: str, name: str) -> None:
    parsed = kind.parse(f"{PROVIDER}/{tail}")
    assert str(parsed) == f"{PROVIDER}/{tail}"
    assert (parsed.subscription, parsed.resource_group, parsed.name) == (SUBSCRIPTION, "builds", name)


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}[A-Za-z0-9]", fullmatch=True)


def in_some_case(text: str, flips: int) -> str:
    """Returns the text with each letter in upper case where its bit in `flips` is set."""
    return "".join(char.upper() if flips >> index & 1 else char.lower() for index, char in enumerate(text))


@given(NAMES, st.integers(min_value=0, max_value=2**200))
def test_ids_that_differ_in_case_are_the_same_resource(name: str, flips: int) -> None:
    """Lists upper-case resource groups and events lower-case them: equal, hashed equal, migrated once."""
    text = f"{PROVIDER}/images/{name}"
    one, other = ImageId.parse(text), ImageId.parse(in_some_case(text, flips))
    assert one == other
    assert len({one, other}) == 1
    assert migration_id(one) == migration_id(other)
    assert ImageId.parse(str(other)).key == one.key


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it does not have the form /subscriptions/{id}/resourceGroups/{name}"),
        ("web", "it does not have the form"),
        (f"/subscriptions/{SUBSCRIPTION}", "it does not have the form"),
        (IMAGE.replace("providers", "provider"), "it does not have the form"),
        (f"{PROVIDER}/images", "it does not have the form"),
        (f"{PROVIDER}/virtualMachines/web", "its type is 'Microsoft.Compute/virtualMachines', not"),
        (f"{PROVIDER}/galleries/golden/images/web", "its type is 'Microsoft.Compute/galleries/images', not"),
        (IMAGE.replace("Microsoft.Compute", "Microsoft.Storage"), "its type is 'Microsoft.Storage/images'"),
        (IMAGE.replace(SUBSCRIPTION, "mine"), "'mine' is not a subscription id"),
        (IMAGE.replace("/builds/", "/builds./"), "'builds.' is not a resource group name"),
        (IMAGE.replace("/builds/", "//"), "'' is not a resource group name"),
        (f"{PROVIDER}/images/a b", "'a b' is not a valid resource name"),
        (f"{PROVIDER}/images/web.", "'web.' is not a valid resource name"),
        (f"{PROVIDER}/images/{'a' * 81}", "is not a valid resource name"),
        (f"{PROVIDER}/images/x' or name ne 'x", "is not a valid resource name"),
    ],
)
def test_a_text_that_is_not_an_image_id_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ResourceIdError) as refused:
        ImageId.parse(text)
    assert str(refused.value).startswith(f"'{text}' is not the id of a managed image: ")
    assert reason in str(refused.value)


@pytest.mark.parametrize("gallery", ["", "a b", "x' or 'y"])
def test_the_name_of_a_parent_is_validated_too(gallery: str) -> None:
    with pytest.raises(ResourceIdError, match="is not a valid resource name"):
        ImageDefinitionId.parse(f"{PROVIDER}/galleries/{gallery}/images/web")


def test_an_id_gives_the_ids_of_its_parents_and_children() -> None:
    version = definition_id("web").version("1.0.0")
    assert version.definition == definition_id("web")
    assert version.definition.gallery == GALLERY
    assert ImageId.of(SUBSCRIPTION, "builds", "web") == ImageId.parse(IMAGE)


def test_an_id_never_equals_a_string() -> None:
    """A bare string inside the app is a mistake, and must not pass for an id."""
    assert image_id("web") != str(image_id("web"))


def test_migrations_of_different_images_have_different_ids() -> None:
    assert migration_id(image_id("web")) != migration_id(image_id("web2"))
    assert migration_id(image_id("web")).startswith("migration-")


class _Holder(BaseModel):
    image: ImageId


def test_an_id_is_a_string_in_json() -> None:
    dumped = _Holder(image=image_id("web")).model_dump(mode="json")
    assert dumped == {"image": IMAGE}
    assert _Holder.model_validate(dumped).image == image_id("web")


@pytest.mark.parametrize("value", [7, None, ["a"]])
def test_json_that_is_not_a_string_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="it is not a string"):
        _Holder.model_validate({"image": value})


@pytest.mark.parametrize("text", [SUBSCRIPTION, SUBSCRIPTION.upper()])
def test_a_subscription_id_is_a_guid_in_any_case(text: str) -> None:
    assert check_subscription_id(text) == text


@pytest.mark.parametrize("text", ["", "mine", SUBSCRIPTION[:-1], f"{SUBSCRIPTION}\n", "{subscription}"])
def test_anything_else_is_not_a_subscription_id(text: str) -> None:
    with pytest.raises(ValueError, match="is not a subscription id"):
        check_subscription_id(text)


@pytest.mark.parametrize("name", ["web", "web-2026.01_15", "a", "a" * 80])
def test_a_definition_name_that_the_service_accepts_is_valid(name: str) -> None:
    assert check_definition_name(name) == name


@pytest.mark.parametrize("name", ["", "web-", "web.", "-web", "_web", "a b", "wéb", "a" * 81, "web/1"])
def test_a_definition_name_that_the_service_refuses_is_invalid(name: str) -> None:
    """The first character is a letter or a digit (documented)."""
    with pytest.raises(ValueError, match="cannot be the name of an image definition"):
        check_definition_name(name)


def test_a_missing_resource_is_named_with_its_type_and_id() -> None:
    assert does_not_exist(GALLERY) == f"the gallery {GALLERY} does not exist"
