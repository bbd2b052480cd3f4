"""The client that is awaited: the same methods as `client.synchronous`, which documents them."""
# ruff: noqa: D102 # see there

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from api import answers
from client import calls
from client.calls import Answer
from client.synchronous import TIMEOUT_SECONDS
from client.waits import Ending, Wait
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId


class AsyncGallerist:
    """A client of one Gallerist; see `Gallerist`."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        auth: httpx.Auth | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/",
            headers=calls.headers(key),
            auth=auth,
            timeout=timeout_seconds,
            transport=transport,
        )
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def start_migration(
        self, image: ImageId | str, **choices: Unpack[calls.MigrationChoices]
    ) -> answers.StartedMigration:
        return await self._send(calls.start_migration(image, choices))

    async def plan(self, image: ImageId | str, **choices: Unpack[calls.MigrationChoices]) -> answers.Plan:
        return await self._send(calls.plan(image, choices))

    async def migration(self, migration_id: str) -> answers.Migration:
        return await self._send(calls.migration(migration_id))

    async def migrations(self, **filters: Unpack[calls.MigrationFilters]) -> AsyncIterator[answers.Migration]:
        call: calls.Call[answers.Migrations] | None = calls.migrations(filters)
        while call is not None:
            page = await self._send(call)
            for migration in page.migrations:
                yield migration
            call = calls.next_page(call, page)

    async def add_regions(
        self, migration_id: str, regions: list[str | calls.RegionChoice] | None = None
    ) -> answers.Accepted:
        return await self._send(calls.add_regions(migration_id, regions))

    async def cancel_migration(self, migration_id: str) -> answers.Accepted:
        return await self._send(calls.end_migration(migration_id, "cancel"))

    async def retry_migration(self, migration_id: str) -> answers.Accepted:
        return await self._send(calls.end_migration(migration_id, "retry"))

    async def images(self, subscription: str | None = None) -> answers.Images:
        return await self._send(calls.images(subscription))

    async def galleries(self, subscription: str | None = None) -> answers.Galleries:
        return await self._send(calls.galleries(subscription))

    async def explain(self, image: ImageId | str) -> answers.ImageExplanation:
        """Says which rule, tag, default or built-in value decided what about an image."""
        return await self._send(calls.explain(image))

    async def why(
        self, version: ImageVersionId | str, region: str, *, subscription: str | None = None
    ) -> answers.VersionInRegion:
        """Says whether a machine in a region, and of a subscription, can use a version, and why."""
        return await self._send(calls.why(version, region, subscription))

    async def diff(
        self, subscription: str | None = None, *, resource_group: str | None = None
    ) -> AsyncIterator[answers.Diff]:
        """Compares the policy with the galleries, and returns page after page of images in the order of their ids."""
        call: calls.Call[answers.Diff] | None = calls.diff(subscription, resource_group)
        while call is not None:
            page = await self._send(call)
            yield page
            call = calls.next_page(call, page)

    async def check(
        self, definition: ImageDefinitionId | str, region: str | None = None
    ) -> answers.DefinitionCheck:
        """Checks that the newest version of a definition is what users get, in one region or in all."""
        return await self._send(calls.check(definition, region))

    async def history(self, definition: ImageDefinitionId | str) -> answers.DefinitionHistory:
        """Returns the versions of a definition, and the promotions that decided what `latest` was."""
        return await self._send(calls.history(definition))

    async def start_batch(
        self, scope: list[calls.ScopeChoice], **choices: Unpack[calls.BatchChoices]
    ) -> answers.Accepted:
        return await self._send(calls.start_batch(scope, choices))

    async def batch(self, batch_id: str) -> answers.Batch:
        return await self._send(calls.batch(batch_id))

    async def batches(self) -> answers.Batches:
        return await self._send(calls.batches())

    async def cancel_batch(self, batch_id: str) -> answers.Accepted:
        return await self._send(calls.cancel_batch(batch_id))

    async def resume_batch(self, batch_id: str) -> answers.Accepted:
        return await self._send(calls.resume_batch(batch_id))

    async def plan_promotion(
        self, version: ImageVersionId | str, **choices: Unpack[calls.PromotionChoices]
    ) -> answers.PlannedPromotion:
        return await self._send(calls.plan_promotion(version, choices))

    async def start_promotion(
        self, version: ImageVersionId | str, **choices: Unpack[calls.PromotionChoices]
    ) -> answers.Accepted:
        return await self._send(calls.start_promotion(version, choices))

    async def promotions(self) -> answers.Promotions:
        return await self._send(calls.promotions())

    async def promotion(self, promotion_id: str) -> answers.Promotion:
        return await self._send(calls.promotion(promotion_id))

    async def pause_promotion(self, promotion_id: str) -> answers.Accepted:
        return await self._send(calls.order_promotion(promotion_id, "pause"))

    async def resume_promotion(self, promotion_id: str) -> answers.Accepted:
        return await self._send(calls.order_promotion(promotion_id, "resume"))

    async def abort_promotion(self, promotion_id: str) -> answers.Accepted:
        return await self._send(calls.order_promotion(promotion_id, "abort"))

    async def roll_back_promotion(self, promotion_id: str) -> answers.Accepted:
        return await self._send(calls.order_promotion(promotion_id, "rollback"))

    async def adoption(self, definition: ImageDefinitionId | str) -> answers.Adoption:
        return await self._send(calls.adoption(definition))

    async def coverage(
        self, subscription: str | None = None, *, category: str | None = None
    ) -> answers.Coverage:
        return await self._send(calls.coverage(subscription, category))

    async def check_policy(
        self, scope: calls.ScopeChoice, *, policy: str | None = None, limit: int | None = None
    ) -> answers.PolicyCheck:
        return await self._send(calls.check_policy(scope, policy, limit))

    async def references(
        self, image: ImageId | str | None = None, *, version: ImageVersionId | str | None = None
    ) -> answers.References:
        return await self._send(calls.references(image, version))

    async def plan_repoint(self, version: ImageVersionId | str, consumers: list[str]) -> answers.RepointPlans:
        return await self._send(calls.plan_repoint(version, consumers))

    async def repoint(self, version: ImageVersionId | str, consumers: list[str]) -> answers.Repointing:
        return await self._send(calls.repoint(version, consumers))

    async def repointing(self, request_id: str) -> answers.Repointing:
        return await self._send(calls.repointing(request_id))

    async def declare_gone(self, subscription: str, *, reason: str) -> answers.GoneSubscription:
        return await self._send(calls.declare_gone(subscription, reason=reason))

    async def retention(self, definition: ImageDefinitionId | str) -> answers.Retention:
        return await self._send(calls.retention(definition))

    async def apply_retention(
        self, definition: ImageDefinitionId | str, *, dry_run: bool = False
    ) -> answers.Accepted:
        return await self._send(calls.apply_retention(definition, dry_run=dry_run))

    async def retention_run(self, run_id: str) -> answers.RetentionResult:
        return await self._send(calls.retention_run(run_id))

    async def cancel_retention(self, run_id: str) -> answers.Accepted:
        return await self._send(calls.cancel_retention(run_id))

    async def restore(self, version: ImageVersionId | str) -> answers.Accepted:
        return await self._send(calls.restore(version))

    async def restoration(self, restore_id: str) -> answers.Restoration:
        return await self._send(calls.restoration(restore_id))

    async def lineage(self, version: ImageVersionId | str) -> answers.Lineage:
        return await self._send(calls.lineage(version))

    async def start_retirement(self, image: ImageId | str) -> answers.Accepted:
        return await self._send(calls.start_retirement(image))

    async def retirement(self, retirement_id: str) -> answers.Retirement:
        return await self._send(calls.retirement(retirement_id))

    async def retirements(
        self, **filters: Unpack[calls.RetirementFilters]
    ) -> AsyncIterator[answers.Retirement]:
        call: calls.Call[answers.Retirements] | None = calls.retirements(filters)
        while call is not None:
            page = await self._send(call)
            for retirement in page.retirements:
                yield retirement
            call = calls.next_page(call, page)

    async def approve_retirement(
        self, retirement_id: str, *, fingerprint: str, reason: str
    ) -> answers.Accepted:
        return await self._send(
            calls.decide_retirement(retirement_id, "approve", fingerprint=fingerprint, reason=reason)
        )

    async def reject_retirement(self, retirement_id: str, *, reason: str) -> answers.Accepted:
        return await self._send(calls.decide_retirement(retirement_id, "reject", reason=reason))

    async def acknowledge_consumer(
        self, retirement_id: str, consumer: str, *, digest: str, reason: str
    ) -> answers.Accepted:
        return await self._send(
            calls.decide_retirement(
                retirement_id, "acknowledge", consumer=consumer, digest=digest, reason=reason
            )
        )

    async def cancel_retirement(self, retirement_id: str, *, reason: str) -> answers.Accepted:
        return await self._send(calls.decide_retirement(retirement_id, "cancel", reason=reason))

    async def certificate(self, retirement_id: str) -> answers.RetirementCertificate:
        return await self._send(calls.certificate(retirement_id))

    async def freeze(self) -> answers.Freeze:
        return await self._send(calls.freeze())

    async def set_freeze(self, *, frozen: bool, reason: str) -> answers.Freeze:
        return await self._send(calls.set_freeze(frozen=frozen, reason=reason))

    async def health(self) -> answers.Health:
        return await self._send(calls.health())

    async def doctor(self) -> answers.Diagnosis:
        """Looks whether everything is there that the app needs: roles, policy, galleries, events."""
        return await self._send(calls.doctor())

    async def openapi(self) -> dict[str, Any]:
        return await self._send(calls.openapi())

    async def wait_for_migration(
        self, migration_id: str, *, within_seconds: float | None = None
    ) -> answers.Migration:
        return await self._wait(Wait(calls.migration(migration_id), within_seconds))

    async def wait_for_batch(self, batch_id: str, *, within_seconds: float | None = None) -> answers.Batch:
        return await self._wait(Wait(calls.batch(batch_id), within_seconds))

    async def _send(self, call: calls.Call[Answer]) -> Answer:
        return call.read(await self._http.send(call.request(self._http)))

    async def _wait(self, wait: Wait[Ending]) -> Ending:
        while True:
            ended, pause_seconds = wait.read(await self._http.send(wait.call.request(self._http)))
            if ended is not None:
                return ended
            await self._sleep(pause_seconds)
