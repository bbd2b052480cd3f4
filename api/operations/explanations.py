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
)
