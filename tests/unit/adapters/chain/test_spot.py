"""What a spot account owns."""

from __future__ import annotations

from tests.unit.sim.wire.binance_client import BTC, ETH
from tradewright.adapters.chain.spot import holdings
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import money_of

EURO = Instrument("BTCEUR", "binance", "crypto", "BTC", "EUR", 2, 5)


def test_what_is_owned_of_a_base_is_one_position_and_no_money() -> None:
    owned = {name: money_of(text, name) for name, text in (("BTC", "1.5"), ("USDT", "100"), ("XRP", "3"))}
    money, positions = holdings(owned, [BTC, EURO, ETH])
    assert positions == [(BTC.symbol, 150_000, 0)]
    assert money == [("USDT", owned["USDT"]), ("XRP", owned["XRP"])]


def test_dust_is_neither_position_nor_money() -> None:
    owned = {"BTC": money_of("0.000009", "BTC"), "USDT": money_of("1", "USDT")}
    assert holdings(owned, [BTC]) == ([("USDT", owned["USDT"])], [])
