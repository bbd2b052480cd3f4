"""Region names in their one canonical form: `East US 2` and `eastus2` are one region."""

from typing import Annotated

from pydantic import AfterValidator, Field


def canonical_region(name: str) -> str:
    """The short name that ARM uses in `location`: lower case, without spaces, hyphens and underscores.

    The service takes both spellings and answers with either (recorded: `targetRegions` comes back as display
    names, `replicationStatus` as short ones).
    """
    return name.lower().replace(" ", "").replace("-", "").replace("_", "")


Region = Annotated[str, AfterValidator(canonical_region), Field(min_length=1)]
