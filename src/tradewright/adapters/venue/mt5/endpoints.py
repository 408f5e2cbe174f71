"""Where a connector is. It is one's own program beside one's own terminal: no address of it is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from tradewright.model.errors import InputError

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """base: scheme and host, as "http://127.0.0.1:3030". Whether the account behind it is a demo or real is for the
    terminal's login to say; `Credentials.login` pins it."""

    base: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise InputError(f"connector {self.base!r}: it is written as http://HOST:PORT")

    def url(self, path: str, query: dict[str, str] | None = None) -> str:
        """Of a path below the interface's root; names of symbols in it are quoted."""
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self.base}{API}/{quote(path)}{asked}"

    @property
    def stream(self) -> str:
        """Of the events' WebSocket."""
        return f"ws{self.base.removeprefix('http')}{API}/events"
