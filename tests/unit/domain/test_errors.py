"""The errors that Gallerist raises: their messages, and their one root."""

import pytest

from domain import errors
from domain.errors import ArmError, GalleristError, PolicyError, PolicyFault


def test_a_policy_error_has_one_line_for_each_fault() -> None:
    faults = [PolicyFault(None, "", "no"), PolicyFault(7, "rules[0].name", "no")]
    message = str(PolicyError("policy.yaml", faults))
    assert message == "policy policy.yaml: no\npolicy policy.yaml, line 7: rules[0].name: no"


def test_an_arm_error_shows_code_status_and_message() -> None:
    assert str(ArmError(409, "Conflict", "busy")) == "Conflict (HTTP 409): busy"


RAISED = {
    name: error
    for name, error in vars(errors).items()
    if isinstance(error, type) and issubclass(error, Exception)
}


@pytest.mark.parametrize("name", RAISED)
def test_every_error_has_the_same_root_and_is_in_the_tree(name: str) -> None:
    """The tree at the top of the module lists every error."""
    assert issubclass(RAISED[name], GalleristError)
    assert name in (errors.__doc__ or "")
