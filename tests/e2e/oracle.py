"""Trailing stops worked out by brute force from quotes alone: what a trader with pencil and paper would get.

It shares no code with the program: prices are counts, a position is a side and an entry, a stop is a number. Long is
closed at the bid, short at the ask; the market is met at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Tick = tuple[int, int]


@dataclass(frozen=True)
class Terms:
    """distance: counts, or ppm of the best price. step: None = the stop follows by itself. tick: of the venue. gain,
    offset: break-even, 0 = none. begins: ppm of the entry at which the stop begins, 0 = at its distance. ranges: the
    distance that is said with each tick from the one behind the entry on, in place of the one before where the stop
    moves by it."""

    distance: int = 0
    ppm: int = 0
    step: int | None = None
    tick: int = 1
    gain: int = 0
    offset: int = 0
    begins: int = 0
    ranges: tuple[int, ...] = ()

    def away(self, price: int) -> int:
        return self.distance or price * self.ppm // 1_000_000


@dataclass
class Trip:
    """One trade: entered at the market after tick `at`, closed at tick `until` (None = still open)."""

    at: int
    side: int
    entry: int
    until: int | None = None
    exit: int = 0
    moves: int = 0


def trip(ticks: list[Tick], at: int, side: int, terms: Terms, held: bool) -> Trip:
    """Enters right after tick `at`; from the next tick on the stop is first asked, then moved. One at a venue is asked
    already where it is entered."""
    bid, ask = ticks[at]
    done = Trip(at, side, ask if side > 0 else bid)
    best = bid if side > 0 else ask
    if terms.step is None:
        stop = best - side * terms.away(best)
    else:
        first = done.entry * terms.begins // 1_000_000 if terms.begins else terms.away(done.entry)
        if terms.begins and terms.away(done.entry):
            first = min(first, terms.away(done.entry))
        stop = _on_tick(done.entry - side * first, side, terms.tick)
        if side * (best - stop) <= 0 and not held:
            done.until, done.exit = at, best
            return done
    for number in range(at + 1, len(ticks)):
        price = ticks[number][0] if side > 0 else ticks[number][1]
        better = side * (price - best) > 0
        best = price if better else best
        if terms.step is None:
            stop = best - side * terms.away(best) if better else stop
        if side * (price - stop) <= 0:
            done.until, done.exit = number, price
            return done
        if terms.ranges:
            said = replace(terms, distance=terms.ranges[number])
            stop, moved = _moved(stop, best, done.entry, side, said)
            terms = said if moved else terms
            done.moves += moved
        if terms.step is not None:
            stop, moved = _moved(stop, best, done.entry, side, terms)
            done.moves += moved
    return done


def _moved(stop: int, best: int, entry: int, side: int, terms: Terms) -> tuple[int, int]:
    wanted = stop
    if terms.away(best):
        trailed = _on_tick(best - side * terms.away(best), side, terms.tick)
        if side * (trailed - stop) >= max(1, terms.step or 0):
            wanted = trailed
    if terms.gain and side * (best - entry) >= terms.gain:
        even = _on_tick(entry + side * terms.offset, side, terms.tick)
        if side * (even - wanted) > 0:
            wanted = even
    return wanted, int(wanted != stop)


def _on_tick(price: int, side: int, tick: int) -> int:
    """Away from the market: down below it, up above it."""
    return price - price % tick if side > 0 else price + -price % tick


def ranges(ticks: list[Tick], length: int, least: int) -> tuple[int, ...]:
    """With each tick what the bid went, up and down, in so many ticks to it: their average true range times their
    number; no less than `least`."""
    true = [abs(ticks[at][0] - ticks[max(at - 1, 0)][0]) for at in range(len(ticks))]
    return tuple(max(least, sum(true[max(0, at - length + 1) : at + 1])) for at in range(len(ticks)))


def trips(ticks: list[Tick], every: int, terms: Terms, held: bool = False) -> list[Trip]:
    """Enters at each `every`-th tick (counted from one) when flat, long and short by turns. A stop at the venue has
    filled before the tick is seen here; one held here goes because of it, and is known to have filled at the next."""
    made: list[Trip] = []
    free = 0
    for at in range(every - 1, len(ticks), every):
        if at < free:
            continue
        made.append(trip(ticks, at, 1 if len(made) % 2 == 0 else -1, terms, held))
        until = made[-1].until
        if until is None:
            break
        free = until + (held or until == at)
    return made
