"""What is left of ARM's limits, from headers as they were recorded."""

import pytest

from adapters.azure.limits import nearly_used_up

READS = "x-ms-ratelimit-remaining-subscription-reads"
RESOURCE = "X-Ms-Ratelimit-Remaining-Resource"


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({}, None),
        ({READS: "249", "x-ms-ratelimit-remaining-subscription-global-reads": "3749"}, None),
        ({READS: "25"}, None),
        ({READS: "24"}, "reads"),
        ({"X-MS-RateLimit-Remaining-Subscription-Global-Reads": "3"}, "global-reads"),
        ({RESOURCE: "Microsoft.Compute/GetGallery3Min;349,Microsoft.Compute/GetGallery30Min;2499"}, None),
        (
            {RESOURCE: "Microsoft.Compute/GetGallery3Min;349,Microsoft.Compute/GetGallery30Min;9"},
            "Microsoft.Compute/GetGallery30Min",
        ),
        ({READS: "many", RESOURCE: "odd"}, None),
    ],
)
def test_a_limit_of_which_little_is_left_is_named(headers: dict[str, str], limit: str | None) -> None:
    assert nearly_used_up(headers) == limit
