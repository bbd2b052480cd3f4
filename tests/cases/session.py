"""Carries out the steps of a case on the running app and its simulated Azure, over HTTP."""

import json
from collections.abc import Callable, Collection
from functools import singledispatchmethod
from http import HTTPStatus
from typing import Any, Self

import httpx
from pydantic import JsonValue

from domain.fleet.states import ENDS as BATCH_ENDS
from domain.migration.states import ENDS as MIGRATION_ENDS
from local.arm import access_token
from local.stack import Stack, StartError
from tests.cases import case as steps
from tests.workflow.estate import eventually

# a limit for what would never end; long, because the machine may be busy
_WAIT_SECONDS = 60
_GALLERY_API = "2024-03-03"
_COMPUTE_API = "2024-07-01"

AnswerJson = dict[str, JsonValue]


class StepError(Exception):
    """A step cannot be carried out. The message says what came instead."""


class Session:
    """The steps of one case on one app. `results` has what they keep for the expectations."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.results: dict[str, JsonValue] = {}
        self._changed_answers: list[dict[str, Any]] = []
        self._http = httpx.Client(timeout=_WAIT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def carry_out(self, step: steps.Step, read_names: Collection[str]) -> None:
        """Carries out one step and keeps its result, if an expectation reads it.

        Raises:
            StepError: the step cannot be carried out, or its answer is an error that no expectation reads.
        """
        try:
            result = self._result(step)
        # the control plane of the simulator refuses a request, or a wait takes too long
        except (StartError, TimeoutError) as error:
            raise StepError(str(error)) from error
        if not isinstance(step, steps.KeepsResult):
            return
        if step.as_ is not None and step.as_ in read_names:
            self.results[step.as_] = result
        elif isinstance(step, steps.Request) and result["http"] >= HTTPStatus.BAD_REQUEST:
            raise StepError(f"the answer is {result['http']}, and no expectation reads it: {result['body']}")

    def check_changed_answers(self) -> None:
        """Checks that every changed answer was read; with a wrong `path`, the case would test nothing.

        Raises:
            StepError: no request has met the answer.
        """
        active = self.stack.control("GET", "faults")["requests"]
        for answer in self._changed_answers:
            if any(answer.items() <= fault.items() for fault in active):
                raise StepError(
                    f"no GET matches the path {answer['path']!r}, so nothing reads the changed answer"
                )
        self._changed_answers.clear()

    @singledispatchmethod
    def _result(self, step: steps.Step) -> Any:
        raise NotImplementedError(step)

    @_result.register
    def _plan(self, step: steps.Plan) -> AnswerJson:
        return _kept(self._http.post(f"{self.stack.api}/migrations/plan", json=step.body))

    @_result.register
    def _run(self, step: steps.Run) -> AnswerJson:
        return self._started("migrations", step.body, MIGRATION_ENDS)

    @_result.register
    def _batch(self, step: steps.Batch) -> AnswerJson:
        return self._started("batches", step.body, BATCH_ENDS)

    @_result.register
    def _call(self, step: steps.Http) -> AnswerJson:
        address = f"{self.stack.api}/{step.path}"
        if step.repeat:
            text = step.repeat.open * step.repeat.times + step.repeat.close * step.repeat.times
            headers = {"Content-Type": "application/json"}
            return _kept(self._http.request(step.method, address, content=text, headers=headers))
        return _kept(self._http.request(step.method, address, json=step.body))

    @_result.register
    def _call_arm(self, step: steps.Arm) -> AnswerJson:
        return _kept(self._arm(step.method, step.id, step.api, step.body))

    @_result.register
    def _delete(self, step: steps.Gone) -> None:
        _checked(self._arm("DELETE", step.id, step.api))

        def gone() -> bool:
            return self._arm("GET", step.id, step.api).status_code == HTTPStatus.NOT_FOUND

        _wait(gone, f"ARM still finds {step.id}")

    @_result.register
    def _inject(self, step: steps.Fault) -> None:
        self.stack.control("POST", "faults", step.fault)

    @_result.register
    def _clear(self, step: steps.Clear) -> None:
        self.check_changed_answers()
        self.stack.control("DELETE", "faults")

    @_result.register
    def _pause(self, step: steps.Pause) -> None:
        self.stack.control("POST", "time", {"seconds": step.seconds})

    @_result.register
    def _change_answer(self, step: steps.Answer) -> None:
        answer = _checked(self._arm("GET", step.id, step.api)).json()
        if step.merge:
            answer = _merged(answer, step.merge)
        if step.append is not None:
            if not isinstance(answer.get("value"), list):
                raise StepError(f"the answer of {step.id} has no list 'value' to append to")
            answer = {**answer, "value": [*answer["value"], step.append]}
        fault = {
            "method": "GET",
            "path": step.path,
            "times": step.times,
            "status": HTTPStatus.OK,
            "text": json.dumps(answer),
        }
        self.stack.control("POST", "faults", fault)
        self._changed_answers.append(fault)

    @_result.register
    def _versions(self, step: steps.Versions) -> list[Any]:
        prefix = f"{step.gallery}/images/{step.definition}/versions/".lower()
        resources = self.stack.control("GET", "state")["resources"]
        return [resource for resource in resources if resource["id"].lower().startswith(prefix)]

    @_result.register
    def _put_bodies(self, step: steps.Puts) -> list[Any]:
        puts = [entry for entry in self.stack.control("GET", "requests") if entry["method"] == "PUT"]
        return [json.loads(entry["body"]) for entry in puts if step.path.lower() in entry["path"].lower()]

    def _started(self, path: str, body: Any, ends: Collection[str]) -> AnswerJson:
        """Starts a migration or a batch. Returns it after its end, or the answer that refuses it."""
        start = self._http.post(f"{self.stack.api}/{path}", json=body)
        if start.status_code != HTTPStatus.ACCEPTED:
            return _kept(start)
        address = start.headers["Location"]

        def ended() -> httpx.Response | None:
            response = self._http.get(address)
            running = response.status_code == HTTPStatus.OK and response.json()["state"] not in ends
            return None if running else response

        end: httpx.Response = _wait(ended, f"{address} has not ended")
        return _kept(end) if end.status_code != HTTPStatus.OK else _kept(end, start.status_code)

    def _arm(self, method: str, resource_id: str, api: str | None, body: Any = None) -> httpx.Response:
        default = _GALLERY_API if "galleries" in resource_id.lower().split("/") else _COMPUTE_API
        return self._http.request(
            method,
            f"{self.stack.simulator['arm']}{resource_id}",
            params={"api-version": api or default},
            headers={"Authorization": f"Bearer {access_token(self.stack)}"},
            json=body,
        )


def _wait(look: Callable[[], Any], still: str) -> Any:
    try:
        return eventually(look, _WAIT_SECONDS)
    except TimeoutError as error:
        raise TimeoutError(f"{still} after {_WAIT_SECONDS} seconds") from error


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        sent = f"{response.request.method} {response.request.url.path}"
        raise StepError(f"{sent} answers {response.status_code}: {response.text}")
    return response


def _kept(response: httpx.Response, status: int | None = None) -> AnswerJson:
    """Returns an answer as expectations read it: its own members, `http` (the status) and `body` (all of it)."""
    try:
        body = response.json()
    except ValueError:
        body = response.text
    members = body if isinstance(body, dict) else {}
    return {**members, "http": status or response.status_code, "body": body}


def _merged(document: Any, changes: Any) -> Any:
    """Returns the document with these members, those of inner objects too."""
    if not (isinstance(document, dict) and isinstance(changes, dict)):
        return changes
    return document | {name: _merged(document.get(name), value) for name, value in changes.items()}
