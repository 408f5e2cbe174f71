"""Real bars for the patterns, and a seeded market of their own where no shared data lies."""

from __future__ import annotations

from pathlib import Path

from tradewright.backtest.data import ReadOptions, load
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar
from tradewright.model.rng import Rng

MINUTE = 60_000_000_000
COIN = Instrument("COIN", "paper", "crypto", "COIN", "USD", 2, 4, index=0)


def real_bars(shared: Path, count: int = 3000) -> list[Bar]:
    """Minutes of BTCUSD at Coinbase, April 2018."""
    file = shared / "data" / "lean_coinbase_1m_trade_201804.parquet"
    dataset = load([file], ReadOptions(symbols=("BTCUSD",)))
    return [event for event in dataset.events() if isinstance(event, Bar)][:count]


def seeded_bars(count: int = 1500, seed: int = 7) -> list[Bar]:
    """Minutes that wander, with bursts of volume and range."""
    rng = Rng(seed)
    price, found = 100_000, []
    for number in range(count):
        burst = 8 if rng.below(20) == 0 else 1
        open_ = price
        price = close = max(1000, open_ + (rng.below(201) - 100) * burst)
        high, low = max(open_, close) + rng.below(60) * burst, min(open_, close) - rng.below(60) * burst
        begin = number * MINUTE
        found.append(Bar(begin + MINUTE, COIN, begin, open_, high, low, close, (200 + rng.below(400)) * burst))
    return found
