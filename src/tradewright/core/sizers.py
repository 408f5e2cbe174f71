"""How much, by a sizer: what may be lost, what a deviation may move, what Kelly stakes — as a quantity, and in words.

Risk in account currency = |entry − stop| × size × contract, converted at the mark (money_factor holds contract and
scales, so that it is tick value × ticks): XAUUSD 0.10 lot 2650.5 → 2645.0 is 55.00 USD. Every step rounds down. What is
not known sizes nothing and is refused by a code. A size is capped by the rules that would refuse it: the largest
multiple of the venue's step which all of them let pass.
"""

from __future__ import annotations

from typing import NamedTuple

from tradewright.core.accounts import AccountState
from tradewright.core.risk import Proposal, Rule
from tradewright.core.sizing import SIZE_UNKNOWN, bought
from tradewright.model.decision import SIZING, Check
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.moment import moment_text
from tradewright.model.numbers import MONEY_ONE, money_text, round_down, text_of
from tradewright.model.sizer import (
    FIXED,
    PERCENT,
    PPM_ONE,
    QUANTITY_SCALE,
    RISK,
    RISK_PERCENT,
    VALUE,
    VOLATILITY,
    Sizer,
)

#: Why the sizing station refuses, by code.
STOP_REQUIRED = "STOP_REQUIRED"
NO_EDGE = "NO_EDGE"
SIZING_CODES = {
    SIZE_UNKNOWN: "What the size follows from is known: equity, price, exchange rate, deviation, win rate and payoff.",
    STOP_REQUIRED: "A size by risk has a stop on the losing side of its entry.",
    NO_EDGE: "Kelly's fraction of the stated win rate and payoff is above zero.",
}
#: Rules that bound a size from above: they cap it, in the order in which they are asked.
CAPPING = {
    "SIZE_MAXIMUM": "the venue's largest order",
    "MAX_ORDER_VALUE": "maxOrderValue",
    "MAX_ORDER_QUANTITY": "maxOrderQuantity",
    "MAX_POSITION_QUANTITY": "maxPositionQuantity",
    "POSITION_LIMIT": "maxPositionSizePercent",
    "INSUFFICIENT_FUNDS": "what is free",
    "BUDGET_EXCEEDED": "its budget",
}
#: Amounts are shown to this part of a unit, a millionth; below one to this many digits, or a coin's would be lost.
_SHOWN = MONEY_ONE // 1_000_000
_DIGITS = 6


class Sized(NamedTuple):
    """A quantity in size counts, how it came about, and the code that refuses it ("" = none)."""

    quantity: int
    words: str
    code: str = ""

    def check(self) -> Check:
        """The refusal as a check of the decision; only where there is a code."""
        return Check(self.code, False, None, None, "count", f": {self.words}", SIZING)


def risk_of(account: AccountState, instrument: Instrument, distance: int, size: int) -> int | None:
    """Money in account currency that `size` counts lose when the price goes `distance` counts against them; None = no
    rate. Source: MetaQuotes' order_calc_profit for forex, metals, CFDs and stocks."""
    lost = distance * (size * instrument.money_factor)
    return account.marks.convert(lost, instrument.quote, account.terms.currency)


def entry_of(intent: Intent, reference: int) -> int:
    """The price count at which the order is expected to fill: its limit, its stop, else what it would meet now."""
    return intent.limit_units or intent.stop_units or reference


def distance_of(intent: Intent, entry: int) -> int:
    """Price counts from the entry to the attached stop, 0 where none lies on the losing side."""
    if intent.stop_loss:
        return max(0, intent.side * (entry - intent.stop_loss))
    if intent.exit_trail_units:
        return intent.exit_trail_units
    if intent.exit_trail_ppm:
        return entry * intent.exit_trail_ppm // PPM_ONE
    return 0 if intent.plan is None else intent.plan.stop_distance(entry)


def sized(intent: Intent, sizer: Sizer | None, account: AccountState, reference: int) -> Sized:
    """The size an intent gets by its sizer, before caps. reference: price count the order would meet, 0 = unknown."""
    instrument = intent.instrument
    entry = entry_of(intent, reference)
    if sizer is None:
        found = Sized(0, "no size is said and none is set for the strategy or its account", SIZE_UNKNOWN)
    elif sizer.method == FIXED:
        asked = sizer.amount // 10 ** (QUANTITY_SCALE - instrument.size_scale)
        found = Sized(asked, f"fixed {text_of(sizer.amount, QUANTITY_SCALE)}")
    elif entry <= 0:
        found = Sized(0, "the price is not known", SIZE_UNKNOWN)
    elif sizer.method in (PERCENT, VALUE):
        found = _spent(sizer, account, instrument, entry)
    elif sizer.method in (RISK, RISK_PERCENT):
        found = _risked(sizer, account, instrument, entry, distance_of(intent, entry))
    elif sizer.method == VOLATILITY:
        found = _moved(sizer, account, instrument)
    else:
        found = _staked(sizer, account, instrument, entry, distance_of(intent, entry))
    hint = PPM_ONE if sizer is None else sizer.hint_ppm
    return _scaled(found, hint, intent)


def weighted(quantity: int, intent: Intent, words: str) -> Sized:
    """A quantity that was asked for or came of a share or a sum, by the strategy's weight."""
    return _scaled(Sized(quantity, words), PPM_ONE, intent)


def _scaled(found: Sized, hint: int, intent: Intent) -> Sized:
    """Times hint and weight, on the venue's step; of a weight also since when it holds."""
    if found.code:
        return found
    words, weight, instrument = found.words, intent.weight_ppm, intent.instrument
    if hint != PPM_ONE:
        words += f" × hint {text_of(hint, 6)}"
    if weight != PPM_ONE or intent.weighed:
        words += f" × weight {text_of(weight, 6)}"
    if intent.weighed:
        words += f" (of {moment_text(intent.weighed)})"
    quantity = round_down(found.quantity * hint * weight // (PPM_ONE * PPM_ONE), instrument.rules.step)
    step = text_of(instrument.rules.step, instrument.size_scale)
    return Sized(quantity, f"{words} → {text_of(quantity, instrument.size_scale)} in steps of {step}")


def _share(account: AccountState, ppm: int) -> tuple[int | None, str]:
    """A share of equity as money of the account, with its words."""
    equity = account.equity()
    if equity is None:
        return None, "equity is not known"
    money = equity * ppm // PPM_ONE
    currency = account.terms.currency
    return money, f"{text_of(ppm, 4)} % of equity {shown(equity)} {currency} = {shown(money)} {currency}"


def _spent(sizer: Sizer, account: AccountState, instrument: Instrument, entry: int) -> Sized:
    if sizer.method == PERCENT:
        money, words = _share(account, sizer.amount)
    else:
        money, words = sizer.amount, f"{shown(sizer.amount)} {account.terms.currency}"
    return _bought(money, words, account, instrument, entry)


def _bought(money: int | None, words: str, account: AccountState, instrument: Instrument, entry: int) -> Sized:
    """What a sum buys, the expected fee taken off."""
    if money is None:
        return Sized(0, words, SIZE_UNKNOWN)
    if account.marks.convert(money, account.terms.currency, instrument.quote) is None:
        return Sized(0, f"{words}; no rate from {account.terms.currency} to {instrument.quote}", SIZE_UNKNOWN)
    quantity = bought(account, instrument, money, entry)
    return Sized(quantity, f"{words} less fee, at {text_of(entry, instrument.price_scale)} per 1")


def _risked(sizer: Sizer, account: AccountState, instrument: Instrument, entry: int, distance: int) -> Sized:
    if sizer.method == RISK_PERCENT:
        money, words = _share(account, sizer.amount)
    else:
        money, words = sizer.amount, f"{shown(sizer.amount)} {account.terms.currency}"
    if distance <= 0:
        at = text_of(entry, instrument.price_scale)
        return Sized(0, f"risk {words}, and no stop on the losing side of {at}", STOP_REQUIRED)
    return _lost(money, f"risk {words}", account, instrument, distance, "a stop")


def _moved(sizer: Sizer, account: AccountState, instrument: Instrument) -> Sized:
    if sizer.deviation_units == 0:
        return Sized(0, "volatility target, and no deviation is said", SIZE_UNKNOWN)
    money, words = _share(account, sizer.amount)
    return _lost(money, f"volatility {words}", account, instrument, sizer.deviation_units, "a deviation")


def _staked(sizer: Sizer, account: AccountState, instrument: Instrument, entry: int, distance: int) -> Sized:
    if sizer.win_ppm == 0 or sizer.payoff_ppm == 0:
        return Sized(0, "Kelly, and no win rate or payoff is said", SIZE_UNKNOWN)
    edge = kelly_ppm(sizer.win_ppm, sizer.payoff_ppm)
    words = (
        f"Kelly of win rate {text_of(sizer.win_ppm, 6)} and payoff {text_of(sizer.payoff_ppm, 6)} "
        f"is {text_of(edge, 4)} %"
    )
    if edge <= 0:
        return Sized(0, words, NO_EDGE)
    stake = edge * sizer.amount // PPM_ONE
    words += f" × {text_of(sizer.amount, 6)}"
    if stake > sizer.cap_ppm:
        stake = sizer.cap_ppm
        words += f", at most {text_of(stake, 4)} %"
    money, share = _share(account, stake)
    if distance > 0:
        return _lost(money, f"{words}: risk {share}", account, instrument, distance, "a stop")
    return _bought(money, f"{words}: {share}", account, instrument, entry)


def kelly_ppm(win_ppm: int, payoff_ppm: int) -> int:
    """f = p − (1 − p) / b in parts per million, rounded down; not above zero = no edge."""
    return win_ppm - -(-(PPM_ONE - win_ppm) * PPM_ONE // payoff_ppm)


def _lost(
    money: int | None, words: str, account: AccountState, instrument: Instrument, distance: int, what: str
) -> Sized:
    """The size that loses `money` (account currency) when the price goes `distance` against it."""
    if money is None:
        return Sized(0, words, SIZE_UNKNOWN)
    currency = account.terms.currency
    at_stake = account.marks.convert(money, currency, instrument.quote)
    one = risk_of(account, instrument, distance, int(instrument.size_one))
    if at_stake is None or one is None:
        return Sized(0, f"{words}; no rate from {currency} to {instrument.quote}", SIZE_UNKNOWN)
    quantity = max(0, at_stake) // (distance * instrument.money_factor)
    away = text_of(distance, instrument.price_scale)
    return Sized(quantity, f"{words} / {shown(one)} {currency} that {what} of {away} costs per 1")


def shown(money: int) -> str:
    """Money in words: to a millionth, below one to six digits; rounded down, which is for the eye alone."""
    return money_text(round_down(money, min(_SHOWN, int(10 ** max(0, len(str(abs(money))) - _DIGITS)))))


# ── caps ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def fitted(proposal: Proposal, rules: list[Rule], quantity_max: int) -> tuple[Proposal, str]:
    """The proposal with the largest size that `quantity_max` (nine decimals, 0 = none) and the capping rules let pass,
    and in words what lowered it. A bound that can not be known leaves the size, for its rule to refuse."""
    instrument = proposal.order.instrument
    words = ""
    if quantity_max:
        most = round_down(quantity_max // 10 ** (QUANTITY_SCALE - instrument.size_scale), instrument.rules.step)
        if most < proposal.order.quantity:
            proposal = _resized(proposal, most)
            words += f", capped at {text_of(most, instrument.size_scale)} by its largest size"
    for rule in rules:
        if rule.code not in CAPPING or proposal.order.quantity == 0:
            continue
        check = rule.check(proposal)
        if check is None or check.passed or check.value is None or check.limit is None:
            continue
        proposal = _resized(proposal, _largest(proposal, rule))
        most = proposal.order.quantity
        words += f", capped at {text_of(most, instrument.size_scale)} by {CAPPING[rule.code]}"
        unit = check.unit.partition(":")
        if unit[0] == "money":
            words += f" ({shown(check.limit)} {unit[2]})"
    return proposal, words


def _largest(proposal: Proposal, rule: Rule) -> int:
    """The largest multiple of the step, below what is asked, that the rule lets pass; each larger size needs more."""
    step = proposal.order.instrument.rules.step
    passes, refused = 0, -(-proposal.order.quantity // step)
    while refused - passes > 1:
        middle = (passes + refused) // 2
        check = rule.check(_resized(proposal, middle * step))
        if check is None or check.passed:
            passes = middle
        else:
            refused = middle
    return passes * step


def _resized(proposal: Proposal, quantity: int) -> Proposal:
    """The same order of another size, judged anew."""
    proposal.order.quantity = quantity
    return Proposal(
        proposal.order, proposal.intent, proposal.account, proposal.book, proposal.mark, proposal.state, proposal.now,
        proposal.stamp,
    )  # fmt: skip
