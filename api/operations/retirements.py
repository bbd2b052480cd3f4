"""The operations of retirements and of the freeze."""

from http import HTTPStatus

from api import answers, requests
from api.operations.operation import ACCEPTED, AZURE, BAD, CONFLICT, MISSING, POLL, Operation

FORBIDDEN = HTTPStatus.FORBIDDEN

OPERATIONS = (
    Operation(
        name="post_retirement",
        method="POST",
        path="retirements",
        title="Begin a retirement",
        text=(
            "Begins the retirement of a managed image whose migration completed in every target gallery. It always "
            "needs an approval. For operators only."
        ),
        body=requests.StartRetirement,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, FORBIDDEN, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="get_retirement",
        method="GET",
        path="retirements/{id}",
        title="Get a retirement",
        text="Returns the state of a retirement and its obligations: what is met, and why the rest is not.",
        answer=answers.Retirement,
        headers=POLL,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="get_retirements",
        method="GET",
        path="retirements",
        title="List retirements",
        text="Lists retirements in pages of up to 100. `next` is the address of the next page, or null.",
        query=requests.RetirementsQuery,
        answer=answers.Retirements,
        problems=(BAD,),
    ),
    Operation(
        name="post_retirement_approve",
        method="POST",
        path="retirements/{id}/approve",
        title="Approve a deletion",
        text=(
            "Approves the deletion of the image with this fingerprint. It is void if the soak starts again. Answers "
            "409 unless the retirement waits for an approval, and if the image was re-created. For operators only."
        ),
        body=requests.Approve,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, FORBIDDEN, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="post_retirement_reject",
        method="POST",
        path="retirements/{id}/reject",
        title="Reject a deletion",
        text="Ends the retirement, and keeps the image. For operators only.",
        body=requests.Explain,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, FORBIDDEN, MISSING, CONFLICT),
    ),
    Operation(
        name="post_retirement_acknowledge",
        method="POST",
        path="retirements/{id}/acknowledge",
        title="Acknowledge a consumer",
        text=(
            "Accepts one consumer of an unknown kind, as it is now: it no longer blocks the deletion until it changes. "
            "For operators only."
        ),
        body=requests.Acknowledge,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, FORBIDDEN, MISSING, CONFLICT),
    ),
    Operation(
        name="post_retirement_cancel",
        method="POST",
        path="retirements/{id}/cancel",
        title="Cancel a retirement",
        text="Ends the retirement, unless its DELETE was sent. The image is kept.",
        body=requests.Explain,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, MISSING, CONFLICT),
    ),
    Operation(
        name="get_certificate",
        method="GET",
        path="retirements/{id}/certificate",
        title="Get a certificate",
        text="Returns the newest deletion certificate of a retirement, also after the task hub has forgotten it.",
        answer=answers.RetirementCertificate,
        problems=(MISSING, *AZURE),
    ),
    Operation(
        name="get_freeze",
        method="GET",
        path="freeze",
        title="Get the freeze",
        text="Returns whether deletions are stopped, and why.",
        answer=answers.Freeze,
    ),
    Operation(
        name="post_freeze",
        method="POST",
        path="freeze",
        title="Stop or allow deletions",
        text="Stops every deletion, of managed images and of versions, or allows deletions again. For operators only.",
        body=requests.SetFreeze,
        answer=answers.Freeze,
        problems=(BAD, FORBIDDEN),
    ),
)
