"""The contenders, each in a process of its own: what one leaves in memory is not counted for the next."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from benchmarks import estate, gallerist, thread_pool
from benchmarks.figures import Run
from local.signals import unwind_on_sigterm

Result = TypeVar("Result")


# a lone image is migrated so often, of one family after the other: how late one look comes is chance
REPEATS = 20
# a replication of hours has many looks, each of which takes as long to simulate as one of minutes
REPEATS_AT = {"428 s": REPEATS, "6 h": 5}


def run_gallerist(images: int) -> list[Run]:
    """Gallerist with this many images; one image without and with a history of its definition, and at fixed paces."""
    if images > 1:
        return [gallerist.run(list(estate.fleet(images)))]
    fixed = [gallerist.run_alone_at(repeats, pace) for pace, repeats in REPEATS_AT.items()]
    return gallerist.run_alone(REPEATS) + fixed


def run_with_hints(images: int) -> list[Run]:
    """Gallerist with this many images, while Azure's events say when a version is done."""
    if images > 1:
        return [gallerist.run(list(estate.fleet(images)), hints=True)]
    return [gallerist.run_alone_with_hints(REPEATS)]


def run_thread_pool(images: int, workers: int) -> list[Run]:
    """The script with this many images and threads."""
    if images == 1:
        fixed = [thread_pool.run_alone_at(repeats, pace) for pace, repeats in REPEATS_AT.items()]
        return [thread_pool.run(estate.rounds(REPEATS, 1)[0], 1, alone=True), *fixed]
    return [thread_pool.run(list(estate.fleet(images)), workers)]


def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Returns the answer of a function of this package that runs in a fresh process, which ends with this one."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=unwind_on_sigterm) as pool:
        answer = pool.submit(work, *arguments)
        try:
            return answer.result()
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()
            raise
