"""Round trips: what one opening order and one closing order of a run have in common.

Matches are pieces of single fills; those of the same two orders are one round trip, as peers count their trades. Fees:
each fill's fee is split over its matches by size, so a trip carries its share of both fills; what is still open carries
the rest. A fee in the base currency counts at its fill's price; the ledger has taken it from the quantity. Money of
other currencies becomes the account's at the marks of the exit. All of it is exact up to that last step.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tradewright.backtest.data.options import time_text
from tradewright.backtest.holdings import Holdings
from tradewright.backtest.marks import FloatArray, MarksAt
from tradewright.backtest.recorder import Booked
from tradewright.backtest.run import Result
from tradewright.explain import match_row
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.lot import Match
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_SCALE, money_text, text_of
from tradewright.performance.trades import ClosedTrade

#: Decimals by which a mean price is finer than the instrument's own.
_MEAN_DECIMALS = 4
_MONEY_ONE = 10**MONEY_SCALE
#: Money counts without rounding: a share of a fee may end between two of them.
Exact = int | Fraction


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One trade as a trader counts it.

    matches: its pieces; a late fill's corrections cancel out in all sums. pnl: money in the quote currency, before
    fees. fees: money per currency. net: pnl less fees in the account's currency (1.0 is one unit); gain: net over the
    value at entry, a fraction.
    """

    matches: list[Match]
    pnl: int
    fees: dict[str, Exact]
    net: float
    gain: float

    @property
    def instrument(self) -> Instrument:
        return self.matches[0].instrument

    @property
    def closed(self) -> ClosedTrade:
        """The trade as statistics take it; times are the venue's."""
        time_entry = min(match.time_open for match in self.matches)
        return ClosedTrade(time_entry, _exit_of(self.matches), self.net, self.gain)

    def row(self) -> dict[str, Any]:
        """JSON-ready; exact numbers as decimal text, prices as means over the pieces, times as ISO 8601 UTC."""
        size, closed = sum(match.size for match in self.matches), self.closed
        return match_row(self.matches[0]) | {
            "size": text_of(size, self.instrument.size_scale),
            "open": self._mean(sum(match.open_units * match.size for match in self.matches), size),
            "close": self._mean(sum(match.close_units * match.size for match in self.matches), size),
            "openTime": moment_text(closed.time_entry),
            "closeTime": moment_text(closed.time_exit),
            "pnl": money_text(self.pnl),
            "fees": {currency: money_text(round(fee)) for currency, fee in sorted(self.fees.items())},
            "net": self.net,
            "gain": self.gain,
        }

    def _mean(self, total: int, size: int) -> str:
        return text_of(round(Fraction(total * 10**_MEAN_DECIMALS, size)), self.instrument.price_scale + _MEAN_DECIMALS)


def round_trips(result: Result, holdings: Holdings) -> list[RoundTrip]:
    """The round trips of a run, in the order in which they were first closed.

    Raises InputError if the data has no rate yet for a currency when a trip in it ends.
    """
    trips = _pieces(result.matches)
    fills = {
        (booked.order.instrument.index, booked.fill.trade_id): (booked, size)
        for booked, size in zip(result.fills, holdings.sizes, strict=True)
    }
    exits = np.array([_exit_of(matches) for matches in trips], np.int64)
    marks = MarksAt(result.dataset, np.maximum(exits, result.dataset.time_first))
    rates: dict[str, FloatArray] = {}
    found: list[RoundTrip] = []
    for at, matches in enumerate(trips):
        fees = _fees(matches, fills)
        own = {matches[0].instrument.quote, *fees}
        for currency in sorted(own - rates.keys()):
            rates[currency] = marks.rate(currency, result.options.currency)
        found.append(_round_trip(matches, fees, {currency: float(rates[currency][at]) for currency in own}))
    return found


def _pieces(matches: list[Match]) -> list[list[Match]]:
    """Matches by strategy, instrument and the two orders; groups that a late fill undid are gone."""
    groups: dict[tuple[str, int, str, str], list[Match]] = defaultdict(list)
    for match in matches:
        groups[match.strategy, match.instrument.index, match.open_order, match.close_order].append(match)
    return [group for group in groups.values() if sum(match.size for match in group)]


def _exit_of(matches: list[Match]) -> int:
    return max(match.time_close for match in matches)


def _fees(matches: list[Match], fills: dict[tuple[int, str], tuple[Booked, int]]) -> dict[str, Exact]:
    """Money per currency: of each fill's fee the share of these matches in the fill's booked size."""
    fees: dict[str, Exact] = {}
    for match in matches:
        instrument = match.instrument
        for trade in (match.open_trade, match.close_trade):
            booked, size = fills[instrument.index, trade]
            fill = booked.fill
            share, whole, currency = fill.fee * match.size, size, fill.fee_currency
            if currency == instrument.base:
                share, whole, currency = share * fill.price_units, whole * 10**instrument.price_scale, instrument.quote
            if share:
                fees[currency] = fees.get(currency, 0) + (Fraction(share, whole) if share % whole else share // whole)
    return fees


def _round_trip(matches: list[Match], fees: dict[str, Exact], rates: dict[str, float]) -> RoundTrip:
    """rates: money of the account for 1.0 of each currency, NaN = not known."""
    instrument = matches[0].instrument
    pnl = sum(match.pnl for match in matches)
    cost = sum(match.open_units * (match.size * instrument.money_factor) for match in matches)
    left: dict[str, Exact] = {instrument.quote: pnl}
    for currency, fee in fees.items():
        left[currency] = left.get(currency, 0) - fee
    net = sum(float(amount / _MONEY_ONE) * rates[currency] for currency, amount in left.items())
    if math.isnan(net):
        unknown = ", ".join(sorted(currency for currency in left if math.isnan(rates[currency])))
        raise InputError(
            f"a trade in {instrument.symbol} that ended on {time_text(_exit_of(matches))} can not be stated in the "
            f"account's currency: the data had no rate for {unknown} yet"
        )
    return RoundTrip(matches, pnl, fees, net, net / (cost / _MONEY_ONE * rates[instrument.quote]))
