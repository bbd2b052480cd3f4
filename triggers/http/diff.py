"""The routes that compare what is wanted with what is there."""

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.requests import CheckQuery, DiffQuery
from services.check_definition import check_definition
from services.view_diff import view_diff
from triggers.http.answers import answer, continue_after
from triggers.http.links import addresses
from triggers.http.problems import answers_problems
from triggers.http.requests import parse_query, subscriptions

blueprint = df.Blueprint()

PAGE = 50


@blueprint.route(route="diff", methods=["GET"])
@answers_problems
async def get_diff(req: func.HttpRequest) -> func.HttpResponse:
    """Compares a page of images with the policy."""
    query = parse_query(req, DiffQuery)
    page = await view_diff(subscriptions(query), query.resource_group, (query.page or "").lower(), PAGE)
    following = addresses(req).diff(**{**req.params, "page": page.last}) if page.last else None
    return answer(
        answers.Diff.of(page.images, page.total, page.gaps, following), headers=continue_after(page.gaps)
    )


@blueprint.route(route="definitions/check", methods=["GET"])
@answers_problems
async def get_check(req: func.HttpRequest) -> func.HttpResponse:
    """Checks the newest version of a definition."""
    query = parse_query(req, CheckQuery)
    found = await check_definition(query.definition, query.region)
    return answer(
        answers.DefinitionCheck(
            definition=found.definition,
            newest=found.newest,
            verdict=found.verdict,
            findings=found.findings,
        )
    )
