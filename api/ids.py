"""Azure resource ids as the API's schemas describe them."""

from typing import Annotated

from pydantic import WithJsonSchema
from pydantic.json_schema import JsonSchemaValue

from domain.resources.ids import GalleryId, ImageDefinitionId, ImageId, ImageVersionId, ResourceId

_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"


def _schema(id_type: type[ResourceId], example: str) -> JsonSchemaValue:
    return {
        "type": "string",
        "description": f"The Azure resource id of a {id_type.kind}. Case is ignored.",
        "examples": [f"{_GROUP}/{example}"],
    }


AnyImageId = Annotated[ImageId, WithJsonSchema(_schema(ImageId, "images/web-20260115"))]
AnyGalleryId = Annotated[GalleryId, WithJsonSchema(_schema(GalleryId, "galleries/golden"))]
AnyDefinitionId = Annotated[
    ImageDefinitionId, WithJsonSchema(_schema(ImageDefinitionId, "galleries/golden/images/web"))
]
AnyVersionId = Annotated[
    ImageVersionId, WithJsonSchema(_schema(ImageVersionId, "galleries/golden/images/web/versions/1.0.0"))
]
