"""Sizes from a strategy's words to the fill: risk at the stop lost to the cent, defaults, and what a restart keeps."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.desk import Desk, Script
from tests.e2e.markets import bars
from tradewright.backtest.data import ReadOptions, load
from tradewright.backtest.run import ACCOUNT, RunOptions, run
from tradewright.backtest.strategy_source import specification
from tradewright.model.instrument import Instrument


def gold() -> Instrument:
    return Instrument("XAUUSD", "sim", "metal", "XAU", "USD", 2, 2, 100)


def test_what_was_risked_is_what_the_stop_costs() -> None:
    """0.5 % of 11 000 dollars are 55, and so are 0.10 lot × 100 × (2 650.50 − 2 645.00)."""
    script: Script = {"bar 1": [["buy", {"risk_percent": "0.5", "stop_loss": "2645.00"}]]}
    desk = Desk(script, instruments=[gold()], cash="11000", leverage=30)
    desk.flat("2650.50")
    assert desk.flat("2650.50") == [("filled", "#1", 265050, 10)]
    desk.bar("2650.50", "2650.50", "2644.00", "2644.00")
    assert desk.cash() == "-55"
    (decision,) = desk.recorder.decisions
    assert decision.sizing == (
        "risk 0.5 % of equity 11000 USD = 55 USD / 550 USD that a stop of 5.5 costs per 1 → 0.1 in steps of 0.01"
    )
    desk.check_recovery()


def test_a_signal_without_a_size_gets_the_default_and_a_restart_keeps_it() -> None:
    script: Script = {
        "bar 1": [["buy", {"stop_loss": 95}]],
        "bar 2": [["buy", {"stop_loss": 95, "size_hint": "0.5"}]],
        "bar 3": [["sell", {}]],
    }
    sizers = {"account:main": "fixed:7", "strategy:A": "risk:100:max=15"}
    desk = Desk(script, {"bar 1": [["buy", {}]]}, sizers=sizers)
    for _ in range(4):
        desk.flat(100)
    assert [(d.strategy, d.orders[0].quantity) for d in desk.recorder.decisions] == [
        ("A", 15),  # 100 ÷ 5.00 = 20, at most 15
        ("B", 7),
        ("A", 10),  # 20 × 0.5
        ("A", 25),  # the close that the sale begins with
        ("A", 0),  # what it opens has no stop: refused
    ]
    assert [line[2] for line in desk.story if line[0] == "denied"] == ["STOP_REQUIRED"]
    desk.check_recovery()


def test_a_backtest_takes_a_default(tmp_path: Path) -> None:
    file = tmp_path / "plain.py"
    file.write_text(
        "from tradewright.signal.strategy import Strategy\n\n\n"
        "class Plain(Strategy):\n    seen: int = 0\n\n"
        "    def on_bar(self, bar):\n        self.seen += 1\n        if self.seen % 10 == 1:\n"
        "            self.buy()\n        elif self.seen % 10 == 6:\n            self.close()\n"
    )
    dataset = load([bars(tmp_path / "bars.csv")], ReadOptions())
    names = tuple(instrument.symbol for instrument in dataset.instruments)
    quantities = {}
    for sizer in ("fixed:3", "percent:50"):
        result = run(
            [specification(f"{file}:Plain", ACCOUNT, names, {})], dataset, RunOptions(sizer=sizer, keep_decisions=True)
        )
        quantities[sizer] = {order.quantity for decision in result.decisions for order in decision.orders}
    assert quantities["fixed:3"] == {3 * 10 ** dataset.instruments[0].size_scale}
    assert len(quantities["percent:50"]) > 3
    plain = run([specification(f"{file}:Plain", ACCOUNT, names, {})], dataset, RunOptions(sizer="fixed:3"))
    guarded = run(
        [specification(f"{file}:Plain", ACCOUNT, names, {})],
        dataset,
        RunOptions(sizer="fixed:3", exits={"maxHoldingSeconds": 60}),
    )
    assert {match.time_close - match.time_open for match in plain.matches} != {
        match.time_close - match.time_open for match in guarded.matches
    }
    halted = run([specification(f"{file}:Plain", ACCOUNT, names, {})], dataset, RunOptions()).halted
    assert "say how much" in halted["Plain"]
