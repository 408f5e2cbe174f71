"""What a service that runs says of itself, and does with what it is asked: taken down once, for whoever compares it."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from scripts.services import free_port
from tests.unit.app.standing_api import WALKER, Client, asked
from tradewright.model.market import Bar
from tradewright.trader import Outcome

CONFIG = """accounts:
  one: {{venue: paper, symbols: [BTCUSD], cash: 50000}}
  two: {{venue: paper, symbols: [ETHUSD], cash: 20000}}
strategies:
  walker: {{strategy: '{walker}:Walker', account: one, parameters: {{rounds: 3}}}}
  other: {{strategy: '{walker}:Walker', account: two, parameters: {{rounds: 2}}}}
limits: {{'account:two': {{tradepicker.budget: 0.01}}}}
server: {{port: 0, requestsPerSecond: 1000}}
database: {{url: 'sqlite:///tables.db'}}
eventBus: {{url: 'nats://127.0.0.1:{port}'}}
"""
TYPES = ("market", "limit", "stop", "stop_limit")
PRICES = ("limitPrice", "stopPrice")
ORDER = {"symbol": "BTCUSD", "side": "buy", "quantity": "0.01"}


class Said(NamedTuple):
    """openapi, asyncapi: its documents. health: its answer. metrics: the text for Prometheus. needed: types of orders
    that are refused without a price, by its name."""

    openapi: Any
    asyncapi: Any
    health: Any
    metrics: str
    needed: dict[str, list[str]]


def said(folder: Path) -> Said:
    """Of a service that has traded, and has refused something."""
    found: list[Said] = []

    async def act(client: Client) -> None:
        books = client.engine.ledger.books.values()
        await client.until(lambda: sum(len(book.lots) for book in books) == 3)
        await client.until(lambda: any(not one.approved for one in client.desk.decisions))
        # The synthetic market sends no bars.
        now = client.service.clock()
        bar = Bar(now, client.engine.symbols["BTCUSD"], now - 60 * 10**9, 1, 1, 1, 1, 1)
        client.desk.listen(bar, Outcome([], [], []))
        documents = [await client.get(f"/{name}.json") for name in ("openapi", "asyncapi")]
        metrics = await client.ask("GET", "/metrics")
        found.append(Said(*documents, await client.get("/health"), metrics.content.decode(), await needed(client)))

    asked(folder, act, CONFIG.format(walker=WALKER, port=free_port()))
    return found[0]


async def needed(client: Client) -> dict[str, list[str]]:
    """Whether an order may leave a price out that it may have, by asking for it."""
    accepted: dict[tuple[str, tuple[str, ...]], bool] = {}
    for type, prices in product(TYPES, ((), PRICES[:1], PRICES[1:], PRICES)):
        body = {**ORDER, "type": type, **dict.fromkeys(prices, "1000")}
        answer = await client.ask("POST", "/api/v1/orders?account=one", body)
        assert answer.status == 200 or answer.code == "INVALID_REQUEST", answer
        accepted[type, prices] = answer.status == 200
    return {
        price: [
            type for type in TYPES if all(price in prices for (of, prices), ok in accepted.items() if of == type and ok)
        ]
        for price in PRICES
    }
