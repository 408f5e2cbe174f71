"""The exchange of a key for a token: what is used everywhere lives for minutes, and the key stays where it is safe."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Response
from msgspec import Meta

from tradewright.app.api.keys import SCOPES
from tradewright.app.api.problem import Problem
from tradewright.app.api.route import ANY, Ask, Routes, told
from tradewright.app.api.shapes import Body, Shape
from tradewright.app.api.tokens import SECOND_NS, SECONDS_MAX, Token
from tradewright.app.audit import tell
from tradewright.model.moment import moment_text

ROUTES = Routes()
_ONE = f"({'|'.join(SCOPES)})"


class Exchange(Body, kw_only=True):
    scope: Annotated[
        str, Meta(pattern=f"^({_ONE}( {_ONE})*)?$", description="of those of the key, parted by blanks; none = all")
    ] = ""
    expires_in: Annotated[int, Meta(ge=1, le=SECONDS_MAX, description="seconds")] = SECONDS_MAX


class Issued(Shape, kw_only=True):
    access_token: Annotated[str, Meta(description="goes wherever a key goes")]
    token_type: Annotated[str, Meta(description="always Bearer")] = "Bearer"
    expires_in: Annotated[int, Meta(description="seconds, to the end of the key at most")]
    expires_at: str
    scope: Annotated[str, Meta(description="parted by blanks")]
    user: str
    accounts: Annotated[list[str], Meta(description="those it sees; none = all")]


@ROUTES.add("POST", "/api/v1/token", ANY, Issued, Exchange, {"scope": "read", "expiresIn": 300})
async def exchange(ask: Ask) -> Response:
    """Exchange a key for a token that ends by itself: of the same user and accounts, with the same scopes or fewer.
    Any key may; a token makes no token."""
    wanted = await ask.body(Exchange)
    if isinstance(ask.key, Token):
        raise Problem("FORBIDDEN", "a token makes no token: ask with its key")
    scopes = list(dict.fromkeys(wanted.scope.split())) or ask.key.scopes
    if lacking := [scope for scope in scopes if not ask.key.may(scope)]:
        raise Problem("FORBIDDEN", f"the key has no scope {lacking[0]}")
    now = time.time_ns()
    token, text = ask.desk.tokens.make(ask.key, scopes, wanted.expires_in, now)
    tell(made=token.jti)
    left = max(0, token.expires - now) // SECOND_NS
    return told(
        Issued(
            access_token=text, expires_in=left, expires_at=moment_text(token.expires), scope=" ".join(token.scopes),
            user=token.whose, accounts=token.accounts,
        )
    )  # fmt: skip
