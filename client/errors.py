"""The errors that the client raises.

ClientError
├── ProblemError           the API answered with a problem
├── UnexpectedAnswerError  something else answered, such as the platform in front of the API
└── StillRunningError      a migration or batch did not end in the time given
"""

from api.problems import FieldFault, Problem


class ClientError(Exception):
    """Anything that the client itself raises. Errors of the network are httpx's own."""


class ProblemError(ClientError):
    """A request that the API refused; `problem` holds every member of its answer."""

    def __init__(self, problem: Problem, retry_after_seconds: float | None = None) -> None:
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}")
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def errors(self) -> list[FieldFault]:
        """The invalid fields of the request, or the errors of the policy."""
        return self.problem.errors or []


class UnexpectedAnswerError(ClientError):
    """An answer that the API does not give."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text[:500] or 'no body'}")
        self.status = status
        self.text = text


class StillRunningError(ClientError):
    """A migration or batch that did not end in the time given. It goes on."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} is still running after {seconds:g} seconds")
