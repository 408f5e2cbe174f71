"""Whatever a fee is charged in, engine and exchange keep the same books: every rule × account × way in and out.

A fee in the base currency is taken from what a buy brings in. A sale brings in none of it, and what only reduces has
none to keep: there it is owed in cash, so that a close leaves nothing behind and no sale opens a short position.
"""

from __future__ import annotations

import pytest

from tests.e2e.desk import ACCOUNT, Desk, Script
from tradewright.model.instrument import Instrument
from tradewright.sim.models import Models

FEES = (
    "bps:10", "bps:10:in=base", "bps:10:in=received", "bps:10:in=BNB@600", "bps:10:min=0.002:max=0.003:in=base",
    "maker_taker:-2:5:in=base", "per_order:1",
    "bps:10:min=2:in=base", "maker_taker:-20000:20000:in=base",  # more than was traded, charged and given back
)  # fmt: skip
WAYS: dict[str, Script] = {
    "long and out": {"bar 1": [["buy", {"size": 1}]], "bar 2": [["close", {}]]},
    "short and out": {"bar 1": [["sell", {"size": 1}]], "bar 2": [["close", {}]]},
    "through zero": {
        "bar 1": [["buy", {"size": 1}]], "bar 2": [["sell", {"size": "2.5"}]], "bar 3": [["close", {"side": "short"}]],
    },
    "resting": {"bar 1": [["buy", {"size": 1, "limit": 60000}]], "bar 3": [["close", {"limit": 60400}]]},
    "in parts": {"bar 1": [["buy", {"size": 3}]], "bar 3": [["close", {"size": 1}], ["sell", {"size": "0.5"}]]},
}  # fmt: skip


def bitcoin() -> Instrument:
    """Prices in cents, sizes in ten-thousandths."""
    return Instrument("BTCUSD", "sim", "crypto", "BTC", "USD", 2, 4)


def bnb() -> Instrument:
    """So that fees paid in it can be valued."""
    return Instrument("BNBUSD", "sim", "crypto", "BNB", "USD", 2, 4)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fee", FEES)
@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_the_books_agree_and_every_fee_is_booked_once(mode: str, fee: str, way: str) -> None:
    partial = "volume:50%" if way == "in parts" else "none"
    models = Models(fee=fee, partial=partial)
    desk = Desk(WAYS[way], instruments=[bitcoin(), bnb()], mode=mode, cash="10000000", models=models)
    desk.flat(600, symbol="BNBUSD")
    for price, low in ((60000, 60000), (60100, 59900), (60500, 60200), (60400, 60100), (60600, 60300), (60300, 60300)):
        desk.bar(price, max(price, 60400), low, price, volume=2)
    fees: dict[str, int] = {}
    for book in desk.engine.ledger.books.values():
        for currency, amount in book.fees.items():
            fees[currency] = fees.get(currency, 0) + amount
    assert fees == desk.exchange.fees(ACCOUNT)
    assert desk.exchange.fills()
    desk.check_recovery()


@pytest.mark.parametrize("way", ["long and out", "short and out", "through zero"])
@pytest.mark.parametrize("fee", FEES)
@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_a_close_leaves_nothing_whatever_its_fee_is_paid_in(mode: str, fee: str, way: str) -> None:
    script = WAYS[way] | {"bar 4": [["close", {"side": "long"}]]}  # what an account that hedges still holds
    desk = Desk(script, instruments=[bitcoin(), bnb()], mode=mode, cash="10000000", models=Models(fee=fee))
    desk.flat(600, symbol="BNBUSD")
    for _ in range(6):
        desk.flat(60000)
    assert desk.lots() == []
    assert desk.net() == 0


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_nothing_is_lost_between_the_quantity_and_the_cash_of_the_base_currency(mode: str, side: str) -> None:
    """1 is traded and 1 per mille of it charged: whatever the account, 0.001 less is owned in all."""
    script: Script = {"bar 1": [[side, {"size": 1}]]}
    desk = Desk(script, instruments=[bitcoin()], mode=mode, models=Models(fee="bps:10:in=base"))
    desk.flat(60000)
    desk.flat(60000)
    assert str(desk.net()) == {"buy": "0.9990", "sell": "-1.0000"}[side]
    assert desk.cash("BTC") == {"buy": "0", "sell": "-0.001"}[side]
