"""Permissions: which needed actions no role allows."""

import pytest

from adapters.azure.documents import parse_permission
from domain.resources.permissions import GALLERY_ACTIONS, Permission, missing_actions

READ, WRITE = "Microsoft.Compute/galleries/images/read", "Microsoft.Compute/galleries/images/write"


@pytest.mark.parametrize(
    ("roles", "missing"),
    [
        ([], [READ, WRITE]),
        ([{"actions": ["*"]}], []),
        ([{"actions": ["*/read"]}], [WRITE]),
        ([{"actions": ["microsoft.compute/GALLERIES/*"]}], []),
        ([{"actions": ["Microsoft.Compute/*/write"]}], [READ]),
        ([{"actions": ["Microsoft.Compute/galleries/images"]}], [READ, WRITE]),
        ([{"actions": ["*"], "notActions": ["Microsoft.Compute/*/write"]}], [WRITE]),
        ([{"actions": ["*"], "notActions": ["*/write"]}, {"actions": [WRITE]}], []),
        ([{"actions": ["*"], "notActions": ["*"]}], [READ, WRITE]),
        ([{"actions": None, "notActions": None}], [READ, WRITE]),
    ],
    ids=[
        "no role",
        "owner",
        "reader",
        "case",
        "wildcard inside",
        "no prefix match",
        "excluded",
        "allowed by another role",
        "everything excluded",
        "empty",
    ],
)
def test_an_action_that_no_role_allows_is_missing(roles: list[dict], missing: list[str]) -> None:
    assert missing_actions([parse_permission(role) for role in roles], (READ, WRITE)) == missing


def test_the_built_in_role_contributor_has_every_needed_action() -> None:
    """Its `notActions` are about authorization only."""
    contributor = Permission(
        actions=["*"],
        not_actions=["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"],
    )
    assert missing_actions([contributor], GALLERY_ACTIONS) == []
