"""The operations of migrations."""

from http import HTTPStatus

from api import answers, requests
from api.operations.operation import ACCEPTED, AZURE, BAD, CONFLICT, MISSING, POLL, Operation

OPERATIONS = (
    Operation(
        name="post_plan",
        method="POST",
        path="migrations/plan",
        title="Plan a migration",
        text=(
            "Reports what a migration would create and which checks fail, without writing anything. `changes` is empty "
            "if nothing would change. Keep the body and `facts` of the answer to start exactly this plan later."
        ),
        body=requests.StartMigration,
        answer=answers.Plan,
        problems=(BAD, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="post_migration",
        method="POST",
        path="migrations",
        title="Start a migration",
        text=(
            "Starts the migration of one managed image. Only `image` is required; every other field overrides the "
            "policy. Answers 409 with the address of the running migration if there is one. With the `facts` of a plan "
            "it starts exactly that plan: if one of them is not true any more, it answers 409 and `errors` names each "
            "with its value then and now. What changes later ends the migration as `blocked`, with nothing written."
        ),
        body=requests.StartMigration,
        answer=answers.StartedMigration,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="get_migration",
        method="GET",
        path="migrations/{id}",
        title="Get a migration",
        text=(
            "Returns the state of a migration, the progress of every region, and, if it stopped, the reason and the "
            "fix."
        ),
        answer=answers.Migration,
        headers=POLL,
        problems=(MISSING,),
    ),
    Operation(
        name="get_migrations",
        method="GET",
        path="migrations",
        title="List migrations",
        text="Lists migrations in pages of up to 100. `next` is the address of the next page, or null.",
        query=requests.MigrationsQuery,
        answer=answers.Migrations,
        problems=(BAD,),
    ),
    Operation(
        name="post_migration_cancel",
        method="POST",
        path="migrations/{id}/cancel",
        title="Cancel a migration",
        text=(
            "Ends a running migration. What Azure has begun goes on there, and another start of the migration "
            "continues with it."
        ),
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="post_migration_retry",
        method="POST",
        path="migrations/{id}/retry",
        title="Retry a migration",
        text=(
            "Starts a migration again that ended without success, with the choices of its request. It continues with "
            "what is there."
        ),
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(MISSING, CONFLICT),
    ),
    Operation(
        name="post_regions",
        method="POST",
        path="migrations/{id}/regions",
        title="Add regions",
        text=(
            "Replicates the versions of a finished migration to more regions. Existing regions stay. With `{}`, adds "
            "the regions that the policy gives the image now."
        ),
        body=requests.AddRegions,
        answer=answers.Accepted,
        status=HTTPStatus.ACCEPTED,
        headers=ACCEPTED,
        problems=(BAD, MISSING, CONFLICT, *AZURE),
    ),
)
