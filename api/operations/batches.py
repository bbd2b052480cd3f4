"""The operations of batches."""

from http import HTTPStatus

from api import answers, requests
from api.operations.operation import ACCEPTED, BAD, CONFLICT, MISSING, POLL, Operation

OPERATIONS = (
    Operation(
        name="post_batch",
        method="POST",
        path="batches",
        title="Start a batch",
        text=(
            "Migrates every image of a scope that `filter` selects, of each image definition the oldest first. `limit` "
            "takes only the oldest images; the batch starts as many at once as Azure lets through, and "
            "`per_subscription` and `per_gallery` can limit how many run. With `dry_run`, the batch plans every image "
            "and writes nothing."
        ),
        body=requests.StartBatch,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD,),
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
        problems=(MISSING,),
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
        problems=(MISSING, CONFLICT),
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
        problems=(MISSING, CONFLICT),
    ),
)
