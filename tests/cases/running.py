"""Runs a case: starts the app and its simulated Azure, carries out the steps, evaluates the expectations."""

from contextlib import ExitStack
from pathlib import Path

from local.stack import Stack, StartError
from tests.cases.case import Case
from tests.cases.session import Session, StepError


def run_case(case: Case, folder: Path) -> list[str]:
    """Runs a case and returns a line for each expectation that is not met. The app keeps its files in `folder`.

    Raises:
        StepError: a step cannot be carried out, so the expectations would say nothing.
    """
    with ExitStack() as running:
        try:
            stack = running.enter_context(
                Stack(folder, case.seed, case.policy, transitions="polls:2", host_options=["--clock", "skip"])
            )
        except StartError as error:
            return [_line(case, f"the app should start, but: {_last_line(error)}")]
        session = running.enter_context(Session(stack))
        for index, step in enumerate(case.steps):
            try:
                session.carry_out(step, case.read_names)
            except StepError as error:
                raise StepError(f"{case.id}: steps[{index}] ({step.do}): {error}") from error
        session.check_changed_answers()
        misses = [miss for expectation in case.expect for miss in expectation.unmet(session.results)]
    return [_line(case, miss) for miss in misses]


def _line(case: Case, miss: str) -> str:
    return f"{case.id}: {miss}. Expected: {case.expected}"


def _last_line(error: StartError) -> str:
    return str(error).strip().splitlines()[-1].removesuffix(".")
