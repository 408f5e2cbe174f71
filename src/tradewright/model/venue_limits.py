"""What an account at a venue can do, and what it can not, stated as data: by it users choose, and tests are chosen."""

from __future__ import annotations

from dataclasses import dataclass

from tradewright.model.order_table import OrderTable


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLimits:
    """Of one venue, one mode and one class of assets.

    openings, closings: which orders it takes that open a position, and that close one. trail_step_ppm: trailing stops
    by a share of the price, in steps of so many parts per million, 0 = none; trail_distance: and by a distance.
    stop_limits_pull_back: the limit of a stop-limit lies before its stop, so that it waits for the price to come back.
    repriced, resized: types of resting orders whose prices and whose size can be changed; resized_partly: the size also
    after a part was filled. links: a stop and a target of what is held end each other there, where the account is to
    have native exits. shorts: it sells what is not there. reduces_only: it keeps an order that is flagged so from
    opening. fees_with_fills: a fill's fee is said with the fill, else it is told as money that moved. coin_fees: so
    is a fee that is taken from the coins which a buy brings in; else it is booked as the most that it can be
    (`Account.coin_fee_ppm`), and what was not kept is seen by what is held. cash_decimals: finest decimal of the
    money it shows. quote_sizes, trades: quotes come with sizes, and prints come at all. bars: the periods it has,
    in seconds. notices: limits that ask for what a venue says of its instruments, about which it tells that.
    network: its connection can be lost. late_seconds: so much later what others do in the account may be heard of,
    where it is not told but asked for.
    """

    openings: OrderTable
    closings: OrderTable
    trail_step_ppm: int = 0
    trail_distance: bool = False
    stop_limits_pull_back: bool = False
    repriced: tuple[int, ...]
    resized: tuple[int, ...]
    resized_partly: bool = True
    links: bool = False
    shorts: bool
    reduces_only: bool
    fees_with_fills: bool
    coin_fees: bool = True
    cash_decimals: int
    quote_sizes: bool
    trades: bool
    bars: tuple[int, ...]
    notices: tuple[str, ...] = ()
    network: bool = True
    late_seconds: int = 0
