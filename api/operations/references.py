"""The operations about references."""

from http import HTTPStatus

from api import answers, requests
from api.operations.operation import ACCEPTED, AZURE, BAD, CONFLICT, MISSING, POLL, Operation

OPERATIONS = (
    Operation(
        name="get_references",
        method="GET",
        path="references",
        title="Find who uses an image",
        text=(
            "Lists who uses a managed image or a version, in every subscription expected: what each one is, how it "
            "refers, whether it blocks a deletion and why, and what has to be done. It answers within 20 seconds with "
            "what it knows by then: if `unread` is not null, a request after `Retry-After` seconds reads on."
        ),
        query=requests.ReferencesQuery,
        answer=answers.References,
        problems=(BAD, *AZURE),
    ),
    Operation(
        name="post_repoint_plan",
        method="POST",
        path="references/repoint/plan",
        title="Plan a re-pointing",
        text=(
            "Says for each of these consumers whether it can refer to a version, why not, and the whole sequence for "
            "its upgrade mode, without writing anything."
        ),
        body=requests.RepointConsumers,
        answer=answers.RepointPlans,
        problems=(BAD, MISSING, *AZURE),
    ),
    Operation(
        name="post_repoint",
        method="POST",
        path="references/repoint",
        title="Re-point consumers",
        text=(
            "Lets the consumers named refer to a version: one update each, read back. Only models of scale sets can be "
            "changed; for all others it says what to do instead. Only operators may do this."
        ),
        body=requests.RepointConsumers,
        answer=answers.Repointing,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, HTTPStatus.FORBIDDEN, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="get_repoint",
        method="GET",
        path="references/repoint/{id}",
        title="Get a re-pointing",
        text="Returns how far a request to re-point consumers is, and what their owners have to do next.",
        answer=answers.Repointing,
        headers=POLL,
        problems=(MISSING,),
    ),
    Operation(
        name="post_gone_subscription",
        method="POST",
        path="references/gone",
        title="Declare a subscription gone",
        text=(
            "Records that a subscription which was seen before exists no more, with who says so and why: scans no "
            "longer expect it. It is refused while the identity sees the subscription, or the policy or the settings "
            "name it. If it is seen again, it is expected again. Only operators may do this."
        ),
        body=requests.DeclareGone,
        answer=answers.GoneSubscription,
        problems=(BAD, HTTPStatus.FORBIDDEN, MISSING, CONFLICT, *AZURE),
    ),
)
