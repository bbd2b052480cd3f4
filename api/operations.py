"""The operations of the HTTP API, in one table.

The OpenAPI document, the headings of docs/api.md and the client come from it, and a contract test compares it with the
routes of the app.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel

from api import answers, requests

Method = Literal["GET", "POST"]
_BAD, _MISSING, _CONFLICT = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
# calls that read from Azure can meet an error of Azure, and those that need the policy an unusable one
_AZURE = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True)
class Operation:
    """One operation: the function that answers it, what it takes, and what it answers."""

    name: str
    """The name of the function, and the operation's id."""
    method: Method
    path: str
    """Relative to the base of the API, as in `migrations/{id}`."""
    title: str
    text: str
    answer: type[BaseModel] | None
    """None for an answer that no model describes: the OpenAPI document."""
    status: HTTPStatus = HTTPStatus.OK
    headers: tuple[str, ...] = ()
    """The headers of a successful answer."""
    body: type[BaseModel] | None = None
    query: type[requests.Query] | None = None
    problems: tuple[HTTPStatus, ...] = ()
    key: bool = True
    """Whether the caller needs a key."""

    @cached_property
    def all_problems(self) -> list[HTTPStatus]:
        """The statuses of its problems, and of those that every operation can have."""
        of_body = (_BAD, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        of_every = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
        return sorted({*self.problems, *of_every, *(of_body if self.body else ())})

    @cached_property
    def path_parameters(self) -> list[str]:
        """The names in braces."""
        return re.findall(r"{(\w+)}", self.path)

    @cached_property
    def _suffix(self) -> re.Pattern[str]:
        path = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return re.compile(rf"(?P<base>.*)/{path}/?", re.IGNORECASE)

    def base_of(self, address: str) -> str | None:
        """The base of the API, if the address is one of this operation."""
        found = self._suffix.fullmatch(address)
        return found["base"] if found else None


POLL = ("Retry-After",)
ACCEPTED = ("Location", "Retry-After")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="post_plan",
        method="POST",
        path="migrations/plan",
        title="Plan a migration",
        text="Reports what a migration would create and which checks fail, without writing anything.",
        body=requests.StartMigration,
        answer=answers.Plan,
        problems=(_BAD, _MISSING, _CONFLICT, *_AZURE),
    ),
    Operation(
        name="post_migration",
        method="POST",
        path="migrations",
        title="Start a migration",
        text=(
            "Starts the migration of one managed image. Only `image` is required; every other field overrides the "
            "policy. Answers 409 with the address of the running migration if there is one."
        ),
        body=requests.StartMigration,
        answer=answers.StartedMigration,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(_BAD, _MISSING, _CONFLICT, *_AZURE),
    ),
    Operation(
        name="get_migration",
        method="GET",
        path="migrations/{id}",
        title="Get a migration",
        text=(
            "Returns the state of a migration, the progress of every region, and, if it stopped, the reason and the "
            "fix."
        ),
        answer=answers.Migration,
        headers=POLL,
        problems=(_MISSING,),
    ),
    Operation(
        name="get_migrations",
        method="GET",
        path="migrations",
        title="List migrations",
        text="Lists migrations in pages of up to 100. `next` is the address of the next page, or null.",
        query=requests.MigrationsQuery,
        answer=answers.Migrations,
        problems=(_BAD,),
    ),
    Operation(
        name="post_regions",
        method="POST",
        path="migrations/{id}/regions",
        title="Add regions",
        text=(
            "Replicates the versions of a finished migration to more regions. Existing regions stay. With `{}`, adds "
            "the regions that the policy gives the image now."
        ),
        body=requests.AddRegions,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(_BAD, _MISSING, _CONFLICT, *_AZURE),
    ),
    Operation(
        name="get_images",
        method="GET",
        path="images",
        title="List managed images",
        text=(
            "Lists the managed images of one subscription, or of all subscriptions in the settings. `unreadable` names "
            "what cannot be read; if `unread` is not null, repeat the request after `Retry-After` seconds to read on."
        ),
        query=requests.SubscriptionQuery,
        answer=answers.Images,
        problems=(_BAD, *_AZURE),
    ),
    Operation(
        name="get_galleries",
        method="GET",
        path="galleries",
        title="List galleries",
        text=(
            "Lists every image version as `gallery\\definition\\version`. A definition without versions is listed by "
            "itself. `unreadable` names what cannot be read; if `unread` is not null, repeat the request after "
            "`Retry-After` seconds to read on."
        ),
        query=requests.SubscriptionQuery,
        answer=answers.Galleries,
        problems=(_BAD, *_AZURE),
    ),
    Operation(
        name="post_batch",
        method="POST",
        path="batches",
        title="Start a batch",
        text=(
            "Migrates every image of a scope that `filter` selects, oldest image first. `limit` takes only the oldest "
            "images; `per_subscription` and `per_gallery` limit how many migrations run at once. With `dry_run`, the "
            "batch plans every image and writes nothing."
        ),
        body=requests.StartBatch,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(_BAD,),
    ),
    Operation(
        name="get_batch",
        method="GET",
        path="batches/{id}",
        title="Get a batch",
        text=(
            "Returns how many images are in which state, and the images that did not complete. A dry run lists every "
            "image with its plan. `images` has at most 500 entries; the counts cover all images. `unreadable` names "
            "what the batch cannot read; it migrates the rest."
        ),
        answer=answers.Batch,
        headers=POLL,
        problems=(_MISSING,),
    ),
    Operation(
        name="get_batches",
        method="GET",
        path="batches",
        title="List batches",
        text="Lists all batches with their progress.",
        answer=answers.Batches,
    ),
    Operation(
        name="post_batch_cancel",
        method="POST",
        path="batches/{id}/cancel",
        title="Cancel a batch",
        text=(
            "Stops a batch from starting more migrations. Those already running continue and are listed in "
            "`migrations`."
        ),
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(_MISSING, _CONFLICT),
    ),
    Operation(
        name="post_batch_resume",
        method="POST",
        path="batches/{id}/resume",
        title="Resume a batch",
        text="Restarts a batch that has ended. It skips images that are already migrated.",
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(_MISSING, _CONFLICT),
    ),
    Operation(
        name="get_coverage",
        method="GET",
        path="coverage",
        title="Get the coverage",
        text=(
            "Counts the managed images per category, from Azure's own state. `images` is the sum of the six "
            "categories; `category` lists the images of one. It answers within 20 seconds with what it knows by then: "
            "`unknown` counts images that need more reading, `unreadable` names what cannot be read, and if `unread` "
            "is not null, a request after `Retry-After` seconds reads on."
        ),
        query=requests.CoverageQuery,
        answer=answers.Coverage,
        problems=(_BAD, *_AZURE),
    ),
    Operation(
        name="post_policy_check",
        method="POST",
        path="policy/check",
        title="Check a policy",
        text=(
            "Reports what each image of a scope would get from a policy that is not in force yet. Without `policy`, "
            "from the policy in force. Galleries are not read."
        ),
        body=requests.CheckPolicy,
        answer=answers.PolicyCheck,
        problems=(_BAD, *_AZURE),
    ),
    Operation(
        name="get_health",
        method="GET",
        path="health",
        title="Get the health",
        text="Checks that the policy can be read and that Azure gives the app's identity a token. Needs no key.",
        answer=answers.Health,
        problems=_AZURE,
        key=False,
    ),
    Operation(
        name="get_openapi",
        method="GET",
        path="openapi.json",
        title="Get the OpenAPI document",
        text="Returns the description of this API as OpenAPI 3.1.",
        answer=None,
    ),
)
BY_NAME: Mapping[str, Operation] = {operation.name: operation for operation in OPERATIONS}


def operation_of(method: str, address: str) -> Operation:
    """The operation that a request is for.

    The longest path wins: the base of the API may itself end like a shorter one.

    Raises:
        ValueError: no operation has this method and address.
    """
    bases = {
        operation.name: base
        for operation in OPERATIONS
        if operation.method == method.upper() and (base := operation.base_of(address)) is not None
    }
    if not bases:
        raise ValueError(f"{method} {address} is not an operation of this API")
    return BY_NAME[min(bases, key=lambda name: len(bases[name]))]


def base_of(method: str, address: str) -> str:
    """The base of the API, as in `https://<app>.azurewebsites.net/api`, from the address of a request.

    Raises:
        ValueError: no operation has this method and address.
    """
    return operation_of(method, address).base_of(address) or ""
