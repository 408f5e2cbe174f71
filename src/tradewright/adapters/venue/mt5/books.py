"""What the venue's records say, told once: deals become fills of their orders, orders become reports, what nobody here
asked for is adopted first, and money that moved by itself is told as such.

A deal's ticket is its trade id on every channel. A deal that could still be ours is held back until it is certain. A
foreign order belongs to the strategy `external`; in a hedging account one that closes names the lot it closes, whoever
holds that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from tradewright.adapters.venue.mt5.answers import SIDE_OF, Deal, Position, moment
from tradewright.adapters.venue.mt5.answers import Order as VenueOrder
from tradewright.adapters.venue.mt5.ownership import Ownership, Trace
from tradewright.adapters.venue.mt5.requests import magic_of
from tradewright.adapters.venue.mt5.symbols import SymbolBook, stems
from tradewright.model.account import HEDGING, Account
from tradewright.model.control import CashMoved, OrderAdopted
from tradewright.model.errors import InputError, VenueRefused
from tradewright.model.event import ACCEPTED, CANCELLED, EXPIRED, REJECTED, Event
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.instrument import Instrument
from tradewright.model.numbers import PRICE_MAX, count_of, money_of, nearest_count_of, part_of
from tradewright.model.order import DAY, ENTRY, EXIT, GTC, LIMIT, MARKET, STOP, STOP_LIMIT, Order
from tradewright.model.report import FOUND, Fill, Report
from tradewright.ports import Clock, Orders

#: Deals remembered; a window of history holds fewer.
SEEN_MAX = 50_000
UNKNOWN_SYMBOL, BAD_RECORD = "UNKNOWN_SYMBOL", "BAD_RECORD"
CLOSING_ENTRIES = ("out", "out_by")
_COST_DECIMALS = 9
_TYPES = {"market": MARKET, "limit": LIMIT, "stop": STOP, "stop_limit": STOP_LIMIT, "close_by": MARKET}
_TIMES = {"day": DAY}
AT_WORK = ("started", "placed", "partial", "request_add", "request_modify", "request_cancel")
#: What an ended order is. "partial" ended: what was left of it is given up.
ENDS = {"canceled": CANCELLED, "partial": CANCELLED, "expired": EXPIRED, "rejected": REJECTED}


class Books:
    """For one account. magics: strategy → number, as configured."""

    def __init__(
        self, terms: Account, orders: Orders, symbols: SymbolBook, clock: Clock, deliver: Callable[[Event], None],
        errors: Counter[str], magics: dict[str, int],
    ) -> None:  # fmt: skip
        self.terms = terms
        self.hedging = terms.mode == HEDGING
        self.own = Ownership(orders, self.hedging)
        self.symbols = symbols
        self.magics = magics
        self.told: dict[int, int] = {}  # order ticket → size counts told as fills
        self.held: dict[int, Deal] = {}
        #: The newest deal when the account was first read: money that moved up to then is in what it had.
        self.first = 0
        self._orders = orders
        self._clock = clock
        self._deliver = deliver
        self._errors = errors
        self._seen: dict[int, None] = {}
        self._current: dict[int, int] = {}
        self.nets: dict[
            str, tuple[int, int]
        ] = {}  # our symbol → ticket and side of its position, of an account that nets
        self._adopted: set[str] = set()

    # What records are about

    def instrument(self, name: str) -> Instrument | None:
        """Ours for a broker's symbol, if the engine has it."""
        known = [stem for stem in stems(name) if self._orders.instrument(stem) is not None]
        symbol = self.symbols.ours(name, known)
        return self._orders.instrument(symbol) if symbol else None

    def magic(self, strategy: str) -> int:
        return magic_of(strategy, self.magics)

    def current(self, identity: int) -> int:
        """The ticket that a position has now: a netting one that turned round has another than at first."""
        return self._current.get(identity, identity)

    def learn_position(self, position: Position) -> None:
        """A position names the order that opened it: its identity is that order's ticket."""
        self._current[position.identity] = position.ticket
        if not self.hedging and (net := self.instrument(position.name)) is not None:
            self.nets[net.symbol] = position.ticket, SIDE_OF.get(position.direction, 0)
        if self.hedging and position.identity not in self.own.ids:
            instrument, side = self.instrument(position.name), SIDE_OF.get(position.direction, 0)
            if instrument is not None and side:
                self.own.owner(
                    Trace(
                        position.identity, instrument.symbol, side, position.volume, position.magic, position.comment,
                        "", position.identity, False, self._clock(),
                    )
                )  # fmt: skip

    # Deals

    def unexplained(self, deal: Deal) -> bool:
        """Whether more has to be known of a deal before it can be booked: who opened what it closes."""
        new = deal.ticket not in self._seen and deal.direction is not None
        return new and self.hedging and deal.entry in CLOSING_ENTRIES and (deal.position_id or 0) not in self.own.ids

    def deal(self, deal: Deal, asked: VenueOrder | None = None) -> str:
        """Books a deal once; our id of its order, "" where it is told already, held back or nobody's. asked: its order,
        where that is known. Raises nothing."""
        if deal.ticket in self._seen:
            return ""
        try:
            return self._book(deal, asked)
        except (InputError, VenueRefused, OverflowError):
            # Not remembered: shown again, it may be whole.
            self._errors[BAD_RECORD] += 1
            return ""

    def retry(self) -> None:
        """Looks again at what was held back."""
        for deal in list(self.held.values()):
            self.deal(deal)

    def deal_owner(self, deal: Deal) -> str:
        """Our id of the order of a deal, which is not booked by that."""
        if deal.direction not in SIDE_OF or self.instrument(deal.broker_symbol or "") is None:
            return ""
        try:
            return self._owner(deal, self._trace(deal))
        except VenueRefused:
            self._errors[BAD_RECORD] += 1
            return ""

    def foreign(self, deal: Deal) -> bool:
        """Whether a deal is of an order that nobody here knows, for certain."""
        if (
            deal.ticket in self._seen
            or deal.direction not in SIDE_OF
            or self.instrument(deal.broker_symbol or "") is None
        ):
            return False
        try:
            trace = self._trace(deal)
        except VenueRefused:
            return False
        return not self._owner(deal, trace) and not self.own.may_be_ours(trace)

    def _owner(self, deal: Deal, trace: Trace) -> str:
        """As `Ownership.owner`. What the engine has booked is that order's, whatever has become of its comment and also
        where a changed order has another ticket by now."""
        booked = "" if trace.ticket in self.own.ids else self._orders.booked(str(deal.ticket))
        if booked:
            self.own.ids[trace.ticket] = booked
        return self.own.owner(trace)

    def _book(self, deal: Deal, asked: VenueOrder | None) -> str:
        if deal.direction is None:
            self._see(deal)
            self._money(deal, money_of(deal.profit, "deal"), deal.comment)
            self._money(deal, money_of(deal.commission + deal.swap + deal.fee, "deal"), deal.comment, result=True)
            return ""
        instrument, side = self.instrument(deal.broker_symbol or ""), SIDE_OF.get(deal.direction, 0)
        if not side:
            raise InputError(f"deal {deal.ticket}: direction {deal.direction!r}")
        if instrument is None:
            if self._concerns_ours(deal):
                raise InputError(f"deal {deal.ticket}: {deal.broker_symbol!r} is not the symbol of its order")
            self._errors[UNKNOWN_SYMBOL] += 1
            self._see(deal)
            return ""
        trace = self._trace(deal)
        id = self._owner(deal, trace)
        if not id and self.own.may_be_ours(trace):
            self.held[deal.ticket] = deal
            return ""
        if not id:
            id = self._adopt_dealt(deal, instrument, side, asked)
        size = count_of(deal.volume, instrument.size_scale, "deal's volume")
        price = nearest_count_of(deal.price, instrument.price_scale, "deal's price", PRICE_MAX)
        if size <= 0 or price <= 0:
            raise InputError(f"deal {deal.ticket}: {deal.volume} at {deal.price}")
        fee = money_of(-deal.commission - deal.fee, "deal's commission")
        self._see(deal)
        self.told[deal.order or 0] = self.told.get(deal.order or 0, 0) + size
        currency = self.terms.currency if fee else ""
        self._deliver(Fill(self._clock(), id, moment(deal.time), str(deal.ticket), price, size, fee, currency))
        if deal.swap:
            self._money(deal, money_of(deal.swap, "deal's swap"), f"swap of {instrument.symbol}", result=True)
        return id

    def _concerns_ours(self, deal: Deal) -> bool:
        """Whether it is of an order or a position that is known here, whatever symbol it states."""
        tickets = (self._ticket(deal), deal.position_id or 0)
        return any(one in self.own.ids for one in tickets if one) or self._orders.order(deal.comment) is not None

    def _trace(self, deal: Deal) -> Trace:
        instrument = self.instrument(deal.broker_symbol or "")
        return Trace(
            self._ticket(deal), instrument.symbol if instrument is not None else "", SIDE_OF[deal.direction or ""],
            deal.volume, deal.magic, deal.comment, deal.reason, deal.position_id or 0, deal.entry in CLOSING_ENTRIES,
            moment(deal.time),
        )  # fmt: skip

    def _ticket(self, deal: Deal) -> int:
        """Two deals of a close-by have one order and are two of ours: the selling one keeps the ticket."""
        return -(deal.order or 0) if deal.entry == "out_by" and deal.direction == "buy" else deal.order or 0

    def _see(self, deal: Deal) -> None:
        self.held.pop(deal.ticket, None)
        self._seen[deal.ticket] = None
        while len(self._seen) > SEEN_MAX:
            del self._seen[next(iter(self._seen))]

    def _money(self, deal: Deal, amount: int, why: str, result: bool = False) -> None:
        """Money that moved by itself since the account was first read. result: of `CashMoved`."""
        if amount and deal.ticket > self.first:
            self._deliver(CashMoved(self._clock(), self.terms.name, self.terms.currency, amount, why, result))

    def convert(self, deal: Deal, currency: str, earned: int) -> None:
        """A close earned that much in another currency, which the venue has turned into the account's at once."""
        if earned and deal.ticket > self.first:
            profit = money_of(deal.profit, "deal's profit")
            for what, amount in ((currency, -earned), (self.terms.currency, profit)):
                self._deliver(
                    CashMoved(self._clock(), self.terms.name, what, amount, f"converted by deal {deal.ticket}", True)
                )

    # Orders

    def trace_of(self, order: VenueOrder) -> Trace | None:
        """None of an order in an instrument that the engine does not have."""
        instrument, side = self.instrument(order.broker_symbol), SIDE_OF.get(order.direction, 0)
        if instrument is None or not side:
            return None
        worked = order.position_id or 0
        return Trace(
            order.ticket, instrument.symbol, side, order.volume, order.magic, order.comment, order.reason, worked,
            self.hedging and worked not in (0, order.ticket), moment(order.setup_time),
        )  # fmt: skip

    def adopt(self, order: VenueOrder) -> str:
        """Our id of an order at work or ended; a foreign one becomes known. "" where nobody can say, or cares."""
        try:
            trace = self.trace_of(order)
            if trace is None:
                self._errors[UNKNOWN_SYMBOL] += 1
                return ""
            id = self.own.owner(trace)
            if id or self.own.may_be_ours(trace):
                return id
            instrument = self._orders.instrument(trace.symbol)
            assert instrument is not None
            return self._adopt(order, instrument, trace)
        except (InputError, VenueRefused, OverflowError):
            self._errors[BAD_RECORD] += 1
            return ""

    def state(self, id: str, order: VenueOrder, found: bool) -> Report:
        """What an order is now, as one report. found: as the answer to a look-up. Raises VenueRefused, InputError."""
        known = self._orders.order(id)
        scale = known.instrument.size_scale if known is not None else 0
        filled = count_of(order.filled_volume, scale, "filled volume") if known is not None else -1
        now, done = self._clock(), moment(order.done_time)
        if order.state == "filled" or (order.state in AT_WORK and not done):
            code = FOUND if found else ""
            said = done if order.state == "filled" else moment(order.setup_time)
            return Report(ACCEPTED, now, id, said, code, str(order.ticket), filled)
        if order.state not in ENDS:
            raise VenueRefused(f"order {order.ticket}: state {order.state!r} is not known", BAD_RECORD)
        return Report(ENDS[order.state], now, id, done, order.state.upper(), order.comment, filled)

    def terms_of(self, order: Order, shown: VenueOrder) -> tuple[int, int, int]:
        """Total quantity, limit and stop price at which the venue works an order of ours. Raises InputError."""
        price, size = order.instrument.price_scale, order.instrument.size_scale
        entry = nearest_count_of(shown.entry_price, price, "entry price", PRICE_MAX)
        limit = nearest_count_of(shown.stop_limit_price or 0, price, "limit price", PRICE_MAX)
        # What the ticket filled is known from its deals too: a list that is behind them shows less.
        filled = max(self.told.get(shown.ticket, 0), count_of(shown.filled_volume, size, "filled volume"))
        before = max(0, self._orders.filled(order.id) - filled)
        quantity = count_of(shown.volume, size, "volume") + before
        if order.type == STOP_LIMIT and shown.order_kind == "limit":  # triggered: what waits is its limit
            return quantity, entry, order.stop_units
        return quantity, entry if order.type == LIMIT else limit, 0 if order.type == LIMIT else entry

    def slot_terms(self, order: Order, shown: Decimal) -> tuple[int, int]:
        """Limit and stop price of an exit whose position's SL or TP is shown. Raises InputError."""
        price = nearest_count_of(shown, order.instrument.price_scale, "SL or TP", PRICE_MAX)
        return (price, 0) if order.type == LIMIT else (0, price)

    def is_whole(self, order: VenueOrder, id: str) -> bool:
        """Whether all that an order says is filled was told as fills."""
        known = self._orders.order(id)
        if known is None:
            return True
        return self.told.get(order.ticket, 0) >= count_of(order.filled_volume, known.instrument.size_scale, "filled")

    def _adopt(self, order: VenueOrder, instrument: Instrument, trace: Trace) -> str:
        scale = instrument.price_scale
        type = _TYPES.get(order.order_kind)
        if type is None:
            raise VenueRefused(f"order {order.ticket}: kind {order.order_kind!r} is not known", BAD_RECORD)
        entry = nearest_count_of(order.entry_price, scale, "entry price", PRICE_MAX)
        limit = nearest_count_of(order.stop_limit_price or 0, scale, "limit price", PRICE_MAX)
        role, lot = self._place(trace)
        adopted = Order(
            foreign_id(self.terms.code, str(trace.ticket)), self.terms.name, EXTERNAL, instrument, trace.side, type,
            count_of(order.volume, instrument.size_scale, "volume"),
            limit_units=entry if type == LIMIT else limit if type == STOP_LIMIT else 0,
            stop_units=entry if type in (STOP, STOP_LIMIT) else 0,
            time_in_force=_TIMES.get(order.time, GTC), lot=lot, role=role, time=self._clock(),
        )  # fmt: skip
        return self._known(adopted, trace.ticket, trace.time)

    def _adopt_dealt(self, deal: Deal, instrument: Instrument, side: int, asked: VenueOrder | None) -> str:
        """An order of which only a deal is seen; its size is that of the deal if the order itself is not told."""
        trace = self._trace(deal)
        volume = asked.volume if asked is not None and deal.entry != "out_by" else deal.volume
        role, lot = self._place(trace)
        adopted = Order(
            foreign_id(self.terms.code, str(trace.ticket)), self.terms.name, EXTERNAL, instrument, side, MARKET,
            count_of(volume, instrument.size_scale, "volume"), lot=lot, role=role, time=self._clock(),
        )  # fmt: skip
        return self._known(adopted, trace.ticket, trace.time)

    def _place(self, trace: Trace) -> tuple[str, str]:
        """Role and lot of what somebody else did: in a hedging account it names the lot it closes, by which the engine
        knows whose it is."""
        if not (self.hedging and trace.closes):
            return ENTRY, ""
        return EXIT, self.own.ids.get(trace.position, "")

    def _known(self, order: Order, ticket: int, time: int) -> str:
        """Makes a foreign order known, once."""
        self.own.learn(order.id, ticket)
        if order.id not in self._adopted and self._orders.order(order.id) is None:
            self._adopted.add(order.id)
            self._errors["FOREIGN"] += 1
            self._deliver(OrderAdopted(self._clock(), list(order.row())))
            self._deliver(Report(ACCEPTED, self._clock(), order.id, time, "", str(abs(ticket))))
        return order.id


def cost_of(deals: list[Deal], closing: int) -> tuple[Decimal, Decimal]:
    """Volume that the deal `closing` closed of its position, and Σ price × volume of what that had cost, by the mean of
    all its deals. Rounded so that the parts of a position that is closed bit by bit add up to the whole."""
    volume = value = closed = cost = Decimal(0)
    side = 0
    for deal in sorted(deals, key=lambda one: one.ticket):
        if deal.ticket > closing:
            break
        turn = SIDE_OF.get(deal.direction or "", 0)
        if not volume or turn == side:
            volume, value, side = volume + deal.volume, value + deal.price * deal.volume, turn
            continue
        closed = min(volume, deal.volume)
        cost = value if closed == volume else part_of(value, closed, volume, _COST_DECIMALS)
        volume, value = volume - closed, value - cost
        if deal.volume > closed:  # it turned the position round
            volume, value, side = deal.volume - closed, deal.price * (deal.volume - closed), turn
    return closed, cost
