"""What the venue says of orders, told on as reports of ours, each once and in its place.

All channels end here: the stream, answers to requests, look-ups, lists. An order's numbers only grow, an execution is
told once, an end waits for the fills that came before it. Of a chain of the venue's orders (`tracked`) only the newest
says how the order stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tradewright.adapters.venue.alpaca.answers import WireOrder
from tradewright.adapters.venue.alpaca.notation import Unreadable, percent_ppm, plain, price_units, size_units, time_of
from tradewright.adapters.venue.alpaca.tracked import (
    CANCELED,
    CHANGING,
    ENDED,
    EXPIRED,
    FILLED,
    OPEN,
    REJECTED,
    REPLACED,
    Leg,
    Tracked,
    own_id,
    status_of,
    trade_id,
)  # fmt: skip
from tradewright.model.account import PPM_ONE, Account
from tradewright.model.control import OrderAdopted
from tradewright.model.errors import InputError
from tradewright.model.event import ACCEPTED, CANCELLED, Event
from tradewright.model.event import EXPIRED as REPORT_EXPIRED
from tradewright.model.event import REJECTED as REPORT_REJECTED
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import MONEY_SCALE
from tradewright.model.order import (
    EXTENDED_HOURS,
    ORDER_TYPES,
    SIDES,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    Order,
    number_named,
)  # fmt: skip
from tradewright.model.report import Fill, Replaced, Report
from tradewright.ports import Clock, Orders

#: Orders remembered; beyond it those go that the engine has forgotten.
KEPT_MAX = 4_096
_ENDS = {CANCELED: CANCELLED, EXPIRED: REPORT_EXPIRED, REJECTED: REPORT_REJECTED}


class Teller:
    """Of one account. venue_time: the venue's clock, where it says no time of its own."""

    def __init__(
        self,
        terms: Account,
        clock: Clock,
        venue_time: Clock,
        orders: Orders,
        deliver: Callable[[Event], None],
        errors: Counter[str],
    ) -> None:
        self.known: dict[str, Tracked] = {}
        self._terms = terms
        self._clock = clock
        self._venue_time = venue_time
        self._orders = orders
        self._deliver = deliver
        self._errors = errors
        self._by_venue: dict[str, Tracked] = {}
        self._kept_max = KEPT_MAX

    # Who is it

    def of_venue(self, venue_id: str) -> Tracked | None:
        """The order that one of the venue's orders belongs to, if it was seen."""
        return self._by_venue.get(venue_id)

    def track(self, order: Order) -> Tracked:
        """The order, from now on."""
        tracked = self.known.get(order.id)
        if tracked is None:
            tracked = Tracked(order.id, order.instrument, order.side, self._orders.filled(order.id))
            self.known[order.id] = tracked
            if len(self.known) > self._kept_max:
                self._forget()
        return tracked

    def _forget(self) -> None:
        for id in [id for id in self.known if self._orders.order(id) is None]:
            for venue_id in self.known.pop(id).legs:
                self._by_venue.pop(venue_id, None)
        self._kept_max = max(KEPT_MAX, 2 * len(self.known))

    def see(self, wire: WireOrder, owner: Tracked | None = None) -> Tracked | None:
        """Takes in what the venue says of one of its orders; None: it is none of ours so far. owner: whose it is, where
        that is known otherwise. Raises Unreadable, and then nothing has changed."""
        status = status_of(wire)
        tracked = owner or self._by_venue.get(wire.id) or self._by_venue.get(wire.replaces or "") or self._own(wire)
        if tracked is None:
            return None
        if plain(wire.symbol) != tracked.instrument.symbol:
            raise Unreadable(f"{tracked.id} is an order of {tracked.instrument.symbol}, not of {wire.symbol[:40]!r}")
        instrument = tracked.instrument
        filled = size_units(wire.filled_qty, instrument)
        quantity = filled if wire.qty is None else size_units(wire.qty, instrument)
        limit, stop = _prices(wire, instrument)
        if filled < 0 or quantity < 0:
            raise Unreadable(f"{tracked.id}: a size is below zero")
        leg = tracked.legs.get(wire.id)
        if leg is None:
            leg = self._add(tracked, wire, quantity)
            tracked.doubt = 0
        elif quantity != leg.quantity and status in OPEN:
            tracked.changed = True
        leg.quantity, leg.limit_units, leg.stop_units = quantity, limit, stop
        leg.filled = max(leg.filled, filled)
        leg.time = max(leg.time, time_of(wire.updated_at))
        if status in ENDED or leg.status not in ENDED:
            leg.status = status
        tracked.group = wire.group_id or tracked.group
        return tracked

    def _own(self, wire: WireOrder) -> Tracked | None:
        order = self._orders.order(own_id(wire.client_order_id))
        return None if order is None else self.track(order)

    def _add(self, tracked: Tracked, wire: WireOrder, quantity: int) -> Leg:
        if not tracked.legs:
            named = own_id(wire.client_order_id) == tracked.id
            tracked.whole = wire.client_order_id == tracked.id or (not named and not wire.replaces)
        leg = Leg(wire.id, wire.client_order_id, quantity)
        tracked.legs[wire.id] = leg
        self._by_venue[wire.id] = tracked
        if len(tracked.legs) > 1:
            tracked.changed = True
        return leg

    # What is told

    def name(self, tracked: Tracked, leg: Leg, time: int, code: str = "") -> None:
        """The venue has the order, under this name; and, where they changed, at these terms."""
        whole = tracked.whole
        if tracked.changed and whole and leg is tracked.last:
            tracked.changed = False
            self.replaced(tracked, leg, time)
        if code or not leg.named:
            leg.named = True
            at = tracked.moment(time or self._venue_time())
            filled = tracked.filled if whole else -1
            self._deliver(Report(ACCEPTED, self._clock(), tracked.id, at, code, leg.venue_id, filled))

    def replaced(self, tracked: Tracked, leg: Leg, time: int) -> None:
        at = tracked.moment(time or self._venue_time())
        self._deliver(Replaced(self._clock(), tracked.id, at, tracked.total, leg.limit_units, leg.stop_units))

    def fill(self, tracked: Tracked, leg: Leg, size: int, price: int, cumulative: int, time: int) -> bool:
        """An execution; False: it was told before. Raises Unreadable for one that is none."""
        if size <= 0 or price <= 0 or cumulative < size:
            raise Unreadable(f"{tracked.id}: no execution has size {size}, price {price} and {cumulative} in all")
        id = trade_id(leg, cumulative, tracked.instrument)
        if id in leg.trades:
            return False
        leg.trades.add(id)
        leg.told += size
        leg.filled = max(leg.filled, cumulative)
        if not leg.named:
            self.name(tracked, leg, time)
        at = time or self._venue_time()
        fee, currency = self._coins_kept(tracked, size)
        self._deliver(Fill(self._clock(), tracked.id, at, id, price, size, fee, currency))
        return True

    def _coins_kept(self, tracked: Tracked, size: int) -> tuple[int, str]:
        """The fee in coins of a buy, as money, and its currency: the most that the venue takes, which says nothing of
        it."""
        instrument = tracked.instrument
        ppm = self._terms.coin_fee_ppm
        if not ppm or tracked.side < 0 or instrument.asset_class != "crypto":
            return 0, ""
        units = -(-size * ppm // PPM_ONE)
        return units * 10 ** (MONEY_SCALE - instrument.size_scale), instrument.base

    def state(self, tracked: Tracked, time: int = 0, code: str = "") -> None:
        """How the order stands now, if it is new or asked for (code)."""
        leg = tracked.last
        if leg is None or tracked.busy:
            return
        if leg.status in OPEN:
            self.name(tracked, leg, time, code)
        elif leg.status in CHANGING:
            # Nobody knows yet what becomes of it: its name settles a submit and nothing else.
            leg.named = leg.named and not code
            self.name(tracked, leg, time)
        elif leg.status == FILLED:
            order = self._orders.order(tracked.id)
            if order is not None and tracked.whole and order.quantity > tracked.total:
                self.replaced(tracked, leg, time)
            if code:
                self.name(tracked, leg, time, code)
        elif leg.status == REJECTED and tracked.before is not None and tracked.before.status != REPLACED:
            # It was to take another's place, and that one was faster: it stands as it stood. One that made way is gone.
            del tracked.legs[leg.venue_id]
            tracked.changed = True
            self.state(tracked, time, code)
        elif leg.status == CANCELED and tracked.doubt and not code:
            # Something may stand in its place: a look-up has to say that there is nothing.
            return
        elif leg.status in _ENDS and (code or tracked.ended != leg.status):
            tracked.doubt = 0
            self.end(tracked, leg.status, time)

    def end(self, tracked: Tracked, status: str, time: int = 0, code: str = "", text: str = "") -> None:
        """The order is over."""
        tracked.ended = status
        if not code and status == CANCELED:
            code, text = tracked.why
        at = tracked.moment(time or self._venue_time())
        filled = tracked.filled if tracked.whole else -1
        self._deliver(Report(_ENDS[status], self._clock(), tracked.id, at, code, text, filled))

    def refuse(self, kind: int, order_id: str, code: str, text: str) -> None:
        """The answer to a request that was refused, or (OUTCOME_UNKNOWN) that nobody can answer."""
        self._deliver(Report(kind, self._clock(), order_id, self._venue_time(), code, text))

    # Orders that were not made here

    def adopt(self, wire: WireOrder) -> Tracked | None:
        """An order that somebody else made becomes known; None: its instrument is not traded here, or nobody knows yet
        how large it is. Raises Unreadable."""
        status_of(wire)
        instrument = self._orders.instrument(plain(wire.symbol))
        if instrument is None:
            self._errors["order of an instrument that is not traded here"] += 1
            return None
        if wire.qty is None and not wire.filled_qty:
            return None
        first = foreign_id(self._terms.code, wire.replaces or wire.id)
        id = first if self._orders.order(first) is not None else foreign_id(self._terms.code, wire.id)
        order = self._orders.order(id)
        if order is None:
            order = self._order_of(wire, id, instrument)
            self._deliver(OrderAdopted(self._clock(), list(order.row())))
        tracked = self.see(wire, self.track(order))
        if tracked is not None:
            tracked.whole = True
        return tracked

    def _order_of(self, wire: WireOrder, id: str, instrument: Instrument) -> Order:
        limit, stop = _prices(wire, instrument)
        trail = price_units(wire.trail_price, instrument) if wire.trail_price else 0
        try:
            type = number_named(ORDER_TYPES, wire.type, "type")
            side = number_named(SIDES, wire.side, "side")
            tif = number_named(TIMES_IN_FORCE, wire.time_in_force, "time in force")
        except InputError as error:
            raise Unreadable(str(error)) from error
        ppm = percent_ppm(wire.trail_percent) if wire.trail_percent and type == TRAILING_STOP else 0
        size = size_units(wire.filled_qty if wire.qty is None else wire.qty, instrument)
        return Order(
            id, self._terms.name, EXTERNAL, instrument, side, type, size, limit, stop, trail, ppm, tif,
            EXTENDED_HOURS if wire.extended_hours else 0, time=self._clock(),
        )  # fmt: skip


def _prices(wire: WireOrder, instrument: Instrument) -> tuple[int, int]:
    """Limit and stop price in counts; the stop of a trailing stop moves by itself and is none."""
    limit = price_units(wire.limit_price, instrument) if wire.limit_price else 0
    stop = price_units(wire.stop_price, instrument) if wire.stop_price and wire.type != "trailing_stop" else 0
    return limit, stop
