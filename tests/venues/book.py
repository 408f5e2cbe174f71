"""Plays the engine to one account's client and holds it to what `ports.Venue` promises with every event.

Orders are applied as the core does; positions and money are added up here from fills alone, so that what a snapshot
shows can be compared with what was told.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.venues.ordering import Ordering
from tradewright.core.life_cycle import SENT, SUBMITTED, UNKNOWN
from tradewright.core.orders import OrderState
from tradewright.core.state import order_from
from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged
from tradewright.model.command import Command
from tradewright.model.control import CashMoved, OrderAdopted, RulesChanged
from tradewright.model.event import CANCELLED, EXPIRED, REJECTED, Event
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import MarketEvent
from tradewright.model.numbers import MONEY_SCALE
from tradewright.model.report import Fill, Report
from tradewright.model.withheld import RequestWithheld
from tradewright.ports import Clock, LastGate

ENDS = (CANCELLED, EXPIRED, REJECTED)
ASK_SECONDS = 1.0


class Book(Ordering):
    """Implements `ports.Approvals`. states: every order by its id; events: all that was told, market events apart.
    broken: promises that were; again: fills told once more. gate: before the client's wire, None = there is no wire;
    stops: orders that may not open any more."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.instruments: list[Instrument] = []
        self.events: list[Event] = []
        self.market: list[MarketEvent] = []
        self.gate: LastGate | None = None
        self.stops: set[str] = set()
        self.start = AccountSnapshot(0, "", 0, [], [], [])
        self._ends: Counter[str] = Counter()
        self._trades: dict[tuple[str, str], tuple[object, ...]] = {}
        self._asking: set[str] = set()
        self._told_until = 0
        self.broken: list[str] = []
        self.again = 0

    # ports.Orders

    def instrument(self, symbol: str) -> Instrument | None:
        return next((one for one in self.instruments if one.symbol == symbol), None)

    def stopped(self, order_id: str) -> bool:
        return order_id in self.stops or order_id not in self.states

    # What the engine asks

    def hand_over(self, command: Command) -> None:
        """As the connected engine does."""
        if self.gate is not None:
            self.gate.approve(command)
        super().hand_over(command)

    def ask(self, order_id: str) -> None:
        """Asks about an order, again and again as long as a request of it is unknown."""
        self._asking.add(order_id)
        self.query(order_id)
        asyncio.get_running_loop().call_later(ASK_SECONDS, self._ask_on, order_id)

    def _ask_on(self, order_id: str) -> None:
        if self.states[order_id].has_unknown():
            self.ask(order_id)
        else:
            self._asking.discard(order_id)

    def lose_track(self) -> None:
        """The process that asked is gone, and what it asked."""
        for state in self.states.values():
            state.lose_track()

    # What the client tells

    def deliver(self, event: Event) -> None:
        """Takes an event, and notes where it breaks a promise: whoever told it may catch what is raised."""
        self._promise(self._told_until <= event.time <= self.clock(), "time goes on, and nothing is of the future")
        self._told_until = event.time
        if isinstance(event, MarketEvent):
            self.market.append(event)
            return
        self.events.append(event)
        if isinstance(event, RequestWithheld):
            self._promise(False, f"{event.order_id} was not let out: {event.text}")
        if isinstance(event, OrderAdopted):
            self._adopt(event)
        elif isinstance(event, RulesChanged):
            self.instruments[event.instrument_index].rules = OrderRules(*event.rules)  # type: ignore[arg-type]
        elif isinstance(event, Report):
            self._hear(event)

    def _adopt(self, event: OrderAdopted) -> None:
        order = order_from(event.order, self.instruments)
        self._promise(order.id not in self.states, f"{order.id} is adopted twice")
        state = self.states[order.id] = OrderState(order, SUBMITTED)
        state.submit = UNKNOWN

    def _hear(self, report: Report) -> None:
        if report.order_id not in self.states:
            self._promise(False, f"a report on {report.order_id}, which nobody knows")
            return
        state = self.states[report.order_id]
        if isinstance(report, Fill):
            self._fill(report, state)
        elif report.kind in ENDS:
            said, told = report.filled_units, state.filled
            self._promise(said <= told, f"{report.order_id} ended with {said} filled, of which {told} were told")
            self._ends[report.order_id] += 1
        state.apply_report(report)
        if state.has_unknown() and report.order_id not in self._asking:
            self.ask(report.order_id)

    def _fill(self, fill: Fill, state: OrderState) -> None:
        """A trade has one id, which is that of the same facts whichever way and however often it is told."""
        name, facts = (state.order.instrument.symbol, fill.trade_id), tuple(fill.row()[2:])
        self._promise(self._trades.setdefault(name, facts) == facts, f"trade {name} is told as two")
        self._promise(
            fill.trade_id in state.trades or not self._ends[fill.order_id], f"{fill.order_id} filled after its end"
        )
        self.again += fill.trade_id in state.trades

    def _promise(self, kept: bool, what: str) -> None:
        if not kept:
            self.broken.append(what)

    # What a test looks at

    def reports(self, order_id: str) -> list[Report]:
        return [event for event in self.events if isinstance(event, Report) and event.order_id == order_id]

    def kinds(self, order_id: str) -> list[int]:
        return [report.kind for report in self.reports(order_id)]

    def fills(self, order_id: str = "") -> list[Fill]:
        """Of one order, or all; each once."""
        found = [event for event in self.events if isinstance(event, Fill)]
        once = {(self.states[fill.order_id].order.instrument.symbol, fill.trade_id): fill for fill in reversed(found)}
        return [fill for fill in reversed(once.values()) if order_id in ("", fill.order_id)]

    def ends(self, order_id: str) -> int:
        """How often its end was told."""
        return self._ends[order_id]

    def ups(self) -> list[bool]:
        return [event.up for event in self.events if isinstance(event, ConnectionChanged)]

    def settled(self) -> bool:
        """Whether every request has its answer."""
        return not any(
            state.has_unknown() or SENT in (state.submit, state.cancel, state.replace) for state in self.states.values()
        )

    # What the account should be by now

    def begin(self, start: AccountSnapshot) -> None:
        """Nothing was told of trades and money before."""
        self.start = start

    def positions(self) -> dict[str, int]:
        """Signed size counts, what a fee in the base has taken left out."""
        net = {symbol: size for symbol, size, _ in self.start.positions}
        for fill in self.fills():
            order = self.states[fill.order_id].order
            instrument = order.instrument
            size = order.side * fill.size_units
            if fill.fee_currency == instrument.base:
                size -= fill.fee // 10 ** (MONEY_SCALE - instrument.size_scale)
            net[instrument.symbol] = net.get(instrument.symbol, 0) + size
        return {symbol: size for symbol, size in net.items() if size}

    def cash(self) -> dict[str, int]:
        """Money counts by currency."""
        money = dict(self.start.balances)
        for fill in self.fills():
            order = self.states[fill.order_id].order
            instrument = order.instrument
            worth = fill.price_units * fill.size_units * instrument.money_factor
            money[instrument.quote] = money.get(instrument.quote, 0) - order.side * worth
            if fill.fee and fill.fee_currency != instrument.base:
                money[fill.fee_currency] = money.get(fill.fee_currency, 0) - fill.fee
        for event in self.events:
            if isinstance(event, CashMoved):
                money[event.currency] = money.get(event.currency, 0) + event.amount
        return money

    def working(self) -> dict[str, int]:
        """Orders at work and what they have filled."""
        return {id: state.filled for id, state in self.states.items() if state.is_open()}
