"""What moves otherwise than by fills: fees, dividends, interest, deposits, as the account's activities state it, and
positions that were split.

Alpaca states no fee with a fill; it comes as an activity of its own, at once or at the end of the day. One in dollars
is money that moved. One in the base of a pair that was bought is not told: the position has it already (`Teller.fill`).
What was stated before this process began is not told: the engine has it from the process before, or reconciles it. A
split is told whenever it is met: the engine knows by what it holds whether it has had its part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from tradewright.adapters.venue.alpaca.answers import Movement, WirePosition
from tradewright.adapters.venue.alpaca.door import Door
from tradewright.adapters.venue.alpaca.notation import plain, size_units, stamp
from tradewright.adapters.venue.alpaca.requests import Requests
from tradewright.model.account import Account
from tradewright.model.account_snapshot import PositionSplit
from tradewright.model.control import CashMoved
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.numbers import money_of
from tradewright.ports import Clock, Orders

PAGE = 100
#: An activity may be listed later than its time says.
OVERLAP_NS = 3_600_000_000_000
KEPT_MAX = 10_000
SPLIT = "SPLIT"
#: Money paid in or out, or moved between accounts; all else was earned or spent by what is held.
CAPITAL = ("CSD", "CSW", "JNL", "JNLC", "TRANS", "ACATC")
DOLLAR = "USD"


class Movements:
    """Of one account."""

    def __init__(
        self,
        terms: Account,
        door: Door,
        requests: Requests,
        orders: Orders,
        deliver: Callable[[Event], None],
        clock: Clock,
        errors: Counter[str],
        since: int,
    ) -> None:
        self._terms = terms
        self._door = door
        self._requests = requests
        self._orders = orders
        self._deliver = deliver
        self._clock = clock
        self._errors = errors
        self._seen: dict[str, None] | None = None
        self._since = 0
        #: From then on the engine may not know what was split, the venue's clock; 0 = it has never seen the account.
        self._before = since

    async def look(self) -> None:
        """Tells what is new. Raises NO_ANSWER."""
        now = self._door.venue_time()
        since = self._since or min(now, self._before or now)
        rows = await self._rows(stamp(since - OVERLAP_NS))
        first, seen = self._seen is None, self._seen or {}
        fresh = [row for row in rows if row.id not in seen]
        splits = [row for row in fresh if row.activity_type == SPLIT and (self._before or not first)]
        if splits:
            await self._split(splits)
        for row in fresh:
            if row.activity_type != SPLIT and not first:
                self._tell(row)
            seen[row.id] = None
        while len(seen) > KEPT_MAX:
            del seen[next(iter(seen))]
        self._seen, self._since = seen, now

    async def _rows(self, after: str) -> list[Movement]:
        rows: list[Movement] = []
        while True:
            request = self._requests.movements(after, rows[-1].id if rows else "")
            page = await self._door.fetch(request, list[Movement])
            rows += page
            if len(page) < PAGE:
                return rows

    async def _split(self, rows: list[Movement]) -> None:
        """What was held before is what is held now, less what came in. Raises NO_ANSWER."""
        held = {
            plain(one.symbol): one for one in await self._door.fetch(self._requests.positions(), list[WirePosition])
        }
        for row in rows:
            instrument = self._orders.instrument(plain(row.symbol or ""))
            position = held.get(plain(row.symbol or ""))
            if instrument is None or position is None or row.qty is None or row.status not in (None, "executed"):
                self._errors["a split that is not understood"] += 1
                continue
            after, came = size_units(position.qty, instrument), size_units(row.qty, instrument)
            self._deliver(
                PositionSplit(self._clock(), self._terms.name, instrument.symbol, after - came, after)
            )  # fmt: skip

    def _tell(self, row: Movement) -> None:
        if row.status not in (None, "executed"):
            self._errors[f"movement {row.status[:20]!r}"] += 1
            return
        try:
            amount = money_of(row.net_amount or Decimal(0), "net amount")
        except InputError:
            self._errors["unreadable row"] += 1
            return
        if amount:
            why, result = f"{row.activity_type} {row.id}", row.activity_type not in CAPITAL
            self._deliver(CashMoved(self._clock(), self._terms.name, DOLLAR, amount, why, result))
