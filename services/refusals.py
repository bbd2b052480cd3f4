"""Why a use case refuses a caller's request. The triggers turn these errors into HTTP problems."""

from collections.abc import Sequence

from domain.errors import GalleristError
from domain.field_errors import FieldError


class NotFoundError(GalleristError):
    """What the caller names does not exist."""


class ConflictError(GalleristError):
    """The present state does not allow the request; `id` is the migration or batch that is in the way."""

    def __init__(self, message: str, id: str | None = None) -> None:  # noqa: A002 # the name in the API's answer
        super().__init__(message)
        self.id = id


class InvalidRequestError(GalleristError):
    """Fields of the request are invalid."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = tuple(errors)
