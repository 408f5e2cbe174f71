"""Validators that look at the market: history, trend, volatility, spread, and how it moves with what is open."""

from __future__ import annotations

from typing import Any

from tradewright.model.decision import Check
from tradewright.model.errors import InputError
from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar
from tradewright.model.numbers import count_of, text_of
from tradewright.model.order import BUY
from tradewright.model.signal import ACTIONS
from tradewright.signal.correlation import Correlations
from tradewright.signal.validators.validator import Case, Settings, Validator, percent_text

SECOND_NS = 1_000_000_000


class MinimumHistory(Validator):
    """At least `bars` bars of the symbol have been seen."""

    code = "MINIMUM_HISTORY"

    def __init__(self, settings: Settings) -> None:
        self.bars = settings.count("bars")
        self.seen: dict[str, int] = {}
        super().__init__(settings)

    def observe(self, event: MarketEvent) -> None:
        if event.kind in (BAR, QUOTE_BAR):
            self.seen[event.symbol] = self.seen.get(event.symbol, 0) + 1

    def check(self, case: Case) -> Check:
        seen = self.seen.get(case.instrument.symbol, 0)
        text = f"{seen} bars of {case.instrument.symbol} seen, {self.bars} needed"
        return self._verdict(seen >= self.bars, seen, self.bars, "count", text)

    def state(self) -> Any:
        return self.seen

    def restore(self, state: Any) -> None:
        self.seen = dict(state)


class TrendAgreement(Validator):
    """A BUY needs the close at or above the mean of the last `length` closes, a SELL at or below it; it may lie
    `tolerance_percent` (0) of the mean on the wrong side. value: how far it does, ppm of the mean, rounded up."""

    code = "TREND_AGREEMENT"

    def __init__(self, settings: Settings) -> None:
        self.length = settings.count("length")
        self.tolerance = settings.percent("tolerance_percent", 0)
        self.closes: dict[str, list[int]] = {}
        self.sums: dict[str, int] = {}
        super().__init__(settings)

    def observe(self, event: MarketEvent) -> None:
        if isinstance(event, Bar):
            closes = self.closes.setdefault(event.symbol, [])
            closes.append(event.close_units)
            self.sums[event.symbol] = self.sums.get(event.symbol, 0) + event.close_units
            if len(closes) > self.length:
                self.sums[event.symbol] -= closes.pop(0)

    def check(self, case: Case) -> Check:
        closes = self.closes.get(case.instrument.symbol, [])
        if len(closes) < self.length or self.sums[case.instrument.symbol] <= 0:
            text = f"the mean of {self.length} closes is not known, {len(closes)} were seen"
            return self._unknown(self.tolerance, "ppm", text)
        total = self.sums[case.instrument.symbol]
        # Positive: against the side. Rounded up, so that what is beyond the tolerance never looks like within it.
        against = -(case.side * (closes[-1] * self.length - total) * 1_000_000 // total)
        where = "below" if (against > 0) == (case.side == BUY) else "above"
        text = (
            f"the close is {percent_text(abs(against))} {where} its mean of {self.length} bars; "
            f"a {ACTIONS[case.side]} may be {percent_text(self.tolerance)} against it"
        )
        return self._verdict(against <= self.tolerance, against, self.tolerance, "ppm", text)

    def state(self) -> Any:
        return self.closes

    def restore(self, state: Any) -> None:
        self.closes = {symbol: list(closes) for symbol, closes in state.items()}
        self.sums = {symbol: sum(closes) for symbol, closes in state.items()}


class VolatilityBand(Validator):
    """The mean true range (Wilder 1978) of the last `length` bars lies between `min_percent` (0) and `max_percent` of
    the close. value: ppm of the close, rounded down against the minimum and up against the maximum."""

    code = "VOLATILITY_BAND"

    def __init__(self, settings: Settings) -> None:
        self.length = settings.count("length")
        self.low = settings.percent("min_percent", 0)
        self.high = settings.percent("max_percent")
        if self.low > self.high:
            raise InputError(f"{settings.what}: min_percent is above max_percent")
        self.ranges: dict[str, list[int]] = {}
        self.closes: dict[str, int] = {}
        super().__init__(settings)

    def observe(self, event: MarketEvent) -> None:
        if not isinstance(event, Bar):
            return
        before = self.closes.get(event.symbol)
        self.closes[event.symbol] = event.close_units
        if before is not None:
            ranges = self.ranges.setdefault(event.symbol, [])
            ranges.append(max(event.high_units, before) - min(event.low_units, before))
            if len(ranges) > self.length:
                ranges.pop(0)

    def check(self, case: Case) -> Check:
        ranges = self.ranges.get(case.instrument.symbol, [])
        close = self.closes.get(case.instrument.symbol, 0)
        if len(ranges) < self.length or close <= 0:
            text = f"the range of {self.length} bars is not known, {len(ranges)} were seen"
            return self._unknown(self.high, "ppm", text)
        whole, rest = divmod(sum(ranges) * 1_000_000, self.length * close)
        above, below = whole + (rest > 0) > self.high, whole < self.low
        value, limit = (whole, self.low) if below else (whole + (rest > 0), self.high)
        text = (
            f"the mean range of {self.length} bars is {percent_text(value)} of the close; "
            f"the band is {percent_text(self.low)} to {percent_text(self.high)}"
        )
        return self._verdict(not (above or below), value, limit, "ppm", text)

    def state(self) -> Any:
        return [self.ranges, self.closes]

    def restore(self, state: Any) -> None:
        ranges, closes = state
        self.ranges = {symbol: list(values) for symbol, values in ranges.items()}
        self.closes = dict(closes)


class Spread(Validator):
    """Ask − bid is at most `max_percent` of their mid, by a quote no older than `max_age_seconds` (60). value: ppm,
    rounded up."""

    code = "SPREAD"

    def __init__(self, settings: Settings) -> None:
        self.high = settings.percent("max_percent")
        self.age_max = settings.count("max_age_seconds", 60) * SECOND_NS
        self.quotes: dict[str, tuple[int, int, int]] = {}
        super().__init__(settings)

    def observe(self, event: MarketEvent) -> None:
        if event.kind == QUOTE and isinstance(event, Quote):
            self.quotes[event.symbol] = (event.bid_units, event.ask_units, event.time)
        elif event.kind == QUOTE_BAR and isinstance(event, QuoteBar):
            self.quotes[event.symbol] = (event.bid_close_units, event.ask_close_units, event.time)
        elif event.kind == DEPTH and isinstance(event, Depth) and event.bids and event.asks:
            self.quotes[event.symbol] = (event.bids[0][0], event.asks[0][0], event.time)

    def check(self, case: Case) -> Check:
        bid, ask, time = self.quotes.get(case.instrument.symbol, (0, 0, 0))
        if not 0 < bid <= ask:
            return self._unknown(self.high, "ppm", "bid and ask are not known, or crossed")
        if case.now - time > self.age_max:
            age = (case.now - time) // SECOND_NS
            return self._unknown(
                self.high, "ppm", f"the quote is {age} s old; {self.age_max // SECOND_NS} s is the limit"
            )
        value = -(-2_000_000 * (ask - bid) // (ask + bid))
        text = f"the spread is {percent_text(value)} of the mid; {percent_text(self.high)} is the limit"
        return self._verdict(value <= self.high, value, self.high, "ppm", text)

    def state(self) -> Any:
        return self.quotes

    def restore(self, state: Any) -> None:
        self.quotes = {symbol: (bid, ask, time) for symbol, (bid, ask, time) in state.items()}


class CorrelationWithPositions(Validator):
    """The new position moves with no open one too closely: Pearson's correlation of the last `length` common bar
    returns, signed by both sides, is at most `max` (0 to 1). value: the largest, ppm rounded up; what would hedge an
    open position passes. A pair whose correlation is not known refuses."""

    code = "CORRELATION"

    def __init__(self, settings: Settings) -> None:
        length = settings.count("length", low=2)
        limit = settings.take("max")
        self.limit = count_of(limit, 6, f"{settings.what}: max", 1_000_000)
        if self.limit < 0:
            raise InputError(f"{settings.what}: max {limit} must lie between 0 and 1")
        self.pairs = Correlations(length)
        super().__init__(settings)

    def observe(self, event: MarketEvent) -> None:
        if isinstance(event, Bar):
            self.pairs.observe(event)

    def check(self, case: Case) -> Check:
        others = [item for item in case.positions if item[0].symbol != case.instrument.symbol]
        value, symbol = -1_000_000, ""
        for other, net in others:
            r = self.pairs.signed(case.instrument.symbol, other.symbol, case.side if net > 0 else -case.side)
            if r is None:
                text = f"how {case.instrument.symbol} moves with the open {other.symbol} is not known"
                return self._unknown(self.limit, "ppm", f"{text} over {self.pairs.length} bars")
            if r > value or not symbol:
                value, symbol = r, other.symbol
        if not symbol:
            return self._verdict(True, 0, self.limit, "ppm", "nothing else is open")
        text = (
            f"correlation with the open {symbol} over {self.pairs.length} bars is {text_of(value, 6)}; "
            f"{text_of(self.limit, 6)} is the limit"
        )
        return self._verdict(value <= self.limit, value, self.limit, "ppm", text)

    def state(self) -> Any:
        return self.pairs.state()

    def restore(self, state: Any) -> None:
        self.pairs.restore(state)
