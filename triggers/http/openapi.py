"""The route that describes the API."""

import json

import azure.durable_functions as df
import azure.functions as func

from api.openapi import document
from triggers.http.problems import answers_problems

blueprint = df.Blueprint()


@blueprint.route(route="openapi.json", methods=["GET"])
@answers_problems
async def get_openapi(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 # the binding's name
    """Returns the OpenAPI document."""
    return func.HttpResponse(json.dumps(document()), mimetype="application/json")
