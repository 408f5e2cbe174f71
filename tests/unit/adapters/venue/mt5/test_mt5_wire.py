"""Orders as bytes and answers as nouns, symbols and risk: the wire without a venue."""

from __future__ import annotations

import json
from decimal import Decimal
from string import ascii_letters, digits
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.adapters.venue.mt5 import Credentials, Endpoints, OpenTrades
from tradewright.adapters.venue.mt5 import answers as shapes
from tradewright.adapters.venue.mt5.answers import Deals, Listed, OrderAnswer, Position, Positions, iso, moment, read
from tradewright.adapters.venue.mt5.open_trades import PRICE_DISTANCE, risk_of
from tradewright.adapters.venue.mt5.requests import (
    Deviation,
    cancel_body,
    close_body,
    comment_of,
    leg_of,
    magic_of,
    modify_body,
    open_body,
    unsupported,
)
from tradewright.adapters.venue.mt5.symbols import SymbolBook, instrument_of, stems
from tradewright.model.errors import InputError, VenueRefused
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.order import (
    CLS,
    DAY,
    ENTRY,
    EXIT,
    EXTENDED_HOURS,
    FLAGS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPG,
    ORDER_TYPES,
    POST_ONLY,
    REDUCE_ONLY,
    STOP,
    STOP_LIMIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    Order,
)

GOLD = Instrument("XAUUSD", "mt5", "metal", "XAU", "USD", 4, 4, 100, rules=OrderRules(tick=100, step=100))


def order(type: int = MARKET, tif: int = GTC, flags: int = 0, role: str = ENTRY, lot: str = "", **more: Any) -> Order:
    limit, stop = (26_405_000 if type in (LIMIT, STOP_LIMIT) else 0), (26_600_000 if type in (STOP, STOP_LIMIT) else 0)
    terms: dict[str, Any] = {"id": "T1-1-7", "limit_units": limit, "stop_units": stop, **more}
    return Order(
        account="main", strategy="sma", instrument=GOLD, side=1, type=type, quantity=1_000, time_in_force=tif,
        flags=flags, role=role, lot=lot, **terms,
    )  # fmt: skip


BASE = {"symbol": "GOLD", "direction": "buy", "lot_size": 0.1, "stop_loss": None, "take_profit": None, "magic": 9,
        "comment": "T1-1-7", "strategy": "sma"}  # fmt: skip
#: (type, time in force, flags) → what the body says beyond BASE. Every combination that is not here is refused.
SENT: dict[tuple[int, int, int], dict[str, Any]] = {
    **{(MARKET, tif, flags): {"order_kind": "market", "filling": filling}
       for tif, filling in ((GTC, "auto"), (DAY, "auto"), (IOC, "ioc"), (FOK, "fok")) for flags in (0, REDUCE_ONLY)},
    **{(LIMIT, tif, flags): {"order_kind": "limit", "entry_price": 2640.5, "time": time,
                             "filling": "boc" if flags & POST_ONLY else "auto"}
       for tif, time in ((GTC, "gtc"), (DAY, "day")) for flags in (0, REDUCE_ONLY, POST_ONLY, POST_ONLY | REDUCE_ONLY)},
    **{(STOP, tif, flags): {"order_kind": "stop", "entry_price": 2660, "time": time, "filling": "auto"}
       for tif, time in ((GTC, "gtc"), (DAY, "day")) for flags in (0, REDUCE_ONLY)},
    **{(STOP_LIMIT, tif, flags): {"order_kind": "stop_limit", "entry_price": 2660, "stop_limit_price": 2640.5,
                                  "time": time, "filling": "auto"}
       for tif, time in ((GTC, "gtc"), (DAY, "day")) for flags in (0, REDUCE_ONLY)},
}  # fmt: skip


@pytest.mark.parametrize("tif", TIMES_IN_FORCE)
@pytest.mark.parametrize("type", ORDER_TYPES)
def test_each_type_and_time_in_force_and_flag_is_these_bytes_or_refused(type: int, tif: int) -> None:
    for flags in range(2 ** len(FLAGS)):
        asked, expected = order(type, tif, flags), SENT.get((type, tif, flags))
        assert (unsupported(asked, False) == "") == (expected is not None), (type, tif, flags)
        if expected is not None:
            body = json.loads(open_body(asked, "GOLD", 9, 1_000, 0, None, None))
            assert body == {**BASE, **expected}


def test_what_is_refused_says_which_part_mt5_does_not_have() -> None:
    assert unsupported(order(TRAILING_STOP), True) == "TYPE_NOT_SUPPORTED"
    assert unsupported(order(LIMIT, OPG), True) == unsupported(order(MARKET, CLS), True) == "TIF_NOT_SUPPORTED"
    assert unsupported(order(LIMIT, flags=EXTENDED_HOURS), True) == "FLAG_NOT_SUPPORTED"
    assert unsupported(order(STOP, role=EXIT), True) == "LOT_MISSING"
    assert unsupported(order(STOP, role=EXIT, parent="T1-1-1"), False) == "EXITS_NOT_LINKED"
    assert unsupported(order(MARKET, role=EXIT, parent="T1-1-1", group="T1-1-1"), False, linked=False) == ""
    assert unsupported(order(STOP_LIMIT, role=EXIT, lot="T1-1-1"), True) == "TYPE_NOT_SUPPORTED"
    assert unsupported(order(LIMIT, DAY, role=EXIT, lot="T1-1-1"), True) == "TIF_NOT_SUPPORTED"
    assert unsupported(order(LIMIT, limit_units=0), True) == "PRICE_MISSING"


def test_an_order_at_the_market_says_how_far_its_price_may_move_and_an_exit_says_more() -> None:
    entry, exit = order(), order(role=EXIT)
    points = {"entry": Deviation().of(entry), "exit": Deviation().of(exit), "own": Deviation(5, 7).of(exit)}
    assert points == {"entry": 20, "exit": 100, "own": 7}
    body = open_body(entry, "GOLD", 9, 1_000, 0, None, None, deviation=20)
    assert json.loads(body) == {**BASE, **SENT[MARKET, GTC, 0], "deviation_points": 20}
    assert json.loads(close_body(exit, 7, 500, 100))["deviation_points"] == 100
    # What rests has its price, and so has a limit that closes where the market is already.
    for quiet in (
        open_body(order(LIMIT), "GOLD", 9, 300, 0, None, None, deviation=20),
        open_body(order(LIMIT, role=EXIT), "GOLD", 9, 300, 0, None, None, True, 100),
    ):
        assert "deviation_points" not in json.loads(quiet)


def test_the_bytes_of_what_changes_something() -> None:
    assert close_body(order(), 7, 500) == b'{"ticket":7,"volume":0.05,"comment":"T1-1-7","reason":"entry"}'
    assert modify_body(7, stop_loss=Decimal("2645.5")) == b'{"ticket":7,"stop_loss":2645.5}'
    assert modify_body(7, take_profit=None) == b'{"ticket":7,"take_profit":null}'
    assert cancel_body(7) == b'{"ticket":7}'
    leg = json.loads(open_body(order(LIMIT), "GOLD", 9, 300, 2, Decimal("2600"), None))
    assert (leg["comment"], leg["lot_size"], leg["stop_loss"]) == ("T1-1-7_2", 0.03, 2600)
    long = order(id="A" * 31)
    open_body(long, "GOLD", 9, 300, 0, None, None)
    with pytest.raises(VenueRefused, match="31"):
        open_body(long, "GOLD", 9, 300, 1, None, None)


@given(st.text(ascii_letters + digits + "-", min_size=1, max_size=31), st.integers(0, 99_999))
def test_an_order_is_read_from_its_comment(id: str, leg: int) -> None:
    assert leg_of(comment_of(id, leg)) == (id, leg)


@given(st.text(max_size=40))
def test_no_comment_raises_and_what_is_no_id_is_none(comment: str) -> None:
    id, leg = leg_of(comment)
    assert not id or comment in (comment_of(id, leg), f"{id}_{leg}") or comment.startswith(id + "_0")


def test_a_strategys_number_is_the_same_in_every_run_and_fits() -> None:
    assert magic_of("sma", {}) == magic_of("sma", {}) != magic_of("rsi", {})
    assert 0 <= magic_of("sma", {}) < 2**31 and magic_of("sma", {"sma": 42}) == 42


def test_secrets_do_not_show_and_addresses_are_checked() -> None:
    assert "hush" not in repr(Credentials("hush", 5)) and "***" in repr(Credentials("hush", 5))
    found = Endpoints("https://box:3030")
    assert found.url("price/EUR/USD#", {"q": "a b"}) == "https://box:3030/api/v1/price/EUR/USD%23?q=a+b"
    assert found.stream == "wss://box:3030/api/v1/events"
    for bad in ("box:3030", "http://box/", "ftp://box", "http://box?x", ""):
        with pytest.raises(InputError):
            Endpoints(bad)


#: The reference's example of the first connectors.
FIRST = (
    b'{"success":true,"positions":[{"symbol":"XAUUSD","ticket":123,"direction":"buy","volume":0.10,'
    b'"open_price":2650.50,"sl":2645.00,"tp":null,"open_time":"2025-11-20T20:55:30Z","profit":null}],"error":null}'
)


def test_the_positions_of_the_first_connectors_are_read_exactly() -> None:
    (position,) = read(FIRST, Positions).positions
    assert (position.volume, position.open_price, position.sl) == (Decimal("0.10"), Decimal("2650.50"), Decimal("2645"))
    assert (position.tp, position.name, position.identity) == (None, "XAUUSD", 123)
    with pytest.raises(VenueRefused):
        read(b'{"positions":[]}', Positions)  # no success is not a success


def gold(**more: Any) -> Position:
    return Position("XAUUSD", 1, "buy", Decimal("0.1"), Decimal("2650.5"), Decimal("2645"), **more)


def listed(name: str, base: str = "XAU", profit: str = "USD", **more: Any) -> Listed:
    terms: dict[str, Any] = {
        "visible": True, "digits": 2, "trade_mode": 4, "trade_calc_mode": 4, "trade_exemode": 2, "filling_mode": 3,
        "volume_min": Decimal("0.01"), "volume_max": Decimal(100), "volume_step": Decimal("0.01"),
        "trade_contract_size": Decimal(100), "trade_tick_size": Decimal("0.01"), "trade_tick_value_loss": Decimal(1),
        "currency_base": base, "currency_profit": profit,
    }  # fmt: skip
    return Listed(name=name, **{**terms, **more})


#: The reference's table: the naive figure is wrong by factors of 100 and 100,000.
RISKS = [
    (gold(risk_amount=Decimal("55.00"), risk_known=True), None, "55"),
    (gold(tick_size=Decimal("0.01"), tick_value_loss=Decimal(1)), None, "55"),
    (gold(), listed("XAUUSD"), "55"),
    (Position("EURUSD", 1, "buy", Decimal(1), Decimal("1.1"), Decimal("1.095"), tick_size=Decimal("0.00001"),
              tick_value_loss=Decimal(1)), None, "500"),
    (Position("EURUSD", 1, "sell", Decimal(1), Decimal("1.1"), Decimal("1.095"), tick_size=Decimal("0.00001"),
              tick_value_loss=Decimal(1)), None, "0"),
    (gold(), None, None),
    (gold(tick_size=Decimal(0), tick_value_loss=Decimal(1)), None, None),
    (gold(tick_size=Decimal("NaN"), tick_value_loss=Decimal(1)), None, None),
    (gold(risk_amount=Decimal("NaN"), risk_known=True), None, None),
    (gold(risk_amount=Decimal("1e900"), risk_known=True), None, None),
]  # fmt: skip


@pytest.mark.parametrize(("position", "spec", "risk"), RISKS)
def test_the_risk_of_a_position_is_in_the_accounts_money_or_not_known(
    position: Position, spec: Listed | None, risk: str | None
) -> None:
    assert risk_of(position, spec) == (None if risk is None else int(risk) * 10**18)


def test_the_risk_model_of_the_first_engine_is_there_by_name() -> None:
    assert risk_of(gold(), None, PRICE_DISTANCE) == 55 * 10**16


def test_open_trades_of_the_first_connectors_have_an_estimated_risk() -> None:
    trades = OpenTrades()
    assert trades.symbol("XAUUSD") is None and trades.total() is None and trades.age_ns(5) is None
    trades.update(read(FIRST, Positions).positions, lambda name: "", {}, 1_763_672_130 * 10**9)
    assert trades.content() == {
        "success": True,
        "symbols": [{"symbol": "XAUUSD", "longCount": 1, "shortCount": 0, "totalCount": 1, "estimatedRiskAmount": 75.0,
                     "lastUpdated": "2025-11-20T20:55:30Z"}],
        "global": {"totalOpenTrades": 1, "totalEstimatedRiskAmount": 75.0, "lastUpdated": "2025-11-20T20:55:30Z"},
    }  # fmt: skip
    found = trades.symbol("XAUUSD")
    assert found is not None and not found.risk_known
    assert trades.is_current(trades.updated + 30 * 10**9) and not trades.is_current(trades.updated + 30 * 10**9 + 1)


def book(*symbols: Listed, **given: str) -> SymbolBook:
    found = SymbolBook(given)
    found.list(symbols)
    return found


@pytest.mark.parametrize(
    ("names", "asked", "found"),
    [
        (("XAUUSD",), "XAUUSD", "XAUUSD"),
        (("XAUUSDm",), "XAUUSD", "XAUUSDm"),
        (("XAUUSD.raw",), "XAUUSD", "XAUUSD.raw"),
        (("GOLD",), "XAUUSD", "GOLD"),
        (("GOLD.m",), "XAUUSD", "GOLD.m"),
        (("XAUUSD", "XAUUSDm"), "XAUUSD", "XAUUSD"),
        (("XAUUSDm", "XAUUSDc"), "XAUUSD", None),
        (("XAUUSDM",), "XAUUSD", None),
        (("xauusd",), "XAUUSD", None),
        (("XAUUSDx",), "XAUUSD", None),
        ((), "XAUUSD", None),
    ],
)
def test_a_symbol_is_found_for_certain_or_not_at_all(names: tuple[str, ...], asked: str, found: str | None) -> None:
    symbols = book(*(listed(name) for name in names))
    if found is None:
        with pytest.raises(InputError):
            symbols.find(asked)
    else:
        assert symbols.find(asked).name == found and symbols.ours(found, stems(found)) == asked


def test_the_map_beats_every_rule_and_a_wrong_one_is_an_error() -> None:
    both = (listed("XAUUSD"), listed("XAUUSDm"))
    assert book(*both, XAUUSD="XAUUSDm").find("XAUUSD").name == "XAUUSDm"
    assert book(*both, XAUUSD="XAUUSDm").ours("XAUUSDm") == "XAUUSD"
    with pytest.raises(InputError, match="does not list"):
        book(*both, XAUUSD="nothing").find("XAUUSD")


def test_what_is_hidden_not_tradable_or_of_other_currencies_is_not_it() -> None:
    for other in (
        listed("XAUUSDm", visible=False), listed("XAUUSDm", trade_mode=3), listed("XAUUSDm", profit="EUR"),
        listed("XAUUSDm", base="XAG"),
    ):  # fmt: skip
        with pytest.raises(InputError):
            book(other).find("XAUUSD")
        assert book(other, listed("XAUUSD.i")).find("XAUUSD").name == "XAUUSD.i"


def test_an_instrument_has_the_brokers_increments() -> None:
    found = instrument_of("XAUUSD", "mt5", listed("GOLD", trade_mode=1))
    assert (found.price_scale, found.size_scale, found.contract, found.calendar) == (4, 4, 100, "metals")
    assert found.rules.row() == (100, 100, 100, 1_000_000, 0, 0, False, True)
    assert not instrument_of("XAUUSD", "mt5", listed("GOLD", trade_mode=3)).rules.tradable
    assert instrument_of("US30", "mt5", listed("US30", base="USD")).asset_class == "cfd"
    with pytest.raises(InputError, match="exact money"):
        instrument_of("XAUUSD", "mt5", listed("GOLD", trade_contract_size=Decimal("0.1")))
    with pytest.raises(InputError):
        instrument_of("XAUUSD", "mt5", listed("GOLD", volume_step=Decimal("NaN")))


def test_times_are_exact_and_what_is_none_is_refused() -> None:
    assert moment("2026-03-04T12:00:00.123Z") == 1_772_625_600_123_000_000 == moment("2026-03-04T14:00:00.123+02:00")
    assert moment(None) == moment("") == 0
    assert iso(moment("2026-03-04T12:00:00.123Z")) == "2026-03-04T12:00:00.123Z"
    for bad in ("yesterday", "12", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:00x"):
        with pytest.raises(VenueRefused):
            moment(bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
)
SHAPES = [Positions, Deals, OrderAnswer, shapes.Orders, shapes.Health, shapes.Listing, shapes.Price, shapes.Summary]


@given(st.sampled_from(SHAPES), st.one_of(st.binary(max_size=200), JSON.map(lambda one: json.dumps(one).encode())))
def test_garbage_is_unreadable_and_never_another_error(shape: type, body: bytes) -> None:
    refused: VenueRefused | None = None
    try:
        read(body, shape)
    except VenueRefused as error:
        refused = error
    assert refused is None or refused.code == "UNREADABLE"
