"""The exchange's own books under any traffic: money and size are conserved, and a seed decides every report."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.project import ROOT, SRC, build_of
from tests.sim.traffic import MINUTE, Traffic, digest
from tests.sim.venue import Venue, share, short
from tradewright.model.command import Approved, Cancel, Submit
from tradewright.model.errors import ContractError
from tradewright.model.event import ACCEPTED, CANCELLED, EXPIRED, REJECTED
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, MarketEvent, QuoteBar
from tradewright.model.order import LIMIT, MARKET, REDUCE_ONLY, STOP, Order
from tradewright.model.report import Fill, Replaced
from tradewright.model.rng import Rng
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models

SEEDS = st.integers(0, 2**32 - 1)


def fills_of(traffic: Traffic, events: int) -> list[tuple[Order, Fill]]:
    """The distinct fills in the reports, with their orders; a query says a fill again."""
    seen: dict[str, tuple[Order, Fill]] = {}
    for report in traffic.reports(events):
        if isinstance(report, Fill):
            seen.setdefault(report.trade_id, (traffic.orders[report.order_id], report))
    return list(seen.values())


@given(SEEDS)
def test_money_and_size_are_conserved_to_the_last_unit(seed: int) -> None:
    traffic = Traffic(seed)
    cash = {"net": {"USD": 10**24}, "hedge": {"USD": 10**24}}
    sizes: dict[tuple[str, str], int] = {}
    for order, fill in fills_of(traffic, 60):
        instrument, money = order.instrument, cash[order.account]
        worth = order.side * fill.price_units * fill.size_units * instrument.money_factor
        money["USD"] = money.get("USD", 0) - worth
        money[fill.fee_currency] = money.get(fill.fee_currency, 0) - fill.fee
        key = (order.account, instrument.symbol)
        sizes[key] = sizes.get(key, 0) + order.side * fill.size_units
    for account in cash:
        balances, positions = traffic.exchange.balances(account), traffic.exchange.positions(account)
        assert balances["USD"] == cash[account]["USD"]
        assert balances.get("BNB", 0) == cash[account].get("BNB", 0)
        for symbol in ("AAA", "BBB", "CCC"):
            # A fee in the base currency is paid in size (one count is 10^18 money) or from the currency's cash.
            owned = positions.get(symbol, 0) * 10**18 + balances.get(symbol, 0)
            assert owned == sizes.get((account, symbol), 0) * 10**18 + cash[account].get(symbol, 0)


@given(SEEDS)
def test_lots_add_up_to_positions_and_fees_to_what_was_paid(seed: int) -> None:
    traffic = Traffic(seed)
    paid: dict[tuple[str, str], int] = {}
    for order, fill in fills_of(traffic, 60):
        paid[order.account, fill.fee_currency] = paid.get((order.account, fill.fee_currency), 0) + fill.fee
    for account in ("net", "hedge"):
        assert {k: v for k, v in traffic.exchange.fees(account).items() if v} == {
            currency: fee for (name, currency), fee in paid.items() if name == account and fee
        }
    sums: dict[str, int] = {}
    for symbol, _, side, size in traffic.exchange.lots("hedge"):
        assert size > 0
        sums[symbol] = sums.get(symbol, 0) + side * size
    assert {symbol: size for symbol, size in sums.items() if size} == traffic.exchange.positions("hedge")


@given(SEEDS)
def test_orders_live_by_the_rules_whatever_happens(seed: int) -> None:
    traffic = Traffic(seed)
    ended: set[str] = set()
    known: set[str] = set()
    net: dict[str, int] = {}
    trades: set[str] = set()
    now = 0
    for report in traffic.reports(60):
        assert report.time >= now
        # Changes of one instant are told apart by a nanosecond each.
        apart = 60 if isinstance(report, Replaced) else 0
        assert report.time_venue <= report.time + apart
        now = report.time
        if isinstance(report, Fill) and report.trade_id not in trades:
            trades.add(report.trade_id)
            order = traffic.orders[report.order_id]
            assert report.order_id not in ended, "a fill after the end"
            assert report.order_id in known, "a fill before the order was accepted"
            assert report.size_units > 0
            if order.account == "net":
                before = net.get(order.instrument.symbol, 0)
                net[order.instrument.symbol] = before + order.side * report.size_units
                if order.flags & REDUCE_ONLY and "received" not in traffic.models.texts[0]:
                    assert 0 <= (before + order.side * report.size_units) * (1 if before > 0 else -1) < abs(before)
        elif report.kind == ACCEPTED:
            known.add(report.order_id)
        elif report.kind in (CANCELLED, EXPIRED) or (report.kind == REJECTED and report.code != "DUPLICATE_ORDER_ID"):
            ended.add(report.order_id)
    for working in traffic.exchange.working_orders():
        assert working.order.id not in ended
        assert working.filled < working.quantity


@given(SEEDS)
def test_a_limit_is_never_passed(seed: int) -> None:
    traffic = Traffic(seed)
    limits: dict[str, list[int]] = {id: [] for id in traffic.orders}
    for report in traffic.reports(60):
        line = short(report)
        if line[0] == "replaced":
            limits.setdefault(report.order_id, []).append(int(str(line[3])))
        elif isinstance(report, Fill):
            order = traffic.orders[report.order_id]
            if order.type in (LIMIT, 4):
                worst = [order.limit_units, *limits.get(report.order_id, [])]
                assert order.side * report.price_units <= max(order.side * limit for limit in worst)


def test_what_does_not_fit_is_an_error_and_not_a_wrap() -> None:
    venue = Venue()
    for number in range(2):
        venue.buy(str(number), 2**62 - 1)
    with pytest.raises(OverflowError):
        venue.bar(0, 1, 1, 1, 1)
    venue = Venue(Instrument("BIG", "sim", "equity", "BIG", "USD", 0, 0))
    venue.buy("a", 2**62 - 1)
    with pytest.raises(OverflowError, match="128-bit money"):
        venue.bar(0, *[2**53 - 1] * 4)


def test_a_call_must_be_drawn_to_its_end() -> None:
    venue = Venue()
    venue.buy("b", 1)
    next(venue.exchange.due(0))
    with pytest.raises(ContractError, match="not drawn to the end"):
        venue.exchange.due(0)
    with pytest.raises(ContractError, match="open already"):
        venue.exchange.open_account("main")
    with pytest.raises(ContractError, match="neither netting nor hedging"):
        venue.exchange.open_account("other", "both")


@pytest.mark.parametrize("seed", range(6))
def test_the_same_seed_gives_the_same_reports(seed: int) -> None:
    assert digest(seed, 200) == digest(seed, 200)
    assert digest(seed, 200) != digest(seed + 100, 200)


def test_both_builds_say_the_same_to_the_last_bit() -> None:
    here = build_of("tradewright.sim.exchange.exchange")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "COVERAGE_RUN")}
    if here == "compiled":
        environment["PYTHONPATH"] = str(SRC)
    code = (
        "from tests.project import build_of; from tests.sim.traffic import digest;"
        "print(build_of('tradewright.sim.exchange.exchange'), *(digest(seed, 150) for seed in range(40)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100
    )
    assert ran.returncode == 0, ran.stderr
    if ran.stdout.split()[0] == here:
        pytest.skip("the other build is not installed here")
    assert ran.stdout.split()[1:] == [digest(seed, 150) for seed in range(40)]


@given(SEEDS)
def test_the_short_way_of_a_quiet_bar_changes_nothing(seed: int) -> None:
    """A quote bar without a spread has no short way; the same prices must give the same fills."""
    instrument = share()
    outcomes = []
    for quoted in (False, True):
        rng = Rng(seed)
        exchange = Exchange(Models(fill=("next_open", "touch:ohlc:through")[seed % 2]), Rng(seed))
        exchange.open_account("main")
        lines = []
        price = 10_000
        for index in range(40):
            prices = [price + rng.below(61) - 30 for _ in range(4)]
            bar = (prices[0], max(prices), min(prices), prices[3])
            begin, end = index * MINUTE, (index + 1) * MINUTE
            event: MarketEvent = (
                QuoteBar(end, instrument, begin, *bar, *bar) if quoted else Bar(end, instrument, begin, *bar, 0)
            )
            lines += [(short(report), report.time_venue) for report in exchange.run(event)]
            price = prices[3]
            for number in range(rng.below(3)):
                type, side = (MARKET, LIMIT, STOP)[rng.below(3)], 1 - 2 * rng.below(2)
                away = price + rng.below(121) - 60
                order = Order(f"{index}.{number}", "main", "s", instrument, side, type, 5, away, away)
                exchange.execute(Submit(end, Approved(order)))
            if index > 2 and rng.below(3) == 0:
                exchange.execute(Cancel(end, f"{index - 2}.0"))
            lines += [(short(report), report.time_venue) for report in exchange.due(end)]
        outcomes.append(lines)
    assert outcomes[0] == outcomes[1]
    assert any(line[0][0] == "filled" for line in outcomes[0])
