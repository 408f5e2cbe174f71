"""What of a strategy's words trades in the shadow, case by case, on markets a reader can follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.backtest.markets import DAY, bars, pair, quotes, share
from tradewright.backtest.data import Dataset
from tradewright.backtest.run import ACCOUNT, Result, RunOptions, run
from tradewright.backtest.strategy_source import Specified, specifications
from tradewright.core.limits import limits_from
from tradewright.model.control import HALTED, REDUCING, TradingStateSet
from tradewright.model.event import RESERVED, Event
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.numbers import MONEY_ONE
from tradewright.model.score import ShadowMatched, StrategiesWeighed

#: At the n-th bar the n-th word is said: an action, then what goes with it.
STRATEGIES = """
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.strategy import Strategy


class Says(Strategy):
    words: str = ""
    shorts: bool = False
    threshold: float = 0.5
    count: int = 0

    def on_bar(self, bar):
        words = self.words.split()
        word = words[self.count] if self.count < len(words) else "."
        self.count += 1
        self.do(word, bar)

    def on_quote(self, quote):
        self.on_bar(quote)

    def do(self, word, bar):
        name, _, number = word.partition(":")
        match name:
            case "buy":
                self.buy(size=number or 10)
            case "sell":
                self.sell(size=number or 10)
            case "percent":
                self.buy(percent=float(number), at_fill=True)
            case "guarded":
                self.buy(size=10, stop_loss=float(number))
            case "limit":
                self.buy(size=10, limit=float(number))
            case "close":
                self.close(size=number or None)
            case "up":
                self.signal("BUY", float(number or 1), "up")
            case "down":
                self.signal("SELL", float(number or 1), "down")
            case "hold":
                self.signal("HOLD", 0, "wait")
            case "raise":
                self.buy(size=10)
                raise ValueError("no")


class Both(Ensemble):
    members = {
        "up": {"ref": ":Says", "parameters": {"words": "up . . down:0.1 . . ."}},
        "down": {"ref": ":Says", "parameters": {"words": "down . hold . up:0 . ."}},
    }
    threshold = 0.9
    max_age_seconds = 10_000_000
"""
PRICES = (100.0, 102.0, 104.0, 103.0, 101.0, 99.0, 97.0, 98.0)


class Records:
    """A journal in memory."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []

    def append(self, record: bytes, time: int) -> None:
        self.rows.append(msgspec.json.decode(record))

    def fills(self) -> list[tuple[int, int, int]]:
        """Of the shadow: side, size and price counts."""
        sides = {order[0]: order[4] for row in self.rows if row[0] == 60 for order in row[7]}
        return [(sides[row[2]], row[6], row[5]) for row in self.rows if row[0] == 12 and row[2].startswith("sh")]

    def refusals(self) -> list[str]:
        """Of the shadow's decisions: the codes of what was refused."""
        found = [row for row in self.rows if row[0] == 60 and row[3].startswith("paper:") and not row[6]]
        return [check[0] for row in found for check in row[8] if not check[1]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strategies") / "says.py"
    path.write_text(STRATEGIES)
    return path


def says(file: Path, words: str, **more: Any) -> list[Specified]:
    return specifications(f"{file}:Says", ACCOUNT, ("ACME",), {"words": words, **more})


def market(prices: tuple[float, ...] = PRICES, instrument: Instrument | None = None) -> Dataset:
    listed = instrument or share()
    return Dataset([listed], [bars(listed, prices)])


def played(
    specified: list[Specified], data: Dataset | None = None, shadow: dict[str, Any] | None = None, **more: Any
) -> tuple[Result, Records]:
    """A run with a shadow of 1,000 a position and no slippage to speak of."""
    records = Records()
    terms = {"valuePerPosition": 1_000, "slippage": "none", **(shadow or {})}
    given = RunOptions(shadow=terms, journal=records, **more)  # type: ignore[arg-type]
    return run(specified, data or market(), given), records


def matches(result: Result) -> list[ShadowMatched]:
    return [event for event in result.shadow if isinstance(event, ShadowMatched)]


BUY, SELL = 1, -1


@pytest.mark.parametrize(
    ("words", "fills"),
    [
        # 1,000 at 100 are ten, bought at the close of the next bar; nothing more while it is held.
        ("buy buy . . close", [(BUY, 10, 10200), (SELL, 10, 9900)]),
        # A sale of what is held is a close; one of more, or of nothing, turns it.
        ("buy:7 . sell:7", [(BUY, 10, 10200), (SELL, 10, 10300)]),
        ("buy:7 . sell:8", [(BUY, 10, 10200), (SELL, 10, 10300), (SELL, 9, 10300)]),
        ("sell . . buy:20", [(SELL, 10, 10200), (BUY, 10, 10100), (BUY, 9, 10100)]),
        # Closing a part closes the same part: four of eight is half.
        ("buy:8 . close:4 . close", [(BUY, 10, 10200), (SELL, 5, 10300), (SELL, 5, 9900)]),
        # Where an opening would wait is left out.
        ("limit:50 . .", [(BUY, 10, 10200)]),
        # Signals, as the policy acts on them.
        ("up . down . up", [(BUY, 10, 10200), (SELL, 10, 10300), (BUY, 9, 9900)]),
        ("up:0.4 hold up:0.6 down:0.1", [(BUY, 9, 10300), (SELL, 9, 10100)]),
        # A stop goes along: it is reached within the fall from 101 to 99.
        ("guarded:100.5 . . . . . .", [(BUY, 10, 10200), (SELL, 10, 10050)]),
        # What raised wanted nothing.
        ("buy raise . . .", [(BUY, 10, 10200)]),
    ],
)
def test_what_is_said_is_traded_at_the_next_close(file: Path, words: str, fills: list[tuple[int, int, int]]) -> None:
    _, records = played(says(file, words))
    assert records.fills() == fills
    assert records.refusals() == []


def test_a_signal_turned_with_each_bar_turns_the_position_with_each_close(file: Path) -> None:
    _, records = played(says(file, "up down up down", shorts=True))
    assert [side for side, _, _ in records.fills()] == [BUY, SELL, SELL, BUY, BUY, SELL, SELL]


def test_with_shorts_a_signal_turns_the_position(file: Path) -> None:
    _, records = played(says(file, "up . down", shorts=True))
    assert records.fills() == [(BUY, 10, 10200), (SELL, 10, 10300), (SELL, 9, 10300)]


@pytest.mark.parametrize("words", ["buy . sell:30", "up . down"])
def test_where_the_account_can_not_be_short_the_shadow_is_flat(file: Path, words: str) -> None:
    _, records = played(says(file, words, shorts=True), kind="cash")
    assert records.fills() == [(BUY, 10, 10200), (SELL, 10, 10300)]
    assert records.refusals() == []


def test_where_the_instrument_can_not_be_sold_short_the_shadow_is_flat(file: Path) -> None:
    listed = share()
    listed.rules = OrderRules(1, 1, shortable=False)
    _, records = played(says(file, "up . down", shorts=True), market(instrument=listed))
    assert records.fills() == [(BUY, 10, 10200), (SELL, 10, 10300)]


def test_a_close_counts_also_where_the_opening_was_refused(file: Path) -> None:
    result, records = played(says(file, "buy . . close ."), limits={"maxOrderValue": 1})
    assert result.orders == 0
    assert records.fills() == [(BUY, 10, 10200), (SELL, 10, 10100)]


def test_an_exit_by_default_guards_the_shadow_too(file: Path) -> None:
    """Two percent below 102.00 are 99.96: reached in the bar from 101 to 99."""
    _, records = played(says(file, "buy . . . . . ."), exits={"stopLossPercent": 2}, limits={"maxOrderValue": 1})
    assert records.fills() == [(BUY, 10, 10200), (SELL, 10, 9996)]


def test_members_trade_by_their_signals_and_are_a_group_of_their_own(file: Path) -> None:
    specified = specifications(f"{file}:Both", ACCOUNT, ("ACME",), {})
    result, records = played(specified)
    sides = {order[0]: (order[2], order[4]) for row in records.rows if row[0] == 60 for order in row[7]}
    traded = [sides[row[2]] for row in records.rows if row[0] == 12 and row[2].startswith("sh")]
    # `up` is long, and turns on a signal of any confidence; `down` is short, and one of none opens nothing.
    assert traded == [("Both.down", SELL), ("Both.up", BUY), ("Both.up", SELL), ("Both.up", SELL), ("Both.down", BUY)]
    assert result.orders == 0, "the ensemble found no majority"
    groups = {event.group: [weight.strategy for weight in event.weights] for event in result.shadow
              if isinstance(event, StrategiesWeighed)}  # fmt: skip
    assert groups == {"": ["Both"], "Both": ["Both.down", "Both.up"]}


def test_with_quotes_a_fill_is_at_what_is_shown(file: Path) -> None:
    listed = share()
    data = Dataset([listed], [quotes(listed, PRICES, 19_723 * DAY, 60 * 10**9)])
    _, records = played(says(file, "buy . . close . ."), data)
    assert records.fills() == [(BUY, 9, 10003), (SELL, 9, 10300)]


def test_fees_are_those_of_the_account_and_slippage_its_own(file: Path) -> None:
    from tradewright.sim.models import Models

    result, _ = played(
        says(file, "buy . . . close ."),
        shadow={"slippage": "ticks:5"},
        models=Models(fee="bps:10", slippage="ticks:50"),
    )
    (match,) = matches(result)
    assert (match.buy_units, match.sell_units, match.size) == (10205, 9895, 10)
    pnl, fees = 10 * -310 * 10**16, 10 * (102_05 + 98_95) * 10**16 * 10 // 10_000
    assert (match.pnl, match.fees, match.net) == (pnl, fees, pnl - fees)


def test_a_share_taken_at_the_fill_is_scaled_by_the_weight(file: Path) -> None:
    """Two days' gains of `good` weigh it up; the next opening takes as much more of equity."""
    path = file
    words = "buy . close . buy . close . buy . close . percent:10 ."
    prices = tuple(100.0 + 2 * at for at in range(14))
    good = specifications(f"{path}:Says", ACCOUNT, ("ACME",), {"words": words}, "good")
    idle = specifications(f"{path}:Says", ACCOUNT, ("ACME",), {"words": ""}, "idle")
    result, records = played(good + idle, market(prices), {"changePercent": 10, "equalPercent": 0})
    decision = [row for row in records.rows if row[0] == 60 and row[3] == ACCOUNT][-1]
    weighed = [event for event in result.shadow if isinstance(event, StrategiesWeighed) and event.time <= decision[1]]
    factor = weighed[-1].weights[0].factor_ppm
    assert factor > 1_300_000
    assert decision[7][0][17] == 100_000 * factor // 1_000_000, "the share that the exchange asks for at the fill"


def test_its_own_orders_never_fill_in_a_bar_that_was_known(file: Path) -> None:
    """An order that a fill inside a bar brings about has no part in that bar."""
    text = (
        STRATEGIES
        + """

class Reacts(Says):
    def on_fill(self, fill):
        self.sell(size=30)
"""
    )
    path = file.with_name("reacts.py")
    path.write_text(text)
    specified = specifications(f"{path}:Reacts", ACCOUNT, ("ACME",), {"words": "buy"})
    _, records = played(specified)
    # The buy fills really at the open of the second bar; what that brings about fills at the close of the third.
    assert records.fills()[:2] == [(BUY, 10, 10200), (SELL, 10, 10400)]


def test_a_run_is_the_same_with_the_order_of_its_strategies_changed(file: Path) -> None:
    one = specifications(f"{file}:Says", ACCOUNT, ("ACME",), {"words": "buy . close buy . close"}, "one")
    two = specifications(f"{file}:Says", ACCOUNT, ("ACME",), {"words": "sell . . close sell . close"}, "two")
    results = [played(specified)[0] for specified in (one + two, two + one)]
    assert results[0].tables == results[1].tables
    assert results[0].tables["strategy_weights_latest"]


def test_an_account_that_only_reduces_does_not_stop_its_shadow(file: Path) -> None:
    """The first trade loses more than the day may: the real account opens nothing more, the shadow goes on."""
    prices = (100.0, 100.0, 100.0, 95.0, 95.0, 96.0, 97.0, 98.0, 99.0, 99.0)
    listed = share()
    data = Dataset([listed], [bars(listed, prices, period=3_600 * 10**9)])
    result, records = played(says(file, "buy . . close . . buy . close ."), data, limits={"maxDailyLoss": 20})
    assert result.denials["TRADING_STATE"][0] == 1
    assert len(result.fills) == 2
    assert [side for side, _, _ in records.fills()] == [BUY, SELL, BUY, SELL]
    assert records.refusals() == []


class Interrupted:
    """A dataset with an input of another kind before its second bar."""

    def __init__(self, whole: Dataset, event: Event) -> None:
        self.whole = whole
        self.event = event

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def events(self) -> Iterator[Any]:
        for at, bar in enumerate(self.whole.events()):
            if at == 1:
                yield self.event
            yield bar


SCOPES = ("all", "owner:main", "venue:paper", "account:main", "strategy:Says", "symbol:ACME", "currency:USD")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_that_opens_nothing_more_does_not_stop_the_shadow(file: Path, scope: str) -> None:
    """Set between an opening and its fill: the real one is cancelled, the shadow's fills, and so do all behind it."""
    state = TradingStateSet(19_723 * DAY + DAY, scope, REDUCING, "ann", "a test")
    result, records = played(says(file, "buy . close . buy . close ."), Interrupted(market(), state))  # type: ignore[arg-type]
    assert result.fills == []
    assert result.denials["TRADING_STATE"][0] > 0
    assert [side for side, _, _ in records.fills()] == [BUY, SELL, BUY, SELL]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_limit_of_any_scope_binds_the_real_account_alone(file: Path, scope: str) -> None:
    """Room for one real position: the shadow's takes none of it, and is not bound by it."""
    tight = {scope: limits_from({"maxOrderValue": 1})}
    _, records = played(says(file, "buy . close . buy . close ."), scopes=tight)
    assert len(records.fills()) == 4
    room = {scope: limits_from({"maxTotalExposure": 1_500, "maxOpenPositions": 1})}
    result, _ = played(says(file, "buy . buy:4 close ."), scopes=room)
    assert (len(result.fills), result.denied) == (3, 0)


def test_what_the_policy_can_not_act_on_trades_nowhere(file: Path) -> None:
    """The signal was stated; acting on it raised, so nothing of the callback counts."""
    text = (
        STRATEGIES
        + """

class Wrong(Says):
    percent: float = -1.0
"""
    )
    path = file.with_name("wrong.py")
    path.write_text(text)
    result, records = played(specifications(f"{path}:Wrong", ACCOUNT, ("ACME",), {"words": "up"}))
    assert "percent" in result.halted["Wrong"]
    assert records.fills() == []


def test_a_halted_strategy_s_word_that_was_given_still_counts(file: Path) -> None:
    """What it said before it was halted trades in the shadow; it says nothing more."""
    halt = TradingStateSet(19_723 * DAY + DAY, "strategy:Says", HALTED, "ann", "a test")
    result, records = played(says(file, "buy . close"), Interrupted(market(), halt))  # type: ignore[arg-type]
    assert result.fills == []
    assert records.fills() == [(BUY, 10, 10200)]


def test_what_waits_for_its_cycle_trades_with_it_and_reserves_what_it_will_order(file: Path) -> None:
    """Signals are acted on every other day, here and in the shadow; a place is kept for the weighted size."""
    prices = tuple(100.0 + 2 * at for at in range(12)) + (124.0,) * 6
    words = "up . . down . up . . down . up . . down . up . ."
    good = says(file, words)
    waits = [(spec._replace(decide_on="cycle", cycle_seconds=2 * 86_400), found) for spec, found in good]
    idle = specifications(f"{file}:Says", ACCOUNT, ("ACME",), {"words": ""}, "idle")
    limits = {"tradepicker.maxOpenPositions": 3, "tradepicker.reserveOnOpen": True}
    terms = {"equalPercent": 0, "changePercent": 100, "shrinkDays": 0}
    _, records = played(waits + idle, market(prices), terms, limits=limits)
    places = [row for row in records.rows if row[0] == RESERVED]
    decisions = [row for row in records.rows if row[0] == 60 and row[3] == ACCOUNT and row[7][0][16] == "entry"]
    assert places and places[-1][9] is True
    assert "× weight 2 (of " in decisions[-1][15]
    assert places[-1][7] == decisions[-1][7][0][6] > 0, "at an unchanged price"
    assert places[-1][1] < decisions[-1][1]
    told = {row[1] for row in records.rows if row[0] == 60 and row[3].startswith("paper:")}
    assert told and all(time % (2 * DAY) == 0 for time in told), "the shadow waits too"


@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_one_position_for_each_strategy_and_symbol_also_beside_a_hedging_account(file: Path, mode: str) -> None:
    """There a sale opens a short of its own beside the long; in the shadow it turns the position."""
    result, records = played(says(file, "buy:10 . sell:30 . ."), mode=mode)
    assert records.fills() == [(BUY, 10, 10200), (SELL, 10, 10300), (SELL, 9, 10300)]
    assert result.positions == {"ACME": -20}
    alone = specifications(f"{file}:Says", ACCOUNT, ("ACME",), {"words": "buy . . . close"}, "other")
    _, beside = played(says(file, "sell . . . close") + alone, mode=mode)
    assert [side for side, _, _ in beside.fills()] in ([BUY, SELL, SELL, BUY], [SELL, BUY, BUY, SELL])
    assert beside.refusals() == []


def test_values_results_and_fees_are_in_the_account_s_currency(file: Path) -> None:
    """A share of EURJPY in an account of dollars: 1,000 USD at 150 yen a dollar and 160 yen a euro are 937.5 euro."""
    from tradewright.sim.models import Models

    dollar, euro = pair("USDJPY", 0), pair("EURJPY", 1)
    data = Dataset([dollar, euro], [bars(dollar, (150.0,) * 8), bars(euro, (160.0, 160.0, 165.0, 170.0) * 2)])
    specified = specifications(f"{file}:Says", ACCOUNT, ("EURJPY",), {"words": "buy . close . ."})
    result, records = played(specified, data, models=Models(fee="bps:30"))
    assert records.fills() == [(BUY, 93_750, 1_600_000), (SELL, 93_750, 1_700_000)]
    (match,) = matches(result)
    assert (match.pnl, match.currency) == (9_375 * MONEY_ONE, "JPY")
    fees = [937_500 * price * 30 * MONEY_ONE // 10_000 // 1_000 // 150 for price in (160, 170)]
    assert match.fees == sum(fees)
    assert match.net == 9_375 * MONEY_ONE // 150 - match.fees
    assert result.tables["strategy_perf_latest"][0]["unpriced"] == 0
