"""Keeps back what an activity returns if the task hub does not take values of that size."""

from typing import Any

from adapters.durable_backend import check_size, largest_bytes
from domain.errors import TooLargeError
from domain.results import too_large_result


def result_that_fits(result: dict[str, Any], largest: int | None = None) -> dict[str, Any]:
    """The result, or a failure in its place: what the backend refuses would be asked for again and again."""
    try:
        check_size("what was read", result, largest or largest_bytes())
    except TooLargeError as error:
        return too_large_result(error).model_dump(mode="json")
    return result
