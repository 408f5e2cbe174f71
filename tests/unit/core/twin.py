"""A ledger written a second time, from the rules of the field and with fractions: slow, obvious, and not shared.

It keeps every fill it was told of and works everything out anew each time it is asked: sort by the venue's clock, close
the oldest lots first, count money as exact fractions of a currency's unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from tradewright.model.instrument import Instrument


class TwinFill(NamedTuple):
    """One execution. side: +1 or -1; size, price: counts; closing: by an exit; lot: the order whose lots it names;
    reduces: its order was reduce-only, as the venue saw it."""

    time: int
    order: str
    trade: str
    side: int
    size: int
    price: int
    fee: Fraction = Fraction(0)
    currency: str = "USD"
    closing: bool = False
    lot: str = ""
    reduces: bool = False


@dataclass
class TwinLot:
    order: str
    trade: str
    side: int
    size: int
    price: int


@dataclass
class TwinBook:
    """One strategy's fills in one instrument of one account."""

    instrument: Instrument
    hedging: bool = False
    fills: list[TwinFill] = field(default_factory=list)

    def owned(self, fill: TwinFill) -> tuple[int, Fraction]:
        """(size counts that change hands, base money moved besides): a base fee takes whole counts, the rest is cash.

        They come out of what a buy brings in: a sale brings in none, and what only reduces has none to keep.
        """
        if fill.currency != self.instrument.base or fill.fee == 0:
            return fill.size, Fraction(0)
        if fill.side < 0 or fill.reduces:
            return fill.size, -fill.fee
        one = Fraction(self.instrument.contract, 10**self.instrument.size_scale)
        counts = max(-fill.size, min(fill.size, ceil(fill.fee / one)))
        return fill.size - fill.side * counts, counts * one - fill.fee

    def sorted(self) -> list[TwinFill]:
        return sorted(self.fills, key=lambda fill: (fill.time, len(fill.trade), fill.trade, fill.order))

    def matched(self) -> tuple[list[TwinLot], dict[tuple[str, str, str, str], int], Fraction]:
        """(lots left, sizes by opening and closing order and trade, realised P&L)."""
        lots: list[TwinLot] = []
        pieces: dict[tuple[str, str, str, str], int] = {}
        realised = Fraction(0)
        worth = Fraction(
            self.instrument.contract, 10 ** (self.instrument.price_scale + self.instrument.size_scale)
        )  # of one price count times one size count
        for fill in self.sorted():
            left, _ = self.owned(fill)
            for lot in list(lots):
                closes = lot.side != fill.side and (not self.hedging or fill.closing) and fill.lot in ("", lot.order)
                if left == 0 or not closes:
                    continue
                size = min(left, lot.size)
                pieces[lot.order, lot.trade, fill.order, fill.trade] = size
                realised += lot.side * (fill.price - lot.price) * size * worth
                lot.size -= size
                left -= size
                if lot.size == 0:
                    lots.remove(lot)
            if left:
                lots.append(TwinLot(fill.order, fill.trade, fill.side, left, fill.price))
        return lots, pieces, realised

    def moved(self) -> dict[str, Fraction]:
        """Cash in and out, per currency."""
        cash: dict[str, Fraction] = {}

        def move(currency: str, amount: Fraction) -> None:
            cash[currency] = cash.get(currency, Fraction(0)) + amount

        for fill in self.fills:
            instrument = self.instrument
            price = Fraction(fill.price, 10**instrument.price_scale)
            size = Fraction(fill.size * instrument.contract, 10**instrument.size_scale)
            move(instrument.quote, -fill.side * price * size)
            if fill.currency == instrument.base:
                move(fill.currency, self.owned(fill)[1])
            else:
                move(fill.currency, -fill.fee)
        return {currency: amount for currency, amount in cash.items() if amount}
