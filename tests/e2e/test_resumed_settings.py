"""A home that is taken up again with other settings than it was left with: what is off now is said, and money put in
once stays that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.markets import bars
from tradewright.app.demo import ACCOUNT, DemoOptions, Session
from tradewright.app.settings import Settings
from tradewright.app.summary import session_row
from tradewright.backtest.data import ReadOptions, load
from tradewright.backtest.report import report
from tradewright.backtest.run import RunOptions, run
from tradewright.backtest.strategy_source import specifications
from tradewright.core.limits import limits_from
from tradewright.model.errors import InputError
from tradewright.model.numbers import money_of


@contextmanager
def session(options: DemoOptions) -> Iterator[Session]:
    found = Session(options, lambda event, outcome: None)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def options(tmp_path: Path) -> DemoOptions:
    data = bars(tmp_path / "bars.csv", count=60)
    return DemoOptions(folder=tmp_path / "home", files=[data], cash="5000")


def test_limits_that_a_later_start_does_not_set_are_off_and_said_to_be(options: DemoOptions) -> None:
    scopes = {"all": {"maxOrderValue": 1}, f"account:{ACCOUNT}": {"maxDrawdown": 0.3}}
    limited = replace(options, scopes={scope: limits_from(values) for scope, values in scopes.items()})
    with session(limited) as first:
        assert first.machine.remarks == []
    with session(limited) as same:
        assert same.machine.remarks == []
    with session(options) as later:
        (remark,) = later.machine.remarks
    assert remark == (f"set at the last start and off since this one: account:{ACCOUNT} maxDrawdown, all maxOrderValue")


def test_a_session_that_a_later_start_does_not_name_is_over(options: DemoOptions, tmp_path: Path) -> None:
    settings = Settings(ACCOUNT, ACCOUNT)
    settings.session = {"userId": ACCOUNT, "maxPositions": 3}
    with session(replace(options, settings=settings)) as first:
        named = session_row(first.machine.trader.engine)
    with session(options) as later:
        unnamed = session_row(later.machine.trader.engine)
        assert any(f"the session of {ACCOUNT}" in remark for remark in later.machine.remarks)
    assert named
    assert unnamed != named


def test_money_is_put_in_once_and_profit_is_counted_from_it(options: DemoOptions) -> None:
    with session(options) as first:
        assert first.deposited() == money_of("5000", "cash")
    with session(replace(options, cash="100000")) as later:
        assert later.deposited() == money_of("5000", "cash")
        assert later.machine.trader.engine.ledger.cash[ACCOUNT] == {"USD": money_of("5000", "cash")}
        assert later.machine.remarks == []
    with session(replace(options, cash="7000")) as other:
        assert other.machine.remarks == ["--cash 7000 is not put in: this home began with 5000 USD"]


@pytest.mark.parametrize(
    ("scope", "said"),
    [("account:main", "no account 'main' in this run; there is paper"), ("venue:nowhere", "no venue 'nowhere'")],
)
def test_limits_of_an_account_that_is_not_there_are_refused_before_anything_is_written(
    options: DemoOptions, scope: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Session(replace(options, scopes={scope: limits_from({"maxOrderValue": 1})}), lambda event, outcome: None)
    assert not options.folder.exists()


@pytest.mark.parametrize(
    ("scope", "missing"),
    [
        ("strategy:SMA_cross", "strategy 'SMA_cross'"),
        ("symbol:btcusd", "symbol 'btcusd'"),
        ("sector:steel", "sector 'steel'"),
        ("currency:XYZ", "currency 'XYZ'"),
        (f"account:{ACCOUNT}/symbol:NOPE", "symbol 'NOPE'"),
    ],
)
def test_limits_that_bind_nothing_in_a_run_are_said_to(options: DemoOptions, scope: str, missing: str) -> None:
    """One file may be meant for several runs, so it is no error."""
    with session(replace(options, scopes={scope: limits_from({"maxOrderValue": 1})})) as limited:
        assert limited.machine.remarks == [
            f"what is set for {scope} binds nothing here: there is no {missing} in this run"
        ]


def test_limits_of_an_owner_who_does_not_trade_here_are_no_mistake(options: DemoOptions) -> None:
    with session(replace(options, scopes={"owner:ann": limits_from({"maxOrderValue": 1})})) as other:
        assert other.machine.remarks == []


def test_a_backtest_says_it_too(options: DemoOptions) -> None:
    data = load(options.files, ReadOptions())
    symbols = tuple(instrument.symbol for instrument in data.instruments)
    scopes = {"symbol:NOPE": limits_from({"maxOrderValue": 1})}
    result = run(specifications("sma_cross", "main", symbols, {}), data, RunOptions(scopes=scopes))
    assert report(result).remarks[0] == (
        "what is set for symbol:NOPE binds nothing here: there is no symbol 'NOPE' in this run"
    )


@pytest.mark.parametrize("scope", ["all", "account:main", "account:main/symbol:ACME"])
def test_a_market_whose_sessions_nobody_knows_is_said_to_be_always_open(tmp_path: Path, scope: str) -> None:
    """Data files name no sessions: a share of theirs is open at all times. So is a crypto pair, by its nature."""
    both = ("ACME", "BTCUSD")
    data = load(bars(tmp_path / "both.csv", 60, both), ReadOptions())
    asking = {scope: limits_from({"requireMarketSession": True})}
    result = run(specifications("sma_cross", "main", both, {}), data, RunOptions(scopes=asking))
    assert report(result).remarks[0] == (
        "requireMarketSession refuses nothing in ACME: without a calendar a market counts as always open"
    )
    coins = load(bars(tmp_path / "coins.csv", 60, ("BTCUSD",)), ReadOptions())
    alone = specifications("sma_cross", "main", ("BTCUSD",), {})
    assert not run(alone, coins, RunOptions(scopes={"all": limits_from({"requireMarketSession": True})})).unbound
