"""Values to come, whose waiters go on synchronously: replay must depend on the order of events and on nothing else."""

from collections.abc import Callable, Coroutine, Generator, Iterable


class Promise:
    """An outcome to come: succeeded or failed. The value itself is the SDK's business."""

    def __init__(self) -> None:
        self.settled = False
        self.succeeded = False
        self._waiters: list[Callable[[], None]] = []

    def settle(self, *, succeeded: bool = True) -> None:
        """Decide the outcome once, and let everyone who waits go on before this returns."""
        if self.settled:
            return
        self.settled, self.succeeded = True, succeeded
        for resume in self._waiters:
            resume()

    def then(self, resume: Callable[[], None]) -> None:
        """Call back when settled, or now."""
        if self.settled:
            resume()
        else:
            self._waiters.append(resume)

    def __await__(self) -> Generator["Promise", None, bool]:
        if not self.settled:
            yield self
        return self.succeeded


Steps = Coroutine[Promise, None, bool]


def run(steps: Steps) -> Promise:
    """Run a coroutine up to its first open promise, and on whenever that one is settled."""
    outcome = Promise()

    def step() -> None:
        try:
            awaited = steps.send(None)
        except StopIteration as end:
            outcome.settle(succeeded=end.value)
        else:
            awaited.then(step)

    step()
    return outcome


def succeeded() -> Promise:
    """Give a promise that has succeeded already."""
    promise = Promise()
    promise.settle()
    return promise


def failed() -> Promise:
    """Give a promise that has failed already."""
    promise = Promise()
    promise.settle(succeeded=False)
    return promise


def all_of(promises: Iterable[Promise]) -> Promise:
    """Succeed when every one has succeeded; settle only when every one is settled (.NET's ``Task.WhenAll``)."""

    async def wait() -> bool:
        return all([await promise for promise in children])

    children = list(promises)
    return run(wait())


def any_of(promises: Iterable[Promise]) -> Promise:
    """Settle as the first one does (.NET's ``Task.WhenAny``)."""
    first = Promise()

    def follow(promise: Promise) -> None:
        promise.then(lambda: first.settle(succeeded=promise.succeeded))

    for promise in promises:
        follow(promise)
    return first
