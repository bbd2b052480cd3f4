"""The forms in which Azure's resources name an image or a version, in every spelling, and what each one names."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal, NamedTuple, Self
from urllib.parse import unquote

from pydantic import BaseModel

from domain.references.scan import Form
from domain.resources.ids import ImageId, ImageVersionId

_NAME = r"[^\W_]\w*(?:[.-]+\w+)*"
_SEGMENT = r"[^/\s\"'\\<>|]+"
_RESOURCE = rf"/subscriptions/(?P<subscription>{_SEGMENT})/resourcegroups/(?P<group>{_SEGMENT})/providers/"
_IN_GALLERY = rf"/images/(?P<image>\w+(?:[.-]+\w+)*)(?:/versions/(?P<version>{_NAME}))?"
# how the name of a project's image begins, if the image comes from a gallery of its dev center (the examples of
# azure-rest-api-specs: `~gallery~DefaultDevGallery~ContosoBaseImage`)
PROJECT_GALLERY = "/images/~gallery~"
_TEXTS: tuple[tuple[Form, str], ...] = (
    ("managed image", rf"{_RESOURCE}microsoft\.compute/images/(?P<image>\w+(?:[.-]+\w+)*)"),
    ("version", rf"(?P<gallery>{_RESOURCE}microsoft\.compute/galleries/[\w.-]+){_IN_GALLERY}"),
    ("shared", rf"/sharedgalleries/(?P<gallery>{_SEGMENT}){_IN_GALLERY}"),
    ("community", rf"/communitygalleries/(?P<gallery>{_SEGMENT}){_IN_GALLERY}"),
    (
        "dev center",
        rf"(?P<gallery>{_RESOURCE}microsoft\.devcenter/devcenters/{_SEGMENT}/galleries/{_SEGMENT}){_IN_GALLERY}",
    ),
    # an image as a project of the dev center shows it; without its gallery it cannot be told whose it is
    (
        "dev center",
        (
            rf"(?P<gallery>{_RESOURCE}microsoft\.devcenter/projects/{_SEGMENT}/images(?:/~gallery~[\w.-]+)?)"
            rf"[/~](?P<image>\w+(?:[.-]+\w+)*)(?:/versions?/(?P<version>{_NAME}))?"
        ),
    ),
)
_PATTERNS = tuple((form, re.compile(text, re.IGNORECASE)) for form, text in _TEXTS)
# `latest` in place of a number, as some tools write it
_LATEST = "latest"

# yes: this one; latest: whatever `latest` is; maybe: it cannot be told; no: something else
Match = Literal["yes", "latest", "maybe", "no"]


class Reference(NamedTuple):
    """An id in a text. `gallery` is the gallery as this form names it, `version` None for the latest."""

    form: Form
    text: str
    gallery: str
    image: str
    version: str | None

    @property
    def name(self) -> str:
        """The name of the image or the definition, in lower case."""
        return self.image.rpartition("/")[2]


def references_in(text: str) -> Iterator[Reference]:
    """Yields the ids of images and versions in a text: it may be an id, a URL, or JSON or a script that has some."""
    if "images" not in text.lower():
        return
    for form, pattern in _PATTERNS:
        for found in pattern.finditer(_plain(text)):
            parts = found.groupdict()
            version = parts.get("version")
            of_latest = version is None or version.lower() == _LATEST
            yield Reference(
                form="definition" if form == "version" and of_latest else form,
                text=found.group(),
                gallery=(parts.get("gallery") or "").lower(),
                image=(found.group() if form == "managed image" else parts["image"]).lower(),
                version=None if of_latest or version is None else version.lower(),
            )


def _plain(text: str) -> str:
    """The text without what JSON and URLs do to slashes."""
    for _ in range(2):
        text = unquote(text).replace("\\/", "/")
    return re.sub(r"/{2,}", "/", text)


class Subject(BaseModel):
    """What is searched for: a managed image or a version.

    `public_names` are those of the version's gallery in the community; None if they could not be read.
    """

    id: str
    public_names: list[str] | None = None

    @classmethod
    def of(cls, resource: ImageId | ImageVersionId) -> Self:
        """A subject without public names."""
        return cls(id=str(resource), public_names=[])

    @cached_property
    def version(self) -> ImageVersionId | None:
        """The version; None for a managed image."""
        return ImageVersionId.parse(self.id) if "/galleries/" in self.id.lower() else None

    @cached_property
    def name(self) -> str:
        """The name of the image, or of the version's definition, in lower case."""
        return (self.version.definition.name if self.version else ImageId.parse(self.id).name).lower()

    @property
    def needle(self) -> str:
        """What every form of the id contains."""
        return f"images/{self.name}"

    def matched_by(
        self, reference: Reference, exact_version: str | None, dev_center_galleries: Mapping[str, str | None]
    ) -> Match:
        """Whether a reference is to this subject.

        `exact_version` is what Azure made of a reference without a number. `dev_center_galleries` has the gallery
        behind each gallery of a dev center; None for one that could not be read.
        """
        version = self.version
        if version is None:
            same = reference.form == "managed image" and reference.image == self.id.lower()
            return "yes" if same else "no"
        if reference.form == "managed image" or reference.image != version.definition.name.lower():
            return "no"
        gallery = self._gallery(reference, version, dev_center_galleries)
        number = reference.version or (exact_version or "").lower() or None
        if gallery == "no" or number not in (None, version.name.lower()):
            return "no"
        if gallery == "maybe":
            return "maybe"
        return "yes" if number else "latest"

    def _gallery(
        self, reference: Reference, version: ImageVersionId, dev_center_galleries: Mapping[str, str | None]
    ) -> Match:
        gallery = version.definition.gallery
        match reference.form:
            case "shared":
                # documented: the unique name of a gallery is its subscription and its name
                return _if(reference.gallery == f"{gallery.subscription}-{gallery.name}".lower())
            case "community":
                names = self.public_names
                return "maybe" if names is None else _if(reference.gallery in map(str.lower, names))
            case "dev center":
                behind = dev_center_galleries.get(reference.gallery)
                return "maybe" if behind is None else _if(behind.lower() == gallery.key)
        return _if(reference.gallery == gallery.key)


def _if(same: bool) -> Match:  # one value
    return "yes" if same else "no"
