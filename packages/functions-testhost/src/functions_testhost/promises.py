"""Promises that resume their waiters synchronously: replay depends on the order of events and on nothing else."""

from collections.abc import Callable, Coroutine, Generator, Iterable


class Promise:
    """An outcome to come: success or failure. The SDK has the value itself."""

    def __init__(self) -> None:
        self.settled = False
        self.succeeded = False
        self._waiters: list[Callable[[], None]] = []

    def settle(self, *, succeeded: bool = True) -> None:
        """Sets the outcome once, and resumes every waiter before it returns."""
        if self.settled:
            return
        self.settled, self.succeeded = True, succeeded
        for resume in self._waiters:
            resume()

    def then(self, resume: Callable[[], None]) -> None:
        """Calls `resume` when the promise is settled; at once if it already is."""
        if self.settled:
            resume()
        else:
            self._waiters.append(resume)

    def __await__(self) -> Generator["Promise", None, bool]:
        if not self.settled:
            yield self
        return self.succeeded


PromiseRoutine = Coroutine[Promise, None, bool]


def run(routine: PromiseRoutine) -> Promise:
    """Runs a coroutine up to its first open promise, and resumes it whenever that promise is settled."""
    outcome = Promise()

    def step() -> None:
        try:
            awaited = routine.send(None)
        except StopIteration as end:
            outcome.settle(succeeded=end.value)
        else:
            awaited.then(step)

    step()
    return outcome


def succeeded() -> Promise:
    """Returns a promise that has succeeded."""
    promise = Promise()
    promise.settle()
    return promise


def failed() -> Promise:
    """Returns a promise that has failed."""
    promise = Promise()
    promise.settle(succeeded=False)
    return promise


def all_of(promises: Iterable[Promise]) -> Promise:
    """Succeeds when all succeed; settles only when all are settled (.NET's `Task.WhenAll`)."""

    async def wait() -> bool:
        return all([await promise for promise in children])

    children = list(promises)
    return run(wait())


def any_of(promises: Iterable[Promise]) -> Promise:
    """Settles as the first one does (.NET's `Task.WhenAny`)."""
    first = Promise()

    def follow(promise: Promise) -> None:
        promise.then(lambda: first.settle(succeeded=promise.succeeded))

    for promise in promises:
        follow(promise)
    return first
