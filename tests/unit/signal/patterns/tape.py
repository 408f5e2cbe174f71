"""Every pattern on a whole tape, as a function from what is fed next to what is said, and the pattern to store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tradewright.backtest.data import ReadOptions, load
from tradewright.model.market import Bar, MarketEvent, Quote, Trade
from tradewright.signal import patterns as p

L1 = "hftbt_btcusdt_usdm_l1_20240809.parquet"
TRADES = "hftbt_btcusdt_usdm_trades_20240809.parquet"


class Detector(NamedTuple):
    """says: takes the next event, tells the pattern that it completes, None = none. parts: all that is to be stored."""

    says: Callable[[Any], object]
    parts: list[p.Pattern]


def _swing() -> Detector:
    points = p.SwingPoints(2, 2)
    return Detector(points.update, [points])


def _structure(kind: str) -> Detector:
    points, structure = p.SwingPoints(2, 2), p.Structure()

    def says(bar: Bar) -> object:
        found = structure.update(bar, points.update(bar))
        return found if found is not None and found.kind == kind else None

    return Detector(says, [points, structure])


def _blocks(retest: bool) -> Detector:
    points, blocks = p.SwingPoints(2, 2), p.OrderBlocks()

    def says(bar: Bar) -> object:
        made = blocks.update(bar, points.update(bar))
        return blocks.retested if retest else made

    return Detector(says, [points, blocks])


def _gaps(met: bool) -> Detector:
    gaps = p.FairValueGaps()

    def says(bar: Bar) -> object:
        made = gaps.update(bar)
        return (gaps.met or None) if met else made

    return Detector(says, [gaps])


def _pools() -> Detector:
    points, pools = p.SwingPoints(2, 2), p.Pools(500)
    return Detector(lambda bar: pools.update(bar, points.update(bar)), [points, pools])


def _sweeps() -> Detector:
    points, sweeps = p.SwingPoints(2, 2), p.Sweeps()

    def says(bar: Bar) -> object:
        found = sweeps.update(bar)
        swing = points.update(bar)
        if swing is not None:
            sweeps.add(swing)
        return found

    return Detector(says, [points, sweeps])


def _touch() -> Detector:
    points, touch = p.SwingPoints(2, 2), p.TouchVolume(20)

    def says(bar: Bar) -> object:
        found = touch.update(bar, [swing.level for swing in points.swings])
        points.update(bar)
        return found or None

    return Detector(says, [points, touch])


def _frame() -> Detector:
    frame = p.Frame(5)
    return Detector(lambda bar: [done.row() for done in frame.update(bar)] or None, [frame])


def _relative() -> Detector:
    relative = p.RelativeVolume(20)
    return Detector(lambda bar: relative.update(bar.volume_units) or None, [relative])


def _bars(pattern: p.ObvDivergence | p.VwapDivergence | p.Climax) -> Detector:
    return Detector(lambda bar: pattern.update(bar) or None, [pattern])


def _spread() -> Detector:
    spread = p.Spread(100)
    return Detector(lambda quote: spread.update(quote.bid_units, quote.ask_units) or None, [spread])


def _imbalance() -> Detector:
    pattern = p.Imbalance()
    return Detector(lambda quote: pattern.update(quote.bid_size_units, quote.ask_size_units) or None, [pattern])


def _micro() -> Detector:
    micro = p.MicroPrice()
    return Detector(
        lambda q: micro.update(q.bid_units, q.ask_units, q.bid_size_units, q.ask_size_units) or None, [micro]
    )


def _signs() -> Detector:
    signs = p.TradeSigns()
    # Without the taker's side that the file says, so that the rule itself decides.
    return Detector(lambda trade: signs.update(trade.price_units, trade.size_units, 0) or None, [signs])


ON_BARS: dict[str, Callable[[], Detector]] = {
    "swing": _swing,
    "bos": lambda: _structure(p.BOS),
    "choch": lambda: _structure(p.CHOCH),
    "order_block": lambda: _blocks(retest=False),
    "retest": lambda: _blocks(retest=True),
    "fair_value_gap": lambda: _gaps(met=False),
    "gap_met": lambda: _gaps(met=True),
    "equal_levels": _pools,
    "sweep": _sweeps,
    "touch_volume": _touch,
    "relative_volume": _relative,
    "obv_divergence": lambda: _bars(p.ObvDivergence()),
    "vwap_divergence": lambda: _bars(p.VwapDivergence()),
    "climax": lambda: _bars(p.Climax(20)),
    "frame": _frame,
}
ON_QUOTES: dict[str, Callable[[], Detector]] = {"spread": _spread, "imbalance": _imbalance, "micro_price": _micro}
ON_TRADES: dict[str, Callable[[], Detector]] = {"trade_sign": _signs}


def said(detector: Detector, events: list[Any]) -> list[str]:
    """What it says of each event, as text; "" = nothing."""
    found = [detector.says(event) for event in events]
    return ["" if one is None else str(one) for one in found]


def real_quotes(shared: Path, count: int) -> list[Quote]:
    return [event for event in _first(shared / "data" / L1, count) if isinstance(event, Quote)]


def real_trades(shared: Path, count: int) -> list[Trade]:
    return [event for event in _first(shared / "data" / TRADES, count) if isinstance(event, Trade)]


def _first(file: Path, count: int) -> list[MarketEvent]:
    events = load([file], ReadOptions()).events()
    return [event for event, _ in zip(events, range(count), strict=False)]
