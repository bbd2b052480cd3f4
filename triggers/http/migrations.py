"""The routes of migrations: plan, start, look, add regions."""

from datetime import UTC, datetime

import azure.durable_functions as df
import azure.functions as func

from api import answers
from api.problems import Problem
from api.requests import AddRegions, MigrationsQuery, PlanMigration, StartMigration, check_fields
from domain.migration.status import UnreadableInstance
from domain.planning.requests import PlanRequest
from services.add_regions import add_regions
from services.end_migration import cancel_migration, retry_migration
from services.plan_migration import NOW, moved_since, plan, read_image, replication_estimate
from services.refusals import ConflictError, InvalidRequestError, NotFoundError
from services.start_migration import check_in_azure, start_migration
from services.view_migration import find_migration, list_migrations
from triggers.http.answers import POLL, accepted, answer
from triggers.http.callers import caller
from triggers.http.links import addresses
from triggers.http.problems import ProblemError, answers_problems
from triggers.http.requests import parse_body, parse_json, parse_query

blueprint = df.Blueprint()

PAGE = 100


@blueprint.route(route="migrations/plan", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_plan(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Plans what `POST migrations` would start with the same body. Writes nothing."""
    body = parse_body(req, PlanMigration)
    try:
        image = await read_image(body.image)
    except NotFoundError as error:
        raise ProblemError(Problem.of_missing("image", str(error))) from error
    request = body.to_migration_request(caller(req))
    planned = await plan(
        PlanRequest(
            image=image,
            started_by=request.started_by,
            overrides=request.overrides,
            now=datetime.now(UTC),
            besides=body.besides,
        ),
        facts=NOW,
        counts=True,
    )
    replication = await replication_estimate(client, image, planned)
    return answer(answers.Plan.of(image.id, planned, replication))


@blueprint.route(route="migrations", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_migration(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Starts the migration of one image, after checking every field of the body and what Azure knows of them."""
    body = await _parse_start(req)
    request = body.to_migration_request(caller(req))
    moved = await moved_since(request, datetime.now(UTC)) if body.facts else []
    if moved:
        raise ProblemError(Problem.of_moved(moved))
    started = await start_migration(client, request)
    if not started.fresh:
        raise ConflictError(f"the migration of {body.image} is already running", started.id)
    links = addresses(req)
    return accepted(answers.StartedMigration.of(started.id, body.image, links), links.migration(started.id))


async def _parse_start(req: func.HttpRequest) -> StartMigration:
    """Reports malformed fields together with those that name what Azure does not have."""
    body, malformed = check_fields(StartMigration, parse_json(req), "image")
    missing = await check_in_azure(body.image, body.regions) if body is not None else []
    if not malformed and [error.field for error in missing] == ["image"]:
        raise ProblemError(Problem.of_missing("image", missing[0].message))
    if body is None or malformed or missing:
        raise InvalidRequestError([*malformed, *missing])
    return body


@blueprint.route(route="migrations", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_migrations(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Lists migrations, a page at a time."""
    query = parse_query(req, MigrationsQuery)
    links = addresses(req)
    rows: list[answers.Migration] = []
    unreadable: list[answers.UnreadableInstance] = []
    read, following = query.page or "", None
    async for record, place in list_migrations(client, read, query.since):
        if len(rows) + len(unreadable) == PAGE:
            following = links.migrations(**{**req.params, "page": read})
            break
        read = place
        if isinstance(record, UnreadableInstance):
            unreadable.append(answers.UnreadableInstance.of(record))
        elif query.selects(record.status):
            rows.append(answers.Migration.of(record, links))
    return answer(answers.Migrations(migrations=rows, unreadable=unreadable, next=following))


@blueprint.route(route="migrations/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def get_migration(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Returns one migration with the progress of every region."""
    record = await find_migration(client, req.route_params["id"])
    if record is None:
        raise NotFoundError(f"there is no migration '{req.route_params['id']}'")
    return answer(answers.Migration.of(record, addresses(req)), headers=POLL)


@blueprint.route(route="migrations/{id}/cancel", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_migration_cancel(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Ends a running migration. What Azure has begun goes on there."""
    await cancel_migration(client, req.route_params["id"], caller(req))
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="migrations/{id}/retry", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_migration_retry(
    req: func.HttpRequest, client: df.DurableOrchestrationClient
) -> func.HttpResponse:
    """Starts a migration again that ended without success."""
    await retry_migration(client, req.route_params["id"], caller(req))
    return _accepted(req, req.route_params["id"])


@blueprint.route(route="migrations/{id}/regions", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
@answers_problems
async def post_regions(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Adds regions to the versions of a migration that has ended."""
    body = parse_body(req, AddRegions)
    migration_id = req.route_params["id"]
    await add_regions(client, migration_id, body.regions, caller(req))
    return _accepted(req, migration_id)


def _accepted(req: func.HttpRequest, migration_id: str) -> func.HttpResponse:
    links = addresses(req)
    return accepted(answers.Accepted.of(migration_id, links), links.migration(migration_id))
