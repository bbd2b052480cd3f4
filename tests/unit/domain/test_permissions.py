"""Permissions: which of the needed actions ARM's list of roles gives, and which are missing."""

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
        "taken away",
        "given by another role",
        "all taken away",
        "empty",
    ],
)
def test_what_no_role_gives_is_missing(roles: list[dict], missing: list[str]) -> None:
    assert missing_actions([parse_permission(role) for role in roles], (READ, WRITE)) == missing


def test_the_contributor_may_do_all_that_a_migration_needs() -> None:
    """The built-in role takes away what has to do with authorization only."""
    contributor = Permission(
        actions=["*"],
        not_actions=["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"],
    )
    assert missing_actions([contributor], GALLERY_ACTIONS) == []
