"""A case as its file states it. Whatever the runner would not understand or use is an error."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from domain.field_errors import field_errors
from tests.cases.expectations import Expectation

_Text = Annotated[str, Field(min_length=1)]
_Body = dict[str, JsonValue]


class CaseFileError(Exception):
    """A file is not a case; the message names the file, the field and the reason."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeepsResult(_Document):
    """A step whose result the expectations read under the name `as`."""

    as_: Annotated[str | None, Field(alias="as", min_length=1)] = None


class Request(KeepsResult):
    """A request, whose result is the answer. An answer that no expectation reads must be a success."""


class Plan(Request):
    """Posts `body` to `/migrations/plan`."""

    do: Literal["plan"]
    body: _Body


class Run(Request):
    """Posts `body` to `/migrations` and waits for the end of the migration."""

    do: Literal["run"]
    body: _Body


class Batch(Request):
    """Posts `body` to `/batches` and waits for the end of the batch."""

    do: Literal["batch"]
    body: _Body


class Repeat(_Document):
    """A body of `open`, `times` over, and then `close`, `times` over."""

    open: str
    close: str
    times: Annotated[int, Field(gt=0)]


class Http(Request):
    """Calls the API at `path`, which is relative to `/api/`."""

    do: Literal["http"]
    method: _Text
    path: _Text
    body: JsonValue = None
    repeat: Repeat | None = None

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        if "body" in self.model_fields_set and self.repeat:
            raise ValueError("use either 'body' or 'repeat'")
        return self


class Arm(Request):
    """Sends a request for the resource `id` to the simulated ARM, with the api-version `api`."""

    do: Literal["arm"]
    method: _Text
    id: _Text
    body: JsonValue = None
    api: str | None = None


class Gone(_Document):
    """Deletes the resource `id` through ARM, and waits until ARM no longer finds it."""

    do: Literal["gone"]
    id: _Text
    api: str | None = None


class Fault(_Document):
    """Injects a fault, in the form that the control plane of the simulator takes."""

    do: Literal["fault"]
    fault: _Body


class Clear(_Document):
    """Removes all faults."""

    do: Literal["clear"]


class Pause(_Document):
    """Moves the clock of the simulated Azure forward. Nothing sleeps."""

    do: Literal["pause"]
    seconds: Annotated[float, Field(gt=0)]


class Answer(_Document):
    """Reads `id` from ARM, changes what it says, and lets ARM answer so for the next `times` GETs that match `path`.

    `merge` changes members, those of inner objects too; `append` adds an entry to the list `value`.
    """

    do: Literal["answer"]
    id: _Text
    path: _Text
    times: Annotated[int, Field(gt=0)] = 99
    merge: _Body | None = None
    append: JsonValue = None
    api: str | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.merge and self.append is None:
            raise ValueError("say what to change in the answer: 'merge', 'append' or both")
        return self


class Versions(KeepsResult):
    """The versions of a definition in the state of the simulator."""

    do: Literal["versions"]
    as_: Annotated[_Text, Field(alias="as")]
    gallery: _Text
    definition: _Text


class Puts(KeepsResult):
    """The bodies of the PUT requests to ARM whose path contains `path`, oldest first; those of refused ones too."""

    do: Literal["puts"]
    as_: Annotated[_Text, Field(alias="as")]
    path: _Text


Step = Annotated[
    Plan | Run | Batch | Http | Arm | Gone | Fault | Clear | Pause | Answer | Versions | Puts,
    Field(discriminator="do"),
]


class Case(_Document):
    """One case. `source` and `kind` are for readers; `expected` says in words what `expect` checks."""

    id: _Text
    title: _Text
    source: str = ""
    kind: str = ""
    expected: _Text
    seed: dict[str, Any]
    policy: _Text
    steps: Annotated[list[Step], Field(min_length=1)]
    expect: Annotated[list[Expectation], Field(min_length=1)]

    @property
    def name(self) -> str:
        """The name of the test."""
        return f"{self.id} {self.title}"

    @property
    def read_names(self) -> set[str]:
        """The results that the expectations read."""
        return {path.partition(".")[0] for expectation in self.expect for path in expectation.paths()}

    @model_validator(mode="after")
    def _reads_what_steps_keep(self) -> Self:
        """A misspelled name would otherwise be found only after the app has run."""
        kept = [step.as_ for step in self.steps if isinstance(step, KeepsResult) and step.as_]
        if twice := sorted({name for name in kept if kept.count(name) > 1}):
            raise ValueError(f"two steps keep their result as {twice[0]!r}")
        if unknown := sorted(self.read_names - set(kept)):
            names = ", ".join(kept) or "nothing"
            raise ValueError(f"expect: no step keeps a result as {unknown[0]!r}; the steps keep {names}")
        return self


def read_case(file: Path) -> Case:
    """Reads one case.

    Raises:
        CaseFileError: the file is not JSON, misses a key, or has one that is unknown.
    """
    try:
        return Case.model_validate_json(file.read_bytes())
    except ValidationError as error:
        faults = "; ".join(f"{fault.field}: {fault.message}" for fault in field_errors(error))
        raise CaseFileError(f"{file.name} is not a case: {faults}") from error
