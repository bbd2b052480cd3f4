"""The HTTP API's preflight: what a migration would do, and what stands against it, told before anything is written."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from api.requests import StartMigration
from domain.errors import NotYetError
from domain.field_errors import FieldError
from domain.planning.plan import MigrationPlan
from domain.planning.requests import PlanRequest
from domain.planning.targets import TargetPlan
from domain.resources.images import ManagedImage
from services.container import services
from services.plan_migration import plan
from triggers.http import POLL_SECONDS, caller, json_response, parse_body, respond
from triggers.problems import ProblemError

blueprint = df.Blueprint()


@blueprint.route(route="migrations/plan", methods=["POST"])
async def post_plan(req: func.HttpRequest) -> func.HttpResponse:
    """The plan for what `POST migrations` would start with the same body; nothing is written."""
    return await respond(_plan(req))


async def _plan(req: func.HttpRequest) -> func.HttpResponse:
    body = parse_body(req, StartMigration)
    image = await _image(body)
    asked = body.to_migration_request(caller(req))
    request = PlanRequest(
        image=image,
        started_by=asked.started_by,
        overrides=asked.overrides,
        now=datetime.now(UTC),
    )
    return json_response(_view(image, await plan(request)))


async def _image(body: StartMigration) -> ManagedImage:
    try:
        image = await services().compute.get_managed_image(body.image)
    except NotYetError as error:
        headers = {"Retry-After": str(POLL_SECONDS)}
        raise ProblemError(HTTPStatus.CONFLICT, str(error), headers=headers) from error
    if image is None:
        missing = FieldError("image", f"the managed image {body.image} does not exist")
        raise ProblemError(HTTPStatus.NOT_FOUND, missing.message, errors=[missing])
    return image


def _view(image: ManagedImage, decided: MigrationPlan) -> dict[str, Any]:
    told = decided.model_dump(
        mode="json", include={"outcome", "rule", "fingerprint", "reason", "fix", "checks", "estimate"}
    )
    targets = [_target_row(target) for target in decided.targets]
    return {"image": str(image.id), **told, "targets": targets}


def _target_row(target: TargetPlan) -> dict[str, Any]:
    """The regions come in the order in which they are asked for, wave by wave."""
    definition, version = target.definition, target.version
    return {
        "gallery": str(definition.id.gallery),
        "definition": {
            "name": definition.id.name,
            "exists": target.definition_exists,
            **definition.model_dump(mode="json", exclude={"provisioning_state"}),
        },
        "version": {
            "number": target.number,
            "exists": target.adopts,
            **version.model_dump(
                mode="json",
                include={"location", "source", "exclude_from_latest", "end_of_life", "tags"},
            ),
            "numbering": version.numbering.strategy,
            "regions": [region.model_dump(mode="json") for region in target.rollout.regions],
            "waves": [[region.name for region in wave] for wave in target.rollout.waves],
        },
    }
