"""What the request bodies and query strings share: how values are read, and what a body and a query are."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from domain.described import Described
from domain.field_errors import FieldError, error_details, field_errors
from domain.resources.ids import SubscriptionId
from domain.resources.versions import Version

# the task hub holds nothing older, and the SDK cannot write a year of less than four digits
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def version_number(text: str) -> str:
    """Checks a version number, as in `1.0.0`."""
    version = str(Version.parse(text))
    if version != text:
        raise ValueError(f"'{text}' has leading zeros; write {version}")
    return version


def in_utc(moment: datetime) -> datetime:
    """A moment without an offset is in UTC."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"'{moment.isoformat()}' is outside the years 1 to 9999 in UTC") from None


def since_the_beginning(moment: datetime) -> datetime:
    """Returns the moment, or the first that the task hub can hold."""
    return max(moment, _BEGINNING)


def one_of(choices: Iterable[str]) -> BeforeValidator:
    """Accepts these texts only, and names them where it does not."""
    known = list(choices)

    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"'{value}' is not one of {', '.join(known)}")
        return value

    return BeforeValidator(check)


def iso_date(value: Any) -> Any:
    """Reads a date as ISO 8601 writes it."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"'{value}' is not an ISO 8601 date") from None


class Body(Described):
    """A request body. A key that is not known is an error, so that a typo does not go unnoticed."""

    model_config = ConfigDict(extra="forbid")


class Query(Described):
    """A query string. Parameters that are not known are ignored: `code` may hold the function key."""


class SubscriptionQuery(Query):
    """Which subscription to read."""

    subscription: SubscriptionId | None = None
    """The subscription's id; without it, all subscriptions of the setting GALLERIST_SUBSCRIPTIONS."""


Request = TypeVar("Request", bound=BaseModel)


def check_fields(
    model: type[Request], body: dict[str, Any], *required: str
) -> tuple[Request | None, list[FieldError]]:
    """Reads a body as far as it is valid: the model without its invalid fields, and their errors.

    So that further checks can report their errors together with these. The model is None if one of `required` is
    missing or invalid.
    """
    try:
        return model.model_validate(body), []
    except ValidationError as error:
        invalid = {fault["loc"][0] for fault in error_details(error) if fault["loc"]}
        errors = field_errors(error)
    valid = {name: value for name, value in body.items() if name not in invalid}
    return (model.model_validate(valid) if valid.keys() >= set(required) else None), errors
