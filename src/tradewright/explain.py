"""An order's story in a trader's words: the signal, each check with value and limit, its path and fills, its P&L.

Everything comes from records; nothing is computed anew. `Story.text()` and `Story.row()` say the same.
"""

from __future__ import annotations

from typing import Any

from tradewright.core.at_open import EXIT_PASSED, OPENING_CODES
from tradewright.core.exposure import CANARY
from tradewright.core.modify import MODIFY_CODES
from tradewright.core.orders import OrderState
from tradewright.core.parents import PARENT_CODES
from tradewright.core.reservations import RESERVATION_CODES
from tradewright.core.sizers import SIZING_CODES
from tradewright.core.stations import RULES
from tradewright.model.at_open import OPENS_LATER, OpeningJudged
from tradewright.model.command import CANCEL_CODES, Cancel
from tradewright.model.control import (
    ESCALATED,
    MOVE_CODES,
    RENEWED,
    RESTORED,
    TIME_EXIT,
    TRADING_STATES,
    Alarm,
    ExitMoved,
    ModifyJudged,
)
from tradewright.model.correlation import correlation_of
from tradewright.model.decision import FILTER, Check, Decision
from tradewright.model.event import (
    ACCEPTED,
    CANCEL,
    CANCEL_REJECTED,
    CANCELLED,
    EXIT_TRIGGERED,
    EXPIRED,
    FILLED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    QUERY,
    REJECTED,
    REPLACE,
    REPLACE_REJECTED,
    REPLACED,
    SUBMIT,
    TRIGGERED,
    Event,
)
from tradewright.model.instrument import Instrument
from tradewright.model.lot import Match
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_SCALE, text_of
from tradewright.model.order import FLAGS, ORDER_TYPES, SIDES, TIMES_IN_FORCE, Order
from tradewright.model.report import Fill, Report
from tradewright.model.reservation import Released
from tradewright.model.signal import ACTIONS, Signal
from tradewright.model.unmet import WishUnmet
from tradewright.model.vote import Vote
from tradewright.model.zone import HOUR_NS, MINUTE_NS
from tradewright.signal.validators import VALIDATORS
from tradewright.signal.vote_text import vote_lines, vote_row

SECOND_NS = 1_000_000_000

#: Every code that can refuse: what a size follows from, changes, places, slices, openings that wait, the rules of all
#: stations, and an ensemble's validators. Each has its boundary and its whole run among the tests.
REFUSING = (
    *SIZING_CODES, *MODIFY_CODES, *RESERVATION_CODES, *PARENT_CODES,
    *(code for code in OPENING_CODES if code != OPENS_LATER), *(rule.code for rule in RULES),
    *(validator.code for validator in VALIDATORS.values()),
)  # fmt: skip

#: What each check asks, as a sentence with {value} and {limit}; the same words for a pass and a refusal.
QUESTIONS = {
    "REQUEST_PENDING": "a cancel or change is on its way: {value}",
    "BELOW_FILLED": "new size {value} (filled {limit})",
    "TERMS_OF_TYPE": "the order has what is to change: {value}",
    "TIME_IN_FORCE_STAYS": "its time in force stays as it is: {value}",
    "OPENING_WAITS": "it waits here for its market, or for its position to be closed: {value}",
    "PARENT_EXCEEDED": "slices of the parent order would be {value} (its size {limit})",
    "RESERVATION_ENDED": "the reservation it names is there",
    "SIZE_UNKNOWN": "what the size follows from is known",
    "STOP_REQUIRED": "a size by risk has a stop on the losing side",
    "NO_EDGE": "the stated win rate and payoff leave an edge",
    "OPEN_LIMIT_EXCEEDED": "open or pending symbols {value} (limit {limit})",
    "NO_OPEN_POSITION": "a sale finds {value} of its symbol open",
    "BUDGET_EXCEEDED": "positions and openings would be worth {value} (budget {limit})",
    "OUTSIDE_SESSION": "time of day {value} (session ends {limit})",
    "STRUCTURE_MISALIGNED": "structure points {value} (the opening {limit})",
    "MAX_TRADES_PER_DAY": "trades today {value} (limit {limit})",
    "COOLDOWN": "last trade {value} ago (at least {limit})",
    "SPREAD_TOO_WIDE": "spread {value} (limit {limit})",
    "NEAR_DAILY_HIGH": "below the daily high by {value} (at least {limit})",
    "NEAR_DAILY_LOW": "above the daily low by {value} (at least {limit})",
    "MAX_CONCURRENT_TRADES_SYMBOL": "open trades in the symbol {value} (limit {limit})",
    "MAX_CONCURRENT_TRADES_DIRECTION": "open trades in the symbol and direction {value} (limit {limit})",
    "MAX_CONCURRENT_TRADES_GLOBAL": "open trades {value} (limit {limit})",
    "MAX_DAILY_RISK_SYMBOL": "daily risk in the symbol would be {value} (limit {limit})",
    "MAX_DAILY_RISK_GLOBAL": "daily risk would be {value} (limit {limit})",
    "TRADING_STATE": "trading state is {value} (openings need {limit})",
    "NOT_READY": "the account was compared with its venue since it is connected: {value}",
    "SYMBOL_NOT_TRADABLE": "the venue takes openings in this symbol: {value}",
    "EXIT_DUE": "its session has {value} left (it would be closed in the last {limit})",
    "PRICE_UNKNOWN": "a reference price is known: {value}",
    "PRICE_STALE": "age of the reference price {value} (limit {limit})",
    "PRICE_INCREMENT": "price is off the tick by {value}",
    "SIZE_INCREMENT": "quantity {value} is above zero and a multiple of {limit}",
    "SIZE_MINIMUM": "quantity {value} (venue's minimum {limit})",
    "SIZE_MAXIMUM": "quantity {value} (venue's maximum {limit})",
    "NOTIONAL_MINIMUM": "notional {value} (venue's minimum {limit})",
    "PRICE_BAND": "limit price is {value} from the market (venue's band {limit})",
    "PRICE_COLLAR": "price is {value} beyond the market (limit {limit})",
    "MAX_ORDER_VALUE": "order value {value} (limit {limit})",
    "MAX_ORDER_QUANTITY": "order quantity {value} (limit {limit})",
    "POSITION_RANGE": "position would be {value} (range of a size {limit})",
    "MAX_POSITION_QUANTITY": "position would be {value} (limit {limit})",
    "POSITION_LIMIT": "position would be {value} of equity (limit {limit})",
    "SHORT_NOT_ALLOWED": "the account may be short in this symbol: {value}",
    "INSUFFICIENT_FUNDS": "needs {value}, free are {limit}",
    "DAILY_LOSS_LIMIT": "lost today {value} (limit {limit})",
    "MAX_OPEN_POSITIONS": "open positions would be {value} (limit {limit})",
    "REDUCE_ONLY": "closes {value}, of which {limit} is there and not taken by another exit",
}

QUESTIONS.update(
    {
        "SESSION_DRAWDOWN": "{value} below the session's highest equity (limit {limit})",
        "SESSION_TARGET": "{value} above the week's begin (target {limit})",
        "CONFIDENCE_TOO_LOW": "confidence {value} (at least {limit})",
        "STRATEGY_NOT_ENABLED": "its strategy is enabled: {value}",
        "MAX_TOTAL_EXPOSURE": "value of all positions would be {value} (limit {limit})",
        "TOTAL_EXPOSURE_LIMIT": "value of all positions would be {value} of equity (limit {limit})",
        "DIRECTIONAL_EXPOSURE_LIMIT": "value of all positions on this side would be {value} of equity (limit {limit})",
        "SECTOR_EXPOSURE_LIMIT": "value of all positions in the sector would be {value} of equity (limit {limit})",
        "CURRENCY_EXPOSURE_LIMIT": "value of all positions in the currency would be {value} of equity (limit {limit})",
        "MAX_LEVERAGE": "value of all positions would be {value} times equity (limit {limit})",
        "MARGIN_USE_LIMIT": "margin and holds would be {value} of equity (limit {limit})",
        "MARGIN_DEFICIT": "equity would be {value} of the value of all positions (at least {limit})",
        "WEEKLY_LOSS_LIMIT": "lost this week {value} (limit {limit})",
        "DRAWDOWN_LIMIT": "equity is {value} below its highest (limit {limit})",
        "LOSS_SPEED_LIMIT": "lost within the window {value} (limit {limit})",
        "PATTERN_DAY_TRADER": "day trades within five business days {value} (limit {limit})",
        EXIT_PASSED: "the price {value} has not reached its exit at {limit}",
        OPENS_LATER: "its market opens in {value}: granted by all others, it waits here until then",
        "MARKET_CLOSED": "the market is open: {value}",
        "SYMBOL_BLOCKED": "the symbol is not blocked: {value}",
        "SYMBOL_NOT_ALLOWED": "the symbol is allowed: {value}",
        "DUPLICATE_ORDER": "the last order like this was granted {value} ago (at least {limit})",
        "WASH_TRADE": "orders of its own strategy it could trade with {value} (limit {limit})",
        "SELF_TRADE": "orders of other strategies it could trade with {value} (limit {limit})",
        "MESSAGE_LIMIT": "messages within a minute would be {value} (openings may use {limit})",
        "ORDER_TO_TRADE_RATIO": "messages for each fill would be {value} (limit {limit})",
        "REPEATED_EXECUTION": "executions within the window {value} (limit {limit})",
        "ACCOUNT_STALE": "the account was heard of {value} ago (limit {limit})",
        "RATE_STALE": "age of the exchange rate {value} (limit {limit})",
        "LOOP_LAG": "events wait {value} for the engine (limit {limit})",
        "JOURNAL_LAG": "records wait {value} for the disk (limit {limit})",
        "RECONCILIATION_LAG": "the venue's books were compared {value} ago (limit {limit})",
        "CLOCK_OFFSET": "the venue's clock differs by {value} (limit {limit})",
        "INSTRUMENT_HALTED": "the venue says that the instrument trades: {value}",
        "OUTSIDE_PRICE_LIMITS": "price {value} (edge of the venue's band {limit})",
        "SHORT_SALE_RESTRICTED": "a restricted short rests at {value} (above the best bid {limit})",
        "LOCATE_REQUIRED": "short would be {value} (located {limit})",
        "MAX_WORKING_ORDERS": "openings at work would be {value} (limit {limit})",
        "LIQUIDATION_DISTANCE": "liquidation would be {value} away (at least {limit})",
        "MAX_VOLUME_SHARE": "size is {value} of the average daily volume (limit {limit})",
        "MAX_TOUCH_SHARE": "size is {value} of what is shown (limit {limit})",
        "CUMULATIVE_COLLAR": "price is {value} from prices of the window (limit {limit})",
    }
)
#: What a refusal says instead, in the words of the execution filter; {symbol} too.
REFUSALS = {
    "OUTSIDE_SESSION": "Outside the allowed trading sessions for {symbol} (at {value})",
    "STRUCTURE_MISALIGNED": "Signal not aligned with market structure for {symbol} (structure {value}, signal {limit})",
    "MAX_TRADES_PER_DAY": "Max trades per day reached ({value}/{limit}) for {symbol}",
    "COOLDOWN": "Cooldown between trades not over for {symbol} ({value} of {limit})",
    "SPREAD_TOO_WIDE": "Spread too wide for {symbol} ({value} > {limit})",
    "NEAR_DAILY_HIGH": "Too close to the daily high for {symbol} ({value} < {limit})",
    "NEAR_DAILY_LOW": "Too close to the daily low for {symbol} ({value} < {limit})",
    "MAX_CONCURRENT_TRADES_SYMBOL": "Max concurrent trades per symbol reached ({value}/{limit}) for {symbol}",
    "MAX_CONCURRENT_TRADES_DIRECTION": "Max concurrent trades per direction reached ({value}/{limit}) for {symbol}",
    "MAX_CONCURRENT_TRADES_GLOBAL": "Max concurrent trades globally reached ({value}/{limit}), no trade in {symbol}",
    "MAX_DAILY_RISK_SYMBOL": "Max daily risk per symbol reached ({value} of {limit} with this trade) for {symbol}",
    "MAX_DAILY_RISK_GLOBAL": "Max daily risk globally reached ({value} of {limit} with this trade), none in {symbol}",
}

_STEPS = {
    SUBMIT: "sent to the venue",
    ACCEPTED: "accepted by the venue",
    REJECTED: "rejected by the venue",
    CANCELLED: "cancelled",
    EXPIRED: "expired",
    REPLACED: "terms replaced",
    CANCEL_REJECTED: "cancel refused",
    REPLACE_REJECTED: "replace refused",
    TRIGGERED: "stop triggered",
    OUTCOME_UNKNOWN: "outcome of a request unknown",
    NOT_FOUND: "not known to the venue: it never arrived",
    CANCEL: "cancel asked for",
    REPLACE: "replace asked for",
    QUERY: "looked up at the venue",
    EXIT_TRIGGERED: "held exit goes to its venue",
}
#: What a venue was asked and has said, and what became of an order here, each in a word for programs.
STEP_WORDS = {
    SUBMIT: "submit", CANCEL: "cancel", REPLACE: "replace", QUERY: "query", ACCEPTED: "accepted",
    REJECTED: "rejected", FILLED: "fill", CANCELLED: "cancelled", EXPIRED: "expired", REPLACED: "replaced",
    CANCEL_REJECTED: "cancel_rejected", REPLACE_REJECTED: "replace_rejected", TRIGGERED: "triggered",
    OUTCOME_UNKNOWN: "outcome_unknown", NOT_FOUND: "not_found",
}  # fmt: skip


class Story:
    """All records of one order. signal: the one it came of, None where the strategy asked for the order itself; vote:
    how an ensemble came to that. standing: where its strategy stood by its shadow path, None = nowhere. steps: commands
    and reports in journal order; matches: closed pieces of its lots."""

    def __init__(
        self,
        decision: Decision,
        state: OrderState,
        signal: Signal | None = None,
        vote: Vote | None = None,
        standing: dict[str, Any] | None = None,
    ) -> None:
        self.decision = decision
        self.state = state
        self.signal = signal
        self.vote = vote
        self.standing = standing
        self.steps: list[Event] = []
        self.matches: list[Match] = []

    @property
    def order(self) -> Order:
        return self.state.order

    def row(self) -> dict[str, Any]:
        """The story as JSON-ready data; numbers as decimal text, times as ISO 8601 UTC."""
        decision, order = self.decision, self.order
        instrument = order.instrument
        return {
            "orderId": order.id,
            "correlationId": correlation_of(order),
            "status": self.state.status,
            "code": self.state.code,
            "text": self.state.text,
            "account": order.account,
            "strategy": order.strategy,
            "symbol": instrument.symbol,
            "order": terms_row(order),
            "signal": {
                "time": moment_text(decision.time),
                "action": None if self.signal is None else ACTIONS[self.signal.action],
                "confidence": decision.confidence,
                "reason": decision.reason,
                "inputs": dict(decision.inputs),
                "price": _count_text(decision.price_units, instrument.price_scale),
                "priceAgeSeconds": None if decision.price_age_ns < 0 else decision.price_age_ns / 1e9,
                "sizing": decision.sizing,
                "strategyVersion": None if self.signal is None else self.signal.strategy_version,
                "paramsHash": None if self.signal is None else self.signal.params_hash,
            },
            "vote": None if self.vote is None else vote_row(self.vote),
            "shadow": self.standing,
            "approved": decision.approved,
            "executionFilter": filter_row(decision),
            "checks": [check_row(check, instrument) for check in decision.checks],
            "hold": f"{text_of(decision.hold, MONEY_SCALE)} {decision.hold_currency}" if decision.hold else None,
            "path": [self._step_row(step) for step in self.steps],
            "filled": text_of(self.state.filled, instrument.size_scale),
            "averagePrice": self._average(),
            "fees": {currency: text_of(fee, MONEY_SCALE) for currency, fee in sorted(self.state.fees.items())},
            "matches": [match_row(match) for match in self.matches],
            "pnl": f"{text_of(sum(match.pnl for match in self.matches), MONEY_SCALE)}",
            "pnlCurrency": instrument.quote,
        }

    def text(self) -> str:
        """The story in lines for a terminal."""
        story = self.row()
        lines = [
            f"Order {story['orderId']}: {terms_text(self.order)} — {story['status']}"
            + (f" ({story['code']})" if story["code"] else ""),
            f"  why    {story['signal']['time']}  {self.order.strategy}: {self._words()}",
        ]
        seen = ", ".join(
            f"{label} = {'not ready' if value is None else f'{value:.6g}'}" for label, value in self.decision.inputs
        )
        lines.append(f"  saw    {f'{seen}; ' if seen else ''}{self._price()}")
        if self.vote is not None:
            lines += vote_lines(self.vote)
        lines.append(f"  size   {self.decision.sizing}")
        if self.standing is not None:
            lines.append("  shadow " + standing_text(self.standing))
        lines.append("  checks " + ("all passed" if self.decision.approved else "REFUSED"))
        lines += [f"    {check_text(check)}" for check in story["checks"]]
        lines += [
            f"  {'path' if at == 0 else '    '}   {step['time']}  {step['what']}"
            for at, step in enumerate(story["path"])
        ]
        if not self.decision.approved:
            lines.append("  path   never sent: " + ", ".join(check.code for check in self.decision.refusals))
        if self.state.filled:
            fees = ", ".join(f"{fee} {currency}" for currency, fee in story["fees"].items()) or "none"
            lines.append(f"  filled {story['filled']} at {story['averagePrice']} on average; fees {fees}")
        lines += [
            f"  lot    {match['size']} {match['side']} {match['open']} → {match['close']}: "
            f"{match['pnl']} {story['pnlCurrency']}"
            for match in story["matches"]
        ]
        if self.matches:
            lines.append(f"  P&L    {story['pnl']} {story['pnlCurrency']} before fees")
        return "\n".join(lines)

    def _words(self) -> str:
        """The strategy's reason, behind the signal's action and confidence where it gave one."""
        words = self.decision.reason or "no reason given"
        return words if self.signal is None else f"{ACTIONS[self.signal.action]} {self.signal.confidence:.2f}, {words}"

    def _price(self) -> str:
        """What it was judged at, and how old that was."""
        decision = self.decision
        if decision.price_age_ns < 0:
            return "no price was known"
        price = text_of(decision.price_units, self.order.instrument.price_scale)
        return f"price {price}, {decision.price_age_ns / 1e9:g} s old"

    def _average(self) -> str | None:
        average = self.state.average_units()
        scale = self.order.instrument.price_scale
        return None if average is None else f"{average / 10**scale:.{scale}f}"

    def _step_row(self, step: Event) -> dict[str, Any]:
        instrument = self.order.instrument
        if isinstance(step, Fill):
            price, size = (
                text_of(step.price_units, instrument.price_scale),
                text_of(step.size_units, instrument.size_scale),
            )
            fee = f", fee {text_of(step.fee, MONEY_SCALE)} {step.fee_currency}" if step.fee else ""
            what = f"filled {size} at {price}{fee} (trade {step.trade_id})"
        elif isinstance(step, Alarm):
            what = f"ALARM {step.code}: {step.text}"
        elif isinstance(step, WishUnmet):
            what = step.text
        elif isinstance(step, Released):
            what = f"in the place of reservation {step.id}"
        else:
            what = (
                _moved(step, instrument) if isinstance(step, ExitMoved) else _STEPS.get(step.kind, f"event {step.kind}")
            )
            if isinstance(step, ModifyJudged):
                what = _changed(step, instrument)
            if isinstance(step, OpeningJudged):
                what = f"its market has opened: {_verdict(step.approved, step.verdicts, instrument)}"
            if isinstance(step, Cancel):
                what += f": {step.code} {CANCEL_CODES[step.code]}"
            if isinstance(step, Report) and step.code:
                what += f": {step.code} {step.text}".rstrip()
        return {"time": moment_text(step.time), "what": what}


def filter_row(decision: Decision) -> dict[str, Any]:
    """What the execution filter said: PASS, or SKIP with every reason in words."""
    failed = [check for check in decision.refusals if check.station == FILTER]
    return {
        "execution_filter_action": "SKIP" if failed else "PASS",
        "execution_filter_reasons": [check_row(check, decision.instrument)["text"] for check in failed],
    }


def _changed(judged: ModifyJudged, instrument: Instrument) -> str:
    """The terms that were wanted, and what was said to it."""
    prices = [
        f"{name} {text_of(units, instrument.price_scale)}"
        for name, units in (("limit", judged.limit_units), ("stop", judged.stop_units))
        if units
    ]
    wanted = ", ".join([f"size {text_of(judged.quantity, instrument.size_scale)}", *prices])
    said = _verdict(judged.approved, judged.verdicts, instrument)
    return f"change to {wanted} {said}" + (f" ({judged.reason})" if judged.reason else "")


def _verdict(approved: bool, checks: list[Check], instrument: Instrument) -> str:
    """What was said to an order that was judged again."""
    refused = [check for check in checks if not check.passed]
    why = "; ".join(f"{check.code}: {check_row(check, instrument)['text']}" for check in refused)
    return "granted" if approved else f"REFUSED: {why}"


def _moved(moved: ExitMoved, instrument: Instrument) -> str:
    """Where a stop goes, and why."""
    scale = instrument.price_scale
    why = MOVE_CODES[moved.code]
    if moved.code in (TIME_EXIT, ESCALATED):
        return f"what is left of it goes at the market: {moved.code} {why}"
    if moved.code in (RESTORED, RENEWED):
        return f"it takes the place of {moved.guard}: {moved.code} {why}"
    seen = f", best price {text_of(moved.best_units, scale)}" if moved.best_units else ""
    trail = f", {text_of(moved.trail_units, scale)} away" if moved.trail_units else ""
    return f"stop moves to {text_of(moved.stop_units, scale)}: {moved.code} {why}{seen}{trail}"


def check_text(row: dict[str, Any]) -> str:
    """A check's row as a line, with whose limit it was and which version of the limits."""
    whose = f" [{row['scope']}, limits {row['limitVersion']}]" if "scope" in row else ""
    return f"{'ok ' if row['passed'] else 'NO '} {row['code']}: {row['text']}{whose}"


def check_row(check: Check, instrument: Instrument) -> dict[str, Any]:
    """One check with its numbers as decimal text in their unit, and its sentence."""
    value, limit = unit_text(check.value, check.unit, instrument), unit_text(check.limit, check.unit, instrument)
    words = QUESTIONS[check.code] if check.passed else REFUSALS.get(check.code, QUESTIONS[check.code])
    text = words.format(value=value, limit=limit, symbol=instrument.symbol)
    if check.scope.startswith(CANARY):
        text += f", while this version of {check.scope.partition(':')[2]} is new"
    row = {
        "code": check.code,
        "station": check.station,
        "passed": check.passed,
        "value": value,
        "limit": limit,
        "text": text + check.note,
    }
    if check.scope:
        row.update({"scope": check.scope, "limitVersion": check.version})
    return row


def unit_text(value: int | None, unit: str, instrument: Instrument) -> str:
    """A number of a check as a trader writes it; None = unknown."""
    if value is None:
        return "unknown"
    if unit.startswith("money:"):
        return f"{text_of(value, MONEY_SCALE)} {unit[6:]}"
    if unit == "price":
        return text_of(value, instrument.price_scale)
    if unit == "size":
        return text_of(value, instrument.size_scale)
    if unit == "quantity":
        return text_of(value, 9)
    if unit == "ppm":
        return f"{text_of(value, 4)} %"
    if unit == "ratio":
        return text_of(value, 6)
    if unit == "ns":
        return f"{text_of(value, 9)} s"
    if unit == "state":
        return TRADING_STATES[value]
    if unit == "clock":
        return f"{value // HOUR_NS:02d}:{value // MINUTE_NS % 60:02d}:{value // SECOND_NS % 60:02d}"
    if unit == "side":
        return {1: "up", -1: "down"}.get(value, "nowhere")
    if unit == "flag":
        return "yes" if value else "no"
    return str(value)


def _count_text(count: int, scale: int) -> str | None:
    return None if count < 0 else text_of(count, scale)


def standing_text(standing: dict[str, Any]) -> str:
    """Where a strategy stood by its shadow path."""
    return (
        f"weight {standing['weight']} (equal {standing['equalWeight']}) since {standing['lastUpdated']}; "
        f"t {standing['tStat']}, {standing['matches']} matches in {standing['days']} days, "
        f"net {standing['realizedPnl']}"
    )


def terms_row(order: Order) -> dict[str, Any]:
    """An order's terms by their names in the field; what is not set is left out."""
    price, size = order.instrument.price_scale, order.instrument.size_scale
    row: dict[str, Any] = {
        "side": SIDES[order.side],
        "type": ORDER_TYPES[order.type],
        "quantity": text_of(order.quantity, size),
        "timeInForce": TIMES_IN_FORCE[order.time_in_force],
        "role": order.role,
    }
    for name, units in (
        ("limitPrice", order.limit_units),
        ("stopPrice", order.stop_units),
        ("trail", order.trail_units),
    ):
        if units:
            row[name] = text_of(units, price)
    if order.trail_ppm:
        row["trailPercent"] = text_of(order.trail_ppm, 4)
    row["flags"] = [name for bit, name in FLAGS.items() if order.flags & bit]
    row.update(
        {name: value for name, value in (("parent", order.parent), ("group", order.group), ("lot", order.lot)) if value}
    )
    return row


def terms_text(order: Order) -> str:
    """An order's terms in one phrase: "buy 10 ACME limit 99.5 gtc"."""
    row = terms_row(order)
    words = [row["side"], row["quantity"], order.instrument.symbol, row["type"]]
    words += [
        f"{'at' if label == row['type'] else label} {row[name]}"
        for label, name in (("at", "limitPrice"), ("stop", "stopPrice"), ("trail", "trail"))
        if name in row
    ]
    words += [f"trail {row['trailPercent']} %"] if "trailPercent" in row else []
    return " ".join([*words, row["timeInForce"], *row["flags"]])


def match_row(match: Match) -> dict[str, Any]:
    """A closed piece with its prices and P&L as decimal text."""
    instrument = match.instrument
    return {
        "symbol": instrument.symbol,
        "strategy": match.strategy,
        "side": "long" if match.side > 0 else "short",
        "size": text_of(match.size, instrument.size_scale),
        "open": text_of(match.open_units, instrument.price_scale),
        "close": text_of(match.close_units, instrument.price_scale),
        "openOrder": match.open_order,
        "closeOrder": match.close_order,
        "openTime": moment_text(match.time_open),
        "closeTime": moment_text(match.time_close),
        "pnl": text_of(match.pnl, MONEY_SCALE),
    }
