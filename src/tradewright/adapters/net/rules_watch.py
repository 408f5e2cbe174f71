"""Keeps an eye on the rules that a venue puts on orders, which change while the engine trades there.

They are read again when the client begins, at a steady pace, and soon after the venue has refused an order in their
name, but never more often than every few seconds. What differs from what the engine has is told as RulesChanged, so
that the next order is made by the new ones. An instrument that the venue does not list any more (delisted, or by
another name now), or lists as something else, takes no openings from then on.

Of instruments of which nothing else does, a look says whether they trade; from one that failed on that is not known.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeGuard

from tradewright.model.control import RulesChanged
from tradewright.model.errors import InputError, TransportError, VenueRefused
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.notice import HALTED, TRADING, UNKNOWN, InstrumentStatus
from tradewright.model.numbers import SIZE_MAX
from tradewright.ports import Clock, Orders

#: Seconds between two looks, and the least after a refusal.
PACE, LEAST = 300.0, 10.0
#: A look that failed.
RULES = "rules"

Read = Callable[[Sequence[str]], Awaitable[Mapping[str, Instrument]]]


class RulesWatch:
    """Of one client. read: the instruments of some symbols as the venue lists them now; one that is missing is not
    traded there any more. pace: seconds between two looks. tells: of which instruments a look says whether they trade;
    None = of none."""

    def __init__(
        self, read: Read, orders: Orders, clock: Clock, deliver: Callable[[Event], None], errors: Counter[str],
        pace: float = PACE, tells: Callable[[Instrument], bool] | None = None,
    ) -> None:  # fmt: skip
        self._read = read
        self._orders = orders
        self._clock = clock
        self._deliver = deliver
        self._errors = errors
        self._pace = pace
        self._tells = tells
        self._said: dict[str, str] = {}
        self._symbols: dict[str, None] = {}
        self._seen: dict[str, Instrument] = {}
        self._doubted = asyncio.Event()

    def follow(self, symbols: Iterable[str]) -> None:
        """From now on these too."""
        self._symbols |= dict.fromkeys(symbols)

    def saw(self, listed: Mapping[str, Instrument]) -> None:
        """As `follow`, of what has just been read: an engine that goes on may know other rules from before."""
        self.follow(listed)
        self._seen |= listed

    def doubt(self) -> None:
        """The venue has refused an order that was made by the rules as they are known."""
        self._doubted.set()

    async def run(self) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            self._doubted.clear()
            done = await self._look()
            least = min(LEAST, self._pace)
            await asyncio.sleep(least)
            try:
                async with asyncio.timeout(self._pace - least if done else 0.0):
                    await self._doubted.wait()
            except TimeoutError:
                continue

    async def _look(self) -> bool:
        """False: the venue did not say."""
        followed = [symbol for symbol in self._symbols if self._orders.instrument(symbol) is not None]
        if not followed:
            return True
        listed: Mapping[str, Instrument]
        listed, self._seen = self._seen, {}
        if any(symbol not in listed for symbol in followed):
            try:
                listed = await self._read(followed)
            except (TransportError, VenueRefused, InputError):
                self._errors[RULES] += 1
                for symbol in followed:
                    self._say(symbol, UNKNOWN)
                return False
        for symbol in followed:
            self._tell(symbol, listed.get(symbol))
        return True

    def _say(self, symbol: str, status: str) -> None:
        """Whether an instrument trades, where that is news."""
        known = self._orders.instrument(symbol)
        if known is None or self._tells is None or not self._tells(known):
            return
        if self._said.get(symbol, UNKNOWN) != status:
            self._said[symbol] = status
            self._deliver(InstrumentStatus(self._clock(), known.index, status))

    def _tell(self, symbol: str, listed: Instrument | None) -> None:
        known = self._orders.instrument(symbol)
        if known is None:
            return
        self._say(symbol, TRADING if _same(listed, known) and listed.rules.tradable else HALTED)
        before = known.rules.row()
        try:
            after = rules_at(listed, known).row() if _same(listed, known) else (*before[:-1], False)
        except InputError:
            # Finer than an instrument can be counted: those that are known stay, and the venue judges.
            self._errors[RULES] += 1
            return
        if after != before:
            self._deliver(RulesChanged(self._clock(), known.index, list(after)))


def _same(listed: Instrument | None, known: Instrument) -> TypeGuard[Instrument]:
    """Whether it is still that instrument: a name may be left to another one, a contract may change its size."""
    return listed is not None and (listed.base, listed.quote, listed.contract) == (
        known.base, known.quote, known.contract,
    )  # fmt: skip


def rules_at(listed: Instrument, known: Instrument) -> OrderRules:
    """The rules of an instrument in the counts of the same one as it was listed before. Raises InputError."""
    rules, price, size = listed.rules, known.price_scale - listed.price_scale, known.size_scale - listed.size_scale
    return OrderRules(
        tick=_scaled(rules.tick, price, known.symbol),
        step=_scaled(rules.step, size, known.symbol),
        size_min=_scaled(rules.size_min, size, known.symbol),
        # Between two steps it is as good as the lower one; what is beyond any size is as good as the largest.
        size_max=min(rules.size_max * 10 ** max(size, 0) // 10 ** max(-size, 0), SIZE_MAX),
        notional_min=rules.notional_min,
        band_ppm=rules.band_ppm,
        shortable=rules.shortable,
        tradable=rules.tradable,
    )


def _scaled(count: int, decimals: int, symbol: str) -> int:
    factor: int = 10 ** abs(decimals)
    if decimals >= 0:
        return count * factor
    if count % factor:
        raise InputError(f"{symbol}: its rules are finer than its counts")
    return count // factor
