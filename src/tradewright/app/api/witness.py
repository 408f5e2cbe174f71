"""What the audit log is told of requests: each that asks for a change, and each whose key was refused.

What was done is told in full. What was refused is bounded, for each key and for all strangers together, so that nobody
fills a disk by asking; what is left out is counted. A secret may stand in the wrong place: of a path the route is told,
and what stands in its places only where there is such a thing; of a query nothing; of a body its hash.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from starlette.types import Scope

from tradewright.app.api.keys import Key
from tradewright.app.api.paces import Paces
from tradewright.app.api.subscriber import EVERYONE
from tradewright.app.api.tokens import Token
from tradewright.app.audit import AuditLog, told

#: Methods that change nothing.
READING = ("GET", "HEAD", "OPTIONS")
#: Refused: no good key; not its scope, account or user. At sockets too, where they are codes of an end.
REFUSED = (401, 403, 4401, 4403, 4404)
#: Lines of what was refused: so many at once, and one in so many seconds from there on.
LINES_AT_ONCE = 60
LINE_SECONDS = 60.0


class Witness:
    def __init__(self, audit: AuditLog) -> None:
        self.audit = audit
        self._paces = Paces(1 / LINE_SECONDS, LINES_AT_ONCE)
        self._left_out = 0

    def listen(self) -> None:
        """A request begins."""
        told.set({})

    def see(self, scope: Scope, status: int, body: bytes) -> None:
        """What it is answered with, before it is. status: of HTTP, or the code of a socket's end."""
        changes = scope["type"] == "http" and scope["method"] not in READING
        if not changes and status not in REFUSED:
            return
        key: Key | None = scope["state"].get("key")
        # What failed here (5xx) may have done something, and what a stranger asks never has.
        bounded = key is None or status in REFUSED or 400 <= status < 500
        if bounded and not self._paces.takes("strangers" if key is None else f"key {key.id}"):
            self._left_out += 1
            return
        claimed: Key | None = key or scope["state"].get("claimed")
        about = {
            "from": scope["client"][0] if scope.get("client") else "", "method": scope.get("method", "socket"),
            **_place(scope, status), "status": status, **(told.get() or {}), "leftOut": self._left_out or None,
            "body": sha256(body).hexdigest() if body and changes else None,
        }  # fmt: skip
        self.audit.note("refused" if status in REFUSED else "request", **_who(claimed), **about)
        self._left_out = 0


def _who(key: Key | None) -> dict[str, Any]:
    if key is None:
        return {}
    jti = key.jti if isinstance(key, Token) else None
    return {"who": key.name, "user": key.whose, "key": key.id, "token": jti}


def _place(scope: Scope, status: int) -> dict[str, Any]:
    """The route, and what stands in its places where that is known to be no secret: it was found."""
    if scope["type"] == "websocket":
        return {"path": EVERYONE if scope["path"] == EVERYONE else "/trading/{userId}"}
    route = scope.get("route")
    if route is None:
        return {}
    named = dict(scope.get("path_params", {})) if status < 400 else {}
    return {"path": route.path, **named}
