"""The operations that say why."""

from api import answers, requests
from api.operations.operation import AZURE, BAD, CONFLICT, MISSING, Operation

OPERATIONS = (
    Operation(
        name="get_explanation",
        method="GET",
        path="images/explain",
        title="Explain an image",
        text=(
            "Says which rule matched an image and which conditions of the rules before it failed, and for each choice "
            "whether a tag, the rule, the defaults or the built-in policy decided it, and what it would be otherwise. "
            "Reads no gallery."
        ),
        query=requests.ExplainQuery,
        answer=answers.ImageExplanation,
        problems=(BAD, MISSING, CONFLICT, *AZURE),
    ),
    Operation(
        name="get_why",
        method="GET",
        path="versions/why",
        title="Ask why a version can be used or not",
        text=(
            "Looks whether a machine in a region can use an image version: whether it exists or is in the gallery's "
            "bin, is made, is replicated there, and is what `latest` resolves to, each with cause and fix. It only "
            "reads, and says what cannot be known."
        ),
        query=requests.WhyQuery,
        answer=answers.VersionInRegion,
        problems=(BAD, *AZURE),
    ),
)
