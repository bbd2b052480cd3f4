"""The routes that say why."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import ExplainQuery, HistoryQuery, WhyQuery
from services.explain_image import explain_image
from services.view_history import view_history
from services.why_version import why
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


@blueprint.route(route="versions/why", methods=["GET"])
@answers_problems
async def get_why(req: func.HttpRequest) -> func.HttpResponse:
    """Looks whether a machine in a region can use a version."""
    query = parse_query(req, WhyQuery)
    found = await why(query.version, query.region, query.subscription)
    return answer(
        answers.VersionInRegion(
            version=found.version,
            region=found.region,
            subscription=query.subscription,
            usable=found.usable,
            latest=found.latest,
            findings=found.findings,
        )
    )


@blueprint.route(route="definitions/history", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_history(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Lists the versions of a definition, and the promotions over them."""
    found = await view_history(client, parse_query(req, HistoryQuery).definition)
    return answer(answers.DefinitionHistory(**found._asdict()))
