"""What an identity may do at a scope, as ARM lists it, and what a migration needs to be allowed."""

from fnmatch import fnmatchcase

from pydantic import BaseModel

SOURCE_ACTIONS = ("Microsoft.Compute/images/read",)
GALLERY_ACTIONS = (
    "Microsoft.Compute/galleries/read",
    "Microsoft.Compute/galleries/images/read",
    "Microsoft.Compute/galleries/images/write",
    "Microsoft.Compute/galleries/images/versions/read",
    "Microsoft.Compute/galleries/images/versions/write",
)


class Permission(BaseModel):
    """What one role gives: actions with wildcards, less the ones it takes away."""

    actions: list[str] = []
    not_actions: list[str] = []

    def allows(self, action: str) -> bool:
        """Whether this role gives the action."""
        return _any_fits(self.actions, action) and not _any_fits(self.not_actions, action)


def missing_actions(permissions: list[Permission], needed: tuple[str, ...]) -> list[str]:
    """The needed actions that no role gives: what one role takes away another may give (documented)."""
    return [action for action in needed if not any(role.allows(action) for role in permissions)]


def _any_fits(patterns: list[str], action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
