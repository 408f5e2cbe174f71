"""The short way to a route: a request that says nothing but its path, its key and its body goes straight to it.

FastAPI looks at each route before the one that is meant and solves parameters that nobody gave; of what an order costs
that is a fifth. Whatever has a query, or a name in its path, goes FastAPI's way, where parameters are declared and
checked; both ways end in the same function and answer alike.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from inspect import signature
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.types import Receive, Scope, Send

from tradewright.app.api.problem import Problem
from tradewright.app.api.route import OPEN, Asking, Route, needs
from tradewright.model.errors import InputError, JournalFull

#: Why nothing came of it, as an answer.
Answered = Callable[[Request, Any], Coroutine[Any, Any, Response]]


class Direct:
    """An ASGI application before FastAPI's."""

    def __init__(
        self, behind: FastAPI, routes: Sequence[Route], answered: Mapping[int | type[Exception], Answered]
    ) -> None:
        self._behind = behind
        self._answered = answered
        self._plain = {
            (route.method, route.path): (route, None if route.scope == OPEN else needs(route.scope))
            for route in routes
            if takes_nothing(route)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._plain.get((scope["method"], scope["path"]))
        if found is None or scope["query_string"]:
            await self._behind(scope, receive, send)
            return
        route, check = found
        scope["app"], scope["route"] = self._behind, route
        request = Request(scope, receive)
        try:
            if check is not None:
                await check(request)
            response = await route.endpoint(Asking(request))
        except (Problem, InputError, JournalFull) as error:
            kind = next(kind for kind in type(error).__mro__ if kind in self._answered)
            response = await self._answered[kind](request, error)
        await response(scope, receive, send)


def takes_nothing(route: Route) -> bool:
    """Whether it can be asked for with a key alone: it has no name in its path, and none of its parameters has to be
    given."""
    needed = [one.name for one in signature(route.endpoint).parameters.values() if one.default is one.empty]
    return needed == ["ask"] and "{" not in route.path
