"""When and how much of an order fills: the named conventions for bars, and how much of it at a time.

Bars, market orders (and limit orders that are IOC or FOK):
  next_open     at the next bar's open (the default)
  next_close    at the next bar's close
  this_close    at once, at the last bar's close
  touch         at once where the path of a bar stands when the order arrives, else at the next open
Limit, stop and trailing orders follow the bar's path under every convention. The path runs from the open by way of both
extremes to the close:
  adverse       the extreme that is worse for the account first: long ⇒ low, short ⇒ high (after the open's fills);
                flat, what helps an entry comes before it: only buys in the bar's reach ⇒ high, only sales ⇒ low;
                both or none ⇒ olhc if the bar rose, ohlc if it fell (the default)
  ohlc, olhc    high first, low first
  nearest       the extreme nearer to the open first (a tie: low first)
A limit order that rests fills when the path touches its limit; `through`: when the path goes beyond by a tick;
`p=0.3`: on a touch with that probability (drawn once per event), always when the path goes beyond.
Text: NAME[:PATH][:through | :p=SHARE].

Quotes, trades and depth need no convention: orders fill at once against what is shown. Queue: `models.queue`.

How much at a time:
  none          all that the data shows: bars have no bound, quotes and depth their sizes (0 = not known, no bound)
  volume:10%    of one bar's volume, or of one trade's size, per account and event; the rest waits for the next
  random:0.5    with that probability only a random part fills at this price moment, at least one step; seeded
"""

from __future__ import annotations

from tradewright.model.instrument import Instrument
from tradewright.model.numbers import SIZE_MAX
from tradewright.model.rng import Rng
from tradewright.sim.models.spec import Spec

NEXT_OPEN, NEXT_CLOSE, THIS_CLOSE, TOUCH = range(4)
CONVENTIONS = {"next_open": NEXT_OPEN, "next_close": NEXT_CLOSE, "this_close": THIS_CLOSE, "touch": TOUCH}
ADVERSE, OHLC, OLHC, NEAREST = range(4)
PATHS = {"adverse": ADVERSE, "ohlc": OHLC, "olhc": OLHC, "nearest": NEAREST}
_USAGE = "[:adverse | ohlc | olhc | nearest][:through | :p=SHARE]"
FORMS = {name: name + _USAGE for name in CONVENTIONS}
PARTIAL_FORMS = {"none": "none", "volume": "volume:SHARE", "random": "random:PROBABILITY"}

NO_BOUND, VOLUME, RANDOM = range(3)
SHARE_SCALE = 12
SHARE_ONE = 10**SHARE_SCALE


class FillModel:
    """convention, path: numbers above; through: a touch is not enough. probability: that a touch fills; 1 = always."""

    __slots__ = ("convention", "path", "through", "probability")

    def __init__(self, text: str) -> None:
        spec = Spec("fill", text, FORMS)
        self.convention = CONVENTIONS[spec.name]
        self.path = ADVERSE
        self.through = False
        self.probability = 1.0
        word = spec.word()
        if word in PATHS:
            self.path = PATHS[word]
            word = spec.word()
        if word == "through":
            self.through = True
        elif word:
            raise spec.error(f"does not know {word}")
        chance = spec.option("p")
        if chance:
            share = spec.positive(SHARE_SCALE, chance)
            if share > SHARE_ONE or self.through:
                raise spec.error("p is a share up to 1 and does not go with through")
            self.probability = share / SHARE_ONE
        spec.end()

    def low_first(self, position: int, open_units: int, high_units: int, low_units: int, close_units: int) -> bool:
        """Whether the path of this bar reaches its low before its high, for an account with that position; flat, its
        sign is against the entries in reach."""
        if self.path == ADVERSE:
            return close_units >= open_units if position == 0 else position > 0
        if self.path == NEAREST:
            return open_units - low_units <= high_units - open_units
        return self.path == OLHC


class PartialModel:
    """How much of an order fills at a time. share: counts of 10^-12 of the volume; probability: of a random part."""

    __slots__ = ("kind", "share", "probability")

    def __init__(self, text: str) -> None:
        spec = Spec("partial", text, PARTIAL_FORMS)
        self.kind = {"none": NO_BOUND, "volume": VOLUME, "random": RANDOM}[spec.name]
        self.share = spec.positive(SHARE_SCALE) if self.kind == VOLUME else 0
        chance = spec.positive(SHARE_SCALE) if self.kind == RANDOM else 0
        if max(self.share, chance) > SHARE_ONE:
            raise spec.error("the number is a share, at most 1")
        self.probability = chance / SHARE_ONE
        spec.end()

    def room(self, instrument: Instrument, volume: int) -> int:
        """Size counts that may fill out of this volume, rounded down to the instrument's step."""
        if self.kind != VOLUME:
            return SIZE_MAX
        room: int = volume * self.share // SHARE_ONE
        return room - room % instrument.rules.step

    def part(self, instrument: Instrument, size: int, rng: Rng) -> int:
        """How much of `size` fills now: whole steps, at least one."""
        if self.kind != RANDOM:
            return size
        steps = size // instrument.rules.step
        if steps <= 1 or rng.uniform() >= self.probability:
            return size
        return (rng.below(steps) + 1) * instrument.rules.step
