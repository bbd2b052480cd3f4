"""Role-based access: which action each request needs, and whether the caller's roles grant it.

Without role assignments every caller may do everything, like the owner of the subscriptions.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from azure_compute_simulator.errors import AuthorizationFailedError, LinkedAuthorizationFailedError
from azure_compute_simulator.models.resources import Json, Principal

# the last segment of the action by kind of access; a list needs the right to read
_VERBS = {
    "read": "read",
    "list in group": "read",
    "list in subscription": "read",
    "write": "write",
    "delete": "delete",
}
# the names of ARM's own resources in actions
_ARM_ACTIONS = {
    "resources": "Microsoft.Resources/subscriptions/resources",
    "resourceGroups": "Microsoft.Resources/subscriptions/resourceGroups",
    "locations": "Microsoft.Resources/subscriptions/locations",
    "providers": "Microsoft.Resources/subscriptions/providers",
    "subscription": "Microsoft.Resources/subscriptions",
    "deployments": "Microsoft.Resources/deployments",
    "networkInterfaces": "Microsoft.Network/networkInterfaces",
    "maintenanceConfigurations": "Microsoft.Maintenance/maintenanceConfigurations",
    "configurationAssignments": "Microsoft.Maintenance/configurationAssignments",
    "tags": "Microsoft.Resources/tags",
    "locks": "Microsoft.Authorization/locks",
    "policyAssignments": "Microsoft.Authorization/policyAssignments",
    "policyDefinitions": "Microsoft.Authorization/policyDefinitions",
    "operations": "Microsoft.Compute/locations/operations",
    "capsOperations": "Microsoft.Compute/locations/capsOperations",
}
_JOINED_TYPE = "Microsoft.Network/virtualNetworks/subnets"
# to refer to a resource of these types, the caller needs the right to read it (documented: linked access)
_LINKED_TYPES = (
    "Microsoft.Compute/images",
    "Microsoft.Compute/galleries/images/versions",
    "Microsoft.Compute/galleries/images",
    "Microsoft.Compute/virtualMachines",
    "Microsoft.Compute/diskEncryptionSets",
    "Microsoft.Compute/disks",
    "Microsoft.Compute/snapshots",
)


@dataclass(frozen=True)
class RoleAssignment:
    """The actions that a principal (client id or object id) may use at and below a scope. `*` is a wildcard.

    Data actions are apart: no action includes one, not even `*` (documented: "Understand Azure role definitions").
    """

    principal: str
    scope: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, document: Json) -> "RoleAssignment":
        """Reads `{principal, scope, actions, notActions?, dataActions?, notDataActions?}`. Raises ValueError."""
        principal, scope, actions = (document.get(name) for name in ("principal", "scope", "actions"))
        if not isinstance(principal, str) or not isinstance(scope, str) or not isinstance(actions, list):
            message = "A role assignment needs 'principal' and 'scope', both strings, and 'actions', a list."
            raise ValueError(message)  # noqa: TRY004 - a client's value
        others = ("notActions", "dataActions", "notDataActions")
        return cls(principal, scope, tuple(actions), *(tuple(document.get(name) or ()) for name in others))

    def grants(self, principal: Principal, action: str, scope: str) -> bool:
        """Whether this assignment allows the action at the scope."""
        return (
            self.applies_to(principal, scope)
            and _any_matches(self.actions, action)
            and not _any_matches(self.not_actions, action)
        )

    def grants_data(self, principal: Principal, action: str, scope: str) -> bool:
        """Whether this assignment allows the data action at the scope."""
        return (
            self.applies_to(principal, scope)
            and _any_matches(self.data_actions, action)
            and not _any_matches(self.not_data_actions, action)
        )

    def applies_to(self, principal: Principal, scope: str) -> bool:
        """Whether this assignment belongs to the caller and covers the scope."""
        is_callers = self.principal.lower() in (principal.client_id.lower(), principal.object_id.lower())
        return is_callers and f"{scope}/".lower().startswith(f"{self.scope.rstrip('/')}/".lower())


def action_of(type_: str, access: str) -> str:
    """Returns the action that an access to a type needs, e.g. `Microsoft.Compute/images/write`."""
    named = type_ if type_.startswith("Microsoft.") else f"Microsoft.Compute/{type_}"
    return f"{_ARM_ACTIONS.get(type_, named)}/{_VERBS.get(access, access)}"


def check_access(assignments: list[RoleAssignment], principal: Principal, action: str, scope: str) -> None:
    """Raises AuthorizationFailedError if no assignment grants the action (recorded)."""
    if not _granted(assignments, principal, action, scope):
        raise AuthorizationFailedError(
            f"The client '{principal.client_id}' with object id '{principal.object_id}' does not have authorization to "
            f"perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
            "please refresh your credentials."
        )


def grants_data(assignments: list[RoleAssignment], principal: Principal, action: str, scope: str) -> bool:
    """Whether the caller may do something with the data of a resource."""
    return not assignments or any(
        assignment.grants_data(principal, action, scope) for assignment in assignments
    )


def sees(assignments: list[RoleAssignment], principal: Principal, subscription: str) -> bool:
    """Whether the caller has a role at, above or below a subscription."""
    below = [
        assignment
        for assignment in assignments
        if assignment.applies_to(principal, assignment.scope)
        and f"{assignment.scope}/".lower().startswith(f"{subscription}/".lower())
    ]
    above = any(assignment.applies_to(principal, subscription) for assignment in assignments)
    return not assignments or bool(below) or above


def permissions(assignments: list[RoleAssignment], principal: Principal, scope: str) -> list[Json]:
    """Returns the caller's permissions at a scope, as `Microsoft.Authorization/permissions` lists them (documented)."""
    everything = RoleAssignment(principal.object_id, "/", ("*",))
    return [
        {
            "actions": list(assignment.actions),
            "notActions": list(assignment.not_actions),
            "dataActions": list(assignment.data_actions),
            "notDataActions": list(assignment.not_data_actions),
        }
        for assignment in assignments or [everything]
        if assignment.applies_to(principal, scope)
    ]


def check_linked_access(
    assignments: list[RoleAssignment], principal: Principal, action: str, scope: str, body: Json
) -> None:
    """Raises LinkedAuthorizationFailedError if the body names a resource that the caller may not read (recorded)."""
    for linked in _ids(body):
        needed = _linked_action(linked)
        if needed and not _granted(assignments, principal, needed, linked):
            raise _linked_failure(action, scope, needed, linked)


def check_linked_action(
    assignments: list[RoleAssignment], principal: Principal, action: str, needed: str, scope: str
) -> None:
    """Raises LinkedAuthorizationFailedError if the caller may not do what an action does besides (reported)."""
    if not _granted(assignments, principal, needed, scope):
        raise _linked_failure(action, scope, needed, scope)


def _linked_failure(action: str, scope: str, needed: str, linked: str) -> LinkedAuthorizationFailedError:
    return LinkedAuthorizationFailedError(
        f"The client has permission to perform action '{action}' on scope '{scope}'; however, it does not have "
        f"permission to perform action '{needed}' on the linked scope '{linked}'."
    )


def _granted(assignments: list[RoleAssignment], principal: Principal, action: str, scope: str) -> bool:
    return not assignments or any(assignment.grants(principal, action, scope) for assignment in assignments)


def _any_matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _linked_action(resource_id: str) -> str | None:
    """Returns the action that a link to this resource needs. None if links to its type are not checked."""
    _, found, path = resource_id.partition("/providers/")
    segments = path.split("/")
    type_ = "/".join([segments[0], *segments[1::2]]).lower()
    if found and type_ == _JOINED_TYPE.lower():
        # documented: a machine's interface joins the subnet
        return f"{_JOINED_TYPE}/join/action"
    return next((f"{known}/read" for known in _LINKED_TYPES if found and known.lower() == type_), None)


def _ids(value: object) -> list[str]:
    """Returns all resource ids in a body."""
    if isinstance(value, dict):
        return [id_ for item in value.values() for id_ in _ids(item)]
    if isinstance(value, list):
        return [id_ for item in value for id_ in _ids(item)]
    return [value] if isinstance(value, str) and value.lower().startswith("/subscriptions/") else []
