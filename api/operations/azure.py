"""The operations that list what Azure has."""

from api import answers, requests
from api.operations.operation import AZURE, BAD, Operation

OPERATIONS = (
    Operation(
        name="get_images",
        method="GET",
        path="images",
        title="List managed images",
        text=(
            "Lists the managed images of one subscription, or of all subscriptions in the settings. `unreadable` names "
            "what cannot be read; if `unread` is not null, repeat the request after `Retry-After` seconds to read on."
        ),
        query=requests.SubscriptionQuery,
        answer=answers.Images,
        problems=(BAD, *AZURE),
    ),
    Operation(
        name="get_galleries",
        method="GET",
        path="galleries",
        title="List galleries",
        text=(
            "Lists every image version as `gallery\\definition\\version`. A definition without versions is listed by "
            "itself. `unreadable` names what cannot be read; if `unread` is not null, repeat the request after "
            "`Retry-After` seconds to read on."
        ),
        query=requests.SubscriptionQuery,
        answer=answers.Galleries,
        problems=(BAD, *AZURE),
    ),
)
