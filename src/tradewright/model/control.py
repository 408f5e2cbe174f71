"""Inputs and outputs of the engine that are neither market data nor a venue's report on an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewright.model.decision import Check
from tradewright.model.event import (
    ACCOUNT_SEEN,
    ALARM,
    CASH_MOVED,
    CLOSE_REQUESTED,
    DAY_ROLLED,
    EXIT_MOVED,
    EXIT_PLANNED,
    EXIT_TRIGGERED,
    LAG_MEASURED,
    LIMIT_WAIVED,
    LIMITS_EXPIRED,
    LIMITS_SET,
    MODIFY_JUDGED,
    ORDER_ADOPTED,
    PROTECT_REQUESTED,
    RULES_CHANGED,
    SESSION_STOPPED,
    STARTED,
    STRATEGY_HALTED,
    TIMER,
    TRADING_STATE_CHANGED,
    TRADING_STATE_SET,
    Event,
)
from tradewright.model.numbers import text_of

ACTIVE = 1
REDUCING = 2
HALTED = 3
TRADING_STATES = {ACTIVE: "ACTIVE", REDUCING: "REDUCING", HALTED: "HALTED"}

#: Alarms by code: what a person should hear of.
ALARMS = {
    "BALANCE_DRIFT": "the venue shows other money than is known here; its word is taken, and the account is REDUCING",
    "CLOSE_FAILED": "a close ended before all was closed; the exits whose place it took are back for what stays open",
    "CONNECTION_LOST": "the reports of an account may be missing; nothing opens until it was compared again",
    "EXITS_REFUSED": "exits that a person wanted would have gone at once, or a rule refuses them; those there stay",
    "EXIT_LOST": (
        "a stop or target ended and nobody here had asked for it; what it guarded is placed again or closed at the "
        "market"
    ),
    "EXIT_UNREACHABLE": "an exit of a plan would stand at zero or below, where no market comes; it is not made",
    "FOREIGN_ORDER": "somebody else placed an order in the account; it belongs to the strategy external",
    "LAST_GATE": "a request that nobody approved was not let out to the venue; its account is HALTED",
    "LATE_FILL": "an order filled after it had ended; the fill is booked",
    "OUTCOME_OVERDUE": "for 30 seconds nobody could say what became of a request; it is looked up on",
    "OVERFILL": "an order filled more than it asked for; all of it is booked",
    "POSITION_DRIFT": "the venue shows another position than is known here; its word is taken, the account is REDUCING",
    "POSITION_SPLIT": "the venue has split what is held: lots follow, orders end, and exits have to be placed anew",
    "REAPPEARED": "an order works though its venue had not known it; its hold is back",
    "RECONCILIATION_FAILED": "three comparisons of an account in a row failed; nothing opens until one agrees",
    "TRADED_BY_HAND": "somebody else closed what a strategy held; its lots went over to the strategy external",
    "UNKNOWN_ORDER": "a report on an order that is not known; a fill of it is not booked, and its account is REDUCING",
}
EVERYTHING = "all"
#: The timer that asks for a look-up of every order that may live at a venue.
RECONCILE = "reconcile"
#: The timers of trading cycles are called `cycle:SECONDS`.
CYCLE = "cycle"


class Started(Event):
    """A run begins. run: number of the run in this journal, from 1. setup: every account, instrument, limit and
    strategy with its code and parameter hashes, as `trader.Setup.row()` gives it: the journal needs no other file."""

    __slots__ = ("run", "setup")

    def __init__(self, time: int, run: int, setup: list[object]) -> None:
        super().__init__(STARTED, time)
        self.run = run
        self.setup = setup

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.run, self.setup)


class CashMoved(Event):
    """Money came into an account (positive) or left it, other than by a fill. result: it was earned or spent by what is
    held (fee, swap, interest, funding, dividend), a gain or a loss like any; else it is capital (deposit, withdrawal),
    and what gains and losses are counted from moves along."""

    __slots__ = ("account", "currency", "amount", "reason", "result")

    def __init__(self, time: int, account: str, currency: str, amount: int, reason: str, result: bool = False) -> None:
        super().__init__(CASH_MOVED, time)
        self.account = account
        self.currency = currency
        self.amount = amount
        self.reason = reason
        self.result = result

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.currency, self.amount, self.reason, self.result)


class TradingStateSet(Event):
    """A named person sets the trading state of a scope: "all" or one condition, as limits have them: "account:NAME",
    "owner:NAME", "venue:V", "strategy:ID", "symbol:S", "sector:X", "currency:C"."""

    __slots__ = ("scope", "state", "who", "reason")

    def __init__(self, time: int, scope: str, state: int, who: str, reason: str) -> None:
        super().__init__(TRADING_STATE_SET, time)
        self.scope = scope
        self.state = state
        self.who = who
        self.reason = reason

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.scope, self.state, self.who, self.reason)


class LimitsSet(Event):
    """A named person sets the limits of a scope ("all", "owner:NAME", "account:NAME/symbol:S", …) as a whole.

    values: (name, exact value) pairs as `core.limits` counts them; none = the scope has no limits any more. version:
    the one they become, which must be the next, or 0 = whichever is next. currency: of its money, "" = that of the
    scope's account. expires: ns UTC at which the set before holds again, 0 = never.
    """

    __slots__ = ("scope", "values", "version", "currency", "who", "reason", "expires")

    def __init__(
        self,
        time: int,
        scope: str,
        values: Sequence[tuple[str, Any]],
        version: int,
        currency: str,
        who: str,
        reason: str,
        expires: int = 0,
    ) -> None:
        super().__init__(LIMITS_SET, time)
        self.scope = scope
        self.values = [(name, value) for name, value in values]
        self.version = version
        self.currency = currency
        self.who = who
        self.reason = reason
        self.expires = expires

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.scope, self.values, self.version, self.currency, self.who, self.reason,
            self.expires,
        )  # fmt: skip


class LimitWaived(Event):
    """Two named persons let pass what a soft limit of a scope would refuse, until `expires` (ns UTC)."""

    __slots__ = ("scope", "limit", "who", "second", "reason", "expires")

    def __init__(self, time: int, scope: str, limit: str, who: str, second: str, reason: str, expires: int) -> None:
        super().__init__(LIMIT_WAIVED, time)
        self.scope = scope
        self.limit = limit
        self.who = who
        self.second = second
        self.reason = reason
        self.expires = expires

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.scope, self.limit, self.who, self.second, self.reason, self.expires)


class LagMeasured(Event):
    """How far a part of the house lags: LOOP_LAG, JOURNAL_LAG or CLOCK_OFFSET, in ns; RECONCILIATION_LAG of an account
    that is compared with its venue elsewhere."""

    __slots__ = ("name", "lag_ns")

    def __init__(self, time: int, name: str, lag_ns: int) -> None:
        super().__init__(LAG_MEASURED, time)
        self.name = name
        self.lag_ns = lag_ns

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.name, self.lag_ns)


class AccountSeen(Event):
    """The venue confirmed what is known of an account."""

    __slots__ = ("account",)

    def __init__(self, time: int, account: str) -> None:
        super().__init__(ACCOUNT_SEEN, time)
        self.account = account

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account)


class LimitsExpired(Event):
    """Output: the temporary limits of a scope have ended; what lay under them holds again."""

    __slots__ = ("scope", "version")

    def __init__(self, time: int, scope: str, version: int) -> None:
        super().__init__(LIMITS_EXPIRED, time)
        self.scope = scope
        self.version = version

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.scope, self.version)


class RulesChanged(Event):
    """A venue changed its order rules for an instrument (index); rules: `OrderRules.row()`."""

    __slots__ = ("instrument_index", "rules")

    def __init__(self, time: int, instrument_index: int, rules: list[object]) -> None:
        super().__init__(RULES_CHANGED, time)
        self.instrument_index = instrument_index
        self.rules = rules

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.instrument_index, self.rules)


class CloseRequested(Event):
    """A named person (or a backtest's end) wants positions closed at the market: of an account, in one symbol or ""
    = all of them; of one symbol `quantity` counts of what is held on `side` alone, 0 = all of both."""

    __slots__ = ("account", "symbol", "who", "reason", "quantity", "side")

    def __init__(
        self, time: int, account: str, symbol: str, who: str, reason: str, quantity: int = 0, side: int = 0
    ) -> None:
        super().__init__(CLOSE_REQUESTED, time)
        self.account = account
        self.symbol = symbol
        self.who = who
        self.reason = reason
        self.quantity = quantity
        self.side = side

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.symbol, self.who, self.reason, self.quantity, self.side)


class OrderAdopted(Event):
    """An order that left while the journal could not be written becomes known; its outcome is UNKNOWN until looked up.
    order: `Order.row()` as the emergency file kept it."""

    __slots__ = ("order",)

    def __init__(self, time: int, order: list[object]) -> None:
        super().__init__(ORDER_ADOPTED, time)
        self.order = order

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order)


class Timer(Event):
    """Time passed; `name` says which timer."""

    __slots__ = ("name",)

    def __init__(self, time: int, name: str) -> None:
        super().__init__(TIMER, time)
        self.name = name

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.name)


class StrategyHalted(Event):
    """Output: a strategy may not decide any more. code: STRATEGY_RAISED, STRATEGY_STATE or STRATEGY_QUARANTINED."""

    __slots__ = ("strategy", "code", "text")

    def __init__(self, time: int, strategy: str, code: str, text: str) -> None:
        super().__init__(STRATEGY_HALTED, time)
        self.strategy = strategy
        self.code = code
        self.text = text

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.strategy, self.code, self.text)


class TradingStateChanged(Event):
    """Output: a rule changed the trading state of a scope by itself; value and limit in money of the account."""

    __slots__ = ("scope", "state", "code", "value", "limit")

    def __init__(self, time: int, scope: str, state: int, code: str, value: int | None, limit: int | None) -> None:
        super().__init__(TRADING_STATE_CHANGED, time)
        self.scope = scope
        self.state = state
        self.code = code
        self.value = value
        self.limit = limit

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.scope, self.state, self.code, self.value, self.limit)


class SessionStopped(Event):
    """Output: the session `id` ("" = the account has none by name) reached a target; value and limit in ppm. What the
    account holds is closed behind it."""

    __slots__ = ("account", "id", "code", "value", "limit")

    def __init__(self, time: int, account: str, id: str, code: str, value: int, limit: int) -> None:
        super().__init__(SESSION_STOPPED, time)
        self.account = account
        self.id = id
        self.code = code
        self.value = value
        self.limit = limit

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.id, self.code, self.value, self.limit)

    def text(self) -> str:
        """What a person should hear of, as one sentence."""
        value, limit = text_of(self.value, 4), text_of(self.limit, 4)
        return f"{self.code}: {value} % (limit {limit} %); {self.account} is closed and its session stopped"


class DayRolled(Event):
    """Output: a new day began for an account. equity: money in its currency at that moment, None = not known."""

    __slots__ = ("account", "day", "equity")

    def __init__(self, time: int, account: str, day: int, equity: int | None) -> None:
        super().__init__(DAY_ROLLED, time)
        self.account = account
        self.day = day
        self.equity = equity

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.account, self.day, self.equity)


class ExitTriggered(Event):
    """Output: a held exit's price was reached, or what it waited for has ended (price_units 0); it goes to the venue
    with these terms."""

    __slots__ = ("order_id", "quantity", "price_units")

    def __init__(self, time: int, order_id: str, quantity: int, price_units: int) -> None:
        super().__init__(EXIT_TRIGGERED, time)
        self.order_id = order_id
        self.quantity = quantity
        self.price_units = price_units

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.order_id, self.quantity, self.price_units)


class Alarm(Event):
    """Output: something a person should hear of. code: one of ALARMS; text: one sentence. What it is about was folded
    with the input before it; it changes nothing by itself."""

    __slots__ = ("code", "order_id", "text")

    def __init__(self, time: int, code: str, order_id: str, text: str) -> None:
        super().__init__(ALARM, time)
        self.code = code
        self.order_id = order_id
        self.text = text

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.code, self.order_id, self.text)


class ExitPlanned(Event):
    """Output: an exit plan begins to guard what `entry` fills ("" = what its strategy holds), by the stop `exit` ("" =
    none yet). plan: `ExitPlan.row()`."""

    __slots__ = ("entry", "exit", "plan")

    def __init__(self, time: int, entry: str, exit: str, plan: list[int]) -> None:
        super().__init__(EXIT_PLANNED, time)
        self.entry = entry
        self.exit = exit
        self.plan = plan

    def row(self) -> tuple[object, ...]:
        return (self.kind, self.time, self.entry, self.exit, self.plan)


#: Why an exit moves, by code.
TRAILING = "TRAILING"
BREAK_EVEN = "BREAK_EVEN"
DISTANCE = "DISTANCE"
TIME_EXIT = "TIME_EXIT"
ESCALATED = "STOP_UNFILLED"
RESTORED = "CLOSE_INCOMPLETE"
RENEWED = "EXIT_LOST"
MOVE_CODES = {
    TRAILING: "it follows the best price",
    BREAK_EVEN: "the gain that brings it to the entry was seen",
    DISTANCE: "its strategy said a new distance",
    TIME_EXIT: "the time of what it guards is over",
    ESCALATED: "it was reached and did not fill in time",
    RESTORED: "what closes took its place for is not closed by them",
    RENEWED: "it ended without being asked to, and what it guarded is still held",
}


class ExitMoved(Event):
    """Output: the stop `order_id` is to stand at `stop_units` from now on (`best_units`: the best price seen, of which
    it is `trail_units` away, 0 = it does not trail). guard: the order whose plan it is. With the codes
    TIME_EXIT and ESCALATED it ends instead, and what is left goes at the market; with RESTORED and
    RENEWED `order_id` takes the place that `guard` had."""

    __slots__ = ("guard", "order_id", "stop_units", "best_units", "trail_units", "code")

    def __init__(
        self, time: int, guard: str, order_id: str, stop_units: int, best_units: int, trail_units: int, code: str
    ) -> None:
        super().__init__(EXIT_MOVED, time)
        self.guard = guard
        self.order_id = order_id
        self.stop_units = stop_units
        self.best_units = best_units
        self.trail_units = trail_units
        self.code = code

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.guard, self.order_id, self.stop_units, self.best_units, self.trail_units,
            self.code,
        )  # fmt: skip


class ModifyJudged(Event):
    """Output: other terms for the order `order_id` were judged: its whole size, limit and stop price (counts, 0 =
    none). hold: money that what is left of an opening needs at them; checks: rows of `Check`; reason: the words of
    who wanted it."""

    __slots__ = ("order_id", "approved", "quantity", "limit_units", "stop_units", "hold", "checks", "reason")

    def __init__(
        self,
        time: int,
        order_id: str,
        approved: bool,
        quantity: int,
        limit_units: int,
        stop_units: int,
        hold: int,
        checks: list[list[object]],
        reason: str,
    ) -> None:
        super().__init__(MODIFY_JUDGED, time)
        self.order_id = order_id
        self.approved = approved
        self.quantity = quantity
        self.limit_units = limit_units
        self.stop_units = stop_units
        self.hold = hold
        self.checks = checks
        self.reason = reason

    @property
    def verdicts(self) -> list[Check]:
        """The checks as such."""
        return [Check(*row) for row in self.checks]  # type: ignore[arg-type]

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.order_id, self.approved, self.quantity, self.limit_units, self.stop_units,
            self.hold, self.checks, self.reason,
        )  # fmt: skip


class ProtectRequested(Event):
    """A named person wants exits for what a strategy holds in a symbol: a stop-loss at `stop_units` or trailing by
    `trail_units` or `trail_ppm`, a take-profit at `target_units` (price counts; 0 = as it is)."""

    __slots__ = (
        "account", "strategy", "symbol", "stop_units", "target_units", "trail_units", "trail_ppm", "who", "reason",
    )  # fmt: skip

    def __init__(
        self,
        time: int,
        account: str,
        strategy: str,
        symbol: str,
        stop_units: int,
        target_units: int,
        trail_units: int,
        trail_ppm: int,
        who: str,
        reason: str,
    ) -> None:
        super().__init__(PROTECT_REQUESTED, time)
        self.account = account
        self.strategy = strategy
        self.symbol = symbol
        self.stop_units = stop_units
        self.target_units = target_units
        self.trail_units = trail_units
        self.trail_ppm = trail_ppm
        self.who = who
        self.reason = reason

    def row(self) -> tuple[object, ...]:
        return (
            self.kind, self.time, self.account, self.strategy, self.symbol, self.stop_units, self.target_units,
            self.trail_units, self.trail_ppm, self.who, self.reason,
        )  # fmt: skip
