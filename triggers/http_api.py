"""The HTTP API: starting migrations, and what is where. Errors are `application/problem+json`."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from api.requests import StartMigration, form_errors
from domain.field_errors import FieldError
from domain.migration.states import MigrationState
from domain.migration.status import MigrationRecord
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.images import ManagedImage
from domain.resources.provenance import migration_id
from services.health import check_health
from services.start_migration import check_in_azure, start_migration
from services.view_azure import list_definitions, list_images
from services.view_migration import find_migration, list_migrations
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
    missing = await check_in_azure(formed.image, formed.regions)
    if [*errors, *missing] == missing and [fault.field for fault in missing] == ["image"]:
        raise ProblemError(HTTPStatus.NOT_FOUND, missing[0].message, errors=missing)
    if errors or missing:
        raise invalid([*errors, *missing])
    return formed


async def _list(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    state, gallery, since = _parse_list_query(req)
    rows: list[dict[str, Any]] = []
    async for record in list_migrations(client, req.params.get("page", ""), since):
        row = _row(record)
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
    return json_response({**_row(migration), "links": links}, headers={"Retry-After": str(POLL_SECONDS)})


async def _images(req: func.HttpRequest) -> func.HttpResponse:
    images = await list_images(subscriptions(req))
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
    rows = [row for found in await list_definitions(subscriptions(req)) for row in _version_rows(*found)]
    return json_response({"galleries": sorted(rows, key=lambda row: str(row["name"]))})


def _row(record: MigrationRecord) -> dict[str, Any]:
    status = record.status
    targets = [
        {
            "gallery": target.definition.gallery.name,
            "definition": target.definition.name,
            "version": target.version_id.name if target.version_id else None,
            **target.model_dump(mode="json", exclude={"definition", "watched_by"}),
        }
        for target in status.targets
    ]
    return {
        "id": record.id,
        **status.model_dump(mode="json", exclude={"targets", "child_instance_ids"}),
        "targets": targets,
        "created": record.created.isoformat(),
        "updated": record.updated.isoformat(),
    }


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
    health = await check_health()
    status = "degraded" if health.policy_problem else "healthy"
    return json_response({"status": status, "rules": health.rules, "policy_problem": health.policy_problem})
