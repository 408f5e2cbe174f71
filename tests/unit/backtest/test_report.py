"""The report: its figures, its text, its files, and that a run can be repeated."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.project import COMPILED_ALONE
from tests.unit.backtest.markets import DAY, MINUTE, START, TRADERS, bars, market, pair, play, share, walk
from tradewright.backtest.curve import Curve
from tradewright.backtest.data.options import SECOND
from tradewright.backtest.picture import equity_svg
from tradewright.backtest.report import Report, report
from tradewright.backtest.run import ACCOUNT, RunOptions, run
from tradewright.backtest.strategy_source import specification
from tradewright.backtest.terminal import equity_picture
from tradewright.model.errors import InputError
from tradewright.model.numbers import money_float
from tradewright.sim.models import Models

CLOSES = [10.0, 11.0, 12.0, 9.0, 8.0, 10.0]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def busy() -> Report:
    """Two shares, some hundred fills, something held at the end."""
    both = market(bars(share("ACME", 0), walk(21, 300, 50)), bars(share("BOLT", 1), walk(22, 250, 80)))
    return report(play(both, "Dice", RunOptions(cash="10000", models=Models(fee="bps:10")), size_each="3"))


def test_row_by_hand() -> None:
    """Ten bought at 10 and sold at 9, a dollar each time; the market went from 10 to 10."""
    options = RunOptions(cash="1000", models=Models(fee="per_order:1"))
    row = report(play(market(bars(share(), CLOSES)), "Script", options, words="+10 . . -10")).row()
    statistics = row.pop("statistics")
    state_hash = row.pop("stateHash")
    assert re.fullmatch("[0-9a-f]{64}", state_hash)
    assert row == {
        "from": "2024-01-02T00:00:00Z", "to": "2024-01-07T00:00:00Z", "events": 6, "orders": 2, "fills": 2, "denied": 0,
        "rejected": 0, "trades": 1, "currency": "USD", "startEquity": "1000", "equity": "988", "pnl": "-12",
        "fees": {"USD": "2"}, "cash": {"USD": "988"},
        "symbols": {"ACME": {"fills": 2, "trades": 1, "winRate": 0.0, "position": "0", "pnl": -12.0}},
        "strategies": {"Script": {"fills": 2, "trades": 1, "winRate": 0.0, "net": -12.0}},
        "remarks": [], "denials": {}, "halted": {}, "final": "mark_close", "seed": 1,
        "models": {
            "fee": "per_order:1", "slippage": "none", "latency": "none", "partial": "none", "fill": "next_open",
            "queue": "none",
        },
    }  # fmt: skip
    assert statistics["convention"] == "tradewright"
    assert (statistics["timeStart"], statistics["timeEnd"]) == (row["from"], row["to"])
    assert (statistics["equityStart"], statistics["equityPeak"], statistics["equityFinal"]) == (1000.0, 1019.0, 988.0)
    assert statistics["drawdownMax"] == pytest.approx(-31 / 1019)
    assert statistics["drawdownDurationMaxSeconds"] == 3 * 86_400
    assert (statistics["tradeCount"], statistics["winRate"], statistics["worstTrade"]) == (1, 0.0, -0.12)
    assert statistics["exposure"] == pytest.approx(4 / 6)
    assert statistics["buyAndHold"] == 0.0
    assert statistics["profitFactor"] == 0.0
    assert statistics["sqn"] is None


def test_symbols_add_up_to_the_account(busy: Report) -> None:
    assert [totals.position != 0 for totals in busy.symbols] == [True, True]
    assert sum(totals.pnl for totals in busy.symbols) == pytest.approx(money_float(busy.pnl), rel=1e-12)
    assert sum(totals.fills for totals in busy.symbols) == len(busy.result.fills)
    assert sum(totals.trades for totals in busy.symbols) == len(busy.trades)


def test_strategies_of_one_account_have_a_line_each() -> None:
    """Each makes what it makes alone, though one account holds both."""
    both = ("+10 . . -10", ". +5 . -5")
    dataset = market(bars(share(), CLOSES))
    specified = [specification(f"{TRADERS}:Script", ACCOUNT, ("ACME",), {"words": words}, words) for words in both]
    made = report(run(specified, dataset, RunOptions(cash="1000")))
    alone = [report(play(dataset, "Script", RunOptions(cash="1000"), words=words)) for words in both]
    rows = made.row()["strategies"]
    assert {words: row["net"] for words, row in rows.items()} == {
        words: pytest.approx(money_float(one.pnl)) for words, one in zip(both, alone, strict=True)
    }
    assert [(row["fills"], row["trades"], row["winRate"]) for row in rows.values()] == [(2, 1, 0.0), (2, 1, 0.0)]
    lines = made.text().split("\n")
    (head,) = [at for at, line in enumerate(lines) if line.startswith("strategy")]
    assert [line.split()[-1] for line in lines[head + 1 : head + 3]] == [f"{row['net']:,.2f}" for row in rows.values()]
    assert not [line for line in alone[0].text().split("\n") if line.startswith("strategy")]


def test_a_symbol_without_a_trade_is_shown() -> None:
    both = market(bars(share("ACME", 0), CLOSES), bars(share("BOLT", 1), CLOSES))
    row = report(play(both, "Script")).row()
    assert row["symbols"]["BOLT"] == {"fills": 0, "trades": 0, "winRate": None, "position": "0", "pnl": 0.0}


def test_other_currencies_start_at_their_first_marks() -> None:
    """Ten euros at 1.10; when they are worth 1.20 a dollar is gained."""
    both = market(bars(pair("EURUSD", 0), [1.1, 1.2]), bars(share("ACME", 1), CLOSES))
    row = report(play(both, "Script", RunOptions(cash={"USD": "1000", "EUR": "10"}))).row()
    assert (row["startEquity"], row["equity"], row["pnl"]) == ("1011", "1012", "1")


def test_buy_and_hold_is_of_equal_parts_from_where_the_strategy_could_begin() -> None:
    """ACME goes from 10 to 15, BOLT appears two days later and goes from 4 to 2."""
    both = market(bars(share("ACME", 0), [10, 11, 12, 15]), bars(share("BOLT", 1), [4, 2], START + 2 * DAY))
    result = play(both, "Script")
    assert report(result).statistics.buy_and_hold == pytest.approx((1.5 + 0.5) / 2 - 1)
    assert report(result, warmup=1).statistics.buy_and_hold == pytest.approx((1.5 + 0.5) / (1.1 + 1) - 1)
    assert report(result, warmup=99).statistics.buy_and_hold is None


def test_what_is_asked_for_wrongly_is_an_input_error() -> None:
    result = play(market(bars(share(), CLOSES)), "Script")
    with pytest.raises(InputError, match="warmup -1 can not be negative"):
        report(result, warmup=-1)
    with pytest.raises(InputError, match=r"convention 'zipline' is not one of .*quantstats"):
        report(result, "zipline")


def test_remarks_say_what_a_reader_must_know(busy: Report) -> None:
    assert busy.remarks == ["still held at the end, valued at the last mark: ACME, BOLT"]
    gap = [bars(share(), CLOSES), bars(share(), CLOSES, START + 30 * DAY)]
    halted = report(play(market(*gap), "Raises"))
    assert halted.remarks == ["strategy Raises was halted: STRATEGY_RAISED: ZeroDivisionError: the third bar"]


def test_a_run_repeated_is_the_same_run(busy: Report) -> None:
    again = report(play(busy.result.dataset, "Dice", busy.result.options, size_each="3"))
    assert again.row() == busy.row()
    assert [trade.row() for trade in again.trades] == [trade.row() for trade in busy.trades]
    other = report(play(busy.result.dataset, "Dice", busy.result.options, size_each="4"))
    assert other.row()["stateHash"] != busy.row()["stateHash"]


@COMPILED_ALONE
def test_a_hundred_runs_leave_no_memory_behind() -> None:
    """Resident memory after twenty warm-up runs, and after a hundred more; each makes some hundred fills."""
    dataset = market(bars(share(), walk(23, 200, 50)))
    options = RunOptions(cash="100000", keep_decisions=True)

    def resident(runs: int) -> int:
        for _ in range(runs):
            report(play(dataset, "Dice", options))
        return int(Path("/proc/self/statm").read_text().split()[1])

    before = resident(20)
    assert resident(100) < 1.05 * before


# Text


def test_text_fits_a_terminal_and_says_the_figures(busy: Report) -> None:
    lines = busy.text().splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0] == "2024-01-02 to 2024-10-27, 550 events"
    text = busy.text().replace("\n  ", " ")
    for part in (
        f"P&L {money_float(busy.pnl):+,.2f}", f"orders {busy.result.orders}, fills {len(busy.result.fills)}",
        f"Sharpe {busy.statistics.sharpe:>22.3f}", "! still held at the end", "fee bps:10, slippage none",
        "fill next_open", "final mark_close", "statistics as tradewright", busy.result.state_hash,
    ):  # fmt: skip
        assert part in text
    assert re.search(rf"^ACME +{busy.symbols[0].fills} ", busy.text(), re.MULTILINE)


def test_text_of_a_long_life_stays_within_its_columns() -> None:
    """Long names, many fees and large sums wrap or are cut; nothing runs over."""
    names = [f"{'VERYLONG' * 4}{n}" for n in range(3)]
    series = [bars(share(name, n), walk(n, 30, 90_000)) for n, name in enumerate(names)]
    options = RunOptions(cash="123456789012.123456789", models=Models(fee="bps:12.3456:min=1"))
    text = report(play(market(*series), "Dice", options, size_each="12345")).text()
    assert max(map(len, text.splitlines())) <= 100
    assert [line[:21] for line in text.splitlines() if line.startswith("VERY")] == ["VERYLONGVERYLONGVER  "] * 3


def test_text_of_an_account_in_a_coin_has_the_decimals_of_one() -> None:
    """Ten bought at 0.10 and sold at 0.09."""
    closes = [0.1, 0.11, 0.12, 0.09, 0.08, 0.1]
    options = RunOptions(cash="3", currency="BTC", models=Models(fee="per_order:0.00000001"))
    text = report(
        play(market(bars(pair("ADABTC", 0, "crypto"), closes)), "Script", options, words="+10 . . -10")
    ).text()
    assert "equity 2.89999998 BTC from 3.00000000, P&L -0.10000002; fees 0.00000002 BTC" in text
    assert re.search(r"^ADABTC .* -0\.10000002$", text, re.MULTILINE)


def curve(values: list[float], step: int = DAY) -> Curve:
    equity = np.array(values)
    return Curve(START + np.arange(len(values)) * step, equity, np.zeros(len(values), np.bool_))


def test_picture_by_hand() -> None:
    """Eight heights in two rows of eighths; the lowest still shows."""
    assert equity_picture(curve([0, 1, 2, 3, 15, 7, 8, 15]), width=8, height=2) == [
        "15.00 │    █ ▁█",
        " 0.00 │▁▂▃▄████",
        "      └────────",
        "       2024-01-01 2024-01-08",
    ]


def test_picture_stretches_what_is_short_and_thins_what_is_long() -> None:
    assert equity_picture(curve([1, 2]), width=4, height=1)[0] == "1.00 │▁▁██"
    assert equity_picture(curve([1, 9, 2, 9, 3, 9]), width=3, height=1)[0] == "1.00 │███"
    assert equity_picture(curve([5]), width=3, height=2)[:2] == ["5.00 │▁▁▁", "5.00 │███"]


# Files


def test_files(busy: Report, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    busy.write(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["equity.csv", "equity.svg", "report.json", "trades.csv"]
    assert json.loads((folder / "report.json").read_text()) == busy.row()
    trades = list(csv.DictReader((folder / "trades.csv").read_text().splitlines()))
    assert len(trades) == len(busy.trades)
    first = busy.trades[0].row()
    assert trades[0]["fees"] == f"{first['fees']['USD']} USD"
    assert {name: trades[0][name] for name in ("symbol", "size", "open", "closeTime")} == {
        name: first[name] for name in ("symbol", "size", "open", "closeTime")
    }
    assert float(trades[0]["net"]) == first["net"]
    points = list(csv.DictReader((folder / "equity.csv").read_text().splitlines()))
    assert len(points) == len(busy.curve)
    assert points[0] == {"time": "2024-01-02T00:00:00Z", "equity": "10000.0", "drawdown": "0.0", "held": "false"}
    assert float(points[-1]["equity"]) == busy.curve.equity[-1]


def test_without_a_trade_the_table_has_its_head(tmp_path: Path) -> None:
    report(play(market(bars(share(), CLOSES)), "Script")).write(tmp_path)
    assert (tmp_path / "trades.csv").read_text().startswith("strategy,symbol,side,size,openTime,")


def test_files_replace_older_ones_or_leave_them_all(busy: Report, tmp_path: Path) -> None:
    """A folder stands where the first file belongs, so that its replacement fails: nothing else has changed."""
    busy.write(tmp_path)
    (tmp_path / "trades.csv").unlink()
    (tmp_path / "trades.csv").mkdir()
    for name in ("equity.csv", "equity.svg", "report.json"):
        (tmp_path / name).write_text("older")
    with pytest.raises(OSError, match=r"trades\.csv"):
        busy.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["equity.csv", "equity.svg", "report.json", "trades.csv"]
    assert {(tmp_path / name).read_text() for name in ("equity.csv", "equity.svg", "report.json")} == {"older"}
    (tmp_path / "trades.csv").rmdir()
    busy.write(tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == busy.row()


# The picture as SVG


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_svg_shows_money_dates_and_drawdown() -> None:
    """Ten years in which 10,000 become 60,000 by way of a fall of a half."""
    values = [
        *np.linspace(10_000, 40_000, 1_200),
        *np.linspace(40_000, 20_000, 600),
        *np.linspace(20_000, 60_000, 1_853),
    ]
    found = texts(equity_svg(curve([float(value) for value in values]), "A < B & C", "USD"))
    assert found[:3] == ["A < B & C", "Equity, USD", "Drawdown"]
    assert [text for text in found if "%" not in text and text[0].isdigit() and len(text) > 4] == [
        "10,000", "20,000", "30,000", "40,000", "50,000", "60,000",
    ]  # fmt: skip
    assert [text for text in found if len(text) == 4] == ["2024", "2026", "2028", "2030", "2032"]
    assert [text for text in found if "%" in text] == ["-50 %", "-40 %", "-30 %", "-20 %", "-10 %", "0 %"]


def test_svg_refers_to_nothing_outside_itself(busy: Report, tmp_path: Path) -> None:
    busy.write(tmp_path)
    svg = (tmp_path / "equity.svg").read_text()
    assert texts(svg)[0] == "ACME, BOLT: 2024-01-02 to 2024-10-27"
    assert svg.count("://") == 1  # the name space
    assert not re.search(r"href|url\(|@import|<image|<script", svg)


SPANS = {
    "twenty minutes": (20, MINUTE, "01-01 00:05"),
    "five hours": (300, MINUTE, "01-01 01:00"),
    "two days": (48, 3_600 * SECOND, "01-01 06:00"),
    "five days": (5 * 24, 3_600 * SECOND, "2024-01-02"),
    "a month": (31, DAY, "2024-01-11"),
    "half a year": (180, DAY, "2024-02"),
    "three years": (1_100, DAY, "2024-07"),
    "sixty years": (3_200, 7 * DAY, "2030"),
}


@pytest.mark.parametrize("span", SPANS)
def test_dates_are_round_and_few(span: str) -> None:
    count, step, second = SPANS[span]
    form = {11: r"\d\d-\d\d \d\d:\d\d", 10: r"\d{4}-\d\d-\d\d", 7: r"\d{4}-\d\d", 4: r"\d{4}"}[len(second)]
    rising = curve([100.0 + n / count for n in range(count)], step)
    dates = [text for text in texts(equity_svg(rising, "T", "USD")) if re.fullmatch(form, text)]
    assert second in dates[:2], dates
    assert 3 <= len(dates) <= 10


def test_a_long_curve_is_drawn_by_its_extremes() -> None:
    """A single point that falls to a half among a hundred thousand is seen; the picture stays small."""
    values = np.full(100_000, 100.0)
    values[54_321] = 50.0
    svg = equity_svg(curve([float(value) for value in values], MINUTE), "T", "USD")
    assert len(svg) < 150_000
    paths = [element.attrib["d"] for element in ElementTree.fromstring(svg).iter(f"{SVG}path")]
    heights = [{float(point.split()[1]) for point in re.findall(r"[\d.]+ [\d.]+", path)} for path in paths]
    assert [len(seen) for seen in heights] == [2, 2]


@pytest.mark.parametrize(
    "values", [[100.0], [100.0, 100.0], [0.0, 0.0], [10.0, -5.0, 3.0], [1e-9, 2e-9], [1e12, 1.1e12]]
)
def test_odd_curves_have_a_picture(values: list[float]) -> None:
    """One point, no change, nothing at all, debt, dust, fortunes: all coordinates are numbers."""
    svg = equity_svg(curve(values), "T", "USD")
    assert not re.search(r"nan|inf", svg)
    assert ElementTree.fromstring(svg).tag == f"{SVG}svg"


def test_a_report_of_a_replaced_result_is_of_that_result(busy: Report) -> None:
    """Nothing is remembered from one report to the next."""
    assert report(replace(busy.result, orders=7)).row()["orders"] == 7
