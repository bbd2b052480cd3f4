"""The HTTP API of the policy: what each image would get by one, before it is put in force."""

from datetime import UTC, datetime
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from adapters.policy_file import parse_policy
from api.requests import CheckPolicy
from domain.errors import PolicyError
from domain.fleet.policy_preview import preview_policy, summary
from domain.policy.rules import Policy
from services.container import services
from triggers.http import json_response, parse_body, respond
from triggers.problems import policy_unusable

blueprint = df.Blueprint()


@blueprint.route(route="policy/check", methods=["POST"])
async def post_policy_check(req: func.HttpRequest) -> func.HttpResponse:
    """What a policy, or the one in force, would do with each image of a scope; nothing is started."""
    return await respond(_check(req))


async def _check(req: func.HttpRequest) -> func.HttpResponse:
    body = parse_body(req, CheckPolicy)
    policy = await services().policies.current() if body.policy is None else _given(body.policy)
    images = await services().compute.list_managed_images(body.scope.subscription)
    previews = preview_policy(policy, body.scope, images, datetime.now(UTC))
    return json_response(
        {
            "policy": "in force" if body.policy is None else "given",
            "total": len(previews),
            "counts": summary(previews),
            "images": [preview.model_dump(mode="json") for preview in previews[: body.limit]],
        }
    )


def _given(text: str) -> Policy:
    try:
        return parse_policy(text, "in the request")
    except PolicyError as error:
        raise policy_unusable(error, HTTPStatus.BAD_REQUEST) from error
