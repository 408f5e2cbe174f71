"""A process of this program's own, for what the engine is not to wait for: its output, and none of our secrets in its
environment."""

from __future__ import annotations

import asyncio
import os
import sys

from tradewright.app.api.problem import Problem

#: A line of a story, or of a fact; a record of the journal is no longer than a quarter of it.
LINE_BYTES_MAX = 4 * 1024 * 1024
#: A journal may be folded from its begin.
SECONDS_MAX = 60.0


async def child(module: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}, limit=LINE_BYTES_MAX,
    )  # fmt: skip


async def end(process: asyncio.subprocess.Process) -> None:
    """Nothing of it stays, however it was left."""
    if process.returncode is None:
        process.kill()
        await process.wait()


async def said_by(module: str, *arguments: str) -> tuple[int, bytes]:
    """How it ended, and all that it said. Raises Problem where it takes too long."""
    process = await child(module, *arguments)
    try:
        async with asyncio.timeout(SECONDS_MAX):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise Problem("BUSY", f"it took longer than {SECONDS_MAX:g} s") from error
    finally:
        await end(process)
    return process.returncode or 0, said
