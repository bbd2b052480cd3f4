"""What an identity may do at a scope, and which actions a migration needs."""

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

# a proof: its machine with disks and network interface, the subnet that it joins, and the sizes to choose from
PROOF_ACTIONS = (
    "Microsoft.Compute/virtualMachines/read",
    "Microsoft.Compute/virtualMachines/write",
    "Microsoft.Compute/virtualMachines/delete",
    "Microsoft.Compute/disks/read",
    "Microsoft.Compute/disks/write",
    "Microsoft.Compute/disks/delete",
    "Microsoft.Network/networkInterfaces/read",
    "Microsoft.Network/networkInterfaces/write",
    "Microsoft.Network/networkInterfaces/join/action",
    "Microsoft.Network/networkInterfaces/delete",
)
SUBNET_ACTIONS = ("Microsoft.Network/virtualNetworks/subnets/join/action",)
SIZE_ACTIONS = ("Microsoft.Compute/skus/read",)


class Permission(BaseModel):
    """One role's permissions: `actions`, which may hold wildcards, minus `not_actions`."""

    actions: list[str] = []
    not_actions: list[str] = []

    def allows(self, action: str) -> bool:
        """Whether the role allows the action; case is ignored."""
        return _any_matches(self.actions, action) and not _any_matches(self.not_actions, action)


def missing_actions(permissions: list[Permission], needed: tuple[str, ...]) -> list[str]:
    """Returns the needed actions that no role allows. One role may allow what another excludes (documented)."""
    return [action for action in needed if not any(role.allows(action) for role in permissions)]


def _any_matches(patterns: list[str], action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
