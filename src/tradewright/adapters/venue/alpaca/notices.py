"""What the data stream says of shares beside their prices: whether they trade, and between which prices.

It tells changes alone, and not again what it told before somebody listened. So a share is known to trade from its first
regular print on, and that it stands still from a status on, which only another status takes back; a price band is good
for the session it was told in. Between sessions there is none. Once the stream is away, nothing is known.

Not read: what it tells of restrictions of short sales, since it does so of some exchanges' shares alone, and only when
one begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tradewright.adapters.venue.alpaca.notation import Unreadable, price_units
from tradewright.adapters.venue.alpaca.ticks import Tick
from tradewright.model.calendar import calendar
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.notice import AUCTION, HALTED, NOT_SAID, PAUSED, TRADING, UNKNOWN, InstrumentStatus
from tradewright.ports import Clock

#: Kinds of rows.
STATUS, BAND, PRINT = "s", "l", "t"
#: Status codes: digits of the tapes A and B, letters of C and O.
_STATUSES = {"2": HALTED, "3": TRADING, "H": HALTED, "P": PAUSED, "Q": AUCTION, "T": TRADING}
#: Those that say nothing of it: price and range indications, imbalances, a restriction of short sales, a band.
_BESIDE = frozenset("56789ACDEF")
#: Reasons of a halt that ends by itself after minutes: volatility.
_SHORT = ("M", "LUDP", "LUDS", "T5", "T7")
#: Conditions of a print that comes as it is made: regular, automatic, a sweep, an odd lot, outside of the session.
_PROMPT = frozenset("@ EFIT")


@dataclass(slots=True)
class Word:
    """What is known of a share. turns: when its market opens or closes next, 0 = not looked up yet; told: status and
    band as the engine has them."""

    status: str = UNKNOWN
    low: int = NOT_SAID
    high: int = NOT_SAID
    turns: int = 0
    told: tuple[str, int, int] = (UNKNOWN, NOT_SAID, NOT_SAID)


class Notices:
    """Of one stream."""

    def __init__(self, clock: Clock, deliver: Callable[[Event], None]) -> None:
        self._clock = clock
        self._deliver = deliver
        self._words: dict[str, tuple[Instrument, Word]] = {}

    def hear(self, tick: Tick, instrument: Instrument) -> None:
        """A row about a share, and what is told by it. Raises Unreadable; what a status was before is not known
        then."""
        _, word = self._words.setdefault(instrument.symbol, (instrument, Word()))
        _turn(word, instrument, self._clock())
        try:
            if tick.T == STATUS:
                _take_status(word, tick)
            elif tick.T == BAND:
                _take_band(word, tick, instrument)
            elif tick.T == PRINT and word.status == UNKNOWN and _PROMPT.issuperset(tick.c or ()):
                word.status = TRADING
        finally:
            self._tell(instrument, word)

    def lost(self) -> None:
        """The stream is away."""
        for instrument, word in self._words.values():
            word.status, word.low, word.high, word.turns = UNKNOWN, NOT_SAID, NOT_SAID, 0
            self._tell(instrument, word)

    def _tell(self, instrument: Instrument, word: Word) -> None:
        known = word.status, word.low, word.high
        if known != word.told:
            word.told = known
            self._deliver(InstrumentStatus(self._clock(), instrument.index, *known))


def _turn(word: Word, instrument: Instrument, now: int) -> None:
    """A session that begins has a band that nobody has told yet; where one has ended, there is none."""
    if now < word.turns:
        return
    hours = calendar(instrument.calendar)
    opened = hours.is_open(now)
    word.low = word.high = NOT_SAID if opened else 0
    word.turns = hours.next_close(now) if opened else hours.next_open(now)


def _take_status(word: Word, tick: Tick) -> None:
    if tick.sc in _BESIDE:
        return
    found = _STATUSES.get(tick.sc)
    if found is None:
        word.status = UNKNOWN
        raise Unreadable(f"{tick.S}: a status {tick.sc[:40]!r}")
    word.status = PAUSED if found == HALTED and tick.rc in _SHORT else found


def _take_band(word: Word, tick: Tick, instrument: Instrument) -> None:
    """A band without prices is one that is suspended: during a pause."""
    up, down = tick.u, tick.d
    word.low = word.high = NOT_SAID
    if up is None or down is None or not (up and down):
        return
    low, high = price_units(down, instrument), price_units(up, instrument)
    if not 0 < low <= high:
        raise Unreadable(f"{tick.S}: a band from {down} to {up}")
    word.low, word.high = low, high
