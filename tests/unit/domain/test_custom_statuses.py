"""What orchestrations show fits into a custom status, which has 16 KB, however long Azure's texts are."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.fitting import fits
from domain.fleet.batch_records import MOST_RUNNING_SHOWN, BatchProgress
from domain.proofs.proof import ProofProgress, ProofStatus
from domain.resources.ids import ImageDefinitionId, ImageVersionId
from domain.results import LONGEST_MESSAGE, CurrentWait, Failure, StepStatus
from domain.retention.restore import RestoreStatus
from domain.retention.run import RetentionRun, StepRecord
from tests.unit.builders import GALLERY

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PAGE = "<p>" * 20_000
FAILURE = Failure(code="Code", message=PAGE, cause="cause", fix="fix")
WAIT = CurrentWait(reason=PAGE, until=NOW)
DEFINITION = ImageDefinitionId.parse(f"{GALLERY}/images/{'d' * 80}")
VERSION = ImageVersionId.parse(f"{DEFINITION}/versions/1.0.0")


def a_run(steps: int) -> RetentionRun:
    taken = [
        StepRecord(version=VERSION, step="delete", outcome="left", reason="r" * 900, at=NOW)
        for _ in range(steps)
    ]
    return RetentionRun(
        definition=DEFINITION, started_by="ann", steps=taken, failure=FAILURE, waiting_for=WAIT
    )


SHOWN: dict[str, Any] = {
    "step": StepStatus(waiting_for=WAIT).model_dump(mode="json"),
    "proof": ProofProgress(
        proof=ProofStatus(region="westeurope", failure=FAILURE), waiting_for=WAIT
    ).model_dump(mode="json"),
    "retention": a_run(50).shown(),
    "restore": RestoreStatus(version=VERSION, by="ann", failure=FAILURE, waiting_for=WAIT).model_dump(
        mode="json"
    ),
    "batch": BatchProgress(running_migrations=["migration-" + "f" * 32] * MOST_RUNNING_SHOWN).model_dump(
        mode="json"
    ),
}


@pytest.mark.parametrize("kind", SHOWN)
def test_what_is_shown_fits(kind: str) -> None:
    assert fits(SHOWN[kind])


def test_a_run_shows_as_many_of_its_last_steps_as_fit() -> None:
    assert len(a_run(2).shown()["steps"]) == 2
    assert 2 < len(a_run(50).shown()["steps"]) < 10


def test_the_message_of_a_failure_is_cut() -> None:
    assert len(FAILURE.message) == LONGEST_MESSAGE
    assert FAILURE.message.endswith("…")
    assert Failure(code="Code", message="short").message == "short"
