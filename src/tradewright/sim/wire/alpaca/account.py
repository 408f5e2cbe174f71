"""An account: who it is, what it may do, its orders and activities, and what its object on the wire says.

multiplier 1: buying power is the cash; 2: twice what equity has beyond the initial margin; 4: four times what last
equity had beyond last maintenance margin. Working orders that open take from it. Decided: with a multiplier of 4 what
was opened since the day began is taken off too, since the morning's figures know nothing of it; initial margin is 50 %
of shares and 100 % of crypto, maintenance 30 % and 100 %; crypto is bought from cash alone; `sma` is what equity has
beyond the initial margin; the last day's figures are those of the session's close and change at midnight in New York;
`cash` knows nothing of working orders, and `position_market_value`, which ccxt reads, is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tradewright.model.numbers import money_of
from tradewright.model.zone import day_of
from tradewright.sim.wire.alpaca.activities import Activities
from tradewright.sim.wire.alpaca.assets import EQUITY, Asset
from tradewright.sim.wire.alpaca.boards import Boards
from tradewright.sim.wire.alpaca.codes import invalid
from tradewright.sim.wire.alpaca.history import History
from tradewright.sim.wire.alpaca.ledger import Holdings, Ledger
from tradewright.sim.wire.alpaca.notation import NEW_YORK, cents_text, day_text, stamp, uuid_from
from tradewright.sim.wire.alpaca.orders import Order
from tradewright.sim.wire.alpaca.sessions import trading_days

INITIAL_PERCENT = {EQUITY: 50}
MAINTENANCE_PERCENT = {EQUITY: 30}
#: Orders kept; the oldest that ended are forgotten. Their client ids are not.
ORDERS_MAX = 20_000
PDT_DAYS = 5
PDT_TRADES = 3
PDT_EQUITY = money_of("25000", "pattern day trading")
_SETTINGS: dict[str, Any] = {
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "no_shorting": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
    "ptp_no_exception_entry": False,
    "max_options_trading_level": None,
    "disable_overnight_trading": False,
}
_CHOICES = {"max_margin_multiplier": ("1", "2", "4"), "trade_confirm_email": ("all", "none")}
_LEGACY = {"pdt_check": ("both", "entry", "exit"), "dtbp_check": ("both", "entry", "exit")}


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """An account to be opened. cash: dollars; multiplier: 1, 2 or 4."""

    key: str = "demo-key"
    secret: str = "demo-secret"
    cash: str = "100000"
    multiplier: int = 2


@dataclass(frozen=True, slots=True)
class Figures:
    """Money, all of one moment."""

    cash: int
    long_value: int
    short_value: int
    initial: int
    maintenance: int

    @property
    def equity(self) -> int:
        return self.cash + self.long_value + self.short_value


class Account:
    """One account and all that is its own."""

    def __init__(self, terms: AccountTerms, boards: Boards, now: int, legacy_pdt: bool) -> None:
        self.terms = terms
        self.boards = boards
        self.id = uuid_from(f"account {terms.key}")
        self.number = "PA" + self.id[:8].upper()
        self.created = now
        self.legacy_pdt = legacy_pdt
        self.ledger = Ledger(money_of(terms.cash, "cash"), now)
        self.orders: dict[str, Order] = {}
        self._open: dict[str, Order] = {}
        self.client_ids: dict[str, str] = {}
        self.activities = Activities(self.id)
        self.settings = dict(_SETTINGS)
        if legacy_pdt:
            self.settings.update({"pdt_check": "both", "dtbp_check": "both"})
        self.last_equity = self.close_equity = self.ledger.cash
        self.last_maintenance = self.close_maintenance = 0
        self.last_day = day_of(NEW_YORK, now)
        self.morning: dict[str, int] = {}
        self.day_trades: list[tuple[int, str]] = []
        self.history = History(self.ledger.cash, now)

    # Orders

    def add(self, order: Order) -> Order | None:
        """Takes a new order; gives the old one that is forgotten for it."""
        self.orders[order.id] = self._open[order.id] = order
        self.client_ids[order.terms.client_order_id] = order.id
        if len(self.orders) <= ORDERS_MAX:
            return None
        ended = next((old.id for old in self.orders.values() if not old.open), "")
        return self.orders.pop(ended, None)

    def working(self, asset: Asset | None = None) -> list[Order]:
        """Orders that have not ended, oldest first."""
        for ended in [order.id for order in self._open.values() if not order.open]:
            del self._open[ended]
        return [order for order in self._open.values() if asset in (None, order.terms.asset)]

    # Money

    @property
    def multiplier(self) -> int:
        return min(self.terms.multiplier, int(self.settings["max_margin_multiplier"]))

    def figures(self, holdings: Holdings | None = None) -> Figures:
        """What stands now, or stood with these holdings, at the prices of now."""
        cash = self.ledger.cash if holdings is None else holdings.cash
        positions = self.ledger.positions if holdings is None else holdings.positions
        long_value = short_value = initial = maintenance = 0
        for held in positions.values():
            value = held.asset.money(self.boards.price(held.asset), held.size)
            long_value += max(value, 0)
            short_value += min(value, 0)
            initial += abs(value) * INITIAL_PERCENT.get(held.asset.asset_class, 100) // 100
            maintenance += abs(value) * MAINTENANCE_PERCENT.get(held.asset.asset_class, 100) // 100
        return Figures(cash, long_value, short_value, initial, maintenance)

    def power(self, figures: Figures) -> int:
        """Buying power before what working orders hold."""
        if self.multiplier == 1:
            return figures.cash
        if self.multiplier == 2:
            return max(figures.equity - figures.initial, 0) * 2
        return 4 * (self.last_equity - self.last_maintenance) - self._opened_today()

    def _opened_today(self) -> int:
        opened = 0
        for plain, held in self.ledger.positions.items():
            before = self.morning.get(plain, 0)
            size = abs(held.size) - (abs(before) if (before > 0) == (held.size > 0) else 0)
            opened += held.asset.money(self.boards.price(held.asset), max(size, 0))
        return opened

    def cash_power(self, figures: Figures) -> int:
        """What crypto can be bought from, before holds: cash that nobody lent."""
        return max(min(figures.cash, figures.equity - figures.initial), 0) if self.multiplier > 1 else figures.cash

    # Days

    def close_session(self) -> None:
        """The regular session has closed: its figures are the next day's last ones."""
        figures = self.figures()
        self.close_equity, self.close_maintenance = figures.equity, figures.maintenance

    def begin_day(self, now: int) -> None:
        self.last_equity, self.last_maintenance = self.close_equity, self.close_maintenance
        self.last_day = day_of(NEW_YORK, now)
        self.morning = {plain: held.size for plain, held in self.ledger.positions.items()}

    def day_trades_since(self, first_day: int) -> int:
        return sum(day >= first_day for day, _ in self.day_trades)

    # The wire

    def wire(self, holdings: Holdings | None, held: Iterable[int], now: int) -> dict[str, Any]:
        """The account object. held: money that working orders hold, of buying power and of cash."""
        figures = self.figures(holdings)
        hold, cash_hold = held
        power = max(self.power(figures) - hold, 0)
        regt = figures.cash if self.multiplier == 1 else max(figures.equity - figures.initial, 0) * 2
        row: dict[str, Any] = {
            "id": self.id,
            "account_number": self.number,
            "status": "ACTIVE",
            "crypto_status": "ACTIVE",
            "currency": "USD",
            "cash": cents_text(figures.cash),
            "portfolio_value": cents_text(figures.equity),
            "equity": cents_text(figures.equity),
            "last_equity": cents_text(self.last_equity),
            "buying_power": cents_text(power),
            "regt_buying_power": cents_text(max(regt - hold, 0)),
            "non_marginable_buying_power": cents_text(max(self.cash_power(figures) - cash_hold, 0)),
            "options_buying_power": cents_text(max(self.cash_power(figures) - cash_hold, 0)),
            "initial_margin": cents_text(figures.initial),
            "maintenance_margin": cents_text(figures.maintenance),
            "last_maintenance_margin": cents_text(self.last_maintenance),
            "long_market_value": cents_text(figures.long_value),
            "short_market_value": cents_text(figures.short_value),
            "position_market_value": cents_text(figures.long_value + figures.short_value),
            "sma": cents_text(max(figures.equity - figures.initial, 0)),
            "multiplier": str(self.multiplier),
            "accrued_fees": "0",
            "pending_transfer_in": "0",
            "pending_transfer_out": "0",
            "pending_reg_taf_fees": "0",
            "intraday_adjustments": "0",
            "balance_asof": day_text(self.last_day),
            "trading_blocked": False,
            "transfers_blocked": False,
            "account_blocked": False,
            "trade_suspended_by_user": self.settings["suspend_trade"],
            "shorting_enabled": self.may_short(),
            "created_at": stamp(self.created),
            "options_approved_level": 0,
            "options_trading_level": 0,
        }
        if self.legacy_pdt:
            row.update(self._legacy(power, now))
        return row

    def _legacy(self, power: int, now: int) -> dict[str, Any]:
        count = self.day_trades_since(trading_days(now, PDT_DAYS)[0])
        return {
            "pattern_day_trader": count > PDT_TRADES,
            "daytrade_count": count,
            "daytrading_buying_power": cents_text(power if self.multiplier == 4 else 0),
        }

    def may_short(self) -> bool:
        return self.multiplier > 1 and not self.settings["no_shorting"]

    def configure(self, body: Any) -> dict[str, Any]:
        """PATCH of the configurations; null leaves a setting as it is, and so may stand for one that is gone. Refuses
        what is no setting or no value of it."""
        if not isinstance(body, dict):
            raise invalid("request body must be an object")
        changes = {name: value for name, value in body.items() if value is not None}
        for name, value in changes.items():
            if name not in self.settings:
                raise invalid(f"{name} is not a setting")
            choices = _CHOICES.get(name) or _LEGACY.get(name)
            level = name == "max_options_trading_level" and value in (0, 1, 2, 3)
            if not (value in choices if choices else level or isinstance(value, bool)):
                raise invalid(f"invalid value of {name}")
        self.settings.update(changes)
        return dict(self.settings)
