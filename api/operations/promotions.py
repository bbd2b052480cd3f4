"""The operations of promotions and of the adoption."""

from http import HTTPStatus

from api import answers, requests
from api.operations.operation import ACCEPTED, AZURE, BAD, CONFLICT, MISSING, POLL, Operation

FORBIDDEN = HTTPStatus.FORBIDDEN

OPERATIONS = (
    Operation(
        name="post_promotion_plan",
        method="POST",
        path="promotions/plan",
        title="Plan a promotion",
        text=(
            "Reports which scale sets would upgrade, how many instances, which regions have no version to fall back "
            "on, and what forbids the promotion. Writes nothing."
        ),
        body=requests.StartPromotion,
        answer=answers.PlannedPromotion,
        problems=(BAD, CONFLICT, *AZURE),
    ),
    Operation(
        name="post_promotion",
        method="POST",
        path="promotions",
        title="Start a promotion",
        text=(
            "Makes a version `latest`, ring by ring; with `elect`, an older one. Only operators may. A promotion of "
            "the same definition that runs ends as superseded, and this one begins from what is there. Answers 409 "
            "if the version may not be promoted, or if the same promotion runs."
        ),
        body=requests.StartPromotion,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, FORBIDDEN, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="get_promotions",
        method="GET",
        path="promotions",
        title="List promotions",
        text="Lists the promotions, at most one for each image definition: the latest.",
        answer=answers.Promotions,
    ),
    Operation(
        name="get_promotion",
        method="GET",
        path="promotions/{id}",
        title="Get a promotion",
        text="Returns the state of a promotion, its rings, its followers, and what was before.",
        answer=answers.Promotion,
        headers=POLL,
        problems=(MISSING,),
    ),
    Operation(
        name="post_promotion_pause",
        method="POST",
        path="promotions/{id}/pause",
        title="Pause a promotion",
        text="Keeps a promotion from going on to the next ring. What is promoted stays.",
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="post_promotion_resume",
        method="POST",
        path="promotions/{id}/resume",
        title="Resume a promotion",
        text="Lets a paused promotion go on from what is there. Only operators may.",
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(FORBIDDEN, MISSING, CONFLICT),
    ),
    Operation(
        name="post_promotion_abort",
        method="POST",
        path="promotions/{id}/abort",
        title="Abort a promotion",
        text="Ends a promotion. What is promoted stays; a rollback restores what was before.",
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="post_promotion_rollback",
        method="POST",
        path="promotions/{id}/rollback",
        title="Roll back a promotion",
        text=(
            "Restores exactly the flags that were before the promotion or election, whether it runs or has ended. "
            "Machines that run the version keep it; `still_running` counts them. Only operators may."
        ),
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(FORBIDDEN, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="get_adoption",
        method="GET",
        path="adoption",
        title="Get the adoption",
        text=(
            "Returns what `latest` of an image definition resolves to in each region and why, and for each machine and "
            "scale set the version that its model names and the versions that its instances run."
        ),
        query=requests.AdoptionQuery,
        answer=answers.Adoption,
        problems=(BAD, MISSING, *AZURE),
    ),
)
