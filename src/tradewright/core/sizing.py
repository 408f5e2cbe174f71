"""How much: a quantity as asked, or from a share of equity or a sum of money — always rounded down to the venue's
step."""

from __future__ import annotations

from tradewright.core.accounts import AccountState
from tradewright.model.instrument import Instrument
from tradewright.model.intent import Intent
from tradewright.model.numbers import money_text, round_down, text_of

#: Why a size that has to be found is refused.
SIZE_UNKNOWN = "SIZE_UNKNOWN"


def quantity_for(account: AccountState, instrument: Instrument, money: int | None, price: int) -> int:
    """Size counts on the venue's step that `money` (account currency), the expected fee taken off, buys at `price`; 0
    when unknown."""
    return round_down(bought(account, instrument, money, price), instrument.rules.step)


def bought(account: AccountState, instrument: Instrument, money: int | None, price: int) -> int:
    """The same before it is rounded to the step."""
    if money is None or price <= 0:
        return 0
    quote = account.marks.convert(money, account.terms.currency, instrument.quote)
    if quote is None or quote <= 0:
        return 0
    unit = price * instrument.money_factor
    fee = account.terms.fee.of(instrument, quote, quote // unit)
    return int(max(0, quote - fee) // unit)


def money_for(account: AccountState, intent_ppm: int, value: int) -> int | None:
    """The money a sized intent may spend: a share of equity (None when equity is unknown), else the sum itself."""
    if intent_ppm == 0:
        return value
    equity = account.equity()
    return None if equity is None else equity * intent_ppm // 1_000_000


def size(intent: Intent, account: AccountState, price: int) -> tuple[int, str, str]:
    """(size counts, how they came about, the code that refuses them). The code is "" but where the money, its exchange
    rate or the price is not known: that is no size of zero."""
    if intent.quantity:
        return intent.quantity, "as asked", ""
    instrument = intent.instrument
    currency = account.terms.currency
    money = money_for(account, intent.size_ppm, intent.value)
    if money is None:
        return 0, "equity is not known", SIZE_UNKNOWN
    if price <= 0:
        return 0, "the price is not known", SIZE_UNKNOWN
    words = f"{intent.size_ppm / 10_000:g} % of equity = " if intent.size_ppm else ""
    words += f"{money_text(money)} {currency}"
    quantity = quantity_for(account, instrument, money, price)
    if quantity == 0 and account.marks.convert(money, currency, instrument.quote) is None:
        return 0, f"{words}; no rate from {currency} to {instrument.quote}", SIZE_UNKNOWN
    at = text_of(price, instrument.price_scale)
    return quantity, f"{words} less fee at {at}, rounded down to {text_of(quantity, instrument.size_scale)}", ""
