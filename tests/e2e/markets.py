"""Small seeded markets as data files, for tests that also run where no shared data lies."""

from __future__ import annotations

from pathlib import Path

from tradewright.model.moment import moment_text
from tradewright.model.rng import Rng

MINUTE = 60 * 10**9
#: Monday 2026-01-05 14:30 UTC: New York has opened.
OPENS = 1_767_623_400 * 10**9


def bars(path: Path, count: int = 250, symbols: tuple[str, ...] = ("ACME", "BTCUSD"), seed: int = 1) -> Path:
    """Trade bars of a minute that wander about 100.00, with gaps between them."""
    rngs = {symbol: Rng(seed).split(symbol) for symbol in symbols}
    prices = dict.fromkeys(symbols, 10000)
    lines = ["ts,symbol,open,high,low,close,volume"]
    for number in range(count):
        for symbol in symbols:
            rng = rngs[symbol]
            open_ = max(1000, prices[symbol] + rng.below(31) - 15)
            close = max(1000, open_ + rng.below(121) - 60)
            high, low = max(open_, close) + rng.below(30), min(open_, close) - rng.below(30)
            prices[symbol] = close
            texts = ",".join(f"{price // 100}.{price % 100:02d}" for price in (open_, high, low, close))
            lines.append(f"{moment_text(OPENS + number * MINUTE)},{symbol},{texts},{500 + rng.below(1000)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def quote_bars(path: Path, count: int = 250, seed: int = 2) -> Path:
    """Bid and ask bars of a minute, as currencies have them."""
    rng = Rng(seed)
    price = 110000
    lines = [
        "ts,symbol,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close",
    ]
    for number in range(count):
        open_ = price
        close = max(90000, open_ + rng.below(201) - 100)
        spread = 4 + rng.below(8)
        prices = (open_, max(open_, close) + rng.below(40), min(open_, close) - rng.below(40), close)
        texts = [f"{(at + more) / 100000:.5f}" for more in (0, spread) for at in prices]
        lines.append(f"{moment_text(OPENS + number * MINUTE)},EURUSD,{','.join(texts)}")
        price = close
    path.write_text("\n".join(lines) + "\n")
    return path


def quotes(path: Path, count: int = 500, seed: int = 3, step_ns: int = 10**9) -> Path:
    """A quote each `step_ns`; one a second is too slow to be thinned out on its way to a live engine."""
    rng = Rng(seed)
    bid = 6000000
    lines = ["ts,symbol,bid,ask,bid_size,ask_size"]
    for number in range(count):
        bid += rng.below(401) - 200
        ask = bid + 1 + rng.below(200)
        sizes = f"{rng.below(50) / 1000 + 0.001:.3f},{rng.below(50) / 1000 + 0.001:.3f}"
        lines.append(f"{moment_text(OPENS + number * step_ns)},BTCUSD,{bid / 100:.2f},{ask / 100:.2f},{sizes}")
    path.write_text("\n".join(lines) + "\n")
    return path
