"""What a ledger that plays the engine does with one account while things go wrong, and what has to hold behind it."""

from __future__ import annotations

from tests.unit.adapters.venue.binance.stage import BUY, DOLLAR, ONE, SELL, Stage
from tradewright.core.life_cycle import NONE, REFUSED
from tradewright.model.order import STOP, STOP_LIMIT
from tradewright.model.rng import Rng

ORDERS = 50


async def flow(stage: Stage, seed: int) -> None:
    """Fifty orders that rest, take, are changed and cancelled, while the market moves through them."""
    rng = Rng(seed)
    ids: list[str] = []
    for number in range(ORDERS):
        draw = rng.below(5)
        if draw == 0:
            ids.append(stage.take(SELL if number % 3 else BUY, ONE // 10))
        elif draw == 4:
            kind, limit = ((STOP, 0), (STOP_LIMIT, 92 * DOLLAR))[rng.below(2)]
            stop = (97 - rng.below(5)) * DOLLAR
            order = stage.order(SELL, kind, ONE // 10, limit_units=limit, stop_units=stop)
            stage.ledger.submit(order)
            ids.append(order.id)
        else:
            ids.append(stage.buy(ONE // 10 * (1 + rng.below(3)), (95 - rng.below(6)) * DOLLAR))
        await stage.wait(0.2 + rng.below(5) / 10)
        if draw == 1:
            stage.trade(f"{95 - rng.below(5)}.00", "0.15", -1)
            stage.market()
        for id in (ids[rng.below(len(ids))], ids[rng.below(len(ids))]):
            state = stage.ledger.states[id]
            if not state.is_open() or state.submit or {state.cancel, state.replace} - {NONE, REFUSED}:
                continue
            if rng.below(2):
                stage.ledger.cancel(id)
            else:
                order = state.order
                quantity = order.quantity + (rng.below(3) - 1) * 1_000
                price = (94 - rng.below(4)) * DOLLAR if order.limit_units and rng.below(2) else order.limit_units
                stage.ledger.replace(id, quantity, price, order.stop_units)


async def settle(stage: Stage, every: bool) -> None:
    """Time passes; then the engine asks about what it takes for open, or about every order."""
    await stage.wait(60)
    for id in stage.ledger.open():
        stage.ledger.query(id)
    await stage.wait(30)
    for id in list(stage.ledger.states) if every else ():
        stage.ledger.query(id)
    await stage.wait(60)
    for _ in range(20):
        if not stage.ledger.ups[-1]:
            await stage.wait(30)  # faults of frames wait for the next connection


async def agrees(stage: Stage) -> None:
    """Orders, fills, balances and positions are the venue's."""
    stage.check()
    assert not stage.ledger.orphans
    snapshot = await stage.client.snapshot()
    wallet = stage.account.wallet
    assert dict(snapshot.balances)["USDT"] == wallet.owned["USDT"]
    owned = wallet.owned["BTC"] // 10**13
    expected = {"BTCUSDT": owned, "ETHBTC": wallet.owned["ETH"] // 10**13}
    assert {symbol: size for symbol, size, _ in snapshot.positions} == {s: size for s, size in expected.items() if size}
    assert sorted(snapshot.orders) == sorted(
        (id, stage.ledger.filled(id)) for id in stage.ledger.open() if stage.ledger.states[id].is_open()
    )
    assert stage.ledger.ups[-1]
