"""Virtual time: nothing waits, and the same program does the same."""

from __future__ import annotations

import asyncio
import time

import pytest

from tradewright.model.errors import ContractError
from tradewright.ports import Clock
from tradewright.prove.virtual import run_virtual

SECOND_NS = 1_000_000_000
DAY = 86_400


def test_thirty_days_pass_at_once_and_the_clock_shows_them() -> None:
    async def program(clock: Clock) -> list[int]:
        seen = [clock()]
        for _ in range(30):
            await asyncio.sleep(DAY)
            seen.append(clock())
        return seen

    begun = time.monotonic()
    seen = run_virtual(7, program)
    assert seen == [7 + day * DAY * SECOND_NS for day in range(31)]
    assert time.monotonic() - begun < 10


def test_timeouts_fire_in_their_order() -> None:
    async def program(clock: Clock) -> list[str]:
        done: list[str] = []

        async def after(seconds: float, name: str) -> None:
            try:
                async with asyncio.timeout(2):
                    await asyncio.sleep(seconds)
                done.append(name)
            except TimeoutError:
                done.append(f"{name} late at {clock() / SECOND_NS:g}")

        await asyncio.gather(after(3, "c"), after(1, "a"), after(1.5, "b"))
        return done

    assert run_virtual(0, program) == ["a", "b", "c late at 2"]


def test_a_program_in_which_everybody_waits_is_an_error_and_not_a_hang() -> None:
    async def program(clock: Clock) -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(ContractError, match="nobody will do"):
        run_virtual(0, program)


def test_what_a_program_left_running_ends_with_it() -> None:
    ended: list[str] = []

    async def left() -> None:
        try:
            await asyncio.sleep(DAY)
        finally:
            ended.append("left")

    async def program(clock: Clock) -> asyncio.Task[None]:
        task = asyncio.create_task(left())
        await asyncio.sleep(1)
        return task

    assert run_virtual(0, program).cancelled()
    assert ended == ["left"]
