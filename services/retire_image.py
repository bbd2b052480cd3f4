"""The writes of a retirement: protection, policy assignments, certificate, DELETE, and what completes it."""

import logging
from datetime import timedelta
from http import HTTPStatus

import azure.durable_functions as df

from domain.errors import ArmError
from domain.records.evidence import Evidence, Stored, digest_of, text_of
from domain.results import failure_of
from domain.retirement.certificate import TAG_DIGITS, Certificate, Deletion
from domain.retirement.messages import guard_name
from domain.retirement.obligations import OBLIGATIONS
from domain.retirement.obligations.rule import Facts, check_all, named
from domain.retirement.readings import CERTIFICATE_TAG, FRESH, Look
from domain.retirement.requests import (
    CompleteRequest,
    DeleteAnswer,
    DeleteRequest,
    Done,
    GuardRequest,
    ProtectRequest,
    SeeRequest,
    Sight,
)
from services import records
from services.container import services
from services.read_retirement import read

logger = logging.getLogger(__name__)

# clocks of Azure and of the host may differ so much
LARGEST_DIFFERENCE = timedelta(minutes=2)


async def protect(request: ProtectRequest) -> Done:
    """Starts to protect versions. A repeated call writes the same values again."""
    for write in request.writes:
        await services().retiring.begin_protection(write)
    return Done()


async def place_guards(request: GuardRequest) -> Done:
    """Denies new machines from the image in these subscriptions. Idempotent: each write is a PUT."""
    for subscription in request.subscriptions:
        await services().guards.place(subscription, guard_name(request.retirement), request.image)
    return Done()


async def remove_guards(request: GuardRequest) -> Done:
    """Removes the policy assignments of a retirement wherever they stand. What is gone stays so."""
    known = {*services().settings.subscriptions, *request.subscriptions, request.image.subscription}
    for subscription in sorted({name.lower() for name in known}):
        await services().guards.remove(subscription, guard_name(request.retirement))
    return Done()


async def certify(certificate: Certificate) -> Stored:
    """Stores a certificate. A repeated call changes nothing."""
    text = text_of(certificate)
    await services().evidence.put(certificate.name, text)
    return Stored(name=certificate.name, digest=digest_of(text))


async def delete(client: df.DurableOrchestrationClient, request: DeleteRequest) -> DeleteAnswer:
    """Reads everything but the references once more, and sends the DELETE only if all obligations are met.

    The call may have waited for a worker: Azure's own clock says how old the last look is. Idempotent: an image that is
    gone, or another one, gets no DELETE.

    Raises:
        ArmError: something could not be read; nothing was sent.
    """
    reading = await read(client, request.read, last=True)
    if reading.image.gone:
        return DeleteAnswer()
    retirement = request.retirement.changed(terms=reading.terms)
    age = reading.image.read_at - request.look.begun_at
    if not -LARGEST_DIFFERENCE <= age <= FRESH:
        return DeleteAnswer(moved=f"the last look is {age} old by Azure's clock")
    look = Look(
        begun_at=request.look.begun_at,
        ended_at=reading.image.read_at,
        scan=request.look.scan,
        scan_unread=request.look.scan_unread,
        reading=reading,
    )
    now = max(reading.image.read_at, request.look.ended_at)
    unmet = [one for one in check_all(OBLIGATIONS, Facts(retirement, look, now)) if not one.met]
    if unmet or not await _is_stored(retirement.certificate):
        return DeleteAnswer(moved=named([one.reason for one in unmet]) or "its certificate is not stored")
    last = await services().retiring.describe_image(retirement.image)
    if last.image is None or last.image.fingerprint != retirement.fingerprint:
        return DeleteAnswer() if last.image is None else DeleteAnswer(moved="the image was re-created")
    return await _send(request)


async def _is_stored(certificate: Stored | None) -> bool:
    """Whether the certificate is in the store, with the text that it had."""
    text = await services().evidence.get(certificate.name) if certificate else None
    return text is not None and certificate is not None and digest_of(text) == certificate.digest


async def _send(request: DeleteRequest) -> DeleteAnswer:
    try:
        url = await services().retiring.begin_delete(request.retirement.image)
    except ArmError as error:
        if HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return DeleteAnswer(failure=failure_of(error))
        return DeleteAnswer(unanswered=True)
    return DeleteAnswer(operation_url=url)


async def see(request: SeeRequest) -> Sight:
    """Whether the image is gone after its DELETE. Writes nothing to Azure."""
    compute = services().compute
    found = await services().retiring.describe_image(request.image)
    if found.image is None or found.image.fingerprint != request.fingerprint:
        if request.operation_url:
            await compute.forget_operation(request.image)
        return Sight(outcome="re-created" if found.image else "gone")
    if request.operation_url:
        error = await compute.get_operation_error(request.image, request.operation_url)
        if error is not None:
            return Sight(outcome="there", failure=failure_of(error))
    return Sight(outcome="there")


async def complete(request: CompleteRequest) -> Done:
    """Stores what completes a certificate, in the lineage of the image and of the versions, and tags them.

    Idempotent: what is stored already stays as it is.
    """
    store, deletion = services().evidence, request.deletion
    stored = await store.get(deletion.name)
    if stored is None:
        await store.put(deletion.name, text_of(deletion))
    else:
        deletion = Deletion.model_validate_json(stored)
    for subject in (deletion.image, *request.replaced_by):
        await records.record(
            Evidence(
                subject=str(subject),
                kind="certificate",
                at=deletion.confirmed_at,
                by=request.approved_by,
                key=deletion.certificate.name,
                details={
                    "image": str(deletion.image),
                    "retirement": deletion.retirement,
                    "certificate": deletion.certificate.model_dump(mode="json"),
                    "replaced_by": [str(version) for version in request.replaced_by],
                },
            )
        )
    for version in request.replaced_by:
        try:
            tag = {CERTIFICATE_TAG: deletion.certificate.digest[:TAG_DIGITS]}
            await services().retiring.tag_version(version, tag)
        except ArmError as error:
            # the certificate and the lineage have it
            logger.warning(
                "the certificate %s is not in the tags of %s: %s", deletion.certificate, version, error
            )
    return Done(stored=deletion.certificate)
