"""One engine and a hand that feeds it: prices, wishes and a venue's reports, each at the next nanosecond.

Prices and sizes are counts: ACME counts cents and shares, BTC cents and 10^-8 coins, EURUSD points and hundredths of a
lot of 100 000, XAUUSD cents and hundredths of a lot of 100 ounces. After every event the books are checked, so that
each test of one thing is a test of them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.unit.core.audit import check_books
from tradewright.core.engine import Engine
from tradewright.core.life_cycle import WORKING
from tradewright.core.limits import limits_from
from tradewright.core.orders import OrderState
from tradewright.model import event as kinds
from tradewright.model.account import Account
from tradewright.model.account_snapshot import AccountSnapshot, ConnectionChanged
from tradewright.model.command import Cancel, Command, Submit
from tradewright.model.control import Alarm, CashMoved
from tradewright.model.decision import Decision
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.intent import Intent
from tradewright.model.market import Bar, Quote, Trade
from tradewright.model.numbers import Number, money_of
from tradewright.model.order import BUY, LIMIT, MARKET, SELL
from tradewright.model.report import FOUND, Fill, Replaced, Report

LISTINGS: dict[str, tuple[Any, ...]] = {
    "ACME": ("paper", "equity", "ACME", "USD", 2, 0, 1, "always", "energy"),
    "ZETA": ("paper", "equity", "ZETA", "USD", 4, 2),
    "NYSE": ("paper", "equity", "NYSE", "USD", 2, 0, 1, "us-equity", "exchanges"),
    "SAPX": ("paper", "equity", "SAPX", "EUR", 2, 0),
    "BTCUSD": ("paper", "crypto", "BTC", "USD", 2, 8),
    "ETHBTC": ("paper", "crypto", "ETH", "BTC", 6, 5),
    "EURUSD": ("paper", "forex", "EUR", "USD", 5, 2, 100_000),
    "USDJPY": ("paper", "forex", "USD", "JPY", 3, 2, 100_000),
    "XAUUSD": ("paper", "metal", "XAU", "USD", 2, 2, 100),
}


def listing(symbol: str, rules: OrderRules | None = None) -> Instrument:
    """A new instrument; engines number theirs, so none is shared."""
    return Instrument(symbol, *LISTINGS[symbol], rules=rules)


def account_of(name: str = "main", **terms: Any) -> Account:
    """A margin account without leverage in dollars, unless said otherwise."""
    return Account(name, name, "paper", **{"kind": "margin", **terms})


class Desk:
    """See above. limits: as configured, for every account. cash: dollars, or amounts per currency, of every account."""

    def __init__(
        self,
        *accounts: Account,
        symbols: Sequence[str] = ("ACME",),
        rules: OrderRules | None = None,
        limits: dict[str, Number] | None = None,
        cash: Number | dict[str, Number] = "1000000",
    ) -> None:
        self.engine = Engine()
        self.engine.run = 1
        self.now = 1_700_000_000_000_000_000
        self.trades = 0
        self.commands: list[Command] = []
        self.events: list[Event] = []
        for symbol in symbols:
            self.engine.list_instrument(listing(symbol, rules))
        self.symbol = symbols[0]
        terms = accounts or (account_of(),)
        self.account = terms[0].name
        for account in terms:
            self.engine.open_account(account, limits_from(limits or {}))
            for currency, amount in (cash if isinstance(cash, dict) else {"USD": cash}).items():
                self.deposit(amount, currency, account.name)

    # ── inputs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> int:
        self.now += 1
        return self.now

    def feed(self, event: Event) -> list[Event]:
        """Fold an input and let the core react. Its outputs, which are folded already."""
        self.engine.apply(event)
        return self.took(event, self.engine.react(event) + self.engine.tend(event))

    def took(self, event: Event | None, outputs: list[Event]) -> list[Event]:
        if event is not None:
            self.events.append(event)
        self.events += outputs
        self.commands += [output for output in outputs if isinstance(output, Command)]
        check_books(self.engine)
        return outputs

    def deposit(self, amount: Number, currency: str = "USD", account: str = "") -> None:
        money = money_of(amount, "cash")
        self.feed(CashMoved(self.tick(), account or self.account, currency, money, "deposit"))

    def on(self, symbol: str = "") -> Instrument:
        return self.engine.symbols[symbol or self.symbol]

    def quote(self, bid: int, ask: int | None = None, symbol: str = "") -> list[Event]:
        return self.feed(Quote(self.tick(), self.on(symbol), bid, bid if ask is None else ask))

    def print(self, price: int, symbol: str = "") -> list[Event]:
        return self.feed(Trade(self.tick(), self.on(symbol), price, 1))

    def bar(self, low: int, high: int, close: int, symbol: str = "") -> list[Event]:
        now = self.tick()
        return self.feed(Bar(now, self.on(symbol), now - 1, close, high, low, close, 1))

    # ── wishes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def intent(self, side: int, quantity: int, *, symbol: str = "", strategy: str = "s", **terms: Any) -> Intent:
        account = terms.pop("account", self.account)
        intent = Intent(self.engine.next_order_id(account), account, strategy, self.on(symbol), side)
        intent.quantity = quantity
        if "limit_units" in terms:
            intent.type = LIMIT
        for name, value in terms.items():
            setattr(intent, name, value)
        return intent

    def want(self, side: int, quantity: int, **terms: Any) -> list[Decision]:
        """The decisions of one wish; what the venue was told is in `commands`."""
        outputs = self.took(None, self.engine.judge(self.intent(side, quantity, **terms)))
        return [output for output in outputs if isinstance(output, Decision)]

    def send(self, side: int, quantity: int, **terms: Any) -> str:
        """A wish that is granted; the id of its order."""
        (decision,) = self.want(side, quantity, **terms)
        assert decision.approved, [check.row() for check in decision.refusals]
        return decision.orders[0].id

    def buy(self, quantity: int, **terms: Any) -> str:
        return self.send(BUY, quantity, **terms)

    def sell(self, quantity: int, **terms: Any) -> str:
        return self.send(SELL, quantity, **terms)

    def close(self, side: int, quantity: int = 0, **terms: Any) -> list[Decision]:
        return self.want(side, quantity, closing=True, **terms)

    def refused(self, side: int, quantity: int, **terms: Any) -> list[str]:
        """The codes for which a wish was refused."""
        (decision,) = self.want(side, quantity, **terms)
        assert not decision.approved
        return [check.code for check in decision.refusals]

    def cancel(self, order_id: str) -> list[Event]:
        return self.took(None, self.engine.cancel(order_id, "STRATEGY"))

    # ── the venue ──────────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, kind: int, order_id: str, code: str = "", text: str = "", at: int | None = None) -> list[Event]:
        now = self.tick()
        return self.feed(Report(kind, now, order_id, now if at is None else at, code, text))

    def accept(self, order_id: str) -> list[Event]:
        return self.say(kinds.ACCEPTED, order_id, text="V" + order_id)

    def found(self, order_id: str, filled: int = -1) -> list[Event]:
        """The answer to a look-up. filled: what the venue says of its fills, -1 = nothing."""
        now = self.tick()
        return self.feed(Report(kinds.ACCEPTED, now, order_id, now, FOUND, "V" + order_id, filled))

    def fill(
        self,
        order_id: str,
        size: int,
        price: int,
        *,
        at: int | None = None,
        trade: str = "",
        fee: Number = 0,
        currency: str = "USD",
    ) -> list[Event]:
        """at: the venue's clock; trade: its id, the next number unless said otherwise."""
        now = self.tick()
        self.trades += 1
        money = money_of(fee, "fee")
        trade_id = trade or str(self.trades)
        return self.feed(Fill(now, order_id, now if at is None else at, trade_id, price, size, money, currency))

    def filled(self, side: int, size: int, price: int, **terms: Any) -> str:
        """A market order, granted and filled in full."""
        order_id = self.send(side, size, **terms)
        self.fill(order_id, size, price)
        return order_id

    def replaced(
        self, order_id: str, quantity: int, limit: int = 0, stop: int = 0, at: int | None = None
    ) -> list[Event]:
        now = self.tick()
        return self.feed(Replaced(now, order_id, now if at is None else at, quantity, limit, stop))

    def connect(self, up: bool = True) -> list[Event]:
        return self.feed(ConnectionChanged(self.tick(), self.account, up, "said so"))

    def shown(
        self,
        *,
        positions: dict[str, int] | None = None,
        balances: dict[str, int] | None = None,
        orders: dict[str, int] | None = None,
        asked: int | None = None,
        price: int = 0,
        later: float = 1.0,
    ) -> list[Event]:
        """A snapshot of the account, so many seconds later: as it is here, but for what is named."""
        engine = self.engine
        self.now += round(later * 10**9)
        asked = self.tick() if asked is None else asked
        held = {p.instrument.symbol: p.net for p in engine.accounts[self.account].positions if p.net}
        held |= positions or {}
        cash = dict(engine.ledger.cash[self.account]) | (balances or {})
        working = {id: engine.orders[id].filled for id in engine.holds.holds if engine.orders[id].stage == WORKING}
        working = working | orders if orders is not None else working
        return self.feed(
            AccountSnapshot(
                self.tick(), self.account, asked, list(cash.items()),
                [(symbol, size, price) for symbol, size in held.items() if size],
                [(id, filled) for id, filled in working.items() if filled >= 0],
            )
        )  # fmt: skip

    # ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self, order_id: str) -> OrderState:
        return self.engine.orders[order_id]

    def net(self, strategy: str = "s", symbol: str = "", account: str = "") -> int:
        return self.engine.book(account or self.account, strategy, self.on(symbol)).net

    def cash(self, currency: str = "USD", account: str = "") -> int:
        return self.engine.ledger.cash[account or self.account].get(currency, 0)

    def taken(self) -> list[Command]:
        """The commands since this was asked last."""
        commands, self.commands = self.commands, []
        return commands

    def submitted(self) -> list[str]:
        return [command.order_id for command in self.taken() if isinstance(command, Submit)]

    def cancelled(self) -> list[tuple[str, str]]:
        return [(command.order_id, command.code) for command in self.taken() if isinstance(command, Cancel)]

    def alarms(self) -> list[str]:
        alarms: list[Alarm] = self.engine.alarms
        self.engine.alarms = []
        return [alarm.code for alarm in alarms]


__all__ = ["BUY", "LIMIT", "MARKET", "SELL", "Desk", "account_of", "listing"]
