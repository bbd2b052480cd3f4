"""The route that describes the API."""

import asyncio
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
    # the first time it is made, which takes a third of a second
    return func.HttpResponse(json.dumps(await asyncio.to_thread(document)), mimetype="application/json")
