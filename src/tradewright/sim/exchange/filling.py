"""How much of an order fills, at which price after slippage and for which fee; and how the books take it in."""

from __future__ import annotations

from tradewright.model.numbers import SIZE_MAX, multiply_checked
from tradewright.model.order import FOK, OPG, REDUCE_ONLY
from tradewright.model.report import FillPrice, fill_of
from tradewright.model.rng import Rng
from tradewright.sim.exchange.admission import sellable
from tradewright.sim.exchange.desk import Desk
from tradewright.sim.exchange.vocabulary import FROM_DEPTH, FROM_QUOTES, FROM_TRADES, LAPSED, WITHDRAWN, WORKING
from tradewright.sim.exchange.working import Working
from tradewright.sim.models.fee import base_quantum
from tradewright.sim.models.models import Models


class Filling(Desk):
    """Fills one order at one price.

    volume: size traded in the running event, 0 = not known. print_price, print_size, print_side: of the trade that is
    the event (size 0: it is none; side: the aggressor). asking: the order whose size was asked for, with the price and
    the role (maker) at which it fills once the answer is in.
    """

    __slots__ = (
        "volume", "print_price", "print_size", "print_side", "asking", "asking_price", "asking_maker",
    )  # fmt: skip

    def __init__(self, models: Models, rng: Rng) -> None:
        super().__init__(models, rng)
        self.volume = 0
        self.print_price = 0
        self.print_size = 0
        self.print_side = 0
        self.asking: Working | None = None
        self.asking_price = 0
        self.asking_maker = False

    def fill(self, w: Working, price: int, maker: bool) -> None:
        """Fills what position, data and model allow at this price, and ends what may not wait for more."""
        wanted = w.open
        allowed = min(wanted, self.allowed(w))
        size = allowed if self.closing_out else min(allowed, self.room(w, price, maker))
        if size > 0 and not self.closing_out:
            size = self.models.partial.part(w.market.instrument, size, self.rng_fills)
        if allowed > 0 and (size <= 0 or (w.time_in_force == FOK and size < wanted)):
            self.leave(w)
            return
        if size > 0:
            if w.order.size_ppm and not w.asked:
                self.ask(w, price, size, maker)
                return
            payable = self.payable(w, price, size, maker)
            if payable == size or (payable > 0 and w.time_in_force != FOK):
                if self.takes_levels(w, maker):
                    self.walk(w, payable)
                else:
                    self.execute_at(w, price, payable, maker)
            if payable < size and w.status == WORKING:
                self.end(w, WITHDRAWN, "INSUFFICIENT_FUNDS")
        if w.status != WORKING:
            return
        if allowed < wanted and size >= allowed:
            self.end(w, WITHDRAWN, "REDUCE_ONLY" if w.flags & REDUCE_ONLY else "NOT_SHORTABLE")
        else:
            self.leave(w)

    def payable(self, w: Working, price: int, size: int, maker: bool) -> int:
        """How much of `size` the account's money in the quote currency pays, fees in it included: whole steps, or all
        of it where the account may borrow."""
        account = w.book.account
        if account.borrows or w.side < 0 or w.flags & REDUCE_ONLY:
            return size
        instrument = w.market.instrument
        money = account.cash.get(instrument.quote, 0)
        if self.cost(w, price, size, maker) <= money:
            return size
        step = instrument.rules.step
        least, most = 0, -(-size // step)
        while most - least > 1:
            half = (least + most) // 2
            if self.cost(w, price, half * step, maker) <= money:
                least = half
            else:
                most = half
        return least * step

    def cost(self, w: Working, price: int, size: int, maker: bool) -> int:
        """What filling this size would take from the quote currency's money."""
        instrument = w.market.instrument
        model = self.models.fee
        total = 0
        charged = w.fee_charged
        for at, part in self.levels(w, size) if self.takes_levels(w, maker) else [(price, size)]:
            paid = at if maker or not self.models.slippage.kind else self.slipped(w, at, part)
            total += notional(paid, part, instrument.money_factor)
            if not model.free:
                charged += model.charge(instrument, w.side, paid, part, maker)
        if model.free or model.currency_of(instrument, w.side) != instrument.quote:
            return total
        return total + model.total(instrument, w.side, charged) - w.fee_paid

    def leave(self, w: Working) -> None:
        """The order found nothing (more) here: what may not wait ends."""
        if w.time_in_force == FOK:
            self.end(w, WITHDRAWN, "FOK_NOT_FILLABLE")
        elif w.immediate():
            self.end(w, WITHDRAWN, "IOC_REMAINDER")
        elif w.time_in_force >= OPG:
            self.end(w, LAPSED, "AUCTION_REMAINDER")
        else:
            w.tried = self.moment

    def allowed(self, w: Working) -> int:
        """Size the account's position lets this order fill."""
        if w.flags & REDUCE_ONLY:
            return w.book.reducible(w.side, w.order.lot)
        return SIZE_MAX if w.side > 0 else min(sellable(w.market, w.book), SIZE_MAX)

    def room(self, w: Working, price: int, maker: bool) -> int:
        """Size the data lets this order fill at this price."""
        book = w.book
        if self.print_size:
            if maker and self.print_price == w.limit:
                return min(book.room, w.reached, self.print_size - book.printed)
            return book.room
        if w.market.source < FROM_QUOTES:
            return book.room
        return w.market.shown(w.side, w.limit, w.limited(), book.taken_ask if w.side > 0 else book.taken_bid)

    def ask(self, w: Working, price: int, size: int, maker: bool) -> None:
        """Asks for the size of a `size_ppm` order at the price it is about to get; the answer is a Replace."""
        w.asked = True
        self.asking = w
        self.asking_price = price
        self.asking_maker = maker
        at = price if maker else self.slipped(w, price, size)
        self.out.append(FillPrice(self.now, w.order.id, self.at, at))

    def takes_levels(self, w: Working, maker: bool) -> bool:
        """Whether it fills level by level of what is shown, not at one price."""
        return w.market.source == FROM_DEPTH and not maker and not self.print_size and not self.closing_out

    def walk(self, w: Working, size: int) -> None:
        """Takes the levels shown, best first, one fill per level."""
        for price, part in self.levels(w, size):
            self.execute_at(w, price, part, False)
            if w.status != WORKING:
                return

    def levels(self, w: Working, size: int) -> list[tuple[int, int]]:
        """Price and size of what an order of `size` finds, best first, behind what the account took of it before."""
        found: list[tuple[int, int]] = []
        book = w.book
        skip = book.taken_ask if w.side > 0 else book.taken_bid
        left = size
        for price, shown in w.market.asks if w.side > 0 else w.market.bids:
            part = min(shown - skip, left)
            skip = max(skip - shown, 0)
            if part > 0:
                left -= part
                found.append((price, part))
        return found

    def slipped(self, w: Working, price: int, size: int) -> int:
        """The price after slippage: never beyond a limit, and never down to nothing, one tick at the least."""
        market = w.market
        volume = self.volume
        if market.source >= FROM_TRADES and not self.print_size:
            volume = market.ask_size if w.side > 0 else market.bid_size
        at = price + w.side * self.models.slippage.slip(market.instrument, price, size, volume)
        if w.limited() and w.side * at > w.side * w.limit:
            return w.limit
        if at <= 0 < price:
            return min(price, market.instrument.rules.tick)
        return at

    def execute_at(self, w: Working, price: int, size: int, maker: bool) -> None:
        """Books one execution and reports it."""
        if not maker and self.models.slippage.kind:
            price = self.slipped(w, price, size)
        instrument = w.market.instrument
        order = w.order
        book = w.book
        side = w.side
        w.filled += size
        w.open -= size
        self.take_size(w, size, maker)
        book.fill(order.id, side, size, w.flags & REDUCE_ONLY != 0, order.lot)
        book.account.move(instrument.quote, -side * notional(price, size, instrument.money_factor))
        fee = 0
        currency = instrument.quote
        if not self.models.fee.free:
            currency = self.models.fee.currency_of(instrument, side)
            fee = self.charge(w, price, size, maker)
        self.trades += 1
        fill = fill_of(self.now, order.id, self.at, f"T{self.trades}", price, size, fee, currency, maker)
        if w.fills is None:
            w.fills = [fill]
        else:
            w.fills.append(fill)
        self.history.append(fill)
        self.out.append(fill)
        self.filled(w, size)

    def take_size(self, w: Working, size: int, maker: bool) -> None:
        """What this fill takes of the data is no longer there for the account's next one."""
        book = w.book
        if book.room != SIZE_MAX:
            book.room -= size
        if self.print_size:
            if maker and self.print_price == w.limit:
                w.reached -= size
                book.printed += size
        elif w.side > 0:
            book.taken_ask += size
        else:
            book.taken_bid += size

    def charge(self, w: Working, price: int, size: int, maker: bool) -> int:
        """Books the fill's fee (money) against cash, or against the quantity a buy brings in, and returns it."""
        model = self.models.fee
        instrument = w.market.instrument
        w.fee_charged += model.charge(instrument, w.side, price, size, maker)
        owed = model.total(instrument, w.side, w.fee_charged)
        fee = owed - w.fee_paid
        w.fee_paid = owed
        account = w.book.account
        currency = model.currency_of(instrument, w.side)
        account.fees[currency] = account.fees.get(currency, 0) + fee
        paid = 0
        if w.side > 0 and not w.flags & REDUCE_ONLY and model.in_base(instrument, w.side):
            # Only what a buy brings in can be taken from: no more than was traded, nor more given back by a rebate.
            units = max(-size, min(size, fee // base_quantum(instrument)))
            if w.book.pay_base(w.order.id, units):
                paid = units * base_quantum(instrument)
        if fee != paid:
            account.move(currency, paid - fee)
        return fee


def notional(price: int, size: int, money_factor: int) -> int:
    """price × size as money in the quote currency. Raises OverflowError as `multiply_checked` does."""
    return multiply_checked(price * size, money_factor)
