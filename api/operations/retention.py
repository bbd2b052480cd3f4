"""The operations of retention, restorations and the lineage."""

from http import HTTPStatus

from api import answers, requests
from api.operations.operation import ACCEPTED, AZURE, BAD, CONFLICT, MISSING, POLL, Operation

FORBIDDEN = HTTPStatus.FORBIDDEN

OPERATIONS = (
    Operation(
        name="get_retention",
        method="GET",
        path="retention",
        title="Preview retention",
        text=(
            "Reports which versions of a definition are kept and why, which step the others would take, what is in the "
            "gallery's bin until when, and when Azure's limits run out. Writes nothing, and does not search for users: "
            "a run does."
        ),
        query=requests.RetentionQuery,
        answer=answers.Retention,
        problems=(BAD, MISSING, *AZURE),
    ),
    Operation(
        name="post_retention_apply",
        method="POST",
        path="retention/apply",
        title="Apply retention",
        text=(
            "Starts what the timer starts once a day: a run over one definition. Only operators may, except with "
            "`dry_run`. Answers 409 with the address of the run that is under way."
        ),
        body=requests.ApplyRetention,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, FORBIDDEN, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="get_retention_run",
        method="GET",
        path="retention/{id}",
        title="Get a run of retention",
        text="Returns what the last run over a definition did, what it left, and why.",
        answer=answers.RetentionResult,
        headers=POLL,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="post_retention_cancel",
        method="POST",
        path="retention/{id}/cancel",
        title="Cancel a run of retention",
        text="Ends a run before its next version. The step that is under way is finished.",
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="post_restore",
        method="POST",
        path="versions/restore",
        title="Restore a version",
        text=(
            "Brings a version back from any rung of the ladder: out of the gallery's bin, and to its former place in "
            "`latest`. It is kept from then on by the tag `gallerist:keep`. Only operators may."
        ),
        body=requests.RestoreVersion,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, FORBIDDEN, CONFLICT),
    ),
    Operation(
        name="get_restore",
        method="GET",
        path="restores/{id}",
        title="Get a restoration",
        text="Returns how far the restoration of a version is.",
        answer=answers.Restoration,
        headers=POLL,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="get_lineage",
        method="GET",
        path="lineage",
        title="Get the lineage of a version",
        text=(
            "Returns where a version came from and what happened to it: source, migration, proof, promotions, the "
            "retirement of its source, retention. Each line says where it is written. Neither the version nor its "
            "source need exist any more."
        ),
        query=requests.LineageQuery,
        answer=answers.Lineage,
        problems=(BAD, MISSING, *AZURE),
    ),
)
