"""How a simulated broker differs from the next one, and what it does to a client that is not prepared for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NETTING, EXCHANGE, HEDGING = "netting", "exchange", "hedging"


@dataclass(frozen=True, slots=True)
class SymbolTerms:
    """A broker's terms for one instrument. Points are 10^-digits.

    digits: of its prices, None = those of the instrument's tick. contract: units per lot, None = the instrument's.
    exemode, filling_mode (flags), trade_mode: the package's numbers. volume_limit: lots of one side in positions and
    orders together, "" = none. swap_long, swap_short: points a night. spread_points: of an instrument whose data are
    bars or trades, which know no spread.
    """

    digits: int | None = None
    contract: int | None = None
    exemode: int = 2
    filling_mode: int = 3
    trade_mode: int = 4
    stops_level: int = 0
    freeze_level: int = 0
    volume_limit: str = ""
    swap_long: int = 0
    swap_short: int = 0
    spread_points: int = 0
    visible: bool = True


@dataclass(slots=True)
class Knobs:
    """The account and the broker; what is mutable may be turned while it runs.

    mode: netting, exchange (netting with an exchange's margin mode) or hedging. currency: USD, EUR, or USC, the
    cent of a cent account. suffixes: what the broker appends to its symbols; with several each instrument is listed
    once for each. prefix: what it puts before. names: instrument's symbol → the broker's whole name for it. zone: of
    the server's wall clock, Europe/Athens being UTC+2, in summer UTC+3. stop_call, stop_out: margin level in percent.
    limit_orders, limit_positions: 0 = none. fifo_close: only the oldest position of a symbol may be closed.
    trade_allowed, trade_expert: the account may trade, and may by programs; auto_trading: the terminal's button.
    terms: of every symbol, symbols: of one (by the instrument's symbol).

    retcodes: the next answers to order_send, which do nothing else (requote N times: N × 10004). lost_results: so many
    order_send carry out what was asked and return None. failed_reads: so many positions_get, orders_get and
    account_info return None. partials: so many deals that may be are filled by half. comment_max: what the broker
    keeps of a comment; comment_overwritten: what it writes instead, "" = nothing. requests_per_second: of order_send,
    beyond it 10024; 0 = unbounded. connected: the terminal reaches the server. soft_errors: a list that can not be read
    is answered with 200, success: false and no items, as the first connectors did.
    """

    mode: str = HEDGING
    currency: str = "USD"
    leverage: int = 100
    suffixes: tuple[str, ...] = ("",)
    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    zone: str = "Europe/Athens"
    stop_call: int = 100
    stop_out: int = 50
    limit_orders: int = 200
    limit_positions: int = 0
    fifo_close: bool = False
    trade_allowed: bool = True
    trade_expert: bool = True
    auto_trading: bool = True
    terms: SymbolTerms = field(default_factory=SymbolTerms)
    symbols: Mapping[str, SymbolTerms] = field(default_factory=dict)

    retcodes: list[int] = field(default_factory=list)
    lost_results: int = 0
    failed_reads: int = 0
    partials: int = 0
    comment_max: int = 31
    comment_overwritten: str = ""
    requests_per_second: int = 0
    connected: bool = True
    soft_errors: bool = False
