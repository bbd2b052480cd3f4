"""What every section of a policy file is, and how two of them merge."""

from typing import Any, TypeVar

from pydantic import BeforeValidator, ConfigDict

from domain.described import Described
from domain.resources.provenance import merge_tags

# a hundred years; dates far beyond cannot be represented
LONGEST_DAYS = 36500
# two weeks, the longest time that replication may take
LONGEST_HOURS = 24 * 14
# all of Azure's regions are fewer
MOST_REGIONS = 100


class Section(Described):
    """A part of the policy file. An unknown key is an error, so that no typo is ignored.

    So is an infinite number, and one that is none: neither can be a time, and JSON has neither.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


Part = TypeVar("Part", bound=Section)


def short(key: str, accepted: Any) -> BeforeValidator:
    """Lets a value stand for a whole section: `version: date` for `version: {strategy: date}`."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value, json_schema_input_type=accepted
    )


def merged(upper: Section, lower: Part) -> Part:
    """Copies `lower` and sets what `upper` decides. None decides nothing; a list replaces the whole list.

    Sections and tags merge key by key.
    """
    result = lower.model_copy()
    for name in type(lower).model_fields:
        value, fallback = getattr(upper, name), getattr(lower, name)
        if isinstance(value, Section) and isinstance(fallback, Section):
            setattr(result, name, merged(value, fallback))
        elif isinstance(value, dict) and isinstance(fallback, dict):
            setattr(result, name, merge_tags(value, fallback))
        elif value is not None:
            setattr(result, name, value)
    return result
