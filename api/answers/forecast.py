"""When a limit of Azure runs out, in the answers about coverage and retention."""

from typing import Self

from api.answers.base import Answer
from domain.retention.forecast import Forecast as ForecastValue


class Forecast(Answer):
    """A limit of Azure, and when it runs out at the rate of the last 30 days."""

    limit: str
    """What is limited."""
    subscription: str
    """In which subscription it is counted."""
    region: str
    """Where it is counted; for replicas the version that has the most."""
    used: int
    most: int
    added: int
    """How many were added in the last 30 days, as far as their dates are known."""
    days_left: float | None
    """Null if nothing was added."""
    undated: int
    """How many have no known date."""

    @classmethod
    def of(cls, found: ForecastValue) -> Self:
        """The forecast as the domain makes it."""
        return cls(**found._asdict())
