"""How one synthetic price moves, and what is printed of it.

Once a minute the volatility is drawn: its logarithm wanders and returns (stochastic volatility, so that calm and wild
minutes come in clusters) and each minute has a scale of its own, the root of an inverse gamma, which makes one-minute
returns Student's t (fat tails). Between those the logarithm of the price takes normal steps. While the market is
closed variance goes on at a small share of its speed and shows as a gap. Near an open or a close everything is busier
and wider. Floats live only in here: prices leave as whole ticks.
"""

from __future__ import annotations

import math
from collections import deque

from tradewright.model.calendar import calendar
from tradewright.model.errors import InputError
from tradewright.model.market import Bar, Depth, Quote, Trade
from tradewright.model.rng import Rng
from tradewright.model.zone import MINUTE_NS
from tradewright.sim.market.universe import PROFILES, Listing

#: The logarithm of volatility: what a minute keeps of the last, its standard deviation, and its furthest from the mean.
_MEMORY = 0.985
_LOG_SD = 0.45
_LOG_MAX = 1.8
#: A minute's own scale is the root of an inverse gamma of this shape: returns are t with twice as many degrees.
_TAIL_SHAPE = 3
#: The wildest minute and the wildest gap, in their usual standard deviations.
_VOLATILITY_MAX = 12.0
_GAP_MAX = 6.0
_GAP_DF = 4.0
#: Beyond this a wilder minute widens the spread no more: makers leave.
_SPREAD_VOLATILITY_MAX = 5.0
#: How fast the hurry of an open or close fades, and what it adds to volatility and trades.
_EDGE_NS = 15 * MINUTE_NS
_EDGE_BUSIER = 0.8
#: A minute's pull of the log price to its first level: a weak spring, so that no run leaves the bands of its ticks.
_PULL = 5e-6

#: What `state` holds besides the random stream: everything that a minute or a step changes.
_FIELDS = (
    "_log_price", "_log_volatility", "_deviation", "_spread_ticks", "_trade_chance", "_open", "_turns_at", "_opened_at",
    "_closes_at", "_bar_open", "_bar_high", "_bar_low", "_bar_close", "_bar_volume",
)  # fmt: skip

#: What a tape prints.
Print = Quote | Depth | Trade | Bar


class Tape:
    """The prints of one listing: `step` is called with each instant of a grid of `step_ns`, in order."""

    __slots__ = (
        "instrument", "calendar", "_profile", "_rng", "_tick", "_lot", "_anchor", "_minute_deviation",
        "_steps_a_minute", "_levels", "_depth_ns", *_FIELDS,
    )  # fmt: skip

    def __init__(self, listing: Listing, rng: Rng, start: int, step_ns: int, levels: int, depth_every: int) -> None:
        self.instrument = listing.instrument
        self.calendar = calendar(self.instrument.calendar)
        self._profile = PROFILES[self.instrument.asset_class]
        self._rng = rng
        self._tick = self.instrument.rules.tick
        self._lot = listing.lot_units
        self._anchor = math.log(listing.price_units / self._tick)
        self._minute_deviation = self._profile.volatility_bps * 1e-4 * listing.volatility
        self._steps_a_minute = MINUTE_NS // step_ns
        self._levels = levels
        self._depth_ns = depth_every * step_ns
        self._log_price = self._anchor
        self._log_volatility = _LOG_SD * rng.normal()
        self._deviation = 0.0
        self._spread_ticks = 1
        self._trade_chance = 0
        self._open = self.calendar.is_open(start)
        self._opened_at = self.calendar.last_open(start)
        self._closes_at = self.calendar.next_close(start) if self._open else start
        self._turns_at = start if self._open else self.calendar.next_open(start)
        self._start_bar()

    def wakes_at(self, next_instant: int) -> int:
        """When the tape next has something to do: at the next instant, or when its market opens."""
        return next_instant if self._open else self._turns_at

    def step(self, time: int, out: deque[Print]) -> None:
        """Append what is printed at `time`: the bar that ends there, then quote, depth and perhaps a trade."""
        if time >= self._turns_at:
            self._turn_minute(time, out)
        if not self._open:
            return
        rng, tick, lot = self._rng, self._tick, self._lot
        self._log_price += self._deviation * rng.normal()
        # One draw of 64 bits decides everything small; each use has bits of its own.
        bits = rng.next_u64()
        spread = self._spread_ticks + (bits & 3 == 0)
        bid_ticks = int(math.exp(self._log_price) - 0.5 * spread + 0.5)
        bid, ask = bid_ticks * tick, (bid_ticks + spread) * tick
        bid_size = lot * (1 + (bits >> 2 & 31))
        ask_size = lot * (1 + (bits >> 7 & 31))
        out.append(Quote(time, self.instrument, bid, ask, bid_size, ask_size))
        if self._depth_ns and time % self._depth_ns == 0:
            out.append(self._depth(time, bits, bid, ask, bid_size, ask_size))
        if (bits >> 12 & 0xFFFF) < self._trade_chance:
            buyer = bits >> 28 & 1
            shape = bits >> 29 & 31
            size = min(lot * (1 + shape * shape // 64), ask_size if buyer else bid_size)
            price = ask if buyer else bid
            self._add_to_bar(price, size)
            out.append(Trade(time, self.instrument, price, size, 1 if buyer else -1))

    def _depth(self, time: int, bits: int, bid: int, ask: int, bid_size: int, ask_size: int) -> Depth:
        """The book behind a quote: even distances, sizes that grow with them."""
        lot = self._lot
        apart = self._tick * max(1, self._spread_ticks // 2)
        bids, asks = [(bid, bid_size)], [(ask, ask_size)]
        for level in range(1, self._levels):
            away = level * apart
            bits = bits >> 5 | (bits & 31) << 59
            bids.append((bid - away, lot * (level * 8 + (bits & 31))))
            asks.append((ask + away, lot * (level * 8 + (bits >> 32 & 31))))
        return Depth(time, self.instrument, tuple(bids), tuple(asks))

    def _turn_minute(self, time: int, out: deque[Print]) -> None:
        """End the bar; then close, or open with a gap, or go on; and draw the next minute's habits."""
        if self._bar_volume:
            prices = (self._bar_open, self._bar_high, self._bar_low, self._bar_close)
            out.append(Bar(time, self.instrument, time - MINUTE_NS, *prices, self._bar_volume))
            self._start_bar()
        if self._open and time >= self._closes_at:
            self._open = False
            self._turns_at = self.calendar.next_open(time)
            return
        if not self._open:
            self._gap(time - self._closes_at)
            self._open = True
            self._opened_at = time
            self._closes_at = self.calendar.next_close(time)
        self._turns_at = time + MINUTE_NS - time % MINUTE_NS
        self._draw_minute(time)

    def _gap(self, closed_ns: int) -> None:
        """Move the price for the time the market was closed."""
        deviation = self._minute_deviation * math.sqrt(closed_ns / MINUTE_NS * self._profile.gap_share)
        shock = self._rng.student_t(_GAP_DF) / math.sqrt(_GAP_DF / (_GAP_DF - 2.0))
        self._log_price += deviation * max(-_GAP_MAX, min(_GAP_MAX, shock))

    def _draw_minute(self, time: int) -> None:
        """Volatility, spread and trade rate of the minute that begins."""
        rng, profile = self._rng, self._profile
        wander = _LOG_SD * math.sqrt(1.0 - _MEMORY * _MEMORY) * rng.normal()
        self._log_volatility = max(-_LOG_MAX, min(_LOG_MAX, _MEMORY * self._log_volatility + wander))
        gamma = rng.exponential() + rng.exponential() + rng.exponential()
        # Both factors have a mean square of one.
        tail = math.sqrt((_TAIL_SHAPE - 1) / max(gamma, 1e-6))
        volatility = min(_VOLATILITY_MAX, math.exp(self._log_volatility - _LOG_SD * _LOG_SD) * tail)
        edge = math.exp((self._opened_at - time) / _EDGE_NS) + math.exp((time - self._closes_at) / _EDGE_NS)
        busier = 1.0 + _EDGE_BUSIER * edge
        self._deviation = self._minute_deviation * volatility * busier / math.sqrt(self._steps_a_minute)
        self._log_price += _PULL * (self._anchor - self._log_price)
        wider = 0.7 + 0.3 * min(volatility, _SPREAD_VOLATILITY_MAX)
        spread = math.exp(self._log_price) * profile.spread_bps * 1e-4 * wider * (1.0 + profile.edge_widening * edge)
        self._spread_ticks = max(1, int(spread + 0.5))
        trades = profile.trades_per_minute * busier * (0.5 + 0.5 * min(volatility, 4.0)) / self._steps_a_minute
        self._trade_chance = int(65536.0 * (1.0 - math.exp(-trades)))

    def _start_bar(self) -> None:
        self._bar_open = self._bar_high = self._bar_low = self._bar_close = self._bar_volume = 0

    def _add_to_bar(self, price: int, size: int) -> None:
        if not self._bar_volume:
            self._bar_open = self._bar_high = self._bar_low = price
        elif price > self._bar_high:
            self._bar_high = price
        elif price < self._bar_low:
            self._bar_low = price
        self._bar_close = price
        self._bar_volume += size

    def state(self) -> dict[str, object]:
        """Everything that changes, as JSON values."""
        return {"rng": self._rng.state()} | {field[1:]: getattr(self, field) for field in _FIELDS}

    def restore(self, state: dict[str, object]) -> None:
        """Continue where `state` was taken. Raises InputError if a field is missing or of another type."""
        for field in _FIELDS:
            if type(state.get(field[1:])) is not type(getattr(self, field)):
                raise InputError(f"{self.instrument.symbol}: the market's state has no proper {field[1:]!r}")
        self._rng.restore(str(state.get("rng")))
        for field in _FIELDS:
            setattr(self, field, state[field[1:]])
