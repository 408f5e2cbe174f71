"""The synthetic market as a whole: many tapes on one grid of virtual time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from tradewright.model.errors import InputError
from tradewright.model.event import BAR, DEPTH, QUOTE, TRADE
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, Trade
from tradewright.model.rng import Rng
from tradewright.sim.market.tape import Print, Tape
from tradewright.sim.market.universe import Listing, universe

STEP_MS_MAX = 60_000
LEVELS_MAX = 20
_MS_NS = 1_000_000
_KINDS: dict[int, Any] = {BAR: Bar, QUOTE: Quote, TRADE: Trade, DEPTH: Depth}


class Market:
    """An endless market from `start_ns` on, decided by its arguments alone.

    start_ns: virtual time, ns UTC; the first instant is the next multiple of the step. step_ms: one quote per open
    symbol each so many virtual milliseconds; it divides a minute. depth_levels: levels per side, the first being the
    quote. depth_every: one Depth per so many instants, 0 = none. Each symbol has a random stream of its own: another
    symbol in the universe changes nothing for it. Raises InputError for arguments it can not trade on.
    """

    def __init__(
        self,
        seed: int,
        start_ns: int,
        listings: Sequence[Listing] | None = None,
        *,
        step_ms: int = 1000,
        depth_levels: int = 5,
        depth_every: int = 5,
    ) -> None:
        if not (1 <= step_ms <= STEP_MS_MAX and STEP_MS_MAX % step_ms == 0):
            raise InputError(f"step of {step_ms} ms: it must divide a minute ({STEP_MS_MAX} ms)")
        if not 1 <= depth_levels <= LEVELS_MAX or depth_every < 0:
            raise InputError(f"depth of {depth_levels} levels every {depth_every} steps: levels are 1 to {LEVELS_MAX}")
        self._seed = seed
        self._listings = tuple(listing.check() for listing in (universe() if listings is None else listings))
        self.instruments: tuple[Instrument, ...] = tuple(listing.instrument for listing in self._listings)
        symbols = [instrument.symbol for instrument in self.instruments]
        if not symbols or len({*symbols}) != len(symbols):
            raise InputError(f"universe {', '.join(symbols) or '(empty)'}: at least one symbol, and each once")
        self._step_ns = step_ms * _MS_NS
        self._depth = (depth_levels, depth_every)
        self._start = start_ns + -start_ns % self._step_ns
        self._time = self._start
        self._pending: deque[Print] = deque()
        self._tapes = self._new_tapes()

    def _new_tapes(self) -> tuple[Tape, ...]:
        root = Rng(self._seed)
        streams = [root.split(instrument.symbol) for instrument in self.instruments]
        grid = (self._start, self._step_ns, *self._depth)
        return tuple(Tape(listing, rng, *grid) for listing, rng in zip(self._listings, streams, strict=True))

    def events(self) -> Iterator[Print]:
        """Quote, Trade, Depth and one-minute Bar events in time order, for ever; at one instant symbol by symbol.

        A Bar comes at its end, before the next prints, and is exactly the trades of its minute; a minute without a
        trade has none. A second iterator goes on where the first stands. Raises InputError past the calendars' tables.
        """
        while True:
            while self._pending:
                yield self._pending.popleft()
            self._print_instant()

    def _print_instant(self) -> None:
        time, pending = self._time, self._pending
        for tape in self._tapes:
            tape.step(time, pending)
        next_instant = time + self._step_ns
        self._time = min(tape.wakes_at(next_instant) for tape in self._tapes)

    def state(self) -> dict[str, object]:
        """Where the market stands after the last event taken, as JSON values; floats survive JSON by shortest form."""
        return {
            "arguments": self._fingerprint(),
            "time": self._time,
            "pending": [_row(event) for event in self._pending],
            "tapes": [tape.state() for tape in self._tapes],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue exactly where `state` was taken, here or in another process, given the same arguments.

        Raises InputError if the state is of other arguments or damaged; the market then stands where it stood.
        """
        if state.get("arguments") != self._fingerprint():
            raise InputError("the market's state was taken with another seed, start, step, depth or universe")
        tapes = self._new_tapes()
        instruments = {instrument.symbol: instrument for instrument in self.instruments}
        try:
            time = int(state["time"])
            pending = deque(_event(row, instruments) for row in state["pending"])
            for tape, tape_state in zip(tapes, state["tapes"], strict=True):
                tape.restore(tape_state)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"the market's state is damaged: {error!r}") from error
        self._time, self._pending, self._tapes = time, pending, tapes

    def _fingerprint(self) -> str:
        """A hash of the arguments: a state is good only for a market that was made with the same."""
        listings = [(listing.instrument.row(), *listing[1:]) for listing in self._listings]
        text = repr((self._seed, self._start, self._step_ns, self._depth, listings))
        return blake2b(text.encode(), digest_size=16).hexdigest()


def _row(event: Print) -> list[object]:
    """An event as JSON values, its instrument by symbol."""
    kind, time, _, *rest = event.row()
    return [kind, time, event.symbol, *rest]


def _event(row: list[Any], instruments: dict[str, Instrument]) -> Print:
    """The event of such a row; a JSON reader has made lists of a book's tuples."""
    kind, time, symbol, *rest = row
    if kind == DEPTH:
        rest = [tuple((price, size) for price, size in side) for side in rest]
    event: Print = _KINDS[kind](time, instruments[symbol], *rest)
    if len(event.row()) != len(row):
        raise ValueError(f"{row} is too short")
    return event
