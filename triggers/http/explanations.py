"""The routes that say why."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import ExplainQuery
from services.explain_image import explain_image
from triggers.http.answers import answer
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_query

blueprint = df.Blueprint()


@blueprint.route(route="images/explain", methods=["GET"])
@answers_problems
async def get_explanation(req: func.HttpRequest) -> func.HttpResponse:
    """Explains what the policy decides about an image."""
    explained = await explain_image(parse_query(req, ExplainQuery).image)
    return answer(answers.ImageExplanation.of(*explained))
