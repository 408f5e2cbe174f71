"""Work that goes on for as long as a client lives."""

from __future__ import annotations

import asyncio

from tradewright.adapters.net.tasks import Tasks


def test_all_that_is_under_way_is_given_up_but_the_task_that_says_so() -> None:
    told: list[str] = []

    async def wait(name: str) -> None:
        try:
            await asyncio.sleep(3_600)
        finally:
            told.append(name)

    async def program() -> None:
        tasks = Tasks()
        quick = tasks.spawn(asyncio.sleep(0))
        await quick
        for name in ("a", "b"):
            tasks.spawn(wait(name))

        async def close() -> None:
            await asyncio.sleep(0)
            await tasks.close()
            told.append("closed")

        await tasks.spawn(close())
        await tasks.close()

    asyncio.run(program())
    assert told[2:] == ["closed"] and sorted(told[:2]) == ["a", "b"]
