"""A process of this program's own, for what the engine is not to wait for: its output, and none of our secrets in its
environment. `python -m tradewright.app.api.child MODULE …` runs a module behind the engine in the machine's favour, and
with no more memory than may be.
"""

from __future__ import annotations

import asyncio
import os
import resource
import runpy
import sys

from tradewright.app.api.problem import Problem

#: A line of a story, or of a fact; a record of the journal is no longer than a quarter of it.
LINE_BYTES_MAX = 4 * 1024 * 1024
#: A journal may be folded from its begin.
SECONDS_MAX = 60.0
#: Of addresses; a journal whose orders of a day are millions takes some hundred MiB.
MEMORY_BYTES_MAX = 2 * 1024**3
#: The engine's decisions go before.
NICENESS = 10
#: How it ends where the memory is not enough.
TOO_MUCH = 99


async def child(module: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, module, *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}, limit=LINE_BYTES_MAX,
    )  # fmt: skip


async def end(process: asyncio.subprocess.Process) -> None:
    """Nothing of it stays, however it was left."""
    if process.returncode is None:
        process.kill()
        await process.wait()


async def said_by(module: str, *arguments: str) -> tuple[int, bytes]:
    """How it ended, and all that it said. Raises Problem where it takes too long or too much memory."""
    process = await child(module, *arguments)
    try:
        async with asyncio.timeout(SECONDS_MAX):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise Problem("BUSY", f"it took longer than {SECONDS_MAX:g} s") from error
    finally:
        await end(process)
    if process.returncode == TOO_MUCH:
        raise Problem("BUSY", f"it took more than {MEMORY_BYTES_MAX >> 20} MiB of memory")
    return process.returncode or 0, said


def main(module: str, *arguments: str) -> int:
    os.nice(NICENESS)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MEMORY_BYTES_MAX if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES_MAX, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except MemoryError:
        return TOO_MUCH
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
