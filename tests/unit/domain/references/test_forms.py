"""An image and a version are found under every form and spelling of their ids, and nothing else is."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.references.forms import Match, Reference, Subject, references_in

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/images-(old)/providers/Microsoft.Compute"
IMAGE = f"{ROOT}/images/web-2026.01"
GALLERY = f"{ROOT}/galleries/golden"
VERSION = f"{GALLERY}/images/web-base/versions/1.10.0"
DEV_CENTER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dev/providers/Microsoft.DevCenter/devcenters/dc"
DEV_GALLERY = f"{DEV_CENTER}/galleries/ours"
SHARED = f"/SharedGalleries/{SUBSCRIPTION}-GOLDEN/Images/web-base"
COMMUNITY = "/CommunityGalleries/contoso-1234/Images/web-base"


def one(text: str) -> Reference:
    (reference,) = references_in(text)
    return reference


@st.composite
def spellings(draw: st.DrawFn, text: str) -> str:
    """The same id as others write it: in another case, escaped, inside JSON, a URL or a sentence."""
    cased = "".join(draw(st.sampled_from([char.lower(), char.upper()])) for char in text)
    written = draw(
        st.sampled_from(
            [
                cased,
                quote(cased, safe="/"),
                quote(cased, safe=""),
                cased.replace("/", "\\/"),
                cased.replace("/", "//"),
                f"{cased}/",
            ]
        )
    )
    around = draw(
        st.sampled_from(
            [
                "{}",
                "https://management.azure.com{}",
                " {} ",
                "made from '{}'.",
                "{}?api-version=2024-07-01",
                json.dumps({"image": "IT"}).replace("IT", "{}").replace('{"', '{{"').replace('"}', '"}}'),
            ]
        )
    )
    return around.format(written)


@given(spellings(IMAGE))
def test_a_managed_image_is_found_in_every_spelling(text: str) -> None:
    assert Subject(id=IMAGE).matched_by(one(text), None, {}) == "yes"


@given(spellings(VERSION))
def test_a_version_is_found_in_every_spelling(text: str) -> None:
    assert Subject(id=VERSION).matched_by(one(text), None, {}) == "yes"


@pytest.mark.parametrize(
    ("text", "exact", "expected"),
    [
        (VERSION, None, "yes"),
        (f"{GALLERY}/images/web-base", None, "latest"),
        (f"{GALLERY}/images/web-base/versions/latest", None, "latest"),
        (f"{GALLERY}/images/web-base", "1.10.0", "yes"),
        (f"{GALLERY}/images/web-base", "1.9.0", "no"),
        (f"{GALLERY}/images/web-base/versions/1.10.00", None, "no"),
        (f"{GALLERY}/images/web-base-2/versions/1.10.0", None, "no"),
        (f"{GALLERY}2/images/web-base/versions/1.10.0", None, "no"),
        (f"{SHARED}/Versions/1.10.0", None, "yes"),
        (SHARED, "1.10.0", "yes"),
        (SHARED, None, "latest"),
        (f"/SharedGalleries/{SUBSCRIPTION}-OTHER/Images/web-base", None, "no"),
        (f"{COMMUNITY}/Versions/1.10.0", None, "yes"),
        ("/CommunityGalleries/fabrikam/Images/web-base", None, "no"),
        (f"{DEV_GALLERY}/images/web-base/versions/1.10.0", None, "yes"),
        (f"{DEV_GALLERY}/images/web-base", None, "latest"),
        (f"{DEV_CENTER}/galleries/theirs/images/web-base", None, "no"),
        (f"{DEV_CENTER}/galleries/unread/images/web-base", None, "maybe"),
        (IMAGE, None, "no"),
    ],
)
def test_a_version_is_told_from_others_in_every_form(text: str, exact: str | None, expected: Match) -> None:
    galleries = {
        DEV_GALLERY.lower(): GALLERY.upper(),
        f"{DEV_CENTER}/galleries/theirs".lower(): f"{ROOT}/galleries/other",
    }
    subject = Subject(id=VERSION, public_names=["Contoso-1234"])
    assert subject.matched_by(one(text), exact, galleries) == expected


def test_a_community_gallery_whose_names_cannot_be_read_may_be_ours() -> None:
    assert Subject(id=VERSION).matched_by(one(f"{COMMUNITY}/versions/1.10.0"), None, {}) == "maybe"
    assert Subject(id=VERSION).matched_by(one(f"{COMMUNITY}/versions/2.0.0"), None, {}) == "no"


@pytest.mark.parametrize("name", ["web-2026.01b", "web-2026", "web-2026.01-x", "xweb-2026.01"])
def test_an_image_whose_name_begins_alike_is_another_one(name: str) -> None:
    assert Subject(id=IMAGE).matched_by(one(f"{ROOT}/images/{name}"), None, {}) == "no"


def test_a_text_may_name_several_and_a_text_without_ids_names_none() -> None:
    found = [reference.form for reference in references_in(f"{IMAGE};{VERSION},{SHARED}")]
    assert sorted(found) == ["managed image", "shared", "version"]
    assert list(references_in("images of nothing, /images/web and /galleries/golden/images")) == []


@given(st.text())
def test_no_text_is_too_odd_to_be_looked_at(text: str) -> None:
    for reference in references_in(f"images{text}"):
        assert reference.image


def test_the_needle_is_part_of_every_form() -> None:
    assert Subject(id=IMAGE).needle == "images/web-2026.01"
    for text in (VERSION, f"{SHARED}/Versions/1.10.0", COMMUNITY, f"{DEV_GALLERY}/images/web-base"):
        assert Subject(id=VERSION).needle in text.lower()
