"""An account: whose money, which bookkeeping mode, and what its venue can do by itself."""

from __future__ import annotations

from tradewright.model.errors import InputError
from tradewright.model.fee import FeeEstimate
from tradewright.model.numbers import MONEY_SCALE

NETTING = "netting"
HEDGING = "hedging"
CASH = "cash"
MARGIN = "margin"
PPM_ONE = 1_000_000
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def new_code(name: str, time: int) -> str:
    """An account's part of every order id, at its first start at `time` (ns UTC): letters of its name, and the second.
    No other home may ever make the same ids at the same venue, so whoever takes one keeps it with the journal."""
    digits, left = "", time // 1_000_000_000
    while left:
        left, digit = divmod(left, 36)
        digits = _DIGITS[digit] + digits
    letters = "".join([letter for letter in name if letter.isascii() and letter.isalnum()])[:2]
    return f"{letters}{digits[-6:]}"


class Account:
    """Terms of one account at one venue; fixed while an engine runs.

    mode: netting (one net position per instrument) or hedging (each opening fill is a lot of its own, long and short
    side by side). kind: cash (no debt, no shorts) or margin (`leverage` × equity). currency: in which equity, limits
    and P&L are stated. day_zone: zone whose midnight resets daily counters. native_exits: the venue itself links
    parents and OCO groups; without it `core.exits` holds them here. fee: what a fill is expected to cost, for holds
    and sizing. code: 1 to 8 characters of [A-Za-z0-9], the account's part of every client order id, which no other home
    may use at the same venue (`new_code`). owner: whose it is, over whose accounts exposure is counted; "" = the
    account stands for itself, under its own name. settles_ms: for how long after its venue took an order a look-up
    there may still not find it; 0 = it always does. remote: its venue is reached over a network, so nothing is opened
    before what it shows of the account was compared with what is known here. reduce_only: its venue lets an order that
    is flagged so close what is there and never open; without it no order carries the flag, and exits are kept from
    closing more than there is by being ended here. cash_decimals: the finest decimal of the money that its venue shows,
    0 to 18. coin_fee_ppm: parts per million of the coins which a buy brings in that its venue keeps at most as a fee of
    which it says nothing with the fill; 0 = it keeps none, or says so.
    """

    __slots__ = (
        "name", "code", "venue", "mode", "kind", "currency", "leverage", "day_zone", "native_exits", "fee", "owner",
        "settles_ms", "remote", "reduce_only", "cash_decimals", "coin_fee_ppm",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        code: str,
        venue: str,
        mode: str = NETTING,
        kind: str = CASH,
        currency: str = "USD",
        leverage: int = 1,
        day_zone: str = "UTC",
        native_exits: bool = True,
        fee: FeeEstimate | None = None,
        owner: str = "",
        settles_ms: int = 0,
        remote: bool = False,
        reduce_only: bool = True,
        cash_decimals: int = MONEY_SCALE,
        coin_fee_ppm: int = 0,
    ) -> None:
        if mode not in (NETTING, HEDGING):
            raise InputError(f"account {name}: mode {mode!r} is neither netting nor hedging")
        if kind not in (CASH, MARGIN):
            raise InputError(f"account {name}: kind {kind!r} is neither cash nor margin")
        if leverage < 1 or (kind == CASH and leverage != 1):
            raise InputError(f"account {name}: leverage {leverage} is not possible for a {kind} account")
        if not (1 <= len(code) <= 8 and code.isascii() and code.isalnum()):
            raise InputError(f"account {name}: code {code!r} must be 1 to 8 letters or digits")
        if settles_ms < 0:
            raise InputError(f"account {name}: settles_ms {settles_ms} can not be negative")
        if not 0 <= cash_decimals <= MONEY_SCALE:
            raise InputError(f"account {name}: cash_decimals {cash_decimals} lies outside 0 to {MONEY_SCALE}")
        if not 0 <= coin_fee_ppm < PPM_ONE:
            raise InputError(f"account {name}: coin_fee_ppm {coin_fee_ppm} lies outside 0 to {PPM_ONE - 1}")
        if not currency.strip():
            raise InputError(f"account {name}: it has no currency")
        self.name = name
        self.code = code
        self.venue = venue
        self.mode = mode
        self.kind = kind
        self.currency = currency
        self.leverage = leverage
        self.day_zone = day_zone
        self.native_exits = native_exits
        self.fee = FeeEstimate() if fee is None else fee
        self.owner = owner or name
        self.settles_ms = settles_ms
        self.remote = remote
        self.reduce_only = reduce_only
        self.cash_decimals = cash_decimals
        self.coin_fee_ppm = coin_fee_ppm

    def row(self) -> tuple[object, ...]:
        return (
            self.name, self.code, self.venue, self.mode, self.kind, self.currency, self.leverage, self.day_zone,
            self.native_exits, self.fee.row(), self.owner, self.settles_ms, self.remote, self.reduce_only,
            self.cash_decimals, self.coin_fee_ppm,
        )  # fmt: skip
