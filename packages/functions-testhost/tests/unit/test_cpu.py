"""The processor time of a function: its own steps and those of its tasks, and nothing of what runs while it waits."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from functions_testhost.cpu import Cpu, task_factory

WORK_SECONDS = 0.05


def work() -> None:
    """Uses the processor for a known time."""
    end = time.thread_time() + WORK_SECONDS
    while time.thread_time() < end:
        pass


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Runs a coroutine on a loop like the host's."""
    loop = asyncio.new_event_loop()
    loop.set_task_factory(task_factory)
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()


def test_a_call_is_measured_and_returns_what_the_code_returns() -> None:
    cpu = Cpu()

    def double(number: int) -> int:
        work()
        return number * 2

    assert cpu.around(double)(number=21) == 42
    assert (cpu.calls, WORK_SECONDS <= cpu.seconds < 2 * WORK_SECONDS) == (1, True)


def test_a_call_that_raises_is_measured() -> None:
    cpu = Cpu()

    def fail() -> None:
        work()
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        cpu.around(fail)()
    assert (cpu.calls, cpu.seconds >= WORK_SECONDS) == (1, True)


def test_what_others_do_while_a_coroutine_waits_is_not_its_own() -> None:
    cpu = Cpu()

    async def main() -> str:
        others_are_done = asyncio.Event()

        async def wait_for_others() -> str:
            work()
            await others_are_done.wait()
            return "done"

        waiting = asyncio.create_task(cpu.around(wait_for_others)())
        await asyncio.sleep(0)
        for _ in range(3):
            work()
        others_are_done.set()
        return str(await waiting)

    assert run(main) == "done"
    assert WORK_SECONDS <= cpu.seconds < 2 * WORK_SECONDS


def test_the_tasks_of_a_coroutine_are_a_part_of_it_and_other_tasks_are_not() -> None:
    cpu = Cpu()

    async def child() -> int:
        await asyncio.sleep(0)
        work()
        return 1

    async def parent() -> int:
        return sum(await asyncio.gather(child(), child()))

    async def main() -> list[int]:
        return list(await asyncio.gather(cpu.around(parent)(), child()))

    assert run(main) == [2, 1]
    assert (cpu.calls, 2 * WORK_SECONDS <= cpu.seconds < 3 * WORK_SECONDS) == (1, True)


def test_a_cancelled_coroutine_ends_as_without_a_measurement() -> None:
    cpu, ends = Cpu(), []

    async def wait_for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cleaned up")

    async def main() -> None:
        waiting = asyncio.create_task(cpu.around(wait_for_ever)())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(main)
    assert ends == ["cleaned up"]
