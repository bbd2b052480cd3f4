"""Turns the end of a use case into an `ActivityResult`. Errors that nobody foresaw stay exceptions, without secrets."""

from collections.abc import Awaitable
from typing import Any

from pydantic import BaseModel

from domain.errors import ArmError, NotYetError, PolicyError
from domain.redaction import no_secrets_in_errors
from domain.results import ActivityResult, arm_error_result, not_yet_result, policy_error_result
from services.results_that_fit import result_that_fits


async def result_of(work: Awaitable[BaseModel | None]) -> dict[str, Any]:
    """The work's value, its failure, or the request to retry it later, as plain JSON."""
    try:
        with no_secrets_in_errors():
            value = await work
    except ArmError as error:
        return arm_error_result(error).model_dump(mode="json")
    except NotYetError as error:
        return not_yet_result(error).model_dump(mode="json")
    except PolicyError as error:
        return policy_error_result(error).model_dump(mode="json")
    return result_that_fits(
        ActivityResult[Any](value=value and value.model_dump(mode="json")).model_dump(mode="json")
    )
