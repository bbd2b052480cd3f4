"""The operations of the coverage and the policy."""

from api import answers, requests
from api.operations.operation import AZURE, BAD, Operation

OPERATIONS = (
    Operation(
        name="get_coverage",
        method="GET",
        path="coverage",
        title="Get the coverage",
        text=(
            "Counts the managed images per category, from Azure's own state. `images` is the sum of the six "
            "categories; `category` lists the images of one. It answers within 20 seconds with what it knows by then: "
            "`unknown` counts images that need more reading, `unreadable` names what cannot be read, and if `unread` "
            "is not null, a request after `Retry-After` seconds reads on."
        ),
        query=requests.CoverageQuery,
        answer=answers.Coverage,
        problems=(BAD, *AZURE),
    ),
    Operation(
        name="post_policy_check",
        method="POST",
        path="policy/check",
        title="Check a policy",
        text=(
            "Reports what each image of a scope would get from a policy that is not in force yet. Without `policy`, "
            "from the policy in force. Galleries are not read."
        ),
        body=requests.CheckPolicy,
        answer=answers.PolicyCheck,
        problems=(BAD, *AZURE),
    ),
)
