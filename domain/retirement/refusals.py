"""Refusals of Azure to delete the image: who can lift each one. Errors have their causes in `domain.arm_errors`."""

from domain.results import Failure

_LIFTED_BY = {
    "ScopeLocked": "Whoever set the lock that the message names can remove it.",
    "RequestDisallowedByPolicy": "The owner of the Azure Policy assignment that the message names can exempt the "
    "image from it.",
    "DenyAssignmentAuthorizationFailed": "The owner of the deployment stack or managed application whose deny "
    "assignment the message names can exclude Gallerist's identity from it.",
    "AuthorizationFailed": "Whoever gives roles can give Gallerist's identity the role infra/roles/retire.json.",
    "OperationNotAllowedOnVMImageAsVMsBeingProvisioned": "Nobody has to: it passes when the machines have been "
    "created. If one hangs, its owner can delete it.",
}
_LOOKS_AGAIN = "No action needed: Gallerist waits and looks again by itself."


def refused(failure: Failure) -> Failure:
    """The refusal as it is shown: who can lift it, and that Gallerist goes on by itself."""
    shown = failure.model_copy()
    shown.fix = (
        f"{_LIFTED_BY.get(failure.code, 'Whoever is responsible for what the message names.')} {_LOOKS_AGAIN}"
    )
    return shown
