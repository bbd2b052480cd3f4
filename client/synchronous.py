"""The client that blocks."""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from api import answers
from client import calls
from client.calls import Answer
from client.waits import Ending, Wait
from domain.resources.ids import ImageDefinitionId, ImageId, ImageVersionId

TIMEOUT_SECONDS = 60


class Gallerist:
    """A client of one Gallerist; `url` is the base of its API, as in `https://<app>.azurewebsites.net/api`.

    `key` is a function key. `auth` signs requests with a token, for an app with Microsoft Entra in front of it, which
    needs no key. `transport` and `sleep` are for tests.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        auth: httpx.Auth | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/",
            headers=calls.headers(key),
            auth=auth,
            timeout=timeout_seconds,
            transport=transport,
        )
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def start_migration(
        self, image: ImageId | str, **choices: Unpack[calls.MigrationChoices]
    ) -> answers.StartedMigration:
        """Starts the migration of a managed image. `choices` override the policy.

        Raises:
            ProblemError: 400 with every invalid field, 404 if there is no such image, 409 if its migration is running.
        """
        return self._send(calls.start_migration(image, choices))

    def plan(self, image: ImageId | str, **choices: Unpack[calls.PlanChoices]) -> answers.Plan:
        """Plans what `start_migration` would do with the same arguments. Writes nothing.

        `besides` are the ids of versions that other plans make: this one gets another number.
        """
        return self._send(calls.plan(image, choices))

    def migration(self, migration_id: str) -> answers.Migration:
        """Returns a migration with the progress of every region."""
        return self._send(calls.migration(migration_id))

    def migrations(self, **filters: Unpack[calls.MigrationFilters]) -> Iterator[answers.Migration]:
        """Lists migrations in the order of their ids, reading page after page."""
        call: calls.Call[answers.Migrations] | None = calls.migrations(filters)
        while call is not None:
            page = self._send(call)
            yield from page.migrations
            call = calls.next_page(call, page)

    def add_regions(
        self, migration_id: str, regions: list[str | calls.RegionChoice] | None = None
    ) -> answers.Accepted:
        """Adds regions to the versions of a migration that has ended; without `regions`, those of the policy."""
        return self._send(calls.add_regions(migration_id, regions))

    def cancel_migration(self, migration_id: str) -> answers.Accepted:
        """Ends a running migration. What Azure has begun goes on there."""
        return self._send(calls.end_migration(migration_id, "cancel"))

    def retry_migration(self, migration_id: str) -> answers.Accepted:
        """Starts a migration again that ended without success."""
        return self._send(calls.end_migration(migration_id, "retry"))

    def images(self, subscription: str | None = None) -> answers.Images:
        """Lists the managed images of a subscription, or of all that the app's settings name."""
        return self._send(calls.images(subscription))

    def galleries(self, subscription: str | None = None) -> answers.Galleries:
        """Lists the image versions in the galleries of a subscription, or of all that the app's settings name."""
        return self._send(calls.galleries(subscription))

    def explain(self, image: ImageId | str) -> answers.ImageExplanation:
        """Says which rule, tag, default or built-in value decided what about an image."""
        return self._send(calls.explain(image))

    def why(
        self, version: ImageVersionId | str, region: str, *, subscription: str | None = None
    ) -> answers.VersionInRegion:
        """Says whether a machine in a region, and of a subscription, can use a version, and why."""
        return self._send(calls.why(version, region, subscription))

    def diff(
        self, subscription: str | None = None, *, resource_group: str | None = None
    ) -> Iterator[answers.Diff]:
        """Compares the policy with the galleries, and returns page after page of images in the order of their ids."""
        call: calls.Call[answers.Diff] | None = calls.diff(subscription, resource_group)
        while call is not None:
            page = self._send(call)
            yield page
            call = calls.next_page(call, page)

    def check(
        self, definition: ImageDefinitionId | str, region: str | None = None
    ) -> answers.DefinitionCheck:
        """Checks that the newest version of a definition is what users get, in one region or in all."""
        return self._send(calls.check(definition, region))

    def history(self, definition: ImageDefinitionId | str) -> answers.DefinitionHistory:
        """Returns the versions of a definition, and the promotions that decided what `latest` was."""
        return self._send(calls.history(definition))

    def start_batch(
        self, scope: list[calls.ScopeChoice], **choices: Unpack[calls.BatchChoices]
    ) -> answers.Accepted:
        """Starts a batch, or its plan with `dry_run=True`."""
        return self._send(calls.start_batch(scope, choices))

    def batch(self, batch_id: str) -> answers.Batch:
        """Returns a batch: counts per state, and the images that did not complete."""
        return self._send(calls.batch(batch_id))

    def batches(self) -> answers.Batches:
        """Lists all batches."""
        return self._send(calls.batches())

    def cancel_batch(self, batch_id: str) -> answers.Accepted:
        """Stops a batch from starting more migrations."""
        return self._send(calls.cancel_batch(batch_id))

    def resume_batch(self, batch_id: str) -> answers.Accepted:
        """Restarts a batch that has ended. It skips images that are already migrated."""
        return self._send(calls.resume_batch(batch_id))

    def plan_promotion(
        self, version: ImageVersionId | str, **choices: Unpack[calls.PromotionChoices]
    ) -> answers.PlannedPromotion:
        """Plans what `start_promotion` would do with the same arguments. Writes nothing."""
        return self._send(calls.plan_promotion(version, choices))

    def start_promotion(
        self, version: ImageVersionId | str, **choices: Unpack[calls.PromotionChoices]
    ) -> answers.Accepted:
        """Makes a version `latest` ring by ring; with `action="elect"`, an older one."""
        return self._send(calls.start_promotion(version, choices))

    def promotions(self) -> answers.Promotions:
        """Lists all promotions."""
        return self._send(calls.promotions())

    def promotion(self, promotion_id: str) -> answers.Promotion:
        """Returns a promotion with its rings and followers."""
        return self._send(calls.promotion(promotion_id))

    def pause_promotion(self, promotion_id: str) -> answers.Accepted:
        """Keeps a promotion from going on."""
        return self._send(calls.order_promotion(promotion_id, "pause"))

    def resume_promotion(self, promotion_id: str) -> answers.Accepted:
        """Lets a paused promotion go on."""
        return self._send(calls.order_promotion(promotion_id, "resume"))

    def abort_promotion(self, promotion_id: str) -> answers.Accepted:
        """Ends a promotion; what is promoted stays."""
        return self._send(calls.order_promotion(promotion_id, "abort"))

    def roll_back_promotion(self, promotion_id: str) -> answers.Accepted:
        """Restores what was before a promotion."""
        return self._send(calls.order_promotion(promotion_id, "rollback"))

    def adoption(self, definition: ImageDefinitionId | str) -> answers.Adoption:
        """Returns what `latest` of a definition resolves to, and which versions run."""
        return self._send(calls.adoption(definition))

    def coverage(self, subscription: str | None = None, *, category: str | None = None) -> answers.Coverage:
        """Counts the managed images per category; `category` lists those of one."""
        return self._send(calls.coverage(subscription, category))

    def check_policy(
        self, scope: calls.ScopeChoice, *, policy: str | None = None, limit: int | None = None
    ) -> answers.PolicyCheck:
        """Reports what a policy, or the one in force, gives each image of a scope."""
        return self._send(calls.check_policy(scope, policy, limit))

    def references(
        self, image: ImageId | str | None = None, *, version: ImageVersionId | str | None = None
    ) -> answers.References:
        """Lists who uses an image, or a version, as far as it can be read within one answer."""
        return self._send(calls.references(image, version))

    def plan_repoint(self, version: ImageVersionId | str, consumers: list[str]) -> answers.RepointPlans:
        """Says what re-pointing these consumers to the version would do. Writes nothing."""
        return self._send(calls.plan_repoint(version, consumers))

    def repoint(self, version: ImageVersionId | str, consumers: list[str]) -> answers.Repointing:
        """Starts to re-point these consumers to the version.

        Raises:
            ProblemError: 403 if the caller is no operator, 404 if there is no such version.
        """
        return self._send(calls.repoint(version, consumers))

    def repointing(self, request_id: str) -> answers.Repointing:
        """Returns how far a request to re-point consumers is."""
        return self._send(calls.repointing(request_id))

    def declare_gone(self, subscription: str, *, reason: str) -> answers.GoneSubscription:
        """Records that a subscription exists no more. Only operators may."""
        return self._send(calls.declare_gone(subscription, reason=reason))

    def retention(self, definition: ImageDefinitionId | str) -> answers.Retention:
        """Reports which versions of a definition are kept and why, and when Azure's limits run out."""
        return self._send(calls.retention(definition))

    def apply_retention(
        self, definition: ImageDefinitionId | str, *, dry_run: bool = False
    ) -> answers.Accepted:
        """Starts a run of retention over a definition. Only operators may, except with `dry_run`."""
        return self._send(calls.apply_retention(definition, dry_run=dry_run))

    def retention_run(self, run_id: str) -> answers.RetentionResult:
        """Returns the last run of retention over a definition."""
        return self._send(calls.retention_run(run_id))

    def cancel_retention(self, run_id: str) -> answers.Accepted:
        """Ends a run of retention before its next version."""
        return self._send(calls.cancel_retention(run_id))

    def restore(self, version: ImageVersionId | str) -> answers.Accepted:
        """Brings a version back that retention excluded or soft-deleted. Only operators may."""
        return self._send(calls.restore(version))

    def restoration(self, restore_id: str) -> answers.Restoration:
        """Returns how far the restoration of a version is."""
        return self._send(calls.restoration(restore_id))

    def lineage(self, version: ImageVersionId | str) -> answers.Lineage:
        """Returns where a version came from and what happened to it; it need not exist any more."""
        return self._send(calls.lineage(version))

    def start_retirement(self, image: ImageId | str) -> answers.Accepted:
        """Begins the retirement of a managed image. It always needs an approval. Only operators may.

        Raises:
            ProblemError: 404 if there is no such image, 409 if its migration is not complete or it is being retired.
        """
        return self._send(calls.start_retirement(image))

    def retirement(self, retirement_id: str) -> answers.Retirement:
        """Returns a retirement with its obligations: what is met, and why the rest is not."""
        return self._send(calls.retirement(retirement_id))

    def retirements(self, **filters: Unpack[calls.RetirementFilters]) -> Iterator[answers.Retirement]:
        """Lists retirements in the order of their ids, reading page after page."""
        call: calls.Call[answers.Retirements] | None = calls.retirements(filters)
        while call is not None:
            page = self._send(call)
            yield from page.retirements
            call = calls.next_page(call, page)

    def approve_retirement(self, retirement_id: str, *, fingerprint: str, reason: str) -> answers.Accepted:
        """Approves the deletion of the image with this fingerprint. Only operators may."""
        return self._send(
            calls.decide_retirement(retirement_id, "approve", fingerprint=fingerprint, reason=reason)
        )

    def reject_retirement(self, retirement_id: str, *, reason: str) -> answers.Accepted:
        """Ends a retirement, and keeps the image. Only operators may."""
        return self._send(calls.decide_retirement(retirement_id, "reject", reason=reason))

    def acknowledge_consumer(
        self, retirement_id: str, consumer: str, *, digest: str, reason: str
    ) -> answers.Accepted:
        """Accepts one consumer of an unknown kind, until it changes. Only operators may."""
        return self._send(
            calls.decide_retirement(
                retirement_id, "acknowledge", consumer=consumer, digest=digest, reason=reason
            )
        )

    def cancel_retirement(self, retirement_id: str, *, reason: str) -> answers.Accepted:
        """Ends a retirement, unless its DELETE was sent. The image is kept."""
        return self._send(calls.decide_retirement(retirement_id, "cancel", reason=reason))

    def certificate(self, retirement_id: str) -> answers.RetirementCertificate:
        """Returns the newest deletion certificate of a retirement."""
        return self._send(calls.certificate(retirement_id))

    def freeze(self) -> answers.Freeze:
        """Returns whether deletions are stopped, and why."""
        return self._send(calls.freeze())

    def set_freeze(self, *, frozen: bool, reason: str) -> answers.Freeze:
        """Stops every deletion, or allows deletions again. Only operators may."""
        return self._send(calls.set_freeze(frozen=frozen, reason=reason))

    def health(self) -> answers.Health:
        """Checks that the app can work. Needs no key."""
        return self._send(calls.health())

    def doctor(self) -> answers.Diagnosis:
        """Looks whether everything is there that the app needs: roles, policy, galleries, events."""
        return self._send(calls.doctor())

    def openapi(self) -> dict[str, Any]:
        """Returns the OpenAPI document."""
        return self._send(calls.openapi())

    def wait_for_migration(
        self, migration_id: str, *, within_seconds: float | None = None
    ) -> answers.Migration:
        """Polls a migration until it ends, as often as the API asks for.

        Raises:
            StillRunningError: it did not end within this time. Without a time, this method waits for ever.
        """
        return self._wait(Wait(calls.migration(migration_id), within_seconds))

    def wait_for_batch(self, batch_id: str, *, within_seconds: float | None = None) -> answers.Batch:
        """Polls a batch until it ends, as often as the API asks for.

        Raises:
            StillRunningError: it did not end within this time. Without a time, this method waits for ever.
        """
        return self._wait(Wait(calls.batch(batch_id), within_seconds))

    def _send(self, call: calls.Call[Answer]) -> Answer:
        return call.read(self._http.send(call.request(self._http)))

    def _wait(self, wait: Wait[Ending]) -> Ending:
        while True:
            ended, pause_seconds = wait.read(self._http.send(wait.call.request(self._http)))
            if ended is not None:
                return ended
            self._sleep(pause_seconds)
