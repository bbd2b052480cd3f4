"""Models whose fields are described by the string that follows each of them, in their JSON schemas."""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Described(BaseModel):
    """A model whose JSON schema describes its fields.

    pydantic's own setting `use_attribute_docstrings` reads the source of every class when it is defined, a fifth of the
    time in which the app is imported; here it is read when a schema is made.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Returns the schema with the descriptions of the fields."""
        schema = handler(core_schema)
        properties: dict[str, Any] = handler.resolve_ref_schema(schema).get("properties", {})
        for name, description in descriptions(cls).items():
            # in the schema a field has its name, or its alias
            for key in (name, cls.model_fields[name].alias):
                if key in properties:
                    properties[key]["description"] = description
        return schema


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The string that follows each field. A model that redefines a field has to describe it again."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Described) and base is not Described:
            own = _own_descriptions(base)
            redefined = base.__annotations__.keys()
            found = {name: text for name, text in found.items() if name not in redefined} | own
    return {name: text for name, text in found.items() if name in model.model_fields}


def _own_descriptions(model: type[BaseModel]) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 # it is a class's source
    return {
        field.target.id: inspect.cleandoc(following.value.value)
        for field, following in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
        and isinstance(following.value.value, str)
    }
