"""How an activity answers: a value, a wait or a failure, as plain JSON; only what nobody foresaw is raised."""

from collections.abc import Awaitable
from typing import Any

from pydantic import BaseModel

from domain.errors import ArmError, NotYetError, PolicyError
from domain.migration.results import Answer, not_yet, policy_unusable, refusal


async def answer(work: Awaitable[BaseModel | None]) -> dict[str, Any]:
    """The `Answer` to what the work gives or raises."""
    try:
        value = await work
    except ArmError as error:
        return refusal(error).model_dump(mode="json")
    except NotYetError as error:
        return not_yet(error).model_dump(mode="json")
    except PolicyError as error:
        return policy_unusable(error).model_dump(mode="json")
    return Answer[Any](value=value and value.model_dump(mode="json")).model_dump(mode="json")
