"""What each call of the client sends, and how its answer is read. No I/O: both clients share it."""
# ruff: noqa: D103 # the clients' methods of the same names are documented

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Literal, TypedDict, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from pydantic_core import to_jsonable_python

from api import answers
from api.operations import BY_NAME
from api.problems import MEDIA_TYPE, Problem
from client.errors import ProblemError, UnexpectedAnswerError
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId

Answer = TypeVar("Answer")
Page = TypeVar("Page", answers.Migrations, answers.Retirements, answers.Diff)


class RegionChoice(TypedDict, total=False):
    """One target region; only `name` is required."""

    name: str
    replicas: int
    storage_account_type: str
    disk_encryption_set: str
    exclude_from_latest: bool


class MigrationChoices(TypedDict, total=False):
    """What a migration decides instead of the policy."""

    version: str
    definition: str
    galleries: list[str]
    regions: list[str | RegionChoice]
    exclude_from_latest: bool
    end_of_life: datetime | str
    plan: dict[str, str]
    facts: dict[str, str]


class ScopeChoice(TypedDict, total=False):
    """A subscription, or one of its resource groups; only `subscription` is required."""

    subscription: str
    resource_group: str


class BatchChoices(TypedDict, total=False):
    """Which images a batch takes, and how many of them at once."""

    filter: dict[str, Any]
    limit: int
    dry_run: bool
    per_subscription: int
    per_gallery: int


class PromotionChoices(TypedDict, total=False):
    """What a promotion decides instead of the policy; `action` may be `elect`."""

    action: str
    rings: list[list[str]]
    bake_hours: float
    regions: list[str]


class MigrationFilters(TypedDict, total=False):
    """Which migrations to list."""

    state: str
    gallery: str
    since: datetime | str


class RetirementFilters(TypedDict, total=False):
    """Which retirements to list."""

    state: str


def headers(key: str | None) -> dict[str, str]:
    """The headers of every request."""
    return {"x-functions-key": key} if key else {}


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One request of one operation."""

    operation: str
    parse: Callable[[bytes], Answer]
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return BY_NAME[self.operation].method

    @property
    def path(self) -> str:
        """Relative to the base of the API."""
        ids = {name: quote(value, safe="") for name, value in self.ids.items()}
        return BY_NAME[self.operation].path.format(**ids)

    def request(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """The request, to be sent by the client."""
        body = None if self.body is None else to_jsonable_python(self.body)
        return client.build_request(self.method, self.path, params=dict(self.query), json=body)

    def read(self, response: httpx.Response) -> Answer:
        """Returns the answer.

        Raises:
            ProblemError: the API refused the request.
            UnexpectedAnswerError: the response is not an answer of the API.
        """
        if response.is_error and response.headers.get("content-type", "").startswith(MEDIA_TYPE):
            raise ProblemError(Problem.model_validate_json(response.content), retry_after(response))
        if response.status_code != BY_NAME[self.operation].status:
            raise UnexpectedAnswerError(response.status_code, response.text)
        try:
            return self.parse(response.content)
        except ValueError as error:
            raise UnexpectedAnswerError(response.status_code, str(error)) from error


def retry_after(response: httpx.Response) -> float | None:
    """How many seconds the answer asks to wait."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdigit() else None


def start_migration(image: ImageId | str, choices: MigrationChoices) -> Call[answers.StartedMigration]:
    return Call(
        "post_migration", answers.StartedMigration.model_validate_json, body={"image": str(image), **choices}
    )


def plan(image: ImageId | str, choices: MigrationChoices) -> Call[answers.Plan]:
    return Call("post_plan", answers.Plan.model_validate_json, body={"image": str(image), **choices})


def migration(migration_id: str) -> Call[answers.Migration]:
    return Call("get_migration", answers.Migration.model_validate_json, ids={"id": migration_id})


def migrations(filters: MigrationFilters) -> Call[answers.Migrations]:
    query = {name: _text(value) for name, value in filters.items()}
    return Call("get_migrations", answers.Migrations.model_validate_json, query=query)


def next_page(call: Call[Page], page: Page) -> Call[Page] | None:
    """The call for the page that `next` refers to, at the client's own address of the API."""
    if page.next is None:
        return None
    query = {
        name: values[0] for name, values in parse_qs(urlsplit(page.next).query).items() if name != "code"
    }
    return replace(call, query=query)


def add_regions(migration_id: str, regions: list[str | RegionChoice] | None) -> Call[answers.Accepted]:
    body = {} if regions is None else {"regions": regions}
    return Call("post_regions", answers.Accepted.model_validate_json, ids={"id": migration_id}, body=body)


def end_migration(migration_id: str, how: Literal["cancel", "retry"]) -> Call[answers.Accepted]:
    return Call(f"post_migration_{how}", answers.Accepted.model_validate_json, ids={"id": migration_id})


def images(subscription: str | None) -> Call[answers.Images]:
    return Call("get_images", answers.Images.model_validate_json, query=_given(subscription=subscription))


def galleries(subscription: str | None) -> Call[answers.Galleries]:
    return Call(
        "get_galleries", answers.Galleries.model_validate_json, query=_given(subscription=subscription)
    )


def explain(image: ImageId | str) -> Call[answers.ImageExplanation]:
    query = {"image": str(image)}
    return Call("get_explanation", answers.ImageExplanation.model_validate_json, query=query)


def why(
    version: ImageVersionId | str, region: str, subscription: str | None
) -> Call[answers.VersionInRegion]:
    query = _given(version=str(version), region=region, subscription=subscription)
    return Call("get_why", answers.VersionInRegion.model_validate_json, query=query)


def diff(subscription: str | None, resource_group: str | None) -> Call[answers.Diff]:
    query = _given(subscription=subscription, resource_group=resource_group)
    return Call("get_diff", answers.Diff.model_validate_json, query=query)


def check(definition: ImageDefinitionId | str, region: str | None) -> Call[answers.DefinitionCheck]:
    query = _given(definition=str(definition), region=region)
    return Call("get_check", answers.DefinitionCheck.model_validate_json, query=query)


def history(definition: ImageDefinitionId | str) -> Call[answers.DefinitionHistory]:
    query = {"definition": str(definition)}
    return Call("get_history", answers.DefinitionHistory.model_validate_json, query=query)


def start_batch(scope: list[ScopeChoice], choices: BatchChoices) -> Call[answers.Accepted]:
    return Call("post_batch", answers.Accepted.model_validate_json, body={"scope": scope, **choices})


def batch(batch_id: str) -> Call[answers.Batch]:
    return Call("get_batch", answers.Batch.model_validate_json, ids={"id": batch_id})


def batches() -> Call[answers.Batches]:
    return Call("get_batches", answers.Batches.model_validate_json)


def cancel_batch(batch_id: str) -> Call[answers.Accepted]:
    return Call("post_batch_cancel", answers.Accepted.model_validate_json, ids={"id": batch_id})


def resume_batch(batch_id: str) -> Call[answers.Accepted]:
    return Call("post_batch_resume", answers.Accepted.model_validate_json, ids={"id": batch_id})


def plan_promotion(
    version: ImageVersionId | str, choices: PromotionChoices
) -> Call[answers.PlannedPromotion]:
    body = {"version": str(version), **choices}
    return Call("post_promotion_plan", answers.PlannedPromotion.model_validate_json, body=body)


def start_promotion(version: ImageVersionId | str, choices: PromotionChoices) -> Call[answers.Accepted]:
    body = {"version": str(version), **choices}
    return Call("post_promotion", answers.Accepted.model_validate_json, body=body)


def promotions() -> Call[answers.Promotions]:
    return Call("get_promotions", answers.Promotions.model_validate_json)


def promotion(promotion_id: str) -> Call[answers.Promotion]:
    return Call("get_promotion", answers.Promotion.model_validate_json, ids={"id": promotion_id})


def order_promotion(promotion_id: str, order: str) -> Call[answers.Accepted]:
    name = f"post_promotion_{order}"
    return Call(name, answers.Accepted.model_validate_json, ids={"id": promotion_id})


def adoption(definition: ImageDefinitionId | str) -> Call[answers.Adoption]:
    query = {"definition": str(definition)}
    return Call("get_adoption", answers.Adoption.model_validate_json, query=query)


def coverage(subscription: str | None, category: str | None) -> Call[answers.Coverage]:
    query = _given(subscription=subscription, category=category)
    return Call("get_coverage", answers.Coverage.model_validate_json, query=query)


def check_policy(scope: ScopeChoice, policy: str | None, limit: int | None) -> Call[answers.PolicyCheck]:
    body: dict[str, Any] = {"scope": scope}
    if policy is not None:
        body["policy"] = policy
    if limit is not None:
        body["limit"] = limit
    return Call("post_policy_check", answers.PolicyCheck.model_validate_json, body=body)


def references(image: ImageId | str | None, version: ImageVersionId | str | None) -> Call[answers.References]:
    query = _given(image=str(image) if image else None, version=str(version) if version else None)
    return Call("get_references", answers.References.model_validate_json, query=query)


def plan_repoint(version: ImageVersionId | str, consumers: list[str]) -> Call[answers.RepointPlans]:
    body = {"version": str(version), "consumers": consumers}
    return Call("post_repoint_plan", answers.RepointPlans.model_validate_json, body=body)


def repoint(version: ImageVersionId | str, consumers: list[str]) -> Call[answers.Repointing]:
    body = {"version": str(version), "consumers": consumers}
    return Call("post_repoint", answers.Repointing.model_validate_json, body=body)


def declare_gone(subscription: str, *, reason: str) -> Call[answers.GoneSubscription]:
    body = {"subscription": subscription, "reason": reason}
    return Call("post_gone_subscription", answers.GoneSubscription.model_validate_json, body=body)


def repointing(request_id: str) -> Call[answers.Repointing]:
    return Call("get_repoint", answers.Repointing.model_validate_json, ids={"id": request_id})


def retention(definition: ImageDefinitionId | str) -> Call[answers.Retention]:
    query = {"definition": str(definition)}
    return Call("get_retention", answers.Retention.model_validate_json, query=query)


def apply_retention(definition: ImageDefinitionId | str, *, dry_run: bool) -> Call[answers.Accepted]:
    body = {"definition": str(definition), "dry_run": dry_run}
    return Call("post_retention_apply", answers.Accepted.model_validate_json, body=body)


def retention_run(run_id: str) -> Call[answers.RetentionResult]:
    return Call("get_retention_run", answers.RetentionResult.model_validate_json, ids={"id": run_id})


def cancel_retention(run_id: str) -> Call[answers.Accepted]:
    return Call("post_retention_cancel", answers.Accepted.model_validate_json, ids={"id": run_id})


def restore(version: ImageVersionId | str) -> Call[answers.Accepted]:
    return Call("post_restore", answers.Accepted.model_validate_json, body={"version": str(version)})


def restoration(restore_id: str) -> Call[answers.Restoration]:
    return Call("get_restore", answers.Restoration.model_validate_json, ids={"id": restore_id})


def lineage(version: ImageVersionId | str) -> Call[answers.Lineage]:
    return Call("get_lineage", answers.Lineage.model_validate_json, query={"version": str(version)})


def start_retirement(image: ImageId | str) -> Call[answers.Accepted]:
    return Call("post_retirement", answers.Accepted.model_validate_json, body={"image": str(image)})


def retirement(retirement_id: str) -> Call[answers.Retirement]:
    return Call("get_retirement", answers.Retirement.model_validate_json, ids={"id": retirement_id})


def retirements(filters: RetirementFilters) -> Call[answers.Retirements]:
    query = {name: _text(value) for name, value in filters.items()}
    return Call("get_retirements", answers.Retirements.model_validate_json, query=query)


def decide_retirement(retirement_id: str, decision: str, **body: str) -> Call[answers.Accepted]:
    name = f"post_retirement_{decision}"
    return Call(name, answers.Accepted.model_validate_json, ids={"id": retirement_id}, body=body)


def certificate(retirement_id: str) -> Call[answers.RetirementCertificate]:
    ids = {"id": retirement_id}
    return Call("get_certificate", answers.RetirementCertificate.model_validate_json, ids=ids)


def freeze() -> Call[answers.Freeze]:
    return Call("get_freeze", answers.Freeze.model_validate_json)


def set_freeze(*, frozen: bool, reason: str) -> Call[answers.Freeze]:
    body = {"frozen": frozen, "reason": reason}
    return Call("post_freeze", answers.Freeze.model_validate_json, body=body)


def health() -> Call[answers.Health]:
    return Call("get_health", answers.Health.model_validate_json)


def doctor() -> Call[answers.Diagnosis]:
    return Call("get_doctor", answers.Diagnosis.model_validate_json)


def openapi() -> Call[dict[str, Any]]:
    return Call("get_openapi", json.loads)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _given(**parameters: str | None) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value is not None}
