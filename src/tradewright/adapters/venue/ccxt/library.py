"""The library's client of one exchange, with our network, our clock and exact numbers under it.

The library works with floats unless told otherwise: here a number of an answer stays the text it came as
(`number = str`, and JSON read without floats), all the way into its unified structures. Its own network, throttle and
second attempts are not used: a request leaves by `ports.Transport`, once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import urlsplit

from tradewright.adapters.venue.ccxt.credentials import Credentials
from tradewright.model.errors import AnswerLost, InputError
from tradewright.ports import HttpAnswer

MS_NS = 1_000_000

#: What of an exchange's markets and extras is asked for: spot, and nothing that needs other addresses.
OPTIONS: dict[str, object] = {
    "defaultType": "spot", "fetchCurrencies": False, "fetchMargins": False, "adjustForTimeDifference": False,
    "maxRetriesOnFailure": 0, "warnOnFetchOpenOrdersWithoutSymbol": False,
}  # fmt: skip


class Ground(Protocol):
    """What the library's client stands on. errors: what could not be read, by kind."""

    errors: Counter[str]

    def now(self) -> int:
        """The exchange's clock, ns UTC."""

    async def pace(self, cost: float) -> None:
        """Returns when a request of this cost may leave."""

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """The answer to a request that may leave, if its status says something certain."""


class Grounded:
    """Goes before an exchange's class of the library, and takes the place of what it does with the outside."""

    number = str
    ground: Ground

    def milliseconds(self) -> int:
        return self.ground.now() // MS_NS

    def seconds(self) -> int:
        return self.milliseconds() // 1_000

    def microseconds(self) -> int:
        return self.ground.now() // 1_000

    def parse_order_book_bid_ask(
        self, bidask: object, priceKey: int | str = 0, amountKey: int | str = 1, countOrIdKey: int | str = 2
    ) -> list[str | None]:
        """The one place where the library makes floats of a number whatever it is told: the levels of a book."""
        library: Any = self
        return [library.safe_string(bidask, priceKey), library.safe_string(bidask, amountKey)]

    async def throttle(self, cost: float | None = None) -> None:
        await self.ground.pace(1.0 if cost is None else cost)

    async def fetch(
        self, url: str, method: str = "GET", headers: dict[str, str] | None = None, body: str | bytes | None = None
    ) -> Any:
        library: Any = self
        # What is compressed would have to be read by somebody; the transport takes it as it comes.
        sent = dict(library.prepare_request_headers(headers)) | {"Accept-Encoding": "identity"}
        data = body.encode() if isinstance(body, str) else body or b""
        answer = await self.ground.send(method, url, sent, data)
        text = answer.body.decode(errors="replace")
        try:
            found = read(answer.body) if answer.body.strip() else None
        except AnswerLost:
            self.ground.errors["unreadable"] += 1
            raise
        reason = ""
        library.handle_errors(answer.status, reason, url, method, dict(answer.headers), text, found, sent, body)
        library.handle_http_status_code(answer.status, reason, url, method, text)
        return text if found is None else found


def read(body: bytes) -> Any:
    """JSON without a float: a number with a point stays the text it came as. Raises AnswerLost for what is none."""
    try:
        return json.loads(body, parse_float=str, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise AnswerLost(f"an answer that can not be read: {error}") from error


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is not a number")


def exchange_of(
    name: str,
    credentials: Credentials,
    ground: Ground,
    environment: str,
    settings: Mapping[str, Any],
    base_url: str = "",
) -> Any:
    """The library's client. settings: of the library's own, such as `urls`, over ours; base_url: where all that it
    asks for is instead, "" = where the library knows it to be. Raises InputError."""
    try:
        library: Any = import_module("ccxt.async_support")
    except ImportError as error:
        raise InputError("an exchange by ccxt needs the library: pip install 'tradewright[ccxt]'") from error
    if name not in library.exchanges:
        raise InputError(f"ccxt {library.__version__} has no exchange {name!r}")
    made = type(name, (Grounded, getattr(library, name)), {"ground": ground})
    options = OPTIONS | dict(settings.get("options", {}))
    keys = {"apiKey": credentials.key, "secret": credentials.secret, "password": credentials.password or None}
    exchange = made(dict(settings) | keys | {"options": options, "enableRateLimit": True})
    if isinstance(exchange.options.get("fetchMarkets"), dict):
        exchange.options["fetchMarkets"] |= {"types": ["spot"]}
    exchange.has["fetchCurrencies"] = False
    _enter(exchange, name, environment)
    if base_url:
        # Behind the environment, which has addresses of its own.
        exchange.urls["api"] = _moved(exchange.urls["api"], base_url.rstrip("/"))
    return exchange


def _moved(addresses: Any, base: str) -> Any:
    """The library's addresses, by the names of its doors, at another host: their paths stay."""
    if isinstance(addresses, dict):
        return {door: _moved(address, base) for door, address in addresses.items()}
    return base + urlsplit(addresses).path


def _enter(exchange: Any, name: str, environment: str) -> None:
    """live, or the exchange's own place to practise. Raises InputError where it has none."""
    doors: dict[str, Callable[[], object]] = {
        "live": lambda: None,
        "testnet": lambda: exchange.set_sandbox_mode(True),
        "paper": lambda: exchange.enable_demo_trading(True),
    }
    if environment not in doors:
        raise InputError(f"ccxt: environment {environment!r} is not one of {', '.join(doors)}")
    try:
        doors[environment]()
    except Exception as error:
        raise InputError(f"ccxt: {name} has no environment {environment!r}: {error}") from error


def names_of(error: BaseException) -> tuple[str, ...]:
    """An error's name and those above it."""
    return tuple(one.__name__ for one in type(error).__mro__)


Work = Callable[[], Awaitable[Any]]
