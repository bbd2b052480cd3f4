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
    Operation(
        name="get_history",
        method="GET",
        path="definitions/history",
        title="Get the history of a definition",
        text=(
            "Lists the versions of an image definition with when, from what and by whom each was made, and the "
            "promotions, elections and rollbacks over them: what was `latest` in which region since when. Promotions "
            "are read from the evidence, which the purge of the task hub does not reach."
        ),
        query=requests.HistoryQuery,
        answer=answers.DefinitionHistory,
        problems=(BAD, MISSING, *AZURE),
    ),
)
