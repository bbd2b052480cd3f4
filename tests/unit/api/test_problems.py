"""Problems hold what a caller needs, and nothing that does not apply."""

from http import HTTPStatus

from api.problems import Problem
from domain.errors import ArmError, PolicyError, PolicyFault
from domain.field_errors import FieldError


def test_members_that_do_not_apply_are_absent() -> None:
    problem = Problem.of(HTTPStatus.NOT_FOUND, "there is no batch 'x'")
    assert problem.model_dump(mode="json") == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "there is no batch 'x'",
    }


def test_invalid_fields_are_listed_and_repeated_in_the_detail() -> None:
    problem = Problem.of_fields(
        [FieldError("image", "Field required"), FieldError("version", "not a version")]
    )
    body = problem.model_dump(mode="json")
    assert (body["status"], body["detail"]) == (400, "image: Field required; version: not a version")
    assert body["errors"][1] == {"field": "version", "message": "not a version"}


def test_errors_of_a_policy_have_their_line_where_there_is_one() -> None:
    error = PolicyError(
        "policy.yaml", [PolicyFault(3, "rulez", "not known"), PolicyFault(None, "", "not UTF-8")]
    )
    body = Problem.of_policy(HTTPStatus.BAD_REQUEST, error).model_dump(mode="json")
    assert body["errors"] == [
        {"field": "rulez", "message": "not known", "line": 3},
        {"field": "", "message": "not UTF-8"},
    ]


def test_an_error_of_azure_has_its_code_its_cause_and_its_fix() -> None:
    refused = Problem.of_azure(ArmError(403, "AuthorizationFailed", "no"))
    throttled = Problem.of_azure(ArmError(429, "TooManyRequests", "slow down"))
    assert (refused.status, throttled.status) == (502, 503)
    assert refused.code == "AuthorizationFailed"
    assert refused.cause
    assert refused.fix
    assert refused.detail == "AuthorizationFailed (HTTP 403): no"
