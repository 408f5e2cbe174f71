"""One route: where it is, what a key needs for it, what it takes and answers. What is not declared does not exist."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from functools import cache
from typing import Annotated, Any, TypeVar, get_args

import msgspec
from fastapi import Depends, Query, Request, Response

from tradewright.app.api.desk import Desk
from tradewright.app.api.digits import check_digits, check_text
from tradewright.app.api.keys import Key
from tradewright.app.api.problem import Problem
from tradewright.core.accounts import AccountState
from tradewright.model.errors import InputError

#: No key is needed.
OPEN = ""
#: Any key will do.
ANY = "any"
Taken = TypeVar("Taken", bound=msgspec.Struct)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Route:
    """scope: what a key needs, ANY = no scope, OPEN = no key. answer: its shape, None = it is no JSON of ours. body:
    what a request brings; example: of one."""

    method: str
    path: str
    scope: str
    endpoint: Callable[..., Awaitable[Response]]
    answer: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    example: dict[str, Any] | None

    @property
    def name(self) -> str:
        return self.endpoint.__name__


Endpoint = Callable[..., Awaitable[Response]]


class Routes(list[Route]):
    """In the order in which they were declared."""

    def add(
        self,
        method: str,
        path: str,
        scope: str,
        answer: type[msgspec.Struct] | None = None,
        body: type[msgspec.Struct] | None = None,
        example: dict[str, Any] | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        def declared(endpoint: Endpoint) -> Endpoint:
            self.append(Route(method, path, scope, endpoint, answer, body, example))
            return endpoint

        return declared


class Asking:
    """One request, of one key, at the desk."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.desk: Desk = request.app.state.desk
        key = request.state.key
        assert isinstance(key, Key), "no route without a key gets here"
        self.key = key

    def account(self, name: str) -> AccountState:
        return self.desk.account(self.key, name)

    def accounts(self, name: str) -> list[AccountState]:
        """The one that is named, or all that the key sees."""
        return [self.account(name)] if name else list(self.desk.accounts(self.key).values())

    async def body(self, kind: type[Taken]) -> Taken:
        """Raises Problem where it is none of that kind, or has a number that a caller's floating point has made."""
        said = await self.request.body() or b"{}"
        try:
            found = msgspec.json.decode(said, type=kind)
            raw: dict[str, object] = json.loads(said, parse_float=check_digits, parse_int=check_digits)
            for name in _amounts(kind):
                if isinstance(text := raw.get(name), str):
                    check_text(name, text)
            return found
        except (InputError, msgspec.DecodeError, ValueError, DecimalException, RecursionError) as error:
            raise Problem("INVALID_REQUEST", str(error) or "the body is nested too deep") from error

    async def tell(self, answer: msgspec.Struct) -> Response:
        """An answer made of the books as they are, once all they hold is durable."""
        await self.desk.durable()
        return told(answer)


@cache
def _amounts(kind: type[msgspec.Struct]) -> list[str]:
    """Names of what it takes as an exact number, also as text."""
    return [field.encode_name for field in msgspec.structs.fields(kind) if Decimal in _types_in(field.type)]


def _types_in(hint: Any) -> list[Any]:
    return [hint, *(found for part in get_args(hint) for found in _types_in(part))]


def told(answer: msgspec.Struct, status: int = 200) -> Response:
    return Response(_ENCODER.encode(answer), status, media_type="application/json")


def needs(scope: str) -> Callable[[Request], Awaitable[None]]:
    """The door of one route. Raises Problem where the key lacks its scope."""

    async def checked(request: Request) -> None:
        key = request.state.key
        if key is None and request.state.near:
            return
        if key is None:
            raise Problem("UNAUTHORIZED")
        if scope != ANY and not key.may(scope):
            raise Problem("FORBIDDEN", f"scope {scope} is needed")

    return checked


async def asking(request: Request) -> Asking:
    return Asking(request)


Ask = Annotated[Asking, Depends(asking)]
AccountName = Annotated[str, Query(max_length=64, description="Of which account; may be left out where there is one.")]
AnyAccount = Annotated[str, Query(max_length=64, description="Of this account alone.")]
Symbol = Annotated[str, Query(max_length=64, description="Of this symbol alone.")]
