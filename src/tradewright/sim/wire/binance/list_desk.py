"""What ties the orders of a list together: who ends whom, and who comes next. Also told: each change of a list."""

from __future__ import annotations

from tradewright.model.numbers import round_down
from tradewright.sim.wire.binance.accounts import Account
from tradewright.sim.wire.binance.admission import live_refusal
from tradewright.sim.wire.binance.desk import Desk
from tradewright.sim.wire.binance.figures import QUANTITY_MONEY
from tradewright.sim.wire.binance.order_lists import ALL_DONE, OTO, UPDATED, OrderList
from tradewright.sim.wire.binance.orders import (
    CANCELED,
    EXPIRED,
    FILLED,
    OCO_TRIGGER,
    PENDING_NEW,
    PHASE_ONE,
    REJECTED,
    Order,
    Terms,
)


class ListDesk:
    """Follows the orders of a desk that belong to lists."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._ending: set[int] = set()

    def place(
        self, account: Account, client_id: str, contingency: str, working: Terms | None, legs: list[Terms], pays: bool
    ) -> OrderList:
        """Enters a list whose orders were admitted."""
        desk = self.desk
        first = working or legs[0]
        list_ = OrderList(
            desk.next_list, client_id or desk.new_id(), first.rules.symbol, contingency, desk.clock, pays=pays
        )
        desk.next_list += 1
        list_.updated = desk.clock
        account.add_list(list_)
        if working is not None:
            list_.working = desk.make(account, working)
            list_.working.order_list = list_
        for terms in legs:
            leg = desk.make(account, terms)
            leg.order_list = list_
            leg.status = PENDING_NEW
            list_.legs.append(leg)
        account.emit(list_.event(desk.clock))
        if list_.working is not None:
            desk.enter(list_.working)
        else:
            self._go_live(account, list_)
        return list_

    def _go_live(self, account: Account, list_: OrderList) -> None:
        """The legs' turn. One that is refused now ends the list."""
        desk = self.desk
        if list_.pays and list_.working is not None:
            self._size(list_, list_.working)
        # What one leg holds must not count against its sibling: both are judged first.
        judged = [(leg, live_refusal(desk, account, leg, list_)) for leg in list_.legs]
        refused = next((text for _, text in judged if text), "")
        if refused and list_.contingency == OTO:
            for leg, text in judged:
                if leg.open:
                    desk.close(
                        leg, REJECTED if text else EXPIRED, REJECTED if text else OCO_TRIGGER, "", text or "NONE"
                    )
            return
        for leg in list_.legs:
            if leg.open:
                desk.enter(leg)

    def _size(self, list_: OrderList, working: Order) -> None:
        """The legs take what the working order has brought in: of its base, or as much as its money buys."""
        rules = working.terms.rules
        base = working.executed - working.commission // QUANTITY_MONEY
        for leg in list_.legs:
            if leg.terms.side != working.terms.side:
                leg.quantity = round_down(min(base, working.executed), rules.step)

    # What becomes of its orders

    def worked(self, order: Order) -> None:
        """A leg that is triggered or filled expires its siblings; a working order filled whole calls the legs."""
        list_ = order.order_list
        if list_ is None:
            return
        if order is list_.working:
            return
        for sibling in list_.legs:
            if sibling is not order and sibling.open:
                self.desk.end(sibling, EXPIRED, OCO_TRIGGER)

    def ended(self, order: Order) -> None:
        """An order of a list is over."""
        list_ = order.order_list
        if list_ is None or not list_.open:
            return
        account = self.desk.accounts[order.account]
        if order is list_.working and list_.id not in self._ending:
            if order.status == FILLED:
                list_.status_type = UPDATED
                list_.updated = self.desk.clock
                account.emit(list_.event(self.desk.clock))
                self._go_live(account, list_)
            else:
                for leg in list_.legs:
                    self.desk.end(leg, EXPIRED, PHASE_ONE)
        if not any(known.open for known in list_.orders) and list_.status != ALL_DONE:
            list_.status_type = list_.status = ALL_DONE
            list_.updated = self.desk.clock
            account.emit(list_.event(self.desk.clock))

    def cancel(self, list_: OrderList, cancel_id: str) -> None:
        """Cancels whatever of the list is open; the orders share the cancel's id."""
        self._ending.add(list_.id)
        for order in list_.orders:
            if order.open:
                self.desk.end(order, CANCELED, "", cancel_id)
        self._ending.discard(list_.id)

    def prevents(self, order: Order) -> None:
        """Nothing: it is prevention's matter."""
