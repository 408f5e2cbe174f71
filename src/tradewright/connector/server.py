"""The connector's sockets. The library blocks and bears one call at a time: one thread does all of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from tradewright.connector.service import Service

BODY_MAX = 64 * 1024


async def serve(service: Service, host: str, port: int, over: asyncio.Event, ready: Callable[[int], None]) -> None:
    """Serves until `over`; ready: told the port. Raises OSError for a port that is taken."""
    with ThreadPoolExecutor(1) as thread:

        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            headers = {name.lower(): value for name, value in request.headers.items()}
            path, _, query = request.raw_path.partition("?")
            call = (request.method, path, query, headers, body)
            try:
                found = await asyncio.get_running_loop().run_in_executor(thread, service.handle, *call)
            except Exception as error:
                # Whatever the library does: what became of the request is not known, and the next one is served.
                print(f"{request.method} {path}: {type(error).__name__}: {error}", file=sys.stderr)
                return web.json_response({"success": False, "error": "internal", "outcome": "unknown"}, status=500)
            return web.Response(status=found.status, body=found.body, headers=found.headers)

        application = web.Application(client_max_size=BODY_MAX)
        application.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            ready(int(runner.addresses[0][1]))
            await over.wait()
        finally:
            await runner.cleanup()
