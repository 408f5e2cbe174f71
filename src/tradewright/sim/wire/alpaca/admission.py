"""Whether an account may place an order: ids, permissions, wash trades, shares that are there, money.

Orders that close a position hold its shares; orders that open hold buying power. A position is never turned over by one
order. Decided: a market order is held at the price it would meet, a buy stop at the limit it is turned into; the
minimum cost is asked of every order at its limit or else at the price it would meet; crypto is bought from cash that
nobody lent, and what is missing of it is called a balance.
"""

from __future__ import annotations

from tradewright.model.numbers import money_text
from tradewright.sim.wire.alpaca.account import PDT_DAYS, PDT_EQUITY, PDT_TRADES, Account
from tradewright.sim.wire.alpaca.assets import CRYPTO, EQUITY, Asset
from tradewright.sim.wire.alpaca.boards import Boards
from tradewright.sim.wire.alpaca.codes import Refusal, day_trade, forbidden, invalid, unprocessable
from tradewright.sim.wire.alpaca.knobs import Knobs
from tradewright.sim.wire.alpaca.notation import SIZE_ONE, cents_text, size_text
from tradewright.sim.wire.alpaca.orders import ENTRY, HELD, STOP_LOSS, Order, Terms
from tradewright.sim.wire.alpaca.sessions import trading_days

#: A stop to buy is held and worked as a stop-limit this far above its price, in parts per thousand.
BUY_STOP_CHEAP = 40
BUY_STOP_DEAR = 25
CONCENTRATION = 6


def buy_stop_limit(asset: Asset, stop: int) -> int:
    """The limit of a stop to buy: 4 % above it below fifty dollars, 2.5 % from there on, rounded down to a cent (below
    a dollar to a hundredth of one)."""
    scale = asset.instrument.price_scale
    above = BUY_STOP_CHEAP if stop < 50 * 10**scale else BUY_STOP_DEAR
    limit = stop * (1000 + above) // 1000
    step = 10 ** (scale - 2) if limit >= 10**scale else 1
    return max(limit - limit % step, stop)


class Admission:
    """Judges orders."""

    def __init__(self, boards: Boards, knobs: Knobs) -> None:
        self._boards = boards
        self._knobs = knobs

    def judge(self, account: Account, terms: Terms, now: int) -> None:
        """Refuses an order that may not be placed."""
        if terms.client_order_id in account.client_ids:
            raise invalid("client_order_id must be unique")
        if account.settings["suspend_trade"]:
            raise forbidden("new orders are rejected by user request")
        self._judge_stop(terms)
        self._judge_wash(account, terms)
        self._judge_cost(terms)
        if self.closes(account, terms):
            self._judge_shares(account, terms)
            self._judge_day_trade(account, terms, now)
        else:
            self._judge_short(account, terms)
            self._judge_money(account, terms, None)

    def judge_replacement(self, account: Account, old: Order, terms: Terms) -> None:
        """Refuses other terms for which shares or money are missing; what the old order holds is free for the new."""
        self._judge_stop(terms)
        if old.status == HELD or terms.role not in (None, ENTRY):
            return
        if self.closes(account, terms):
            self._judge_shares(account, terms, old)
        else:
            self._judge_money(account, terms, old)

    def closes(self, account: Account, terms: Terms) -> bool:
        """Whether an order is against a position; crypto can only be sold against one, and exits never open."""
        held = account.ledger.size_of(terms.asset)
        if terms.side < 0 and terms.asset.asset_class == CRYPTO:
            return True
        return held * terms.side < 0 or terms.order_class == "oco"

    # Prices

    def _judge_stop(self, terms: Terms) -> None:
        """A stop loss lies a cent beyond the price of now."""
        price = self._boards.price(terms.asset)
        cent = 10 ** (terms.asset.instrument.price_scale - 2)
        for leg in terms.legs:
            late = leg.role == STOP_LOSS and price and leg.side * (leg.stop - price) < cent
            if late and (terms.role != ENTRY or terms.type != "limit"):
                where = "<= base_price - 0.01" if leg.side < 0 else ">= base_price + 0.01"
                raise unprocessable(f"stop_loss.stop_price must be {where}")

    def _judge_wash(self, account: Account, terms: Terms) -> None:
        """Of a simple order and an open one on the other side: either is market or stop, or their limits cross.
        Complex orders and trailing stops are exempt."""
        if terms.order_class or terms.type == "trailing_stop":
            return
        for order in account.working(terms.asset):
            other = order.terms
            if other.side == terms.side or other.order_class or other.type == "trailing_stop":
                continue
            buy, sell = (terms, other) if terms.side > 0 else (other, terms)
            blind = {"market", "stop"} & {terms.type, other.type}
            if blind or buy.limit >= sell.limit:
                refused = unprocessable if self._knobs.wash_unprocessable else forbidden
                raise refused(
                    "potential wash trade detected. use complex orders",
                    existing_order_id=order.id,
                    reject_reason=f"opposite side {other.type} order exists",
                )

    def _judge_cost(self, terms: Terms) -> None:
        cost = self._worth(terms, terms.limit or terms.stop or self._boards.of(terms.asset).touch(terms.side))
        known = terms.notional or terms.limit or terms.stop or self._boards.of(terms.asset).touch(terms.side)
        if known and cost < terms.asset.cost_min:
            least = money_text(terms.asset.cost_min)
            raise forbidden(f"cost basis must be >= minimal amount of order {least}", cost_basis=money_text(cost))

    @staticmethod
    def _worth(terms: Terms, price: int) -> int:
        return terms.notional or terms.asset.money(price, terms.size)

    # Shares

    def held_for_orders(self, account: Account, asset: Asset, but: Order | None = None) -> tuple[int, list[str]]:
        """Size counts of the position that working orders would close, and their ids. Exits of one group, and an order
        and its replacement, hold the larger of theirs once."""
        held = account.ledger.size_of(asset)
        groups: dict[str, int] = {}
        ids: list[str] = []
        for order in account.working(asset):
            # An OCO is held for as a whole though its stop waits; a bracket's exits once its entry is filled.
            if order is but or order.terms.side * held >= 0 or order.status == HELD:
                continue
            size = self.size(order.terms) - order.filled
            name = _pair(account, order) if order.terms.role in (None, ENTRY) else str(order.group_id)
            groups[name] = max(groups.get(name, 0), size)
            ids.append(order.id)
        return sum(groups.values()), ids

    def size(self, terms: Terms) -> int:
        """Size counts of an order; of a notional one as many as its money buys now."""
        if terms.size or not terms.notional:
            return terms.size
        return notional_size(terms, self._boards.of(terms.asset).touch(terms.side))

    def _judge_shares(self, account: Account, terms: Terms, old: Order | None = None) -> None:
        asset = terms.asset
        existing = abs(account.ledger.size_of(asset))
        held, ids = self.held_for_orders(account, asset, old)
        if terms.order_class == "oco" and account.ledger.size_of(asset) * terms.side >= 0:
            existing = held = 0
        if self.size(terms) > existing - held:
            raise self.shares_missing(asset, self.size(terms), existing, held, ids)

    @staticmethod
    def shares_missing(asset: Asset, wanted: int, existing: int, held: int, ids: list[str]) -> Refusal:
        available = max(existing - held, 0)
        what = "qty available for order" if asset.asset_class == EQUITY else f"balance for {asset.instrument.base}"
        return forbidden(
            f"insufficient {what} (requested: {size_text(wanted)}, available: {size_text(available)})",
            available=size_text(available),
            existing_qty=size_text(existing),
            held_for_orders=size_text(held),
            related_orders=ids,
            symbol=asset.plain,
        )

    def _judge_short(self, account: Account, terms: Terms) -> None:
        if terms.side > 0:
            return
        if not account.may_short():
            raise forbidden("account is not allowed to short")
        if not terms.asset.shortable:
            raise unprocessable(f'asset "{terms.asset.symbol}" cannot be sold short')
        if terms.notional or terms.size % SIZE_ONE:
            raise unprocessable("fractional orders cannot be sold short")

    # Money

    def hold_of(self, account: Account, terms: Terms, left: int) -> int:
        """Money that an order takes from the buying power while `left` of it may fill: nothing where it closes."""
        if not left or self.closes(account, terms):
            return 0
        if terms.notional and not terms.size:
            return terms.notional
        board = self._boards.of(terms.asset)
        if terms.side < 0:
            price = max(terms.limit, board.touch(1) * 103 // 100)
        elif terms.type == "stop":
            price = buy_stop_limit(terms.asset, terms.stop)
        else:
            price = terms.limit or board.touch(1)
        return terms.asset.money(price, left)

    def holds(self, account: Account, but: Order | None = None) -> tuple[int, int]:
        """Money that all working orders take: from the buying power, and of that from the cash (crypto)."""
        groups: dict[str, tuple[int, int]] = {}
        for order in account.working():
            if order is but or order.status == HELD:
                continue
            money = self.hold_of(account, order.terms, self.size(order.terms) - order.filled)
            cash = money if order.terms.asset.asset_class == CRYPTO else 0
            # An order and its replacement together hold the larger of the two.
            name = _pair(account, order)
            before = groups.get(name, (0, 0))
            groups[name] = (max(before[0], money), max(before[1], cash))
        return sum(money for money, _ in groups.values()), sum(cash for _, cash in groups.values())

    def _judge_money(self, account: Account, terms: Terms, old: Order | None) -> None:
        cost = self.hold_of(account, terms, self.size(terms) or int(terms.notional > 0))
        hold, cash_hold = self.holds(account, old)
        figures = account.figures()
        crypto = terms.asset.asset_class == CRYPTO
        free = account.cash_power(figures) - cash_hold if crypto else account.power(figures) - hold
        if cost > free:
            power, basis = cents_text(max(free, 0)), cents_text(cost)
            text = f"insufficient balance for {terms.asset.instrument.quote} (requested: {basis}, available: {power})"
            raise forbidden(text if crypto else "insufficient buying power", buying_power=power, cost_basis=basis)
        if figures.long_value - figures.short_value > CONCENTRATION * max(figures.equity, 0) and old is None:
            raise forbidden("account is restricted to closing transactions only")

    # The rule that is gone

    def _judge_day_trade(self, account: Account, terms: Terms, now: int) -> None:
        if not account.legacy_pdt or terms.asset.asset_class != EQUITY or account.last_equity >= PDT_EQUITY:
            return
        days = trading_days(now, PDT_DAYS)
        held = account.ledger.positions.get(terms.asset.plain)
        opened_today = held is not None and bool(days) and held.day == days[-1]
        if opened_today and account.day_trades_since(days[0]) >= PDT_TRADES:
            raise day_trade()


def _pair(account: Account, order: Order) -> str:
    """One name for an order and the one that is to replace it."""
    before = account.orders.get(order.replaces or "")
    return before.id if before is not None and before.open else order.id


def notional_size(terms: Terms, price: int) -> int:
    """Size counts that the notional buys at a price, rounded down to a step; 0 where there is no price."""
    unit = terms.asset.money(price, 1)
    if unit <= 0:
        return 0
    size = terms.notional // unit
    return size - size % terms.asset.size_step
