"""What `inject` makes happen once in the first account: late fills, overfills, changed rules, somebody else's hand."""

from __future__ import annotations

from collections.abc import Callable

from tradewright.model.errors import InputError
from tradewright.model.numbers import round_down, round_up
from tradewright.model.rng import Rng
from tradewright.sim.wire.binance import admission
from tradewright.sim.wire.binance.accounts import Account
from tradewright.sim.wire.binance.codes import Refusal
from tradewright.sim.wire.binance.figures import QUANTITY_MONEY, WORTH, Time, money_text
from tradewright.sim.wire.binance.orders import BUY, CANCELED, EXPIRED, LIMIT, MARKET, SELL, Terms
from tradewright.sim.wire.binance.rules import Rules
from tradewright.sim.wire.binance.venue import Venue
from tradewright.sim.wire.trouble import (
    CHANGED_RULES,
    EXIT_CANCELLED,
    FOREIGN_ORDER,
    LATE_FILL,
    MANUAL_CLOSE,
    OVERFILL,
)

#: A foreign order bids this share of the market's price, in percent.
_FOREIGN_PERCENT = 90
#: Names the hold of what is locked from outside, with its asset.
_OUTSIDE = "outside "


class Injections:
    """rng: chooses the symbol where several would do."""

    def __init__(self, venue: Venue, rng: Rng) -> None:
        self.venue = venue
        self.rng = rng
        self._happenings: dict[str, Callable[[], bool]] = {
            LATE_FILL: self._late_fill,
            OVERFILL: self._overfill,
            CHANGED_RULES: self._changed_rules,
            FOREIGN_ORDER: self._foreign_order,
            MANUAL_CLOSE: self._manual_close,
            EXIT_CANCELLED: self._exit_cancelled,
        }

    def happen(self, kind: str) -> bool:
        """Lets it happen; False: there is nothing to which it could, or it is not known."""
        found = self._happenings.get(kind)
        return found is not None and found()

    def _late_fill(self) -> bool:
        account = next(iter(self.venue.accounts.values()))
        for number in reversed(account.closed):
            order = account.orders[number]
            price = order.price or self.venue.desk.market_of(order).price()
            if order.status in (CANCELED, EXPIRED) and order.left > 0 and order.working_since and price:
                self.venue.desk.fill(order, price, order.left, maker=True)
                return True
        return False

    def _overfill(self) -> bool:
        """The oldest open order on the book is filled whole and by a step more."""
        account = next(iter(self.venue.accounts.values()))
        desk = self.venue.desk
        for order in account.open.values():
            if order.at_exchange and order.price:
                whole, step = order.left, order.terms.rules.step
                desk.fill(order, order.price, whole + step, maker=True)
                desk.forget(order)
                return True
        return False

    def _changed_rules(self) -> bool:
        for rules in self.venue.rules.values():
            rules.coarser()
        return True

    def _symbols(self) -> list[Rules]:
        """Symbols with a price, in an order drawn anew."""
        found = [rules for rules in self.venue.rules.values() if self.venue.markets[rules.symbol].price()]
        for at in range(len(found) - 1, 0, -1):
            other = self.rng.below(at + 1)
            found[at], found[other] = found[other], found[at]
        return found

    def _foreign_order(self) -> bool:
        for rules in self._symbols():
            price = round_down(self.venue.markets[rules.symbol].price() * _FOREIGN_PERCENT // 100, rules.tick)
            if price <= 0:
                continue
            least = -(-rules.notional_min // (price * WORTH))
            quantity = max(round_up(least, rules.step), rules.size_min)
            terms = Terms(rules, BUY, LIMIT, quantity=quantity, limit_price=price, client_id=self._web_id())
            if self._enter(terms):
                return True
        return False

    def _manual_close(self) -> bool:
        account = next(iter(self.venue.accounts.values()))
        for rules in self._symbols():
            quantity = round_down(account.wallet.free(rules.base) // QUANTITY_MONEY, rules.step)
            quantity = min(quantity, rules.knobs.market_size_max or quantity)
            if quantity <= 0:
                continue
            if self._enter(Terms(rules, SELL, MARKET, quantity=quantity, client_id=self._web_id())):
                return True
        return False

    def _exit_cancelled(self) -> bool:
        """The newest order that sells expires, as in the venue's maintenance."""
        account = next(iter(self.venue.accounts.values()))
        for order in reversed(account.open.values()):
            if order.terms.side == SELL and order.working_since:
                self.venue.desk.end(order, EXPIRED)
                return True
        return False

    def _web_id(self) -> str:
        """As the venue's own web page names its orders."""
        return f"web_{self.venue.desk.new_id()}"

    def _enter(self, terms: Terms) -> bool:
        account = next(iter(self.venue.accounts.values()))
        desk = self.venue.desk
        try:
            admission.check_filters(desk, account, terms)
            admission.check_engine(desk, account, terms)
        except Refusal:
            return False
        desk.enter(desk.make(account, terms))
        return True

    # Not drawn, but told: what happens to the account besides trading

    def transfer(self, name: str, asset: str, amount: int) -> None:
        """A deposit (positive) or withdrawal of so much money; told as balanceUpdate. Raises InputError for more than
        is free, or an account that is not known."""
        account = self._account(name)
        if account.wallet.free(asset) + amount < 0:
            raise InputError(f"{name} has less than that of {asset}")
        clock = self.venue.desk.clock
        account.wallet.move(asset, amount, clock)
        self._tell(account, "balanceUpdate", asset, amount)

    def lock(self, name: str, asset: str, amount: int) -> None:
        """So much of an asset is locked from outside from now on; told as externalLockUpdate. Raises InputError."""
        account = self._account(name)
        before = account.wallet.held_by(_OUTSIDE + asset, asset)
        if not 0 <= amount <= account.wallet.free(asset) + before:
            raise InputError(f"{name} has less than that of {asset}")
        account.wallet.hold(_OUTSIDE + asset, asset, amount, self.venue.desk.clock)
        self._tell(account, "externalLockUpdate", asset, amount - before)

    def _tell(self, account: Account, event: str, asset: str, change: int) -> None:
        clock = Time(self.venue.desk.clock)
        account.emit({"e": event, "E": clock, "a": asset, "d": money_text(change), "T": clock})

    def _account(self, name: str) -> Account:
        found = self.venue.accounts.get(name)
        if found is None:
            raise InputError(f"there is no account {name!r}")
        return found
