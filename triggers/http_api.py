"""The HTTP API: starting migrations, and what is where. Errors are `application/problem+json`."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from adapters.azure.concurrency import gather
from adapters.task_hub import find_migration, list_migrations, start_migration
from api.requests import StartMigration, form_errors, unknown_regions
from domain.errors import NotYetError
from domain.field_errors import FieldError
from domain.migration.states import MigrationState
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.images import ManagedImage
from domain.resources.provenance import migration_id
from services.container import services
from triggers.http import POLL_SECONDS, address, caller, json_response, parse_json, respond, subscriptions
from triggers.problems import ProblemError, invalid

blueprint = df.Blueprint()

PAGE = 100


@blueprint.route(route="migrations", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def post_migration(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start the migration of one image: 202, or 409 with the address of the one that runs."""
    return await respond(_start(req, client))


@blueprint.route(route="migrations", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def get_migrations(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List migrations by `state`, `gallery` and `since`, a page at a time."""
    return await respond(_list(req, client))


@blueprint.route(route="migrations/{id}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def get_migration(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """One migration, with the progress of every region."""
    return await respond(_find(req, client))


@blueprint.route(route="images", methods=["GET"])
async def get_images(req: func.HttpRequest) -> func.HttpResponse:
    """The managed images of a subscription, or of all that the settings name."""
    return await respond(_images(req))


@blueprint.route(route="galleries", methods=["GET"])
async def get_galleries(req: func.HttpRequest) -> func.HttpResponse:
    r"""Every image version as `gallery\definition\version`, as the manual procedure lists them."""
    return await respond(_galleries(req))


@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def get_health(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 # the binding's name
    """Whether the app can work: its policy is read, and Azure gives its identity a token."""
    return await respond(_health())


async def _start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = await _parse_start(req)
    started = await start_migration(client, body.to_migration_request(caller(req)))
    location = address(req, f"migrations/{started.id}")
    headers = {"Location": location, "Retry-After": str(POLL_SECONDS)}
    if not started.fresh:
        detail = f"the migration of {body.image} runs already: {location}"
        raise ProblemError(HTTPStatus.CONFLICT, detail, headers=headers, id=started.id)
    links = client.get_client_response_links(req, started.id)
    return json_response(
        {"id": started.id, "image": str(body.image), "links": {"self": location, **links}}, 202, headers
    )


async def _parse_start(req: func.HttpRequest) -> StartMigration:
    """The body, with every field at fault told at once: those of the wrong form, and those that Azure does not know."""
    raw = parse_json(req)
    errors, formed = form_errors(raw)
    if formed is None:
        raise invalid(errors)
    missing = await _faults_in_azure(formed)
    if [*errors, *missing] == missing and [fault.field for fault in missing] == ["image"]:
        raise ProblemError(HTTPStatus.NOT_FOUND, missing[0].message, errors=missing)
    if errors or missing:
        raise invalid([*errors, *missing])
    return formed


async def _faults_in_azure(body: StartMigration) -> list[FieldError]:
    """What only Azure can say of a body: does the image exist, and do the regions."""
    known = await services().compute.list_regions(body.image.subscription)
    faults = unknown_regions(body.regions, known)
    if not await _exists(body):
        faults.append(FieldError("image", f"the managed image {body.image} does not exist"))
    return faults


async def _exists(body: StartMigration) -> bool:
    try:
        return await services().compute.get_managed_image(body.image) is not None
    except NotYetError:
        # the migration itself waits for an image that is still being made
        return True


async def _list(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    state, gallery, since = _parse_list_query(req)
    rows: list[dict[str, Any]] = []
    async for row in list_migrations(client, req.params.get("page", ""), since):
        if len(rows) == PAGE:
            query = urlencode({**req.params, "page": rows[-1]["id"]})
            return json_response({"migrations": rows, "next": address(req, f"migrations?{query}")})
        in_gallery = any(target["gallery"].lower() == gallery for target in row["targets"])
        if state in ("", row["state"]) and (not gallery or in_gallery):
            rows.append(row)
    return json_response({"migrations": rows, "next": None})


def _parse_list_query(req: func.HttpRequest) -> tuple[str, str, datetime | None]:
    state, since = req.params.get("state", ""), req.params.get("since")
    if state and state not in list(MigrationState):
        raise invalid([FieldError("state", f"'{state}' is none of {', '.join(MigrationState)}")])
    try:
        moment = _utc(datetime.fromisoformat(since)) if since else None
    except ValueError as error:
        raise invalid([FieldError("since", f"'{since}' is not an ISO 8601 date")]) from error
    return state, req.params.get("gallery", "").lower(), moment


def _utc(moment: datetime) -> datetime:
    """The moment in UTC, which one without an offset is taken to be in already."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _find(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = req.route_params["id"]
    migration = await find_migration(client, instance_id)
    if migration is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no migration '{instance_id}'")
    links = {"self": address(req, f"migrations/{instance_id}")}
    return json_response({**migration, "links": links}, headers={"Retry-After": str(POLL_SECONDS)})


async def _images(req: func.HttpRequest) -> func.HttpResponse:
    compute = services().compute
    found = await gather(compute.list_managed_images(subscription) for subscription in subscriptions(req))
    images = sorted((image for images in found for image in images), key=lambda image: image.id.key)
    return json_response({"images": [_image_row(req, image) for image in images]})


def _image_row(req: func.HttpRequest, image: ManagedImage) -> dict[str, Any]:
    return {
        "id": str(image.id),
        "name": image.id.name,
        "resource_group": image.id.resource_group,
        "subscription": image.id.subscription,
        "location": image.location,
        "os_type": image.os_type,
        "hyper_v_generation": image.hyper_v_generation,
        "os_disk_gb": image.os_disk.size_gb,
        "data_disks_gb": [disk.size_gb for disk in image.data_disks],
        "provisioning_state": image.provisioning_state,
        "created": image.created_at.isoformat() if image.created_at else None,
        "tags": image.tags,
        "migration": address(req, f"migrations/{migration_id(image.id)}"),
    }


async def _galleries(req: func.HttpRequest) -> func.HttpResponse:
    compute = services().compute
    galleries = await gather(compute.list_galleries(name) for name in subscriptions(req))
    lists = await gather(
        compute.list_image_definitions(gallery.id) for found in galleries for gallery in found
    )
    definitions = [definition for found in lists for definition in found]
    versions = await gather(compute.list_image_versions(definition.id) for definition in definitions)
    rows = [
        row
        for definition, found in zip(definitions, versions, strict=True)
        for row in _version_rows(definition, found)
    ]
    return json_response({"galleries": sorted(rows, key=lambda row: str(row["name"]))})


def _version_rows(definition: ImageDefinition, versions: list[ImageVersion]) -> list[dict[str, Any]]:
    """A row for each version; a definition without any is listed by itself."""
    path = f"{definition.id.gallery.name}\\{definition.id.name}"
    told = {"os_type": definition.os_type, "hyper_v_generation": definition.hyper_v_generation}
    if not versions:
        return [{"name": path, "id": str(definition.id), **told, "provisioning_state": None, "regions": []}]
    return [
        {
            "name": f"{path}\\{version.id.name}",
            "id": str(version.id),
            **told,
            **version.model_dump(
                mode="json",
                include={
                    "location",
                    "provisioning_state",
                    "exclude_from_latest",
                    "published_at",
                    "end_of_life",
                },
            ),
            "regions": [region.name for region in version.target_regions],
            "source": version.source,
        }
        for version in versions
    ]


async def _health() -> func.HttpResponse:
    ready = services()
    await ready.compute.check_token()
    policy = await ready.policies.current()
    problem = ready.policies.problem
    status = "degraded" if problem else "healthy"
    return json_response({"status": status, "rules": len(policy.rules), "policy_problem": problem})
