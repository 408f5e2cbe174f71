"""Writes docs/venues/limits.md from the tables by which the clients of venues take or refuse orders."""

from __future__ import annotations

from pathlib import Path

from tradewright.adapters.venue.alpaca.supported import LIMITS as ALPACA
from tradewright.adapters.venue.alpaca.supported import PAIR_LIMITS, PAIRS, SHARES
from tradewright.adapters.venue.binance.supported import LIMITS as BINANCE_LIMITS
from tradewright.adapters.venue.binance.supported import SUPPORTED as BINANCE
from tradewright.adapters.venue.ccxt.supported import LIMITS as CCXT_LIMITS
from tradewright.adapters.venue.ccxt.supported import SUPPORTED as CCXT
from tradewright.adapters.venue.mt5.supported import HEDGING_EXITS, HEDGING_LIMITS, NETTING_LIMITS, OPENINGS
from tradewright.core.trading_state import NOTICES
from tradewright.model.order import ORDER_TYPES
from tradewright.model.order_table import OrderTable
from tradewright.model.venue_limits import VenueLimits
from tradewright.sim.paper_account import LIMITS as PAPER_LIMITS
from tradewright.sim.paper_account import ORDERS as PAPER

PAGE = Path(__file__).parent.parent / "docs" / "venues" / "limits.md"
TABLES: dict[str, OrderTable] = {
    "Paper (auctions where the market has sessions)": PAPER,
    "Alpaca, shares": SHARES,
    "Alpaca, pairs of crypto": PAIRS,
    "Binance Spot": BINANCE,
    "Other exchanges, by ccxt (an exchange may have fewer)": CCXT,
    "MetaTrader 5: openings, and all orders of an account that nets": OPENINGS,
    "MetaTrader 5: orders that close a position of a hedging account": HEDGING_EXITS,
}
ABOUT = (
    "Each client refuses, with a code and before anything leaves, what its venue would not work exactly as it is "
    "meant. A cell says whether an order of that type and time in force is taken, and which flags it may carry; “–” is "
    "refused. Extended hours ask for nothing where a market never closes. This page is written by "
    "`scripts/venues_page.py` from the tables the clients use; one suite of tests places, fills, changes and cancels "
    "what they say is taken, and shows that nothing else reaches the wire."
)


VENUES = {
    "paper": PAPER_LIMITS, "Alpaca (shares)": ALPACA, "Alpaca (pairs)": PAIR_LIMITS, "Binance Spot": BINANCE_LIMITS,
    "ccxt": CCXT_LIMITS, "MT5 netting": NETTING_LIMITS, "MT5 hedging": HEDGING_LIMITS,
}  # fmt: skip
BESIDES = (
    "A period is stated in seconds. What is filled in part keeps what was filled: a changed size counts it. What ccxt "
    "has of bars is the exchange's."
)


def _trails(limits: VenueLimits) -> str:
    ways = [f"by steps of {limits.trail_step_ppm} ppm"] if limits.trail_step_ppm else []
    return " or ".join([*ways, *(["by a distance"] if limits.trail_distance else [])]) or "none"


def _types(types: tuple[int, ...]) -> str:
    return ", ".join(ORDER_TYPES[type].replace("_", "-") for type in types)


#: What else differs: a line's name, and what stands in it for each venue.
LINES = {
    "trailing stops": _trails,
    "the limit of a stop-limit": lambda one: "before its stop" if one.stop_limits_pull_back else "on either side",
    "a price can be changed of": lambda one: _types(one.repriced),
    "a size can be changed of": lambda one: _types(one.resized),
    "a size, after a part was filled": lambda one: "yes" if one.resized_partly else "no",
    "a stop and a target can end each other there": lambda one: "yes" if one.links else "no",
    "sells what is not there": lambda one: "yes" if one.shorts else "no",
    "keeps reduce-only orders from opening": lambda one: "yes" if one.reduces_only else "no",
    "fees": lambda one: "with the fill" if one.fees_with_fills else "afterwards, as money that moved",
    "a fee in coins": lambda one: "is known" if one.coin_fees else "is booked as the most it can be (`coinFee`)",
    "decimals of its cash": lambda one: f"{one.cash_decimals}",
    "sizes in quotes": lambda one: "yes" if one.quote_sizes else "no",
    "prints": lambda one: "yes" if one.trades else "no",
    "tells of": lambda one: ", ".join(NOTICES[name] for name in one.notices) or "–",
    "bars": lambda one: ", ".join(f"{seconds}" for seconds in one.bars) or "–",
    "what others do is heard of": lambda one: f"within {one.late_seconds} s" if one.late_seconds else "at once",
}


def besides() -> list[str]:
    """What differs besides orders, a column for each venue."""
    lines = ["| | " + " | ".join(VENUES) + " |", "|---" * (len(VENUES) + 1) + "|"]
    return lines + [
        f"| {name} | " + " | ".join(said(limits) for limits in VENUES.values()) + " |" for name, said in LINES.items()
    ]


def page() -> str:
    """The whole page as Markdown."""
    lines = ["# What each venue takes", "", ABOUT]
    for name, table in TABLES.items():
        lines += ["", f"## {name}", "", table.text()]
    lines += ["", "## Besides", "", BESIDES, "", *besides()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
