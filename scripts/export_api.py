"""Writes docs/api.md: every operation of the HTTP API with requests and real answers, made on the simulated Azure."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from api.operations import OPERATIONS, Operation, operation_of
from api.requests.batches import MOST_SCOPES
from api.requests.migrations import MOST_BESIDES
from client import Gallerist, ProblemError
from domain.described import descriptions
from domain.field_errors import MOST_ERRORS
from domain.migration.states import ENDS, MigrationState
from domain.policy.section import MOST_REGIONS
from domain.policy.sections import MOST_GALLERIES, MOST_GLOBS
from domain.promotion.states import PromotionState
from domain.references.expected import record_text, seen_record
from domain.references.repoint import MOST_CONSUMERS
from domain.resources.ids import ImageVersionId
from domain.retirement.states import RetirementState
from local.capture import TENANT, captured
from local.signals import unwind_on_sigterm
from local.stack import ROOT, Stack, temporary_folder
from services.container import EVENTS_AT_ONCE
from triggers.http.requests import DEEPEST_BODY, LONGEST_BODY, MOST_DIGITS, MOST_VALUES

DOCUMENT = ROOT / "docs" / "api.md"

_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
_GROUP = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute"
_IMAGE = f"{_GROUP}/images/ubuntu-2204-20260115"
_TOO_LARGE = f"{_GROUP}/images/sql-2019"
_TODAY = "2026-01-19T18:38:04+00:00"
_POLICY = f"""\
defaults:
  galleries: [{_GROUP}/galleries/golden]
  regions: [westus2]
rules:
  - name: builds named family-date
    match: {{names: ["*-2026????"]}}
    name_pattern: (?P<family>.+)-\\d{{8}}
    definition: {{name: "{{family}}"}}
"""
_ADDRESS = "https://<app>.azurewebsites.net"
_END_STATES = ", ".join(f"`{state}`" for state in MigrationState if state in ENDS)

_INTRODUCTION = f"""\
# The HTTP API

Every call needs a function key (`x-functions-key`, or `?code=`).
With Microsoft Entra in front of the app it needs a token instead, and no key ([security](security.md#callers)).
Only `/api/health` is open, and [the page](page.md), which holds no data.
Bodies are JSON.
[openapi.json](openapi.json) describes the API as OpenAPI 3.1, and the app serves it.

A call that starts something answers 202 with `Location` and `Retry-After`.
Request that address, waiting as many seconds in between, until `state` is one of {_END_STATES}.

Every error is `application/problem+json` (RFC 9457).

| status | meaning |
| --- | --- |
| 400 | the request is invalid; `errors` names every invalid field |
| 401 | the key is missing or wrong, and the Functions host answers without a body; or nobody is signed in |
| 403 | only [operators](security.md#operators) may do this; or a page of another site asks for it |
| 404 | there is no such image, version, migration or whatever else the address names |
| 409 | the present state does not allow it; `Location` is what is in the way, `errors` what a plan got wrong by now |
| 413, 415 | the body has more than a mebibyte, or is compressed |
| 500 | Gallerist failed unexpectedly; the log of the function app has the error by the answer's `error_id` |
| 502 | Azure refused a request of the app; `code`, `cause` and `fix` say why |
| 503 | Azure is throttling, unavailable or slow, or the policy cannot be used; try again after `Retry-After` seconds |

Every answer of the app comes within 20 seconds; where Azure takes longer, it is a 503.
A start that is answered so may have been carried out nevertheless.
It can be repeated, because no image is migrated twice.

Of many errors, `errors` lists the first {MOST_ERRORS} and how many more there are; long values are cut.

No request makes more work, or a longer error, than its length is worth.
What is beyond a bound is refused with what to do.
[openapi.json](openapi.json) has the bounds of each field, and [the policy](policy.md#bounds) its own.

| of a body | at most |
| --- | --- |
| bytes | {LONGEST_BODY:,} |
| values: objects, lists, texts, numbers | {MOST_VALUES:,} |
| levels of nesting | {DEEPEST_BODY} |
| digits of a whole number | {MOST_DIGITS} |
| `galleries` | {MOST_GALLERIES} |
| `regions` | {MOST_REGIONS} |
| `besides` | {MOST_BESIDES:,}; only the first wrong one is reported |
| `scope` of a batch | {MOST_SCOPES:,} |
| globs in a key of `filter` | {MOST_GLOBS:,} |
| `consumers` to re-point | {MOST_CONSUMERS} |

Of the events in one request of Event Grid, {EVENTS_AT_ONCE} at a time are worked on; nobody waits for all of them.

The Functions host answers some requests before the app sees them, without a body: 401 without a key that it wants, 404
where there is no such route, 413 above 100 MiB. It passes on no body that is sent in chunks, without `Content-Length`.

This page is made by `python -m scripts.export_api` from the app itself, on the simulated Azure.
A test keeps it current.
"""


class Exchange(NamedTuple):
    """A request and its answer."""

    request: httpx.Request
    response: httpx.Response

    @property
    def operation(self) -> Operation:
        """The operation that the request was for."""
        return operation_of(self.request.method, str(self.request.url).partition("?")[0])


class Example(NamedTuple):
    """An exchange that the page shows."""

    caption: str
    exchange: Exchange


class Recorder(httpx.BaseTransport):
    """Sends requests and keeps every exchange."""

    def __init__(self) -> None:
        self._transport = httpx.HTTPTransport()
        self.exchanges: list[Exchange] = []
        self.examples: list[Example] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request and keeps its answer."""
        response = self._transport.handle_request(request)
        response.read()
        self.exchanges.append(Exchange(request, response))
        return response

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def show(self, caption: str = "") -> None:
        """Shows the latest exchange on the page."""
        self.examples.append(Example(caption, self.exchanges[-1]))


class Page(NamedTuple):
    """The page, and every exchange that was made for it."""

    text: str
    exchanges: list[Exchange]


def render() -> Page:
    """Calls every operation of a fresh app and writes the page."""
    recorder = Recorder()
    with temporary_folder() as folder:
        # days after the images were created
        stack = Stack(Path(folder), _seed(), _POLICY, "seconds:428", one_clock=True, start=_TODAY)
        with stack, Gallerist(stack.api, transport=recorder, sleep=_passing(stack)) as gallerist:
            _make_calls(gallerist, recorder, stack)
            sections = [_section(operation, recorder.examples) for operation in OPERATIONS]
            page = "\n".join([_INTRODUCTION, _index(), *sections])
            return Page(_steady(page, stack), recorder.exchanges)


def _passing(stack: Stack) -> Callable[[float], None]:
    """Returns what the client does between two calls: it lets as much time pass on the one clock."""
    return lambda seconds: stack.let_pass(timedelta(seconds=seconds))


def _make_calls(gallerist: Gallerist, recorder: Recorder, stack: Stack) -> None:
    gallerist.plan(image=_TOO_LARGE)
    recorder.show()
    gallerist.plan(image=_IMAGE)
    recorder.show("A plan that can be started with its `facts`:")
    started = gallerist.start_migration(
        image=_IMAGE, regions=["westus2", {"name": "North Europe", "replicas": 2}]
    )
    recorder.show()
    gallerist.wait_for_migration(started.id)
    with suppress(ProblemError):
        gallerist.start_migration(image=_IMAGE, version="1.2", regions=["atlantis"])
    recorder.show("An invalid request starts nothing. The answer names every invalid field.")
    gallerist.migration(started.id)
    recorder.show()
    list(gallerist.migrations(state="completed"))
    recorder.show()
    gallerist.add_regions(started.id, ["japaneast"])
    recorder.show()
    gallerist.wait_for_migration(started.id)
    gallerist.images()
    recorder.show()
    gallerist.galleries()
    recorder.show()
    _make_batch_calls(gallerist, recorder, stack)
    gallerist.coverage(category="blocked")
    recorder.show()
    gallerist.references(_IMAGE)
    recorder.show()
    version = gallerist.migration(started.id).targets[0].version_id
    assert version is not None  # noqa: S101 # the migration completed
    _ask(gallerist, recorder, version)
    _refused(lambda: gallerist.cancel_migration(started.id))
    _refused(lambda: gallerist.retry_migration(started.id))
    _make_retention_calls(gallerist, recorder, version)
    _make_repoint_calls(gallerist, recorder, version)
    _declare_gone(gallerist, recorder, stack)
    _make_promotion_calls(gallerist, recorder, stack, version)
    _make_retirement_calls(gallerist, recorder, stack)
    policy = _POLICY.replace("westus2", "westus3")
    gallerist.check_policy({"subscription": _SUBSCRIPTION}, policy=policy)
    recorder.show()
    gallerist.health()
    recorder.show()
    gallerist.openapi()


def _ask(gallerist: Gallerist, recorder: Recorder, version: ImageVersionId) -> None:
    """Questions whose answers only read."""
    gallerist.explain(_IMAGE)
    recorder.show()
    gallerist.why(version, "westus2")
    recorder.show()
    list(gallerist.diff(_SUBSCRIPTION))
    recorder.show()
    gallerist.check(version.definition, "westus2")
    recorder.show()
    gallerist.history(version.definition)
    recorder.show()
    gallerist.doctor()
    recorder.show()


def _refused(call: Callable[[], object]) -> None:
    """Makes a call that the present state does not allow."""
    with suppress(ProblemError):
        call()


def _make_repoint_calls(gallerist: Gallerist, recorder: Recorder, version: ImageVersionId) -> None:
    scale_set = f"{_GROUP}/virtualMachineScaleSets/web"
    gallerist.plan_repoint(version, [scale_set])
    recorder.show()
    gallerist.repointing(gallerist.repoint(version, [scale_set]).id)


def _declare_gone(gallerist: Gallerist, recorder: Recorder, stack: Stack) -> None:
    """One that was seen once, as the evidence says."""
    gone = "99999999-0000-4000-8000-000000000009"
    seen = stack.folder / "evidence" / seen_record(gone)
    seen.parent.mkdir(parents=True)
    seen.write_text(record_text(gone), encoding="utf-8")
    gallerist.declare_gone(gone, reason="it was cancelled in March")
    recorder.show()


def _make_promotion_calls(
    gallerist: Gallerist, recorder: Recorder, stack: Stack, version: ImageVersionId
) -> None:
    # until Azure has carried out what was written before
    stack.let_pass(timedelta(hours=1))
    gallerist.plan_promotion(version, rings=[["eastus2"], ["westus2"]])
    recorder.show()
    promotion = gallerist.start_promotion(version, rings=[["eastus2"], ["westus2"]], bake_hours=24)
    recorder.show()
    stack.until(lambda: gallerist.promotion(promotion.id).promoted)
    gallerist.promotion(promotion.id)
    recorder.show("While the first ring bakes:")
    list(gallerist.promotions())
    gallerist.adoption(version.definition)
    recorder.show()
    gallerist.pause_promotion(promotion.id)
    stack.until(lambda: gallerist.promotion(promotion.id).state is PromotionState.PAUSED)
    gallerist.resume_promotion(promotion.id)
    stack.until(lambda: gallerist.promotion(promotion.id).state is not PromotionState.PAUSED)
    gallerist.roll_back_promotion(promotion.id)
    stack.until(lambda: gallerist.promotion(promotion.id).state is PromotionState.ROLLED_BACK)
    _refused(lambda: gallerist.abort_promotion(promotion.id))


def _make_retirement_calls(gallerist: Gallerist, recorder: Recorder, stack: Stack) -> None:
    retirement = gallerist.start_retirement(_IMAGE)
    recorder.show()
    stack.until(lambda: gallerist.retirement(retirement.id).soak_since)
    fingerprint = gallerist.retirement(retirement.id).fingerprint
    recorder.show("While it soaks:")
    list(gallerist.retirements())
    _refused(lambda: gallerist.approve_retirement(retirement.id, fingerprint=fingerprint, reason="moved"))
    recorder.show("Before the soak is over nothing can be approved:")
    _refused(lambda: gallerist.acknowledge_consumer(retirement.id, "/x", digest="0", reason="known"))
    _refused(lambda: gallerist.certificate(retirement.id))
    gallerist.set_freeze(frozen=True, reason="an audit")
    recorder.show()
    gallerist.freeze()
    gallerist.reject_retirement(retirement.id, reason="the old cluster needs it until May")
    recorder.show()
    stack.until(lambda: gallerist.retirement(retirement.id).state is RetirementState.KEPT)
    _refused(lambda: gallerist.cancel_retirement(retirement.id, reason="no longer wanted"))


def _make_retention_calls(gallerist: Gallerist, recorder: Recorder, version: ImageVersionId) -> None:
    """The definition has one version, which stays; what only operators may is refused."""
    gallerist.retention(version.definition)
    run = gallerist.apply_retention(version.definition, dry_run=True)
    recorder.show("Without the right to delete:")
    gallerist.retention_run(run.id)
    for refused in (
        lambda: gallerist.cancel_retention(run.id),
        lambda: gallerist.restore(version),
        lambda: gallerist.restoration("restore-0"),
    ):
        with suppress(ProblemError):
            refused()
    gallerist.lineage(version)


def _make_batch_calls(gallerist: Gallerist, recorder: Recorder, stack: Stack) -> None:
    dry_run = gallerist.start_batch([{"subscription": _SUBSCRIPTION}], dry_run=True)
    recorder.show("A dry run:")
    gallerist.wait_for_batch(dry_run.id)
    gallerist.batch(dry_run.id)
    recorder.show("The plans of a dry run:")
    # while there is one: two are listed in the order of their random ids
    gallerist.batches()
    recorder.show()
    names = {"names": ["ubuntu-*", "sql-*"]}
    batch = gallerist.start_batch([{"subscription": _SUBSCRIPTION}], filter=names, limit=50, per_gallery=20)
    recorder.show("A batch:")
    stack.until(lambda: gallerist.batch(batch.id).running)
    gallerist.cancel_batch(batch.id)
    recorder.show()
    cancelled = gallerist.wait_for_batch(batch.id)
    recorder.show("A batch that was cancelled while a migration was running:")
    # the resumed batch counts a running migration in another category than one that has ended
    for address in cancelled.migrations:
        gallerist.wait_for_migration(address.rpartition("/")[2])
    gallerist.resume_batch(batch.id)
    recorder.show()
    gallerist.wait_for_batch(batch.id)


def _seed() -> dict[str, Any]:
    images = [
        captured(_SUBSCRIPTION, "images", "ubuntu-2204-20260115"),
        captured(_SUBSCRIPTION, "images", "sql-2019", os_type="Windows", data_disks_gb=(4095,)),
    ]
    created = {"createdTime": "2026-01-15T08:00:00Z"}
    return {
        "subscriptions": [{"id": _SUBSCRIPTION, "name": "Production", "tenant": TENANT}],
        "resourceGroups": [{"subscription": _SUBSCRIPTION, "name": "images", "location": "eastus2"}],
        "resources": [
            {"id": f"{_GROUP}/galleries/golden", "location": "eastus2", "properties": {}},
            *(image.machine for image in images),
            *(image.image | created for image in images),
        ],
    }


def _index() -> str:
    rows = [
        f"| `{operation.method} /api/{operation.path}` | [{operation.title}](#{_anchor(operation.title)}) |"
        for operation in OPERATIONS
    ]
    return "\n".join(["| call | what it does |", "| --- | --- |", *rows, ""])


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _section(operation: Operation, examples: list[Example]) -> str:
    own = [example for example in examples if example.exchange.operation is operation]
    lines = [f"## {operation.title}", "", operation.text, ""]
    if operation.query is not None:
        lines += ["| parameter | meaning |", "| --- | --- |"]
        described = descriptions(operation.query)
        lines += [f"| `{name}` | {described[name]} |" for name in operation.query.model_fields]
        lines += [""]
    if not own:
        lines += ["```http", f"{operation.method} /api/{operation.path}", "```", ""]
    return "\n".join([*lines, *(line for example in own for line in _shown(example))])


def _shown(example: Example) -> list[str]:
    request, response = example.exchange
    sent = [f"{request.method} {request.url.raw_path.decode()}"]
    if request.content:
        sent += ["", json.dumps(json.loads(request.content), indent=2)]
    answered = [f"{response.status_code} {response.reason_phrase}"]
    answered += [
        f"{name}: {response.headers[name]}"
        for name in ("Location", "Retry-After")
        if name in response.headers
    ]
    answered += ["", json.dumps(response.json(), indent=2)]
    caption = [example.caption, ""] if example.caption else []
    return [*caption, "```http", *sent, "```", "", "```http", *answered, "```", ""]


def _steady(page: str, stack: Stack) -> str:
    """Replaces what differs from run to run: addresses, dates, random ids, keys."""
    page = page.replace(stack.host["url"], _ADDRESS)
    page = page.replace(stack.simulator["arm"], "https://management.azure.com")
    page = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", _TODAY, page)
    page = re.sub(r"(?<=code=)[\w-]+", "<key>", page)
    page = re.sub(r"(?<=batch-)[0-9a-f]{32}", "5f3a…", page)
    return re.sub(r"(?<=\d{14})\d{6}(?=-)", "000000", page)


def main() -> None:
    """Writes the page."""
    DOCUMENT.write_text(render().text, encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    unwind_on_sigterm()
    main()
