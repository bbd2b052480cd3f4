"""The route of the coverage: how many managed images are migrated, and which are not."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import CoverageQuery
from domain.fleet.scopes import Scope
from services.view_fleet import view_coverage
from triggers.http.answers import answer, continue_after
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_query, subscriptions

blueprint = df.Blueprint()


@blueprint.route(route="coverage", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_coverage(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Counts the managed images per category; `category` lists those of one."""
    query = parse_query(req, CoverageQuery)
    scopes = [Scope(subscription=name) for name in subscriptions(query)]
    view, forecast = await view_coverage(client, scopes)
    coverage = answers.Coverage.of(view.images, view.gaps, forecast, query.category)
    return answer(coverage, headers=continue_after(view.gaps))
