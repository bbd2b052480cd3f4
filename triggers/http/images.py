"""The routes that list what is in Azure: managed images, and the contents of galleries."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import SubscriptionQuery
from services.view_azure import list_definitions, list_images
from triggers.http.answers import answer, continue_after
from triggers.http.links import addresses
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_query, subscriptions

blueprint = df.Blueprint()


@blueprint.route(route="images", methods=["GET"])
@answers_problems
async def get_images(req: func.HttpRequest) -> func.HttpResponse:
    """Lists the managed images of a subscription, or of all subscriptions in the settings."""
    images, gaps = await list_images(subscriptions(parse_query(req, SubscriptionQuery)))
    return answer(answers.Images.of(images, gaps, addresses(req)), headers=continue_after(gaps))


@blueprint.route(route="galleries", methods=["GET"])
@answers_problems
async def get_galleries(req: func.HttpRequest) -> func.HttpResponse:
    r"""Lists every image version as `gallery\definition\version`, as the manual procedure does."""
    definitions, gaps = await list_definitions(subscriptions(parse_query(req, SubscriptionQuery)))
    return answer(answers.Galleries.of(definitions, gaps), headers=continue_after(gaps))
