"""The operations about the app itself."""

from api import answers
from api.operations.operation import Operation

OPERATIONS = (
    Operation(
        name="get_health",
        method="GET",
        path="health",
        title="Get the health",
        text=(
            "Checks that the app can work: the policy can be read, Azure gives the app's identity a token, and the "
            "task hub answers. If it cannot, the answer is a 503. It also says when the app last heard of images. "
            "Needs no key."
        ),
        answer=answers.Health,
        key=False,
    ),
    Operation(
        name="get_doctor",
        method="GET",
        path="doctor",
        title="Examine the deployment",
        text=(
            "Looks whether everything is there that the app needs: its identity and its roles, the policy, galleries, "
            "the events of images and versions, Resource Graph, the task hub and the last sweep. It only reads; each "
            "finding has its cause and its fix, and what cannot be seen is `unknown`."
        ),
        answer=answers.Diagnosis,
    ),
    Operation(
        name="get_openapi",
        method="GET",
        path="openapi.json",
        title="Get the OpenAPI document",
        text="Returns the description of this API as OpenAPI 3.1.",
        answer=None,
    ),
)
