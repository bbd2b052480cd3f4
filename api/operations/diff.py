"""The operations that compare what is wanted with what is there."""

from api import answers, requests
from api.operations.operation import AZURE, BAD, Operation

OPERATIONS = (
    Operation(
        name="get_diff",
        method="GET",
        path="diff",
        title="Compare the policy with the galleries",
        text=(
            "Says of each image what a migration would change (*in sync?*) and how its versions are (*healthy?*), in "
            "pages of up to 50 in the order of their ids. Writes nothing. What cannot be planned within the time of an "
            "answer is `unknown`; if `unread` is not null, a request after `Retry-After` seconds reads on."
        ),
        query=requests.DiffQuery,
        answer=answers.Diff,
        problems=(BAD, *AZURE),
    ),
    Operation(
        name="get_check",
        method="GET",
        path="definitions/check",
        title="Check a definition",
        text=(
            "Checks that the newest version of an image definition has succeeded, is replicated wherever the policy "
            "wants it, is not excluded, and is what `latest` resolves to. `verdict` is the worst finding."
        ),
        query=requests.CheckQuery,
        answer=answers.DefinitionCheck,
        problems=(BAD, *AZURE),
    ),
)
